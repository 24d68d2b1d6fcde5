//! `/api/v1/runs`: executions of pipelines and agents.

mod act;
mod budget;
mod events;
mod journal;
mod look;
mod nodes;
mod query;
mod settle;
mod signal;
mod start;
mod turn_view;
mod unknown_outcomes;
mod usage;
mod view;
mod wait;

pub(crate) use act::{__path_cancel_run, __path_retry_run, cancel_run, retry_run};
pub(crate) use budget::{__path_raise_run_budget, raise_run_budget};
pub(crate) use events::{__path_stream_run_events, stream_run_events};
pub(crate) use journal::{__path_get_run_journal, get_run_journal};
pub(crate) use look::{__path_get_run, __path_list_runs, get_run, list_runs};
pub(crate) use nodes::{__path_get_run_node, __path_get_run_nodes, get_run_node, get_run_nodes};
pub(crate) use settle::{__path_settle_effect, settle_effect};
pub(crate) use signal::{__path_signal_run, signal_run};
pub(crate) use start::{__path_start_run, LimitsBody, ModelName, priority_of, start_run};
pub(crate) use turn_view::ArtifactRefView;
pub(crate) use unknown_outcomes::{__path_list_unknown_outcomes, list_unknown_outcomes};
pub(crate) use usage::{__path_get_usage, get_usage};
pub(crate) use view::{RunSummaryView, RunView};
pub(crate) use wait::{WaitQuery, answer_started};
