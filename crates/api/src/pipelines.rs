//! `/api/v1/pipelines`: what users design, with immutable versions.

mod change;
mod export;
mod look;
mod start;
mod validate;
mod versions;
mod view;

pub(crate) use change::{
    __path_create_pipeline, __path_delete_pipeline, __path_replace_pipeline,
    __path_update_pipeline, create_pipeline, delete_pipeline, replace_pipeline, update_pipeline,
};
pub(crate) use export::{__path_export_pipeline, export_pipeline};
pub(crate) use look::{__path_get_pipeline, __path_list_pipelines, get_pipeline, list_pipelines};
pub(crate) use start::{__path_start_pipeline_run, start_pipeline_run};
pub(crate) use validate::{__path_validate_pipeline, validate_pipeline};
pub(crate) use versions::{
    __path_get_pipeline_version, __path_list_pipeline_versions, get_pipeline_version,
    list_pipeline_versions,
};
