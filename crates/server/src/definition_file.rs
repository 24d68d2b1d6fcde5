//! Definitions in files, as a person writes them.

use std::{fs, path::Path};

use gathering_app::pipelines::{Format, Source};
use gathering_domain::Fault;
use gathering_pipelines::MAX_DOCUMENT_BYTES;
use serde_json::Value;

use crate::output::{Unusable, unusable};

/// The text of a definition and how it is written.
#[derive(Debug)]
pub(crate) struct DefinitionFile {
    text: String,
    format: Format,
}

impl DefinitionFile {
    /// Reads the file; what is in it may still be anything.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let attempt = || Unusable(format!("could not read the pipeline file `{}`", path.display()));
        let size = fs::metadata(path).map_err(|fault| unusable(fault, attempt()))?.len();
        if size > MAX_DOCUMENT_BYTES as u64 {
            let why = format!(
                "`{}` has {size} bytes; a definition has at most {MAX_DOCUMENT_BYTES}",
                path.display()
            );
            return Err(anyhow::Error::new(Unusable(why)));
        }
        let text = fs::read_to_string(path).map_err(|fault| unusable(fault, attempt()))?;
        let is_json =
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let format = if is_json { Format::Json } else { Format::Yaml };
        Ok(Self { text, format })
    }

    /// The definition as a value, or why it cannot be read.
    pub(crate) fn document(&self) -> Result<Value, Fault> {
        gathering_pipelines::read(&self.text, self.format)
    }

    /// The definition as the use cases take it.
    pub(crate) fn source(&self) -> Source {
        Source::Text { text: self.text.clone(), format: self.format }
    }
}
