//! One case for each action that the trail records. A new action without one does not compile.

mod starts;

use std::sync::Arc;

use gathering_app::{
    approvals::Decide,
    audit::{ExportRange, Refused},
    identity::{Accept, ChangePassword, ResetPassword, SetUp, SignIn, UpdateUser},
    pipelines::Source,
    projects::{PutMember, UpdateProject},
    providers::ProviderSpec,
    runs::{SendSignal, Settle, Verdict},
    secrets::{Rotation, SecretKey, Vault},
    stores::{self, Restore},
    tools::{Called, InvokeTool, ToolCall},
};
use gathering_domain::{
    AuditAction, Duration, EffectKind, Failure, IdSource, InstanceId, MicroUsd, Permission, Role,
};
use gathering_engine::{AwaitRequest, Key, LedgerState};
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
            AuditAction::UserUpdate => {
                let name = Some("Grace".to_owned());
                self.change(UpdateUser { name, ..UpdateUser::default() }).await;
            }
            AuditAction::ChannelCreate
            | AuditAction::ChannelDelete
            | AuditAction::ChannelTest
            | AuditAction::ChannelUpdate
            | AuditAction::HookCreate
            | AuditAction::HookDelete
            | AuditAction::HookPause
            | AuditAction::HookResume
            | AuditAction::HookRotate
            | AuditAction::HookUpdate
            | AuditAction::NotificationSend
            | AuditAction::ScheduleCreate
            | AuditAction::ScheduleDelete
            | AuditAction::SchedulePause
            | AuditAction::ScheduleResume
            | AuditAction::ScheduleTrigger
            | AuditAction::ScheduleUpdate
            | AuditAction::TriggerCreate
            | AuditAction::TriggerDelete
            | AuditAction::TriggerPause
            | AuditAction::TriggerResume
            | AuditAction::TriggerUpdate
            | AuditAction::WebhookCreate
            | AuditAction::WebhookDelete
            | AuditAction::WebhookDisable
            | AuditAction::WebhookRedeliver
            | AuditAction::WebhookRotate
            | AuditAction::WebhookTest
            | AuditAction::WebhookUpdate => Box::pin(self.tell_of_others(action)).await,
        }
    }
}
