//! The answer that fits any request: an example of what is asked for.

use gathering_llm::{ToolChoice, ToolSpec};

use super::{
    choose::{Plan, PlannedCall, Seen},
    instance,
};
use crate::fault::WireFault;

/// The most characters of the question that the answer repeats.
const ECHO: usize = 240;

/// Makes an example: a call if one is demanded, an instance of the schema if one is given, else a
/// text that says what was asked and that no model answered.
pub(super) fn example(seen: &Seen<'_>) -> Result<Plan, WireFault> {
    let request = seen.request();
    let made = |schema| {
        let made = instance::example_of(schema, &seen.user);
        made.map(|value| value.to_string())
            .map_err(|large| WireFault::unsupported(large.to_string()))
    };
    let mut plan = Plan::default();
    if let Some(tool) = demanded(&request.tools, &request.tool_choice) {
        let arguments = made(&tool.input_schema)?;
        plan.calls = vec![PlannedCall { id: seen.call_id(0), tool: tool.name.clone(), arguments }];
    } else if let Some(out) = &request.output_schema {
        plan.text = made(&out.schema)?;
    } else {
        let asked = seen.user.split_whitespace().collect::<Vec<_>>().join(" ");
        let echo: String = asked.chars().take(ECHO).collect();
        let cut = if asked.chars().count() > ECHO { "…" } else { "" };
        let who = request.metadata.agent.as_deref().map_or(String::new(), |a| format!(" from {a}"));
        plan.text = format!(
            "This is a scripted answer{who}; no model was asked. The question was: {echo}{cut}"
        );
    }
    plan.usage = seen.usage_of(&plan);
    Ok(plan)
}

/// The tool that must be called, if one must.
fn demanded<'a>(tools: &'a [ToolSpec], choice: &ToolChoice) -> Option<&'a ToolSpec> {
    match choice {
        ToolChoice::Auto | ToolChoice::None => None,
        ToolChoice::Required => tools.first(),
        ToolChoice::Named { name } => tools.iter().find(|tool| tool.name == *name),
    }
}
