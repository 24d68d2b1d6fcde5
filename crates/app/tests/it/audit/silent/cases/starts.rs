//! The cases of what starts work by itself, and of what tells others of it.

use gathering_app::{
    Posted,
    channels::{ChannelConfig, ChannelSpec, Notice},
    tools::ToolCall,
    webhooks::{ActsFor, DeliveryOrder, WebhookSpec},
};
use gathering_domain::{AuditAction, Duration, EffectKind, Failure};
use gathering_engine::Outcome;
use serde_json::json;

use super::super::Story;

impl Story {
    /// Has this recorded. Apart from the others, whose frame would be too large for a thread's stack.
    pub(super) async fn tell_of_others(&mut self, action: AuditAction) {
        let (app, owner) = (self.bench.app.clone(), self.owner());
        match action {
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
                self.told("token of a hook", &rotated.token.unwrap());
            }
            AuditAction::HookUpdate => {
                let (id, mut spec) = self.hook().await;
                spec.secret = Some(self.password());
                app.hooks().update(&owner, id, spec, 1).await.unwrap();
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
                let by = ActsFor {
                    actor: owner.actor(),
                    api_key_id: owner.api_key(),
                    project_id: owner.project(),
                };
                app.webhooks().attempt(&by, of, &payload, false).await.unwrap();
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
                self.told("secret of a webhook", &rotated.unwrap().secret.unwrap());
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
            other => unreachable!("{other:?} is told elsewhere"),
        }
    }
}
