//! What is secret stands nowhere in the trail, whatever is done: a case for each action that it records.

mod cases;

use gathering_app::{
    Caller, PageRequest,
    agents::Agent,
    audit::{AuditFilter, ExportRange},
    channels::{Channel, ChannelConfig, ChannelSpec, SecretChange},
    hooks::{HookSpec, Verification},
    identity::{CreateKey, CreateUser, CreatedKey, Invite, Invited, SignIn, UpdateUser},
    pipelines::{Pipeline, Source},
    providers::ProviderSpec,
    runs::{Runnable, StartRun},
    schedules::{Schedule, ScheduleDocument},
    secrets::PutSecret,
    tools::{Consent, ToolCall},
    triggers::TriggerSpec,
    webhooks::WebhookSpec,
};
use gathering_domain::{
    Actor, AuditAction, EffectId, HookId, MicroUsd, Permission, ProjectId, Role, RunId, TriggerId,
    UserId, WebhookId,
};
use gathering_engine::Limits;
use gathering_testkit::{Place, each_database};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{export, verified};
use crate::{
    hooks::hook_of,
    runs::start::start,
    support::{Bench, agent, echo, origin},
    triggers::trigger_of,
};

/// How many characters of something secret in a row count as a leak: a key's hint tells eight.
const TELLING: usize = 9;

/// A store in which everything is done once, and what of that nobody may read.
struct Story {
    bench: Bench,
    planted: Vec<(&'static str, String)>,
    made: u32,
}

/// The user of a caller.
fn user(caller: &Caller) -> UserId {
    let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
    user_id
}

impl Story {
    async fn open(place: Place) -> Self {
        Self { bench: Bench::open(place).await, planted: Vec::new(), made: 0 }
    }

    /// A word that nothing else holds.
    fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// Text that must stand nowhere.
    fn plant(&mut self, what: &'static str) -> String {
        let text = format!("qzx{}-hush-vlk-jwq", self.number());
        self.planted.push((what, text.clone()));
        text
    }

    fn password(&mut self) -> SecretString {
        self.plant("password").into()
    }

    /// Notes what was handed out.
    fn told(&mut self, what: &'static str, token: &SecretString) {
        self.planted.push((what, token.expose_secret().to_owned()));
    }

    /// The address of a chat, which lets in whoever knows it.
    fn chat(&mut self) -> SecretChange {
        let path = self.plant("address of a chat");
        SecretChange::Set(format!("https://chat.example/{path}").into())
    }

    async fn channel(&mut self) -> Channel {
        let (name, url, owner) = (format!("c{}", self.number()), self.chat(), self.owner());
        let spec = ChannelSpec { name, config: ChannelConfig::Slack { url } };
        self.bench.app.channels().create(&owner, spec, None).await.unwrap()
    }

    async fn webhook(&mut self) -> WebhookId {
        let spec = WebhookSpec {
            url: format!("https://example.com/{}", self.number()),
            description: self.plant("description of a webhook"),
            events: vec!["orders.*".to_owned()],
            filter: None,
            channel: None,
            enabled: true,
        };
        let owner = self.owner();
        let made = self.bench.app.webhooks().create(&owner, spec, None).await.unwrap();
        self.told("secret of a webhook", &made.secret.unwrap());
        made.webhook.id
    }

    /// A user of this role, signed in.
    async fn somebody(&mut self, role: Role) -> (String, SecretString, Caller) {
        let email = format!("u{}@example.com", self.number());
        let password = self.password();
        let (name, owner) = ("Somebody".to_owned(), self.owner());
        let user = CreateUser { email: email.clone(), name, role, password: password.clone() };
        self.bench.app.users().create(&owner, user).await.unwrap();
        let caller = self.signs_in(&email, &password).await;
        (email, password, caller)
    }

    async fn signs_in(&mut self, email: &str, password: &SecretString) -> Caller {
        let (email, password) = (email.to_owned(), password.clone());
        let command = SignIn { email, password, origin: origin() };
        let signed_in = self.bench.app.identity().sign_in(command).await.unwrap();
        self.told("token of a session", &signed_in.token);
        let token = signed_in.token.expose_secret();
        self.bench.app.identity().authenticate(token, None).await.unwrap()
    }

