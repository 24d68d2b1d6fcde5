//! The tools of a server, by name.

use std::{collections::BTreeMap, sync::Arc};

use gathering_domain::{EffectKind, Fault, Slug};
use serde_json::Value;

use crate::{InvalidSchema, Schema, Tool, ToolKind, ToolSpec};

/// Every tool that exists here, with its schema compiled. Built once, then read only.
#[derive(Default)]
pub struct Toolbox {
    tools: BTreeMap<Slug, Registered>,
}

/// A tool in a box.
pub struct Registered {
    spec: ToolSpec,
    input: Schema,
    runner: Runner,
}

/// What carries out a call.
pub enum Runner {
    /// The executor calls this.
    Effect(Arc<dyn Tool>),
    /// A machine awaits a person's answer; there is nothing to call.
    AskPerson,
}

/// There is no tool of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no tool `{name}`; the tools are: {}", known.join(", "))]
pub struct UnknownTool {
    /// What was asked for, cut to 64 characters.
    pub name: String,
    /// The names that exist.
    pub known: Vec<String>,
}

/// A tool that cannot go into the box.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Its name is taken.
    #[error("could not register tool `{0}`: the name is taken")]
    Taken(Slug),
    /// One of its schemas is not usable.
    #[error("could not register tool `{name}`: its input schema is not usable")]
    Schema {
        /// The tool.
        name: Slug,
        /// What is wrong with the schema.
        #[source]
        source: InvalidSchema,
    },
    /// A tool that asks a person was given as one to call, or the other way round.
    #[error("could not register tool `{0}`: its kind and the way it is registered differ")]
    Kind(Slug),
}

impl Toolbox {
    /// An empty box.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool that the executor calls.
    pub fn add(&mut self, tool: Arc<dyn Tool>) -> Result<(), RegisterError> {
        let spec = tool.spec().clone();
        match spec.kind {
            ToolKind::Effect { .. } => self.insert(spec, Runner::Effect(tool)),
            ToolKind::AskPerson => Err(RegisterError::Kind(spec.name)),
        }
    }

    /// Adds a tool that asks a person.
    pub fn add_question(&mut self, spec: ToolSpec) -> Result<(), RegisterError> {
        match spec.kind {
            ToolKind::AskPerson => self.insert(spec, Runner::AskPerson),
            ToolKind::Effect { .. } => Err(RegisterError::Kind(spec.name)),
        }
    }

    /// The tool of that name, or a fault that names those that exist.
    pub fn get(&self, name: &str) -> Result<&Registered, UnknownTool> {
        self.find(name).ok_or_else(|| UnknownTool {
            name: name.chars().take(64).collect(),
            known: self.tools.keys().map(ToString::to_string).collect(),
        })
    }

    /// The tool of that name, if there is one.
    pub fn find(&self, name: &str) -> Option<&Registered> {
        let name: Slug = name.parse().ok()?;
        self.tools.get(&name)
    }

    /// Every tool's spec, in the order of their names.
    pub fn list(&self) -> impl Iterator<Item = &ToolSpec> {
        self.tools.values().map(Registered::spec)
    }

    fn insert(&mut self, spec: ToolSpec, runner: Runner) -> Result<(), RegisterError> {
        if self.tools.contains_key(&spec.name) {
            return Err(RegisterError::Taken(spec.name));
        }
        let input = Schema::compile(&spec.input)
            .map_err(|source| RegisterError::Schema { name: spec.name.clone(), source })?;
        self.tools.insert(spec.name.clone(), Registered { spec, input, runner });
        Ok(())
    }
}

impl Registered {
    /// What the tool states about itself.
    pub fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    /// What carries out a call.
    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    /// What repeating a call with these arguments means.
    pub fn kind_of(&self, arguments: &Value) -> EffectKind {
        match &self.runner {
            Runner::Effect(tool) => tool.kind_of(arguments),
            Runner::AskPerson => EffectKind::Pure,
        }
    }

    /// What is wrong with the arguments; empty if they fit.
    pub fn check(&self, arguments: &Value) -> Vec<Fault> {
        self.input.faults(arguments)
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use gathering_domain::Failure;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;
    use crate::{Question, ToolContext, Typed, TypedTool};

    struct Echo {
        name: &'static str,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Said {
        text: String,
    }

    impl TypedTool for Echo {
        type Input = Said;
        type Output = Said;

        fn spec(&self) -> ToolSpec {
            let kind = ToolKind::Effect { kind: EffectKind::Unsafe };
            ToolSpec::of::<Said, Said>(self.name, "Says it back.", kind).sequential()
        }

        fn kind_of(&self, input: &Said) -> Option<EffectKind> {
            input.text.is_empty().then_some(EffectKind::Pure)
        }

        async fn run(&self, _: &ToolContext, input: Said) -> Result<Said, Failure> {
            future::ready(Ok(input)).await
        }
    }

    fn echo(name: &'static str) -> Arc<dyn Tool> {
        Arc::new(Typed::new(Echo { name }))
    }

    fn ask() -> ToolSpec {
        ToolSpec::of::<Question, crate::Answer>("ask_person", "Asks.", ToolKind::AskPerson)
    }

    #[test]
    fn tools_are_found_by_name_and_listed_in_order() {
        let mut toolbox = Toolbox::new();
        toolbox.add(echo("echo")).unwrap();
        toolbox.add_question(ask()).unwrap();
        let names: Vec<_> = toolbox.list().map(|spec| spec.name.to_string()).collect();
        assert_eq!(names, ["ask_person", "echo"]);
        assert!(toolbox.get("echo").is_ok());
        for name in ["Echo", "echo ", "", "../echo"] {
            let unknown = toolbox.get(name).err().unwrap();
            assert_eq!(
                unknown.to_string(),
                format!("there is no tool `{name}`; the tools are: ask_person, echo")
            );
        }
        assert!(matches!(toolbox.add(echo("echo")), Err(RegisterError::Taken(_))));
    }

    #[test]
    fn tool_goes_in_only_as_what_it_is() {
        let mut toolbox = Toolbox::new();
        let effect = echo("echo").spec().clone();
        assert!(matches!(toolbox.add_question(effect), Err(RegisterError::Kind(_))));
        let mut broken = ask();
        broken.input = json!({ "type": "nothing" });
        assert!(matches!(toolbox.add_question(broken), Err(RegisterError::Schema { .. })));
        assert_eq!(toolbox.list().count(), 0);
    }

    #[test]
    fn kind_depends_on_arguments_only_where_they_are_understood() {
        let mut toolbox = Toolbox::new();
        toolbox.add(echo("echo")).unwrap();
        let tool = toolbox.get("echo").unwrap();
        for (arguments, kind) in [
            (json!({ "text": "" }), EffectKind::Pure),
            (json!({ "text": "hi" }), EffectKind::Unsafe),
            (json!({ "text": "", "more": 1 }), EffectKind::Unsafe),
            (json!([]), EffectKind::Unsafe),
        ] {
            assert_eq!(tool.kind_of(&arguments), kind, "{arguments}");
        }
        assert_eq!(tool.check(&json!({ "text": "hi" })), []);
        assert_eq!(tool.check(&json!({ "text": 1 }))[0].pointer.as_str(), "/text");
    }
}
