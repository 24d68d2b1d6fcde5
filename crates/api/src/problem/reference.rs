//! The list of all codes, as a page and as data.

use std::fmt::Write as _;

use super::CODES;

/// Every code that an answer can have, with its status and its title.
pub fn error_codes() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    CODES.iter().map(|code| (code.name, code.status.as_u16(), code.title))
}

/// The index of the pages of `docs/errors`.
pub fn error_reference() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Every failure is `application/problem+json` (RFC 9457) with the members `type`, `title`,\n\
         `status`, `detail`, `code`, `request_id` and, where places in the request are wrong, `errors`\n\
         (`pointer`, `code`, `message`). Programs go by `code`: it never changes its meaning.\n\n\
         | code | status | |\n|---|---|---|\n",
    );
    for (code, status, title) in error_codes() {
        let _ = writeln!(page, "| [`{code}`]({code}.md) | {status} | {title} |");
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
