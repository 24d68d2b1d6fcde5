//! `/api/v1/artifacts`: named stored outputs.

mod content;
mod look;
mod media_type;
mod query;
mod view;

pub(crate) use content::{__path_download_artifact, download_artifact};
pub(crate) use look::{__path_get_artifact, __path_list_artifacts, get_artifact, list_artifacts};
