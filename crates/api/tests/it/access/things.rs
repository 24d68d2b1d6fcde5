//! What the variable parts of paths name: one of each kind, as often as a test needs it.

use std::sync::Arc;

use gathering_app::{
    Caller,
    artifacts::Sink,
    channels::{ChannelConfig, ChannelSpec, SecretChange},
    hooks::{Answer, HookRules, HookSpec, Startable, Verification},
    identity::Invite,
    pipelines::Source,
    providers::ProviderSpec,
    runs::{Limits, Runnable, StartRun, Trigger},
    secrets::PutSecret,
    triggers::{TriggerRules, TriggerSpec},
    webhooks::WebhookSpec,
};
use gathering_domain::{Actor, Clock as _, EffectId, Failure, PipelineId, Role, RunId, UserId};
use gathering_engine::{AwaitRequest, LedgerState, Outcome};
use gathering_tools::{ArtifactSink as _, NewArtifact, ToolContext};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{row::About, world::World};
use crate::support::{agent, echo};

/// What stands in the name of everything that belongs to the project, and nowhere else.
pub(crate) const MARK: &str = "onlyhere";

/// What the variable parts of a path stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Thing(Vec<(&'static str, String)>);

impl Thing {
    fn one(part: &'static str, value: &impl ToString) -> Self {
        Self(vec![(part, value.to_string())])
    }

    fn and(mut self, part: &'static str, value: &impl ToString) -> Self {
        self.0.push((part, value.to_string()));
        self
    }

    /// A text that names the thing.
    pub(crate) fn named(&self, template: &str) -> String {
        let fill = |text: String, (part, value): &(&str, String)| text.replace(part, value);
        self.0.iter().fold(template.to_owned(), fill)
    }

    /// The path of the thing.
    pub(crate) fn path(&self, template: &str) -> String {
        let path = self.named(template);
        assert!(!path.contains('{'), "nothing stands for a part of {path}");
        path
    }
}

