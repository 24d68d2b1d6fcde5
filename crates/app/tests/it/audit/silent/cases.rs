//! One case for each action that the trail records. A new action without one does not compile.

use std::sync::Arc;

use gathering_app::{
    Posted,
    approvals::Decide,
    audit::{ExportRange, Refused},
    channels::{ChannelConfig, ChannelSpec, Notice},
    identity::{Accept, ChangePassword, ResetPassword, SetUp, SignIn, UpdateUser},
    pipelines::Source,
    projects::{PutMember, UpdateProject},
    providers::ProviderSpec,
    runs::{SendSignal, Settle, Verdict},
    secrets::{Rotation, SecretKey, Vault},
    stores::{self, Restore},
    tools::{Called, InvokeTool, ToolCall},
    webhooks::{DeliveryOrder, WebhookSpec},
};
use gathering_domain::{
    AuditAction, Duration, EffectKind, Failure, IdSource, InstanceId, MicroUsd, Permission, Role,
};
use gathering_engine::{AwaitRequest, Key, LedgerState, Outcome};
use gathering_storage::register;
use gathering_testkit::CountingIds;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{super::export, Story, user};
use crate::support::{Counting, agent, origin};

/// Ids that the story does not come to.
const FAR: u64 = 1_000_000;

impl Story {
    /// Has this recorded.
    pub(super) async fn tell(&mut self, action: AuditAction) {
        let (app, owner) = (self.bench.app.clone(), self.owner());
        match action {
            AuditAction::AccessRefuse => {
                let (_, _, caller) = self.somebody(Role::Viewer).await;
                let refused = Refused {
                    caller: Some(&caller),
                    origin: origin(),
                    method: "PUT",
                    path: "/api/v1/secrets/{name}",
                    code: "forbidden",
                    permission: Some(Permission::ProviderWrite),
                    project: None,
                };
                app.audit().refused(refused).await.unwrap();
            }
            AuditAction::AgentCreate => drop(self.agent().await),
            AuditAction::AgentDelete => {
                let made = self.agent().await;
                app.agents().delete(&owner, made.id).await.unwrap();
            }
            AuditAction::AgentUpdate => {
                let made = self.agent().await;
                let other = self.definition(agent, "instructions");
                app.agents().update(&owner, made.id, other, 1).await.unwrap();
            }
            AuditAction::ApprovalDecide => {
                let run = self.run().await;
                let request = AwaitRequest::Approval {
                    title: self.plant("title of an approval"),
                    detail: json!({ "why": self.plant("detail of an approval") }).into(),
                    form: json!({ "type": "object" }).into(),
                    options: Vec::new(),
                    deciders: Vec::new(),
                    deadline: None,
                };
                let id = self.bench.awaits(run, "node:ask", request).await;
                let decision = Decide {
                    answer: self.plant("answer of a person"),
                    data: json!({ "code": self.plant("data of a person") }),
                    note: self.plant("note of a person"),
                };
                app.approvals().decide(&owner, id, decision).await.unwrap();
            }
            AuditAction::AuditExport => drop(export(&app, &owner, ExportRange::default()).await),
            AuditAction::ChannelCreate => drop(self.channel().await),
            AuditAction::ChannelDelete => {
                let made = self.channel().await;
                app.channels().delete(&owner, made.id).await.unwrap();
            }
            AuditAction::ChannelTest => {
                let made = self.channel().await;
                let said = Failure::fatal("broken", self.plant("what a chat says"));
                self.bench.courier.answers.lock().unwrap().push_back(Err(said));
                app.channels().test(&owner, made.id).await.unwrap();
            }
            AuditAction::ChannelUpdate => {
                let made = self.channel().await;
                let url = self.chat();
                let name = "renamed".to_owned();
                let spec = ChannelSpec { name, config: ChannelConfig::Slack { url } };
                app.channels().update(&owner, made.id, spec, 1).await.unwrap();
            }
            AuditAction::HookCreate => drop(self.hook().await),
            AuditAction::HookDelete => {
                let (id, _) = self.hook().await;
                app.hooks().delete(&owner, id).await.unwrap();
            }
            AuditAction::HookPause | AuditAction::HookResume => {
                let (id, _) = self.hook().await;
                app.hooks().pause(&owner, id).await.unwrap();
                if action == AuditAction::HookResume {
                    app.hooks().resume(&owner, id).await.unwrap();
                }
            }
            AuditAction::HookRotate => {
                let (id, _) = self.hook().await;
                let rotated = app.hooks().rotate(&owner, id).await.unwrap();
                self.told("token of a hook", &rotated.token);
            }
            AuditAction::HookUpdate => {
                let (id, mut spec) = self.hook().await;
                spec.secret = Some(self.password());
                app.hooks().update(&owner, id, spec, 1).await.unwrap();
            }
            AuditAction::HttpRequest => {
                let (host, run) = ("https://api.example.com:443".to_owned(), self.run().await);
                let ToolCall { effect_id, .. } = self.call("echo");
                let called = Called::of_host(host, effect_id, run, EffectKind::Unsafe);
                let failure = Failure::fatal("broken", self.plant("what a host says"));
                app.call_begun(&owner, &called).await.unwrap();
                app.call_ended(&owner, &called, Some(&failure)).await.unwrap();
            }
            AuditAction::InvitationAccept => {
                let (_, token) = self.invited().await;
                let (name, password) = ("Grace".to_owned(), self.password());
                let accept = Accept { token, name, password, origin: origin() };
                let signed_in = app.identity().accept(accept).await.unwrap();
                self.told("token of a session", &signed_in.token);
            }
            AuditAction::InvitationCreate => drop(self.invited().await),
            AuditAction::InvitationDelete => {
                let (invited, _) = self.invited().await;
                app.invitations().delete(&owner, invited.invitation.id).await.unwrap();
            }
            AuditAction::KeyCreate => drop(self.key().await),
            AuditAction::KeyRevoke => {
                let (holder, made) = self.key().await;
                app.api_keys().revoke(&holder, made.key.id).await.unwrap();
            }
            AuditAction::MemberPut | AuditAction::MemberDelete => {
                let project_id = self.project().await;
                let (_, _, caller) = self.somebody(Role::Member).await;
                let put = PutMember { project_id, user_id: user(&caller), role: Role::Viewer };
                app.projects().put_member(&owner, put).await.unwrap();
                if action == AuditAction::MemberDelete {
                    app.projects().delete_member(&owner, project_id, user(&caller)).await.unwrap();
                }
            }
            AuditAction::NotificationSend => {
                let (made, run) = (self.channel().await, self.run().await);
                let ToolCall { effect_id, .. } = self.call("echo");
                let notice = Notice {
                    channel: made.name,
                    title: self.plant("title of a message"),
                    text: self.plant("text of a message"),
                    data: json!({ "code": self.plant("data of a message") }),
                    kind: EffectKind::Unsafe,
                };
                let (id, timeout) = ((effect_id, run), Duration::from_secs(1));
                app.channels().notify(&owner, &notice, id, timeout).await.unwrap();
            }
            AuditAction::OwnerBootstrap => {
                let password = self.password();
                app.identity().bootstrap("ada@example.com", password).await.unwrap().unwrap();
            }
            AuditAction::OwnerSetUp => {
                let token = app.identity().setup_link().await.unwrap().unwrap();
                self.told("token of the set-up link", &token);
                let set_up = SetUp {
                    token,
                    email: "ada@example.com".to_owned(),
                    name: "Ada".to_owned(),
                    password: self.password(),
                    origin: origin(),
                };
                let signed_in = app.identity().set_up(set_up).await.unwrap();
                self.told("token of a session", &signed_in.token);
            }
            AuditAction::PasswordChange => {
                let (_, current, caller) = self.somebody(Role::Member).await;
                for (current, right) in [(self.password(), false), (current, true)] {
                    let change = ChangePassword { current, new: self.password() };
                    let changed = app.identity().change_password(&caller, change).await;
                    assert_eq!(changed.is_ok(), right);
                    if let Ok(signed_in) = changed {
                        self.told("token of a session", &signed_in.token);
                    }
                }
            }
            AuditAction::PasswordLink => drop(self.link().await),
            AuditAction::PasswordReset => {
                let (token, password) = (self.link().await, self.password());
                let reset = ResetPassword { token, password, origin: origin() };
                let signed_in = app.identity().reset_password(reset).await.unwrap();
                self.told("token of a session", &signed_in.token);
                let (_, _, caller) = self.somebody(Role::Member).await;
                let password = self.password();
                app.users().set_password(&owner, user(&caller), password).await.unwrap();
            }
            AuditAction::PipelineCreate => drop(self.pipeline().await),
            AuditAction::PipelineDelete => {
                let (made, _) = self.pipeline().await;
                app.pipelines().delete(&owner, made.id).await.unwrap();
            }
            AuditAction::PipelineUpdate => {
                let (made, mut definition) = self.pipeline().await;
                definition["description"] = self.plant("text of a definition").into();
                let source = Source::Json(definition);
                app.pipelines().update(&owner, made.id, source, 1).await.unwrap();
            }
            AuditAction::ProjectCreate => drop(self.project().await),
            AuditAction::ProjectClose => {
                let id = self.project().await;
                app.projects().close(&owner, id).await.unwrap();
            }
            AuditAction::ProjectUpdate => {
                let id = self.project().await;
                let name = Some("Renamed".to_owned());
                let renamed = UpdateProject { name, ..UpdateProject::default() };
                app.projects().update(&owner, id, renamed, 1).await.unwrap();
            }
            AuditAction::ProviderCreate => drop(self.provider().await),
            AuditAction::ProviderDelete => {
                let made = self.provider().await;
                app.providers().delete(&owner, &made.name).await.unwrap();
            }
            AuditAction::ProviderUpdate => {
                let made = self.provider().await;
                let other = ProviderSpec { key_secret: Some(self.put_secret().await), ..made };
                let name = other.name.clone();
                app.providers().update(&owner, &name, other, 1).await.unwrap();
            }
            AuditAction::RunBudget => {
                let run = self.run().await;
                app.runs().raise_budget(&owner, run, MicroUsd(100)).await.unwrap();
            }
            AuditAction::RunCancel => {
                let (run, why) = (self.run().await, self.plant("why a run is cancelled"));
                app.runs().cancel(&owner, run, &why).await.unwrap();
            }
            AuditAction::RunSettle => {
                for failed in [false, true] {
                    let (run, said) = (self.run().await, self.plant("what a person says"));
                    self.bench.attempt(run, "node:page", LedgerState::Unknown).await;
                    let verdict = if failed {
                        Verdict::Failed(said)
                    } else {
                        Verdict::Done(json!({ "said": said }).into())
                    };
                    let settle = Settle { key: Key::new("node:page"), attempt: None, verdict };
                    app.runs().settle(&owner, run, settle).await.unwrap();
                }
            }
            AuditAction::RunSignal => {
                let run = self.run().await;
                let name = "paid".to_owned();
                let request = AwaitRequest::Signal { name: name.clone() };
                self.bench.awaits(run, "node:wait", request).await;
                let payload = json!({ "code": self.plant("what a signal brings") });
                let signal = SendSignal { name, payload };
                app.runs().signal(&owner, run, signal).await.unwrap();
            }
            AuditAction::SecretPut => drop(self.put_secret().await),
            AuditAction::ScheduleCreate => drop(self.schedule().await),
            AuditAction::ScheduleDelete => {
                let made = self.schedule().await;
                app.schedules().delete(&owner, made.id).await.unwrap();
            }
            AuditAction::SchedulePause | AuditAction::ScheduleResume => {
                let made = self.schedule().await;
                app.schedules().pause(&owner, made.id).await.unwrap();
                if action == AuditAction::ScheduleResume {
                    app.schedules().resume(&owner, made.id).await.unwrap();
                }
            }
            AuditAction::ScheduleTrigger => {
                let made = self.schedule().await;
                app.schedules().trigger(&owner, made.id, None).await.unwrap();
            }
            AuditAction::ScheduleUpdate => {
                let made = self.schedule().await;
                let document = self.schedule_document();
                app.schedules().update(&owner, made.id, document, 1).await.unwrap();
            }
            AuditAction::SecretDelete => {
                let name = self.put_secret().await;
                app.secrets().delete(&owner, &name).await.unwrap();
            }
            AuditAction::SecretsRotate => {
                self.put_secret().await;
                let keys = [8, 7].map(|byte| SecretKey::from_bytes([byte; 32]));
                let database = self.bench.storage.database();
                let vault = Vault::new(database.clone(), keys[1].clone());
                assert!(vault.is_for_this_store().await.unwrap());
                // There and back: what is stored stays under the old key.
                for key in keys {
                    let ids: Arc<dyn IdSource> = Arc::new(CountingIds::after(FAR));
                    let randomness = Arc::new(Counting::default());
                    let rotation = Rotation::new(database.clone(), key, randomness);
                    rotation.name(&ids, app.now()).await.unwrap();
                    // A process of its own wrote it, and has ended.
                    self.bench.pass(Duration::from_secs(31));
                    app.audit().settle().await.unwrap();
                }
            }
            AuditAction::SessionOpen => {
                let (email, ..) = self.somebody(Role::Member).await;
                let wrong = self.password();
                // Typed into the wrong field, as well.
                let field = wrong.expose_secret().to_owned();
                for email in [email, field] {
                    let command = SignIn { email, password: wrong.clone(), origin: origin() };
                    app.identity().sign_in(command).await.unwrap_err();
                }
            }
            AuditAction::SessionClose => {
                let (_, _, caller) = self.somebody(Role::Member).await;
                app.identity().sign_out(&caller).await.unwrap();
            }
            AuditAction::SessionRevoke => {
                let (_, _, caller) = self.somebody(Role::Member).await;
                app.sessions().revoke_all_of(&owner, user(&caller)).await.unwrap();
            }
            AuditAction::StoreMove => {
                let ids: Arc<dyn IdSource> = Arc::new(CountingIds::after(2 * FAR));
                let place = "postgres://db.example.com/gathering";
                let record = stores::record_of_move(&ids, app.now(), place).unwrap();
                let written = self.bench.storage.database().transact(move |tx| {
                    gathering_storage::audit::record(record.clone()).run_in(tx)
                });
                written.await.unwrap();
                self.bench.pass(Duration::from_secs(31));
                app.audit().settle().await.unwrap();
            }
            AuditAction::StoreRestore => {
                let ids: Arc<dyn IdSource> = Arc::new(CountingIds::after(3 * FAR));
                let restore = Restore { taken_at: app.now(), keep_sessions: false };
                let database = self.bench.storage.database();
                let settled = stores::settle_restored(database, &ids, app.now(), restore).await;
                assert_eq!(settled.unwrap().released.instances, 1);
                // Who goes on there is a new instance.
                let id = InstanceId::next(&*ids);
                register(database, id, &"test".into(), app.now()).await.unwrap();
                self.bench.writer.become_instance(id);
                self.bench.instance = id;
                self.bench.pass(Duration::from_secs(31));
                app.audit().settle().await.unwrap();
            }
            AuditAction::ToolCall => {
                let mut call = self.call("echo");
                call.run_id = Some(self.run().await);
                let called = Called::by(&call, EffectKind::Unsafe);
                let failure = Failure::fatal("broken", self.plant("what a tool says"));
                app.call_begun(&owner, &called).await.unwrap();
                app.call_ended(&owner, &called, Some(&failure)).await.unwrap();
                app.call_ended(&owner, &called, None).await.unwrap();
            }
            AuditAction::ToolInvoke => {
                for tool in app.tools().list(&owner).unwrap() {
                    let ToolCall { tool: name, arguments, .. } = self.call(&tool.name.to_string());
                    let idempotency_key = Some(self.plant("key of a request"));
                    let command = InvokeTool { name, arguments, idempotency_key };
                    let _ = app.tools().invoke(&owner, command).await;
                }
            }
            AuditAction::TriggerCreate => drop(self.trigger().await),
            AuditAction::TriggerDelete => {
                let (id, _) = self.trigger().await;
                app.triggers().delete(&owner, id).await.unwrap();
            }
            AuditAction::TriggerPause | AuditAction::TriggerResume => {
                let (id, _) = self.trigger().await;
                app.triggers().pause(&owner, id).await.unwrap();
                if action == AuditAction::TriggerResume {
                    app.triggers().resume(&owner, id).await.unwrap();
                }
            }
            AuditAction::TriggerUpdate => {
                let (id, mut spec) = self.trigger().await;
                spec.rules.input = Some(json!({ "said": self.plant("input of a trigger") }));
                app.triggers().update(&owner, id, spec, 1).await.unwrap();
            }
            AuditAction::UserCreate => drop(self.somebody(Role::Member).await),
            AuditAction::UserDeactivate | AuditAction::UserReactivate => {
                let active = Some(false);
                let id = self.change(UpdateUser { active, ..UpdateUser::default() }).await;
                if action == AuditAction::UserReactivate {
                    let command = UpdateUser { active: Some(true), ..UpdateUser::default() };
                    app.users().update(&owner, id, command, 2).await.unwrap();
                }
            }
            AuditAction::UserRole => {
                let role = Some(Role::Viewer);
                self.change(UpdateUser { role, ..UpdateUser::default() }).await;
            }
            AuditAction::WebhookCreate => drop(self.webhook().await),
            AuditAction::WebhookDelete => {
                let id = self.webhook().await;
                app.webhooks().delete(&owner, id).await.unwrap();
            }
            AuditAction::WebhookDisable => {
                let id = self.webhook().await;
                let delivery = app.webhooks().test(&owner, id).await.unwrap();
                let text = self.plant("what a receiver says");
                let gone = Posted { status: 410, text, retry_after: None };
                self.bench.courier.answers.lock().unwrap().push_back(Ok(gone));
                let order = DeliveryOrder { webhook_id: id, delivery_id: delivery.id };
                let payload = json!({ "data": self.plant("data of an event") });
                let of = (order, delivery.run_id.unwrap());
                app.webhooks().attempt(&owner, of, &payload, false).await.unwrap();
            }
            AuditAction::WebhookRedeliver => {
                let id = self.webhook().await;
                let delivery = app.webhooks().test(&owner, id).await.unwrap();
                let run = delivery.run_id.unwrap();
                app.runs().cancel(&owner, run, "enough").await.unwrap();
                while !self.bench.claim().await.contains(&run) {}
                self.bench.finish(run, Outcome::cancelled("enough")).await;
                app.webhooks().redeliver(&owner, id, delivery.id).await.unwrap();
            }
            AuditAction::WebhookRotate => {
                let id = self.webhook().await;
                let rotated = app.webhooks().rotate(&owner, id, Duration::from_secs(60)).await;
                self.told("secret of a webhook", &rotated.unwrap().secret);
            }
            AuditAction::WebhookTest => {
                let id = self.webhook().await;
                app.webhooks().test(&owner, id).await.unwrap();
            }
            AuditAction::WebhookUpdate => {
                let id = self.webhook().await;
                let webhook = app.webhooks().get(&owner, id).await.unwrap();
                let spec = WebhookSpec { enabled: false, ..webhook.spec };
                app.webhooks().update(&owner, id, spec, webhook.version).await.unwrap();
            }
            AuditAction::UserUpdate => {
                let name = Some("Grace".to_owned());
                self.change(UpdateUser { name, ..UpdateUser::default() }).await;
            }
        }
    }
}
