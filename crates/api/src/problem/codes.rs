//! Every stable code: its status, its title, and the page that explains it.

use http::StatusCode;

/// A stable code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// What programs compare.
    pub(crate) name: &'static str,
    /// The status of answers with it.
    pub(crate) status: StatusCode,
    /// A few words for people, the same for all answers with it.
    pub(crate) title: &'static str,
    /// What it is, why it comes, and what to do.
    pub(crate) page: &'static str,
}

macro_rules! codes {
    ($($name:literal $status:ident $title:literal;)*) => {
        /// All codes, in order of their status.
        pub(crate) static CODES: &[Code] = &[$(Code {
            name: $name,
            status: StatusCode::$status,
            title: $title,
            page: include_str!(concat!("../../../../docs/errors/", $name, ".md")),
        }),*];
    };
}

codes! {
    "incomplete_body" BAD_REQUEST "The body was cut off";
    "invalid_header" BAD_REQUEST "A header cannot be used";
    "invalid_json" BAD_REQUEST "The body is not JSON";
    "invalid_path" BAD_REQUEST "A part of the path cannot be used";
    "invalid_query" BAD_REQUEST "The query cannot be used";
    "not_utf8" BAD_REQUEST "The body is not UTF-8";
    "project_required" BAD_REQUEST "Say in which project";
    "too_deep" BAD_REQUEST "The JSON is nested too deeply";
    "unauthenticated" UNAUTHORIZED "Sign in first";
    "wrong_credentials" UNAUTHORIZED "Wrong e-mail address or password";
    "wrong_invitation" UNAUTHORIZED "Not a valid invitation";
    "wrong_password_link" UNAUTHORIZED "Not a valid link for a new password";
    "wrong_setup_link" UNAUTHORIZED "Not a valid set-up link";
    "wrong_signature" UNAUTHORIZED "Not signed as it has to be";
    "csrf_failed" FORBIDDEN "Not from a page of this server";
    "forbidden" FORBIDDEN "Not permitted";
    "not_a_decider" FORBIDDEN "For others to decide";
    "session_required" FORBIDDEN "Not with an API key";
    "not_found" NOT_FOUND "Not found";
    "unknown_route" NOT_FOUND "There is nothing here";
    "method_not_allowed" METHOD_NOT_ALLOWED "Another method is needed here";
    "slow_body" REQUEST_TIMEOUT "The body took too long";
    "already_decided" CONFLICT "Already decided";
    "already_retried" CONFLICT "Already retried";
    "budget_not_raised" CONFLICT "The budget is higher already";
    "hook_paused" CONFLICT "The hook is paused";
    "idempotency_mismatch" CONFLICT "The idempotency key was used for another request";
    "in_use" CONFLICT "Still in use";
    "last_owner" CONFLICT "The last owner";
    "limit_reached" CONFLICT "There may be no more of them";
    "name_taken" CONFLICT "The name is taken";
    "no_budget" CONFLICT "The run has no budget";
    "not_awaited" CONFLICT "Nothing waits for this";
    "not_retryable" CONFLICT "A retry cannot mend this run";
    "run_ended" CONFLICT "The run has ended";
    "run_not_ended" CONFLICT "The run has not ended";
    "setup_done" CONFLICT "Already set up";
    "thread_busy" CONFLICT "The thread is busy";
    "unknown_outcomes" CONFLICT "Outcomes are unknown";
    "precondition_failed" PRECONDITION_FAILED "Changed meanwhile";
    "too_large" PAYLOAD_TOO_LARGE "Too large";
    "uri_too_long" URI_TOO_LONG "The address is too long";
    "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "Not a media type for this";
    "wrong_host" MISDIRECTED_REQUEST "Another host is needed here";
    "hook_failed" UNPROCESSABLE_ENTITY "The hook could not do it";
    "invalid" UNPROCESSABLE_ENTITY "What was given cannot be used";
    "upgrade_required" UPGRADE_REQUIRED "Only as a WebSocket";
    "precondition_required" PRECONDITION_REQUIRED "Say which version you read";
    "quota_reached" TOO_MANY_REQUESTS "The project's quota is used up";
    "too_many_requests" TOO_MANY_REQUESTS "Too many requests in too short a time";
    "headers_too_large" REQUEST_HEADER_FIELDS_TOO_LARGE "The headers are too large";
    "internal" INTERNAL_SERVER_ERROR "Something went wrong inside the server";
    "upstream_failed" BAD_GATEWAY "A server elsewhere failed";
    "busy" SERVICE_UNAVAILABLE "Too much is waiting";
    "not_ready" SERVICE_UNAVAILABLE "Not ready";
    "overloaded" SERVICE_UNAVAILABLE "Too many requests at once";
    "store_unavailable" SERVICE_UNAVAILABLE "The store cannot be reached";
}

/// Codes that only the edge gives; the others are those of the use cases.
#[cfg(test)]
const EDGE_CODES: &[&str] = &[
    "csrf_failed",
    "incomplete_body",
    "invalid_header",
    "invalid_json",
    "invalid_path",
    "invalid_query",
    "not_utf8",
    "too_deep",
    "unknown_route",
    "method_not_allowed",
    "slow_body",
    "uri_too_long",
    "unsupported_media_type",
    "wrong_host",
    "upgrade_required",
    "precondition_required",
    "too_many_requests",
    "headers_too_large",
    "not_ready",
    "overloaded",
];

/// The code of that name; `internal` for a name that is none, which a test rules out.
pub(crate) fn code(name: &str) -> &'static Code {
    let find = |name: &str| CODES.iter().find(|code| code.name == name);
    find(name).or_else(|| find("internal")).expect("`internal` is in the list")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use gathering_app::ERROR_CODES;

    use super::{super::FAILURES, *};

    #[test]
    fn the_list_is_the_codes_of_the_use_cases_and_those_of_the_edge() {
        let listed: BTreeSet<_> = CODES.iter().map(|code| code.name).collect();
        assert_eq!(listed.len(), CODES.len(), "a code stands twice");
        let of_app = ERROR_CODES.iter().map(|(code, _)| *code);
        let wanted: BTreeSet<_> = of_app.chain(EDGE_CODES.iter().copied()).collect();
        assert_eq!(listed, wanted);
    }

    #[test]
    fn each_code_has_a_page_and_each_page_a_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let pages: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
            .filter(|name| name != "README")
            .collect();
        let answers = CODES.iter().map(|code| {
            (code.name, format!("**{} {}**", code.status.as_u16(), code.title), code.page)
        });
        let failures = FAILURES
            .iter()
            .map(|code| (code.name, format!("**Failure: {}**", code.title), code.page));
        let listed: Vec<_> = answers.chain(failures).collect();
        let names: BTreeSet<_> = listed.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(names.len(), listed.len(), "a code is one of answers and one of failures");
        assert_eq!(pages, names);
        for (name, head, page) in listed {
            let mut lines = page.lines();
            assert_eq!(lines.next(), Some(format!("# `{name}`").as_str()), "{name}");
            assert!(page.contains(&head), "{name} lacks {head}");
            for section in ["## Why", "## What to do"] {
                assert!(page.contains(section), "{name} lacks {section}");
            }
        }
    }

    #[test]
    fn codes_stand_in_order() {
        let order: Vec<_> = CODES.iter().map(|code| code.status.as_u16()).collect();
        assert!(order.is_sorted(), "{order:?}");
        assert!(FAILURES.iter().map(|code| code.name).is_sorted());
    }
}
