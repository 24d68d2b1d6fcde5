//! What commands say: text for people, JSON for machines, faults on standard error.

use std::{borrow::Cow, fmt, io::IsTerminal, process::ExitCode};

use gathering_app::Error;
use gathering_domain::Fault;
use serde::Serialize;
use serde_json::{Value, json};

/// The status of a process that was given something it cannot use.
const UNUSABLE: u8 = 2;

/// Where a command's answer goes, and in which form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

/// Something that a person wrote cannot be used; the process ends with status 2.
#[derive(Debug)]
pub(crate) struct Unusable(pub(crate) String);

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Whether a person looks at standard error, where progress goes.
    pub(crate) fn is_watched(self) -> bool {
        !self.json && std::io::stderr().is_terminal()
    }

    /// Whether a person reads the answer itself.
    pub(crate) fn is_read(self) -> bool {
        !self.json && std::io::stdout().is_terminal()
    }

    /// A line for people; nothing in JSON.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        if !self.json {
            write(&mut std::io::stdout(), &shown(text.as_ref(), &std::io::stdout()));
        }
    }

    /// A value for machines, on one line; nothing in text.
    pub(crate) fn value(self, value: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string(value);
            let text =
                text.unwrap_or_else(|fault| json!({ "error": fault.to_string() }).to_string());
            write(&mut std::io::stdout(), &text);
        }
    }

    /// A line about what goes on, apart from the answer; nothing in JSON.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        if !self.json {
            write(&mut std::io::stderr(), &shown(text.as_ref(), &std::io::stderr()));
        }
    }

    /// Tells why a command failed, with every fault of what it was given.
    pub(crate) fn failure(self, error: &anyhow::Error) -> ExitCode {
        let faults = faults(error);
        let mut to = std::io::stderr();
        if self.json {
            let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
            let mut told = json!({ "error": error.to_string(), "causes": causes });
            if !faults.is_empty() {
                told["faults"] = faults.iter().map(fault_value).collect();
            }
            write(&mut to, &told.to_string());
        } else {
            write(&mut to, &shown(&format!("error: {error:#}"), &std::io::stderr()));
            for fault in faults {
                write(&mut to, &shown(&format!("  {}", fault_line(fault)), &std::io::stderr()));
            }
        }
        let refused =
            matches!(error.downcast_ref(), Some(Error::Invalid { .. } | Error::TooLarge { .. }));
        if refused || error.downcast_ref::<Unusable>().is_some() {
            return ExitCode::from(UNUSABLE);
        }
        ExitCode::FAILURE
    }
}

/// The text as it is for a pipe, and [`plain`] for a terminal.
fn shown<'a>(text: &'a str, to: &impl IsTerminal) -> Cow<'a, str> {
    if to.is_terminal() { plain(text) } else { Cow::Borrowed(text) }
}

/// The text without what a terminal obeys: models, pages and providers wrote parts of it. Control
/// characters other than line feed and tab, and those that turn the direction of text, show as `�`.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let commands = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(commands) {
        Cow::Owned(text.replace(commands, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// An error of what a person wrote.
pub(crate) fn unusable(error: impl Into<anyhow::Error>, what: Unusable) -> anyhow::Error {
    error.into().context(what)
}

/// A fault for people: its place, what is wrong, and the code under which it is documented.
pub(crate) fn fault_line(fault: &Fault) -> String {
    let place = match fault.pointer.as_str() {
        "" => "/",
        place => place,
    };
    format!("{place}: {} ({})", fault.message, fault.code)
}

/// A fault for machines.
pub(crate) fn fault_value(fault: &Fault) -> Value {
    json!({ "pointer": fault.pointer.as_str(), "code": fault.code, "message": fault.message })
}

fn faults(error: &anyhow::Error) -> &[Fault] {
    match error.downcast_ref() {
        Some(Error::Invalid { faults, .. }) => faults,
        _ => &[],
    }
}

/// Writes a line. A reader that has gone away is no reason to fail.
fn write(to: &mut impl std::io::Write, text: &str) {
    let _ = writeln!(to, "{text}").and_then(|()| to.flush());
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_that_is_shown() {
        for (text, shown) in [
            ("plain\n\tüñ 漢 🙂", "plain\n\tüñ 漢 🙂"),
            ("\u{1b}]52;c;aGk=\u{7}", "�]52;c;aGk=�"),
            ("\u{1b}[2Jgone\r", "�[2Jgone�"),
            ("\u{9b}31m", "�31m"),
            ("del\u{7f}\u{8}", "del��"),
            ("pay \u{202e}001\u{202c} \u{2066}x\u{2069}\u{200f}", "pay �001� �x��"),
        ] {
            assert_eq!(plain(text), shown, "{text:?}");
        }
    }
}
