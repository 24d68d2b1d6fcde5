//! The page of what the audit trail records.

use std::fmt::Write as _;

use gathering_domain::{AuditAction, AuditOutcome};

use super::GENERATED;

/// `docs/reference/audit-actions.md`.
#[expect(clippy::unnecessary_wraps, reason = "every page is made so")]
pub(super) fn page() -> anyhow::Result<String> {
    let mut page = format!(
        "{GENERATED}\n\n# What the audit trail records\n\n\
         [How it is kept and verified](../operating/audit.md).\n\n| action | |\n|---|---|\n"
    );
    for action in AuditAction::ALL {
        let _ = writeln!(page, "| `{}` | {} |", action.as_str(), action.meaning().trim());
    }
    page.push_str("\n| outcome | |\n|---|---|\n");
    for outcome in AuditOutcome::ALL {
        let _ = writeln!(page, "| `{}` | {} |", outcome.as_str(), outcome.meaning().trim());
    }
    Ok(page)
}
