//! `/api/v1/triggers`: what starts runs when something happens.

mod change;
mod look;
mod view;

pub(crate) use change::{
    __path_create_trigger, __path_delete_trigger, __path_pause_trigger, __path_resume_trigger,
    __path_update_trigger, create_trigger, delete_trigger, pause_trigger, resume_trigger,
    update_trigger,
};
pub(crate) use look::{
    __path_get_trigger, __path_list_trigger_firings, __path_list_triggers, get_trigger,
    list_trigger_firings, list_triggers,
};
