//! `/api/v1/webhooks`: where events of a project are sent.

mod change;
mod deliveries;
mod look;
mod view;

pub(crate) use change::{
    __path_create_webhook, __path_delete_webhook, __path_rotate_webhook, __path_update_webhook,
    create_webhook, delete_webhook, rotate_webhook, update_webhook,
};
pub(crate) use deliveries::{
    __path_list_deliveries, __path_redeliver, __path_test_webhook, list_deliveries, redeliver,
    test_webhook,
};
pub(crate) use look::{__path_get_webhook, __path_list_webhooks, get_webhook, list_webhooks};
