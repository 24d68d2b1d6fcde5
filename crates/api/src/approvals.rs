//! `/api/v1/approvals`: what runs ask of people, and what people answer.

mod decide;
mod look;
mod query;
mod view;

pub(crate) use decide::{__path_decide_approval, decide_approval};
pub(crate) use look::{
    __path_get_approval, __path_list_approvals, __path_list_run_approvals, get_approval,
    list_approvals, list_run_approvals,
};
