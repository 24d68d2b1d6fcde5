//! The list of all codes, as a page and as data.

use std::fmt::Write as _;

use super::{CODES, FAILURES};

/// Every code that an answer can have, with its status and its title.
pub fn error_codes() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    CODES.iter().map(|code| (code.name, code.status.as_u16(), code.title))
}

/// The index of the pages of `docs/errors`.
pub fn error_reference() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         ## Answers of the API\n\n\
         Every refusal and failure is `application/problem+json` (RFC 9457) with the members `type`, `title`,\n\
         `status`, `detail`, `code`, `request_id` and, where places in the request are wrong, `errors`\n\
         (`pointer`, `code`, `message`). Programs go by `code`: it never changes its meaning.\n\n\
         | code | status | |\n|---|---|---|\n",
    );
    for (code, status, title) in error_codes() {
        let _ = writeln!(page, "| [`{code}`]({code}.md) | {status} | {title} |");
    }
    page.push_str(
        "\n## Failures of runs, nodes and effects\n\n\
         What was accepted and failed later has an `error` with a `code` and a `message`. A node that\n\
         starts a pipeline can fail with a code of the first table, too: that of the refusal.\n\n\
         | code | |\n|---|---|\n",
    );
    for code in FAILURES {
        let _ = writeln!(page, "| [`{0}`]({0}.md) | {1} |", code.name, code.title);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_repository_is_current() {
        assert_eq!(include_str!("../../../../docs/errors/README.md"), error_reference());
    }
}
