//! Every stable code of a failure of a run, a node or an effect, and the page that explains it.

/// A code with which a run, a node or an effect fails.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FailureCode {
    /// What programs compare.
    pub(crate) name: &'static str,
    /// A few words for people, the same for all failures with it.
    pub(crate) title: &'static str,
    /// What it is, why it comes, and what to do.
    pub(crate) page: &'static str,
}

macro_rules! failures {
    ($($name:literal $title:literal;)*) => {
        /// All codes of failures that are not codes of answers as well, in order of their names.
        ///
        /// That each code in the sources is here or among those of answers is checked by
        /// `cargo xtask tidy`.
        pub(crate) static FAILURES: &[FailureCode] = &[$(FailureCode {
            name: $name,
            title: $title,
            page: include_str!(concat!("../../../../docs/errors/", $name, ".md")),
        }),*];
    };
}

failures! {
    "abandoned" "No longer wanted";
    "answer_too_large" "The answer is too large";
    "approval_required" "Needs a person's consent";
    "artifact_fault" "The artifact could not be made";
    "attempt_lost" "The attempt was interrupted";
    "attempts_exceeded" "The run's limit of attempts is reached";
    "breaker_open" "The target failed too often";
    "budget_exceeded" "The run's limit of money is reached";
    "cancelled" "Cancelled";
    "cannot_reconcile" "The target cannot be asked";
    "channel_changed" "The channel is another one now";
    "child_failed" "A run below failed";
    "child_unusable" "A run below cannot be made";
    "condition_not_boolean" "The condition is neither true nor false";
    "connection_lost" "The connection broke";
    "cost_limit" "The agent's limit of money is reached";
    "deadline_passed" "Nobody decided in time";
    "definition_unusable" "The definition cannot be used";
    "delivery_gone" "The delivery is gone";
    "denied" "The tool is denied";
    "egress_blocked" "The network rules do not allow it";
    "expression_failed" "The expression failed";
    "expression_too_costly" "The expression does too much";
    "expression_too_large" "The expression's result is too large";
    "foreign_secret_marker" "A secret is asked for from outside the definition";
    "http_status" "The server refused";
    "invalid_answer" "The answer is neither approval nor rejection";
    "invalid_arguments" "The arguments do not fit";
    "invalid_duration" "Not a duration";
    "invalid_input" "The input does not fit";
    "invalid_limits" "The limits of the request cannot be";
    "invalid_output" "The answer does not fit its schema";
    "invalid_provider" "The provider cannot be configured so";
    "invalid_schema" "The schema cannot be used";
    "invalid_subject" "Not a subject";
    "invalid_time" "Not a time";
    "invalid_url" "Not an address";
    "join_out_of_reach" "The join can no longer be reached";
    "journal_unreadable" "The run's journal cannot be read";
    "machine_endless" "The run's machine does not come to rest";
    "machine_panicked" "A defect stopped the run";
    "machine_stuck" "Nothing can move the run on";
    "mail_refused" "The mail server refused";
    "malformed_arguments" "The model's arguments are not JSON";
    "max_output_tokens" "The answer was cut";
    "model_answer_cut" "The model's answer was cut before it said anything";
    "model_answer_too_large" "The model's answer is too large";
    "model_auth_missing" "The provider has no key";
    "model_auth_refused" "The provider refused the key";
    "model_connection_lost" "The connection to the provider broke";
    "model_context_too_long" "The conversation does not fit the model";
    "model_empty_answer" "The model answered nothing";
    "model_invalid_request" "The provider refused the request";
    "model_malformed_answer" "The provider's answer cannot be read";
    "model_overloaded" "The provider has no room";
    "model_quota_exhausted" "The account has no credit";
    "model_refused" "The model refused";
    "model_server_error" "The provider failed";
    "model_stream_cut" "The model's answer ended too early";
    "model_unreachable" "The provider cannot be reached";
    "model_unsupported" "The adapter cannot ask for this";
    "name_not_resolved" "The name cannot be resolved";
    "no_mail_server" "There is no mail server";
    "no_model" "No model";
    "no_progress" "The agent made no progress";
    "no_start" "The run has not started";
    "not_a_list" "Not a list";
    "not_callable" "Only an agent can call it";
    "not_connected" "No connection";
    "not_done" "It was settled as not done";
    "not_done_yet" "The target has not done it yet";
    "not_pinned" "The run does not know this definition";
    "outcome_unclear" "The target does not say what happened";
    "output_too_deep" "The output is nested too deeply";
    "output_too_large" "The output is too large";
    "panicked" "A defect stopped the effect";
    "poisoned" "The run brought down its process again and again";
    "price_unknown" "What the model costs is not known";
    "rate_limited" "Too many requests to a server elsewhere";
    "redirect_refused" "A redirect was refused";
    "refused" "A person refused";
    "request_too_large" "The request is too large";
    "secret_refused" "The secret is not for this host";
    "secret_unavailable" "The secret cannot be read";
    "server_error" "A server elsewhere failed";
    "settled_as_failed" "It was settled as failed";
    "sleep_too_long" "The wait is too long";
    "step_refused" "The store refuses a step";
    "store_busy" "The store has no room";
    "store_failed" "The store failed";
    "target_not_done" "The target says that it did not happen";
    "time_limit" "The agent's time is up";
    "timeout" "Out of time";
    "token_limit" "The agent's limit of tokens is reached";
    "too_many_ancestors" "Runs are nested too deeply";
    "too_many_items" "Too many items";
    "tool_call_limit" "The agent's limit of tool calls is reached";
    "tool_fault" "The tool broke off";
    "turn_limit" "The agent's limit of model calls is reached";
    "undefined_name" "A name is not defined";
    "unknown_channel" "There is no such channel";
    "unknown_model" "The provider does not have the model";
    "unknown_performer" "Nothing performs this";
    "unknown_provider" "There is no such provider";
    "unknown_secret" "There is no such secret";
    "unknown_tool" "There is no such tool";
    "unreadable_answer" "The answer cannot be kept";
    "webhook_disabled" "The webhook is disabled";
    "webhook_enabled" "The webhook is enabled again";
    "webhook_gone" "The webhook is gone";
}
