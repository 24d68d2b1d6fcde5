//! Exactly what a model would get for a message.

use gathering_agents::{AgentDefinition, Prompt, PromptContext, TurnDefinition};
use gathering_domain::AgentId;
use gathering_llm::{CountMethod, Message};
use serde_json::Value;

use super::Agents;
use crate::{Caller, Error, Result};

/// The longest message that is previewed, in bytes.
const MAX_TEXT_BYTES: usize = 256 * 1024;

/// What a model would get for a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The request as the model port takes it, as JSON.
    pub request: Value,
    /// Its tokens.
    pub tokens: u64,
    /// Whether they were counted by the provider; estimated otherwise.
    pub counted: bool,
}

impl Agents<'_> {
    /// What the agent's model would get for `text`, without asking it.
    pub async fn preview(&self, caller: &Caller, id: AgentId, text: &str) -> Result<Preview> {
        let agent = self.get(caller, id).await?;
        if text.len() > MAX_TEXT_BYTES {
            return Err(Error::TooLarge { what: "message", most: MAX_TEXT_BYTES as u64 });
        }
        let toolbox = &self.app.inner.toolbox;
        let cannot = |faults| Error::invalid("the agent cannot run as it is defined", faults);
        let definition =
            AgentDefinition::parse(&agent.definition, Some(toolbox)).map_err(cannot)?;
        let turn = TurnDefinition::pin(definition, toolbox).map_err(cannot)?;
        let thread = [Message::user(text)];
        let prompt = Prompt {
            agent: &turn.agent,
            tools: &turn.tools,
            context: &PromptContext::default(),
            output_schema: turn.agent.output_schema.as_ref(),
            thread: &thread,
            may_call_tools: true,
        };
        let preview = prompt.preview();
        let request = serde_json::to_value(&preview.request)
            .map_err(|fault| Error::internal("write a request as JSON", fault))?;
        let counted = preview.tokens.method == CountMethod::Counted;
        Ok(Preview { request, tokens: preview.tokens.tokens, counted })
    }
}
