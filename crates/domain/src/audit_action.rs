//! What the audit trail records, in its words.

use serde::{Deserialize, Serialize};

/// Declares words of the audit trail.
macro_rules! words {
    ($(#[$about:meta])* $Name:ident { $($(#[doc = $doc:literal])+ $name:ident = $word:literal;)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $Name {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $name,)*
        }

        impl $Name {
            /// All of them, in order of their words.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word that entries carry.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it stands for.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)* }
            }

            /// Reads the word back.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// What was done, or tried.
    AuditAction {
        /// A request was refused for want of a permission.
        AccessRefuse = "access.refuse";
        /// An agent was made.
        AgentCreate = "agent.create";
        /// An agent was removed.
        AgentDelete = "agent.delete";
        /// An agent was given another definition.
        AgentUpdate = "agent.update";
        /// An approval was decided.
        ApprovalDecide = "approval.decide";
        /// The audit trail was exported.
        AuditExport = "audit.export";
        /// A channel of notifications was made.
        ChannelCreate = "channel.create";
        /// A channel of notifications was removed.
        ChannelDelete = "channel.delete";
        /// Somebody sent a message over a channel to try it.
        ChannelTest = "channel.test";
        /// A channel of notifications was changed.
        ChannelUpdate = "channel.update";
        /// A hook was made.
        HookCreate = "hook.create";
        /// A hook was removed.
        HookDelete = "hook.delete";
        /// A hook takes no requests from now on.
        HookPause = "hook.pause";
        /// A hook takes requests again.
        HookResume = "hook.resume";
        /// A hook was given another address.
        HookRotate = "hook.rotate";
        /// A hook was changed.
        HookUpdate = "hook.update";
        /// A run made an HTTP request that has an effect on the world.
        HttpRequest = "http.request";
        /// Somebody became a user by an invitation.
        InvitationAccept = "invitation.accept";
        /// Somebody was invited.
        InvitationCreate = "invitation.create";
        /// An invitation, or a link for a new password, was taken back.
        InvitationDelete = "invitation.delete";
        /// An API key was made.
        KeyCreate = "key.create";
        /// An API key was revoked.
        KeyRevoke = "key.revoke";
        /// A user became no member of a project any more.
        MemberDelete = "member.delete";
        /// A user became a member of a project, or got another role there.
        MemberPut = "member.put";
        /// A run sent a message over a channel.
        NotificationSend = "notification.send";
        /// The first owner was made from the server's settings.
        OwnerBootstrap = "owner.bootstrap";
        /// The first owner was made by the set-up link.
        OwnerSetUp = "owner.set_up";
        /// Somebody changed their password, or tried to.
        PasswordChange = "password.change";
        /// A link was made by which a user sets a new password.
        PasswordLink = "password.link";
        /// A user's password was set anew, without the old one.
        PasswordReset = "password.reset";
        /// A pipeline was made.
        PipelineCreate = "pipeline.create";
        /// A pipeline was removed.
        PipelineDelete = "pipeline.delete";
        /// A pipeline was given another definition.
        PipelineUpdate = "pipeline.update";
        /// A project was closed.
        ProjectClose = "project.close";
        /// A project was made.
        ProjectCreate = "project.create";
        /// A project was changed.
        ProjectUpdate = "project.update";
        /// A model provider was made.
        ProviderCreate = "provider.create";
        /// A model provider was removed.
        ProviderDelete = "provider.delete";
        /// A model provider was changed.
        ProviderUpdate = "provider.update";
        /// The limit of money of a run was raised.
        RunBudget = "run.budget";
        /// A run was cancelled.
        RunCancel = "run.cancel";
        /// An unknown outcome of an effect was settled.
        RunSettle = "run.settle";
        /// A signal was sent to a run.
        RunSignal = "run.signal";
        /// A schedule was made.
        ScheduleCreate = "schedule.create";
        /// A schedule was removed.
        ScheduleDelete = "schedule.delete";
        /// A schedule was paused.
        SchedulePause = "schedule.pause";
        /// A schedule was let go on after a pause.
        ScheduleResume = "schedule.resume";
        /// What a schedule starts was started by hand.
        ScheduleTrigger = "schedule.trigger";
        /// A schedule was changed.
        ScheduleUpdate = "schedule.update";
        /// A secret was removed.
        SecretDelete = "secret.delete";
        /// A secret was written.
        SecretPut = "secret.put";
        /// Secrets were sealed under another key of the server.
        SecretsRotate = "secrets.rotate";
        /// Somebody signed in, or tried to.
        SessionOpen = "session.open";
        /// Somebody signed out.
        SessionClose = "session.close";
        /// Sessions were ended without signing out.
        SessionRevoke = "session.revoke";
        /// The store was moved into another database, and goes on there.
        StoreMove = "store.move";
        /// The store was restored from a backup.
        StoreRestore = "store.restore";
        /// A run called a tool that has an effect on the world.
        ToolCall = "tool.call";
        /// Somebody called a tool directly.
        ToolInvoke = "tool.invoke";
        /// A trigger was made.
        TriggerCreate = "trigger.create";
        /// A trigger was removed.
        TriggerDelete = "trigger.delete";
        /// A trigger fires for nothing from now on.
        TriggerPause = "trigger.pause";
        /// A trigger fires again.
        TriggerResume = "trigger.resume";
        /// A trigger was changed.
        TriggerUpdate = "trigger.update";
        /// A user was made.
        UserCreate = "user.create";
        /// A user was deactivated.
        UserDeactivate = "user.deactivate";
        /// A user may sign in again.
        UserReactivate = "user.reactivate";
        /// A user was given another role on the server.
        UserRole = "user.role";
        /// A user was changed.
        UserUpdate = "user.update";
        /// A webhook was made.
        WebhookCreate = "webhook.create";
        /// A webhook was removed.
        WebhookDelete = "webhook.delete";
        /// A webhook was disabled because its receiver took nothing any more.
        WebhookDisable = "webhook.disable";
        /// Somebody had an event sent to a webhook again.
        WebhookRedeliver = "webhook.redeliver";
        /// A webhook was given another secret.
        WebhookRotate = "webhook.rotate";
        /// Somebody had a message sent to a webhook to try it.
        WebhookTest = "webhook.test";
        /// A webhook was changed.
        WebhookUpdate = "webhook.update";
    }
}

words! {
    /// How it ended.
    AuditOutcome {
        /// It was begun. How it ended is another entry; without one, nobody knows.
        Begun = "begun";
        /// It was done, in the same transaction.
        Done = "done";
        /// It was tried and failed.
        Failed = "failed";
        /// It was refused.
        Refused = "refused";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct_and_read_back() {
        let mut words: Vec<_> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), AuditAction::ALL.len());
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::from_word(action.as_str()), Some(*action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
            assert!(action.meaning().trim().ends_with('.'));
        }
        for outcome in AuditOutcome::ALL {
            assert_eq!(AuditOutcome::from_word(outcome.as_str()), Some(*outcome));
        }
    }
}
