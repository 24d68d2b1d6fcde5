//! From a neutral request to the body of a generation.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gathering_llm::{
    ImageSource, Message, ModelRequest, Part, ReasoningEffort, Role, ToolCall, ToolChoice,
    ToolResult,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::KIND;
use crate::{fault::WireFault, seal::unseal};

/// The whole body. Its fields keep this order on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tools<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig<'a>>,
    #[serde(skip_serializing_if = "GenerationConfig::is_empty")]
    generation_config: GenerationConfig<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<WirePart<'a>>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePart<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<InlineData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_response: Option<FunctionResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineData<'a> {
    mime_type: &'a str,
    data: String,
}

#[derive(Serialize)]
struct FunctionCall<'a> {
    id: &'a str,
    name: &'a str,
    args: Value,
}

#[derive(Serialize)]
struct FunctionResponse<'a> {
    id: &'a str,
    name: &'a str,
    response: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Vec<Declaration<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration<'a> {
    name: &'a str,
    description: &'a str,
    parameters_json_schema: &'a Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig<'a> {
    function_calling_config: CallingConfig<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallingConfig<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_function_names: Option<[&'a str; 1]>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ThinkingConfig {
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u32>,
}

/// A body to count, which names the model once more.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Count<'a> {
    generate_content_request: Named<'a>,
}

#[derive(Serialize)]
struct Named<'a> {
    model: String,
    #[serde(flatten)]
    body: Body<'a>,
}

impl<'a> Count<'a> {
    pub(super) fn of(model: &str, body: Body<'a>) -> Self {
        Self { generate_content_request: Named { model: model.to_owned(), body } }
    }
}

impl<'a> Body<'a> {
    pub(super) fn of(request: &'a ModelRequest) -> Result<Self, WireFault> {
        let system = request.system_text();
        let system_instruction = (!system.trim().is_empty()).then(|| Content {
            role: None,
            parts: vec![WirePart { text: Some(system), ..WirePart::default() }],
        });
        let mut contents: Vec<Content<'a>> = Vec::new();
        for message in request.thread() {
            let role = if message.role == Role::Assistant { "model" } else { "user" };
            let parts = parts(message, &request.model)?;
            match contents.last_mut().filter(|content| content.role == Some(role)) {
                Some(content) => content.parts.extend(parts),
                None if parts.is_empty() => {}
                None => contents.push(Content { role: Some(role), parts }),
            }
        }
        let declarations: Vec<Declaration<'a>> = request
            .tools
            .iter()
            .map(|tool| Declaration {
                name: &tool.name,
                description: &tool.description,
                parameters_json_schema: &tool.input_schema,
            })
            .collect();
        let tool_config = (!declarations.is_empty()).then(|| {
            let (mode, allowed) = match &request.tool_choice {
                ToolChoice::Auto => ("AUTO", None),
                ToolChoice::None => ("NONE", None),
                ToolChoice::Required => ("ANY", None),
                ToolChoice::Named { name } => ("ANY", Some([name.as_str()])),
            };
            let config = CallingConfig { mode, allowed_function_names: allowed };
            ToolConfig { function_calling_config: config }
        });
        let tools = if declarations.is_empty() {
            Vec::new()
        } else {
            vec![Tools { function_declarations: declarations }]
        };
        let schema = request.output_schema.as_ref().map(|out| &out.schema);
        let generation_config = GenerationConfig {
            max_output_tokens: request.max_output_tokens,
            temperature: request.temperature,
            stop_sequences: &request.stop,
            response_mime_type: schema.map(|_| "application/json"),
            response_json_schema: schema,
            thinking_config: request.reasoning.map(|effort| thinking(&request.model, effort)),
        };
        Ok(Self { system_instruction, contents, tools, tool_config, generation_config })
    }
}

impl GenerationConfig<'_> {
    fn is_empty(&self) -> bool {
        self.max_output_tokens.is_none()
            && self.temperature.is_none()
            && self.stop_sequences.is_empty()
            && self.response_mime_type.is_none()
            && self.thinking_config.is_none()
    }
}

/// Models up to 2.5 take a budget of tokens, later ones a level.
fn thinking(model: &str, effort: ReasoningEffort) -> ThinkingConfig {
    let (level, budget) = match effort {
        ReasoningEffort::Low => ("low", 1_024),
        ReasoningEffort::Medium => ("medium", 8_192),
        ReasoningEffort::High => ("high", 24_576),
    };
    let by_budget = model.contains("gemini-2");
    ThinkingConfig {
        include_thoughts: true,
        thinking_level: (!by_budget).then_some(level),
        thinking_budget: by_budget.then_some(budget),
    }
}

/// What stands in for the seal of a call that another model made, as the provider documents it.
const NO_SEAL: &str = "skip_thought_signature_validator";

fn parts<'a>(message: &'a Message, model: &str) -> Result<Vec<WirePart<'a>>, WireFault> {
    // From version 3 on, the first call of an answer must be sealed.
    let mut wants_seal = !model.contains("gemini-2") && !model.contains("gemini-1");
    let mut parts = Vec::new();
    for part in &message.parts {
        let wire = match part {
            Part::Text { text } if text.is_empty() => continue,
            Part::Text { text } => WirePart { text: Some(text.clone()), ..WirePart::default() },
            Part::Image(image) => match &image.source {
                ImageSource::Bytes { media_type, data } => {
                    let inline = InlineData { mime_type: media_type, data: STANDARD.encode(data) };
                    WirePart { inline_data: Some(inline), ..WirePart::default() }
                }
                ImageSource::Url { .. } => {
                    return Err(WireFault::unsupported(
                        "Gemini takes images as bytes, not by address",
                    ));
                }
            },
            Part::ToolCall(call) => {
                let own = call.signature.as_deref().and_then(|s| unseal(KIND, s));
                let stand_in = std::mem::take(&mut wants_seal).then_some(NO_SEAL);
                let args = args_of(call);
                WirePart {
                    function_call: Some(FunctionCall { id: &call.id, name: &call.name, args }),
                    thought_signature: own.or(stand_in),
                    ..WirePart::default()
                }
            }
            Part::ToolResult(result) => {
                let response = response_of(result);
                let response = FunctionResponse { id: &result.id, name: &result.name, response };
                WirePart { function_response: Some(response), ..WirePart::default() }
            }
            // Thoughts themselves are not wanted back, their seals are: where they stood.
            Part::Reasoning(reasoning) => {
                let signature = reasoning.signature.as_deref().and_then(|s| unseal(KIND, s));
                let Some(signature) = signature else { continue };
                let text = Some(String::new());
                WirePart { text, thought_signature: Some(signature), ..WirePart::default() }
            }
        };
        parts.push(wire);
    }
    Ok(parts)
}

/// The arguments as the object that the wire demands; malformed ones are shown as what they were.
fn args_of(call: &ToolCall) -> Value {
    match call.object() {
        Ok(_) => call.arguments.clone(),
        Err(_) => json!({"malformed_arguments": call.arguments_text()}),
    }
}

/// The result as the object that the wire demands.
fn response_of(result: &ToolResult) -> Value {
    let key = if result.is_error { "error" } else { "output" };
    Value::Object(Map::from_iter([(key.to_owned(), Value::from(result.content.as_str()))]))
}