    /// The person at the host, as a request of theirs.
    fn owner(&self) -> Caller {
        self.bench.owner.clone().from(origin())
    }

    async fn invited(&mut self) -> (Invited, SecretString) {
        let invite = Invite {
            email: format!("i{}@example.com", self.number()),
            role: Role::Member,
            projects: None,
            lasts: None,
            idempotency_key: None,
        };
        let invited = self.bench.app.invitations().create(&self.owner(), invite).await.unwrap();
        let token = invited.token.clone().unwrap();
        self.told("token of an invitation", &token);
        (invited, token)
    }

    async fn key(&mut self) -> (Caller, CreatedKey) {
        let (_, _, caller) = self.somebody(Role::Owner).await;
        let scopes = vec![Permission::Read];
        let command =
            CreateKey { name: "ci".to_owned(), project_id: None, scopes, expires_at: None };
        let key = self.bench.app.api_keys().create(&caller, command).await.unwrap();
        self.told("API key", &key.token);
        (caller, key)
    }

    async fn link(&mut self) -> SecretString {
        let (_, _, caller) = self.somebody(Role::Member).await;
        let link =
            self.bench.app.users().password_link(&self.owner(), user(&caller)).await.unwrap();
        self.told("token of a link", &link.token);
        link.token
    }

    async fn change(&mut self, command: UpdateUser) -> UserId {
        let (_, _, caller) = self.somebody(Role::Member).await;
        let id = user(&caller);
        self.bench.app.users().update(&self.owner(), id, command, 1).await.unwrap();
        id
    }

    async fn put_secret(&mut self) -> String {
        let (name, value) = (format!("SECRET_NAME_{}", self.number()), self.plant("secret"));
        let hosts = vec!["api.example.com".to_owned()];
        let secret = PutSecret { name: name.clone(), value: value.into(), hosts };
        self.bench.app.secrets().put(&self.owner(), secret).await.unwrap();
        name
    }

    fn definition(&mut self, of: fn(&str) -> Value, field: &str) -> Value {
        let mut definition = of(&format!("thing_{}", self.number()));
        definition[field] = self.plant("text of a definition").into();
        definition
    }

    async fn agent(&mut self) -> Agent {
        let definition = self.definition(agent, "instructions");
        self.bench.app.agents().create(&self.owner(), definition, None).await.unwrap()
    }

    async fn pipeline(&mut self) -> (Pipeline, Value) {
        let definition = self.definition(echo, "description");
        let source = Source::Json(definition.clone());
        let made = self.bench.app.pipelines().create(&self.owner(), source, None).await.unwrap();
        (made, definition)
    }

    /// A schedule whose action holds what must stand nowhere.
    fn schedule_document(&mut self) -> ScheduleDocument {
        let config = json!({ "kind": "http", "method": "POST", "url": "https://example.com/",
            "body": self.plant("body of a scheduled action") });
        serde_json::from_value(json!({
            "name": format!("schedule {}", self.number()),
            "timing": { "type": "interval", "every": "1d" },
            "action": { "type": "action", "config": config },
        }))
        .unwrap()
    }

    async fn schedule(&mut self) -> Schedule {
        let document = self.schedule_document();
        self.bench.app.schedules().create(&self.owner(), document, None).await.unwrap()
    }

    /// A hook whose secret, token and mapping are nobody's business.
    async fn hook(&mut self) -> (HookId, HookSpec) {
        let (made, _) = self.pipeline().await;
        let mut spec = hook_of(made.id);
        spec.name = format!("hook {}", self.number());
        spec.rules.verification = Verification::Github;
        spec.rules.input = Some(json!({ "said": self.plant("input of a hook") }));
        spec.secret = Some(self.password());
        let made = self.bench.app.hooks().create(&self.owner(), spec.clone(), None).await.unwrap();
        self.told("token of a hook", &made.token.unwrap());
        (made.hook.id, spec)
    }

    async fn trigger(&mut self) -> (TriggerId, TriggerSpec) {
        let (made, _) = self.pipeline().await;
        let mut spec = trigger_of(made.id, "orders.*");
        spec.name = format!("trigger {}", self.number());
        spec.rules.input = Some(json!({ "said": self.plant("input of a trigger") }));
        let made = self.bench.app.triggers().create(&self.owner(), spec.clone(), None).await;
        (made.unwrap().id, spec)
    }