impl World {
    /// One more of a kind. What belongs to a project belongs to the first one; what belongs to somebody,
    /// to `user`.
    pub(crate) async fn thing(&self, about: About, user: UserId) -> Thing {
        let (app, native, n) = (&self.bench.app, &self.native(), self.number());
        let name = format!("{MARK}_{n}");
        match about {
            About::Nothing | About::List => Thing::default(),
            About::PageName => {
                Thing::one("{code}", &"forbidden").and("{*rest}", &"swagger-initializer.js")
            }
            About::NewName => Thing::one("{name}", &"MADE"),
            About::Tool => Thing::one("{name}", &"echo"),
            About::Agent | About::NarrowedBy => {
                let made = app.agents().create(native, agent(&name), None).await.unwrap();
                Thing::one("{agent_id}", &made.id)
            }
            About::AgentVersion => {
                let made = app.agents().create(native, agent(&name), None).await.unwrap();
                Thing::one("{agent_version_id}", &made.version_id)
            }
            About::Pipeline => {
                let source = Source::Json(echo(&name));
                let made = app.pipelines().create(native, source, None).await.unwrap();
                Thing::one("{pipeline_id}", &made.id)
            }
            About::PipelineVersion => {
                let source = Source::Json(echo(&name));
                let made = app.pipelines().create(native, source, None).await.unwrap();
                Thing::one("{pipeline_version_id}", &made.version_id)
            }
            About::Schedule => {
                let document = json!({
                    "name": name.clone(),
                    "timing": { "type": "interval", "every": "1d" },
                    "action": { "type": "action",
                        "config": { "kind": "emit_event", "subject": "days.begun" } },
                });
                let document = serde_json::from_value(document).unwrap();
                let made = app.schedules().create(native, document, None).await.unwrap();
                Thing::one("{schedule_id}", &made.id)
            }
            About::Provider => {
                let spec = ProviderSpec {
                    name: name.clone(),
                    kind: "scripted".to_owned(),
                    base_url: None,
                    key_secret: None,
                    default_model: None,
                    options: json!({}),
                };
                app.providers().create(native, spec, None).await.unwrap();
                Thing::one("{name}", &name)
            }
            About::Secret => {
                let value = "of one".to_owned().into();
                let put = PutSecret { name: name.clone(), value, hosts: Vec::new() };
                app.secrets().put(native, put).await.unwrap();
                Thing::one("{name}", &name)
            }
            About::Hook => self.hook(&name).await,
            About::HookAddress => Thing::one("{token}", &"gth_nobodys"),
            About::Trigger => {
                let subjects = vec!["run.failed".parse().unwrap()];
                let starts = Startable::Pipeline { pipeline_id: self.pipeline(&name).await };
                let rules = TriggerRules { subjects, ..TriggerRules::starting(starts) };
                let made = app.triggers().create(native, TriggerSpec { name, rules }, None).await;
                Thing::one("{trigger_id}", &made.unwrap().id)
            }
            About::Channel => {
                let url = "https://example.com/notify".to_owned();
                let config = ChannelConfig::Webhook { url, secret: SecretChange::Remove };
                let made = app.channels().create(native, ChannelSpec { name, config }, None).await;
                Thing::one("{channel_id}", &made.unwrap().id)
            }
            About::Webhook | About::FailedDelivery => self.webhook(about, &name).await,
            About::Artifact => Thing::one("{artifact_id}", &self.artifact(&name).await),
            About::Thread => Thing::one("{thread_id}", &self.thread(&name, user).await),
            About::Run
            | About::BudgetedRun
            | About::FailedRun
            | About::WaitingRun
            | About::UnsureRun
            | About::Approval => self.run(about, &name).await,
            About::Project => Thing::one("{project_id}", &self.one),
            About::EmptyProject => {
                let made = app.projects().create(native, &format!("Empty {n}"), None).await;
                Thing::one("{project_id}", &made.unwrap().id)
            }
            About::Guest => self.user(&[]).await.and("{project_id}", &self.one),
            About::Member => {
                self.user(&[(self.one, Role::Viewer)]).await.and("{project_id}", &self.one)
            }
            About::User => self.user(&[]).await,
            About::UserSession => {
                let user = self.person(Role::Member, &[]).await;
                let (session, _) = self.session(user).await;
                Thing::one("{user_id}", &user).and("{session_id}", &session)
            }
            About::OwnSession => Thing::one("{session_id}", &self.session(user).await.0),
            About::OwnKey => Thing::one("{key_id}", &self.key(user, self.one, &[]).await.0),
            About::Invitation => {
                let invite = Invite {
                    email: format!("invited-{n}@example.com"),
                    role: Role::Viewer,
                    projects: None,
                    lasts: None,
                    idempotency_key: None,
                };
                let made = app.invitations().create(native, invite).await.unwrap();
                Thing::one("{invitation_id}", &made.invitation.id)
            }
        }
    }

    async fn pipeline(&self, name: &str) -> PipelineId {
        let source = Source::Json(echo(name));
        self.bench.app.pipelines().create(&self.native(), source, None).await.unwrap().id
    }

    async fn hook(&self, name: &str) -> Thing {
        let rules = HookRules {
            starts: Startable::Pipeline { pipeline_id: self.pipeline(name).await },
            filter: None,
            input: Some(json!("{{ request.body }}")),
            verification: Verification::None,
            delivery_id: None,
            headers: Vec::new(),
            answer: Answer::Accepted,
        };
        let spec = HookSpec { name: name.to_owned(), rules, secret: None };
        let made = self.bench.app.hooks().create(&self.native(), spec, None).await.unwrap();
        Thing::one("{hook_id}", &made.hook.id)
    }

