//! The scripted model: a provider that answers from a script, the same each time.

mod choose;
mod demo;
mod instance;
mod render;
mod script;
mod speak;

use std::collections::BTreeMap;

use futures::{FutureExt as _, future};
use gathering_llm::{
    ModelError, ModelErrorKind, ModelFuture, ModelInfo, ModelProvider, ModelRequest, ModelStream,
    ProviderTest,
};

pub use script::{InvalidScript, Script};

/// A provider whose models are scripts. It keeps nothing between calls: the conversation itself
/// decides, so the same request gives the same answer on every instance and after every restart.
#[derive(Debug, Clone)]
pub struct ScriptedProvider {
    name: String,
    scripts: BTreeMap<String, Script>,
}

/// The script that answers any request.
const DEMO: &str = "demo";

impl ScriptedProvider {
    /// A provider with the built-in model `demo`, which answers any request.
    pub fn new(name: impl Into<String>) -> Self {
        let scripts = BTreeMap::from([(DEMO.to_owned(), Script::demo())]);
        Self { name: name.into(), scripts }
    }

    /// Adds a model, or replaces one.
    pub fn with_script(mut self, model: impl Into<String>, script: Script) -> Self {
        self.scripts.insert(model.into(), script);
        self
    }

    fn answer(&self, request: &ModelRequest) -> Result<ModelStream, ModelError> {
        let Some(script) = self.scripts.get(&request.model) else {
            let known: Vec<&str> = self.scripts.keys().map(String::as_str).collect();
            let message = format!("there is no such script; there are: {}", known.join(", "));
            let kind = ModelErrorKind::UnknownModel;
            return Err(ModelError::new(kind, &self.name, &request.model, message));
        };
        let plan = script.plan(request).map_err(|f| f.at(&self.name, &request.model))?;
        Ok(speak::stream(plan, &self.name, &request.model))
    }
}

impl ModelProvider for ScriptedProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "scripted"
    }

    fn scripted(&self) -> bool {
        true
    }

    fn stream(&self, request: ModelRequest) -> ModelFuture<'_, ModelStream> {
        future::ready(self.answer(&request)).boxed()
    }

    fn list_models(&self) -> ModelFuture<'_, Vec<ModelInfo>> {
        let info = |name: &String| ModelInfo {
            name: name.clone(),
            title: Some(format!("Scripted: {name}")),
            context_tokens: None,
        };
        future::ready(Ok(self.scripts.keys().map(info).collect())).boxed()
    }

    fn test(&self) -> ModelFuture<'_, ProviderTest> {
        future::ready(Ok(ProviderTest { models: self.scripts.len(), scripted: true })).boxed()
    }
}
