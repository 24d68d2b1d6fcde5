//! `/api/v1/providers`: model providers.

mod change;
mod look;
mod probe;
mod view;

pub(crate) use change::{
    __path_create_provider, __path_delete_provider, __path_update_provider, create_provider,
    delete_provider, update_provider,
};
pub(crate) use look::{
    __path_get_provider, __path_list_provider_kinds, __path_list_providers, get_provider,
    list_provider_kinds, list_providers,
};
pub(crate) use probe::{
    __path_list_provider_models, __path_test_provider, list_provider_models, test_provider,
};
