//! `/api/v1/audit`: who did what, for those who run the server.

mod export;
mod list;
mod verify;
mod view;

pub(crate) use export::{__path_export_audit, export_audit};
pub(crate) use list::{__path_list_audit, list_audit};
pub(crate) use verify::{__path_verify_audit, verify_audit};