    async fn provider(&mut self) -> ProviderSpec {
        let secret = self.put_secret().await;
        let spec = ProviderSpec {
            name: format!("acme_{}", self.number()),
            kind: "openai".to_owned(),
            base_url: Some("https://api.example.com/v1".to_owned()),
            key_secret: Some(secret),
            default_model: None,
            options: json!({}),
        };
        self.bench.app.providers().create(&self.owner(), spec.clone(), None).await.unwrap();
        spec
    }

    /// A claimed run, and its input is nobody's business.
    async fn run(&mut self) -> RunId {
        let what = Runnable::Definition(Source::Json(echo("echo")));
        let limits = Limits { cost: Some(MicroUsd(50)), ..Limits::default() };
        let input = json!({ "text": self.plant("input of a run") });
        let command = StartRun { limits, ..start(what, input) };
        let run = self.bench.app.runs().start(&self.owner(), command).await.unwrap().run.id;
        self.bench.claim().await;
        run
    }

    /// A call of a tool whose argument is nobody's business.
    fn call(&mut self, tool: &str) -> ToolCall {
        ToolCall {
            tool: tool.to_owned(),
            arguments: json!({ "text": self.plant("argument of a tool") }),
            effect_id: EffectId::from_uuid(Uuid::from_u128(self.number().into())),
            run_id: None,
            consent: Consent::Given,
            timeout: None,
            hosts: Vec::new(),
        }
    }

    async fn project(&mut self) -> ProjectId {
        let name = format!("Project {}", self.number());
        self.bench.app.projects().create(&self.owner(), &name, None).await.unwrap().id
    }

    /// How many entries of this action there are.
    async fn entries(&self, action: AuditAction) -> usize {
        let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
        let page = PageRequest { limit: Some(PageRequest::MAX_LIMIT), cursor: None };
        self.bench.app.audit().list(&self.bench.owner, filter, page).await.unwrap().items.len()
    }

    /// Has this recorded, and sees that it was.
    async fn tell_and_see(&mut self, action: AuditAction) {
        let before = self.entries(action).await;
        Box::pin(self.tell(action)).await;
        assert!(self.entries(action).await > before, "`{}` is not recorded", action.as_str());
    }

    /// Nothing that was planted stands in the trail, not a part of it either.
    async fn is_silent(&self) {
        let file = export(&self.bench.app, &self.bench.owner, ExportRange::default()).await;
        assert!(verified(&file).sound);
        let text = String::from_utf8(file).unwrap();
        for (what, planted) in &self.planted {
            // Behind the prefix that says what it is.
            let planted = match planted.split_once('_') {
                Some((prefix, rest)) if prefix.starts_with("gt") => rest,
                _ => planted,
            };
            let letters: Vec<char> = planted.chars().collect();
            assert!(letters.len() > TELLING, "{what}");
            for piece in letters.windows(TELLING) {
                let piece: String = piece.iter().collect();
                assert!(!text.contains(&piece), "the trail tells `{piece}` of a {what}");
            }
        }
    }
}

each_database! {
    async fn nothing_that_is_secret_stands_in_the_trail_whatever_is_recorded(place: Place) {
        // A store gets its first owner once.
        let second = match &place {
            Place::Sqlite(_) => Place::sqlite(),
            Place::Postgres(_) => Place::postgres().await,
        };
        let mut bootstrapped = Story::open(second).await;
        bootstrapped.tell_and_see(AuditAction::OwnerBootstrap).await;
        bootstrapped.is_silent().await;
        let mut story = Story::open(place).await;
        story.tell_and_see(AuditAction::OwnerSetUp).await;
        let first = [AuditAction::OwnerBootstrap, AuditAction::OwnerSetUp];
        for action in AuditAction::ALL.iter().filter(|action| !first.contains(action)) {
            story.tell_and_see(*action).await;
        }
        story.is_silent().await;
    }

    async fn what_the_trail_would_tell_is_found(place: Place) {
        let mut story = Story::open(place).await;
        story.put_secret().await;
        story.planted.push(("secret", "SECRET_NAME_1 is told".to_owned()));
        let found = std::panic::AssertUnwindSafe(story.is_silent());
        let found = futures::FutureExt::catch_unwind(found).await;
        assert!(found.is_err());
    }
}
