//! `/api/v1/schedules`: what starts work at its times.

mod act;
mod change;
mod form;
mod look;
mod view;

pub(crate) use act::{
    __path_pause_schedule, __path_resume_schedule, __path_trigger_schedule, pause_schedule,
    resume_schedule, trigger_schedule,
};
pub(crate) use change::{
    __path_create_schedule, __path_delete_schedule, __path_update_schedule, create_schedule,
    delete_schedule, update_schedule,
};
pub(crate) use look::{
    __path_get_schedule, __path_list_fires, __path_list_schedules, __path_preview_schedule,
    __path_preview_timing, get_schedule, list_fires, list_schedules, preview_schedule,
    preview_timing,
};
