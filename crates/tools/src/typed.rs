//! A tool as its author writes it: a struct with a typed input and output.

use std::future::Future;

use gathering_domain::{EffectKind, Failure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    ReconcileFuture, Tool, ToolContext, ToolFuture, ToolKind, ToolOutput, ToolSpec,
    tool::cannot_reconcile,
};

/// What an author implements; [`Typed`] turns it into a [`Tool`].
pub trait TypedTool: Send + Sync + 'static {
    /// The arguments. Derive `JsonSchema` and deny unknown fields.
    type Input: DeserializeOwned + JsonSchema + Send;
    /// The value answered.
    type Output: Serialize + JsonSchema;

    /// The tool's spec; [`ToolSpec::of`] with `Self::Input` and `Self::Output` derives its schemas.
    fn spec(&self) -> ToolSpec;

    /// What repeating a call with this input means; the spec's kind unless a tool knows better.
    fn kind_of(&self, input: &Self::Input) -> Option<EffectKind> {
        let _ = input;
        None
    }

    /// Does it.
    fn run(
        &self,
        context: &ToolContext,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send;

    /// Says what became of a call whose outcome nobody knows, as [`Tool::reconcile`] does: what it
    /// answered, or `None` if it has not happened and never will.
    fn reconcile(
        &self,
        context: &ToolContext,
        input: Self::Input,
    ) -> impl Future<Output = Result<Option<Self::Output>, Failure>> + Send {
        let _ = (context, input);
        let cannot = cannot_reconcile(self.spec().name.as_str());
        async move { Err(cannot) }
    }

    /// Makes the output of a value; a tool that has a preview or artifacts says so here.
    fn output(&self, value: Self::Output) -> Result<ToolOutput, Failure> {
        let value = serde_json::to_value(value).map_err(|fault| {
            Failure::fatal(
                "tool_fault",
                format!("could not write the tool's output as JSON: {fault}"),
            )
        })?;
        Ok(ToolOutput::of(value))
    }
}

/// A [`TypedTool`] with its spec, as a [`Tool`].
#[derive(Debug)]
pub struct Typed<T> {
    tool: T,
    spec: ToolSpec,
}

impl<T: TypedTool> Typed<T> {
    /// Derives the spec once.
    pub fn new(tool: T) -> Self {
        let spec = tool.spec();
        Self { tool, spec }
    }

    fn input(&self, arguments: Value) -> Result<T::Input, Failure> {
        T::Input::deserialize(arguments).map_err(|fault| {
            Failure::fatal(
                "invalid_arguments",
                format!("the arguments of `{}` do not fit: {fault}", self.spec.name),
            )
        })
    }
}

impl<T: TypedTool> Tool for Typed<T> {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn kind_of(&self, arguments: &Value) -> EffectKind {
        let ToolKind::Effect { kind } = self.spec.kind else { return EffectKind::Pure };
        let input = T::Input::deserialize(arguments).ok();
        input.and_then(|input| self.tool.kind_of(&input)).unwrap_or(kind)
    }

    fn call<'a>(&'a self, context: &'a ToolContext, arguments: Value) -> ToolFuture<'a> {
        Box::pin(async move {
            let input = self.input(arguments)?;
            self.tool.output(self.tool.run(context, input).await?)
        })
    }

    fn reconcile<'a>(&'a self, context: &'a ToolContext, arguments: Value) -> ReconcileFuture<'a> {
        Box::pin(async move {
            let input = self.input(arguments)?;
            let happened = self.tool.reconcile(context, input).await?;
            happened.map(|output| self.tool.output(output)).transpose()
        })
    }
}
