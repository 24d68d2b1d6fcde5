//! Which artifacts a list shows.

use gathering_domain::RunId;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which artifacts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArtifactsQuery {
    /// The most rows; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// Those of this run.
    #[param(value_type = Option<String>)]
    pub(super) run_id: Option<RunId>,
}
