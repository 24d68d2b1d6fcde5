//! Which approvals a list shows.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::views::ApprovalStatusWord;

/// Which approvals.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApprovalsQuery {
    /// The most rows; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// Those in this status; open ones if absent.
    #[param(inline)]
    pub(super) status: Option<ApprovalStatusWord>,
    /// Only those that name nobody, or the caller, as one who may decide.
    pub(super) may_decide: Option<bool>,
}