    async fn webhook(&self, about: About, name: &str) -> Thing {
        let (app, native) = (&self.bench.app, &self.native());
        let spec = WebhookSpec {
            url: format!("https://example.com/{name}"),
            description: String::new(),
            events: vec!["orders.*".to_owned()],
            filter: None,
            channel: None,
            enabled: true,
        };
        let id = app.webhooks().create(native, spec, None).await.unwrap().webhook.id;
        let webhook = Thing::one("{webhook_id}", &id);
        if about == About::Webhook {
            return webhook;
        }
        let delivery = app.webhooks().test(native, id).await.unwrap();
        let run = delivery.run_id.unwrap();
        while !self.bench.claim().await.contains(&run) {}
        self.bench.finish(run, Outcome::failed(Failure::fatal("x", "no luck"))).await;
        webhook.and("{delivery_id}", &delivery.id)
    }

    async fn user(&self, belongs: &[(gathering_domain::ProjectId, Role)]) -> Thing {
        let user = self.person(Role::Member, belongs).await;
        self.session(user).await;
        Thing::one("{user_id}", &user)
    }

    async fn thread(&self, title: &str, user_id: UserId) -> gathering_domain::ThreadId {
        // As they were when they opened it: since then they may have left.
        let holder = Caller::new(Actor::User { user_id }, Role::Member, self.one);
        let app = &self.bench.app;
        let helper = app.agents().create(&self.native(), agent(title), None).await.unwrap();
        app.threads().open(&holder, helper.id, title, None).await.unwrap().id
    }

    async fn artifact(&self, name: &str) -> gathering_domain::ArtifactId {
        let (clock, ids) = (Arc::clone(&self.bench.clock), Arc::clone(&self.ids));
        let sink = Sink::new(self.bench.storage.database().clone(), clock as _, ids as _);
        let context = ToolContext {
            effect_id: EffectId::from_uuid(Uuid::from_u128(1)),
            run_id: None,
            project_id: self.one,
            actor: Actor::LocalOwner,
            deadline: self.bench.clock.now(),
            hosts: Arc::default(),
        };
        let note = NewArtifact::new(name, "text/plain", name.as_bytes().to_vec()).unwrap();
        sink.save(&context, note).await.unwrap().artifact_id
    }

    /// A run in the state that is asked for.
    async fn run(&self, about: About, name: &str) -> Thing {
        let mut definition = echo(name);
        if about == About::BudgetedRun {
            definition["limits"] = json!({ "cost": 0.5, "on_cost": "wait" });
        }
        let start = StartRun {
            what: Runnable::Definition(Source::Json(definition)),
            input: json!({ "n": 1 }),
            trigger: Trigger::Manual,
            idempotency_key: None,
            model: None,
            limits: Limits::default(),
            priority: None,
        };
        let bench = &self.bench;
        let run: RunId = bench.app.runs().start(&self.native(), start).await.unwrap().run.id;
        if matches!(about, About::Run | About::BudgetedRun) {
            return Thing::one("{run_id}", &run).and("{node_id}", &"start");
        }
        while !bench.claim().await.contains(&run) {}
        match about {
            About::FailedRun => {
                bench.finish(run, Outcome::failed(Failure::fatal("x", "no luck"))).await;
            }
            About::WaitingRun => {
                let request = AwaitRequest::Signal { name: "paid".to_owned() };
                bench.awaits(run, "node:wait", request).await;
            }
            About::UnsureRun => {
                bench.attempt(run, &format!("node:{MARK}"), LedgerState::Unknown).await;
            }
            _ => {
                let approval = bench.awaits(run, "node:ask", question(name)).await;
                return Thing::one("{approval_id}", &approval);
            }
        }
        Thing::one("{run_id}", &run)
    }
}

fn question(title: &str) -> AwaitRequest {
    AwaitRequest::Approval {
        title: title.to_owned(),
        detail: Value::Null.into(),
        form: Value::Null.into(),
        options: vec!["approved".to_owned(), "rejected".to_owned()],
        deciders: Vec::new(),
        deadline: None,
    }
}
