//! Which rule fits a conversation, and what it then says.

use gathering_domain::{Duration, TokenUsage};
use gathering_llm::{
    Message, ModelErrorKind, ModelRequest, Part, Role, StopReason, estimate_request, estimate_text,
};
use minijinja::value::Value as Term;
use serde_json::Value;

use super::{
    demo,
    render::Scene,
    script::{Call, Delay, Otherwise, Reply, Rule, Script, When},
};
use crate::fault::WireFault;

/// What will be said.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) reasoning: String,
    pub(super) text: String,
    pub(super) calls: Vec<PlannedCall>,
    pub(super) usage: TokenUsage,
    pub(super) stop: Option<StopReason>,
    pub(super) first_delay: Duration,
    pub(super) token_delay: Duration,
    pub(super) cut_after: Option<usize>,
}

/// A call as it will be made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlannedCall {
    pub(super) id: String,
    pub(super) tool: String,
    pub(super) arguments: String,
}

/// What the rules look at.
pub(super) struct Seen<'a> {
    request: &'a ModelRequest,
    pub(super) user: String,
    /// The results that the conversation ends with, if it ends with results.
    tool: Option<String>,
    result_names: Vec<&'a str>,
    system: String,
    pub(super) answers: usize,
}

impl Script {
    /// Decides what to say to `request`, from the request alone.
    pub(super) fn plan(&self, request: &ModelRequest) -> Result<Plan, WireFault> {
        let seen = Seen::of(request);
        for (at, rule) in self.rules.iter().enumerate() {
            if let Some(groups) = rule.when.fits(&seen) {
                return rule.plan(&seen, groups).map_err(|fault| WireFault {
                    message: format!("rule {}: {}", at + 1, fault.message),
                    ..fault
                });
            }
        }
        match self.otherwise {
            Otherwise::Example => demo::example(&seen),
            Otherwise::Fail => {
                let user: String = seen.user.chars().take(120).collect();
                let message = format!("no rule of the script fits; the user said last: {user}");
                Err(WireFault::new(ModelErrorKind::InvalidRequest, message))
            }
        }
    }
}

impl<'a> Seen<'a> {
    pub(super) fn of(request: &'a ModelRequest) -> Self {
        let thread: Vec<&Message> = request.thread().collect();
        let user = thread.iter().rfind(|message| message.role == Role::User);
        let results: Vec<_> = thread
            .last()
            .filter(|message| message.role == Role::Tool)
            .into_iter()
            .flat_map(|message| &message.parts)
            .filter_map(|part| match part {
                Part::ToolResult(result) => Some(result),
                _ => None,
            })
            .collect();
        let texts: Vec<&str> = results.iter().map(|result| result.content.as_str()).collect();
        Self {
            request,
            user: user.map(|message| message.plain_text()).unwrap_or_default(),
            tool: (!results.is_empty()).then(|| texts.join("\n")),
            result_names: results.iter().map(|result| result.name.as_str()).collect(),
            system: request.system_text(),
            answers: thread.iter().filter(|message| message.role == Role::Assistant).count(),
        }
    }

    pub(super) fn request(&self) -> &'a ModelRequest {
        self.request
    }

    /// The name of an answer's call: unique within the conversation, the same each time.
    pub(super) fn call_id(&self, at: usize) -> String {
        format!("call_{}_{at}", self.answers)
    }

    /// Counts what was not said: what the request and the answer are by estimate.
    pub(super) fn usage_of(&self, plan: &Plan) -> TokenUsage {
        let reasoning = estimate_text(&plan.reasoning);
        let calls: u64 = plan
            .calls
            .iter()
            .map(|call| estimate_text(&call.tool) + estimate_text(&call.arguments))
            .sum();
        TokenUsage {
            input: estimate_request(self.request).tokens,
            output: reasoning + estimate_text(&plan.text) + calls,
            reasoning,
            ..TokenUsage::default()
        }
    }

    fn scene(&self, groups: Vec<String>) -> Scene {
        let tools: Vec<String> = self.request.tools.iter().map(|tool| tool.name.clone()).collect();
        Scene::new(minijinja::context! {
            user => self.user.clone(),
            tool => self.tool.clone().unwrap_or_default(),
            system => self.system.clone(),
            model => self.request.model.clone(),
            agent => self.request.metadata.agent.clone().unwrap_or_default(),
            answers => self.answers,
            tools => tools,
            match => Term::from(groups),
        })
    }
}

impl When {
    /// What the groups of the patterns caught, if everything holds: those of `tool` if it is given,
    /// else those of `user`.
    fn fits(&self, seen: &Seen<'_>) -> Option<Vec<String>> {
        let request = seen.request;
        let mut groups = Vec::new();
        if let Some(pattern) = &self.user {
            groups = caught(&pattern.0, &seen.user)?;
        }
        if let Some(pattern) = &self.tool {
            groups = caught(&pattern.0, seen.tool.as_deref()?)?;
        }
        let others = self.system.iter().all(|pattern| pattern.0.is_match(&seen.system))
            && self.model.iter().all(|pattern| pattern.0.is_match(&request.model))
            && self.agent.iter().all(|name| request.metadata.agent.as_ref() == Some(name))
            && self.answers.is_none_or(|count| count == seen.answers)
            && self.answers_from.is_none_or(|count| count <= seen.answers)
            && self.result_of.iter().all(|name| seen.result_names.contains(&name.as_str()))
            && self.offers.iter().all(|name| request.tools.iter().any(|tool| tool.name == *name))
            && self.wants_json.is_none_or(|wants| wants == request.output_schema.is_some());
        others.then_some(groups)
    }
}

/// The whole match and its groups, if there is one.
fn caught(pattern: &regex::Regex, text: &str) -> Option<Vec<String>> {
    let caught = pattern.captures(text)?;
    Some(caught.iter().map(|g| g.map_or("", |g| g.as_str()).to_owned()).collect())
}

impl Rule {
    fn plan(&self, seen: &Seen<'_>, groups: Vec<String>) -> Result<Plan, WireFault> {
        if let Some(error) = &self.error {
            let message =
                if error.message.is_empty() { "the script says so" } else { &error.message };
            let fault = WireFault::new(error.kind, message);
            return Err(WireFault { retry_after: error.retry_after, ..fault });
        }
        let Some(reply) = &self.reply else {
            return Ok(Plan::default());
        };
        let scene = seen.scene(groups);
        let mut plan = reply.plan(seen, &scene)?;
        let Delay { first, token } = self.delay;
        (plan.first_delay, plan.token_delay, plan.cut_after) = (first, token, self.cut_after);
        Ok(plan)
    }
}

impl Reply {
    fn plan(&self, seen: &Seen<'_>, scene: &Scene) -> Result<Plan, WireFault> {
        let mut plan = if self.example { demo::example(seen)? } else { Plan::default() };
        if let Some(text) = &self.reasoning {
            plan.reasoning = scene.text(text)?;
        }
        if let Some(text) = &self.text {
            plan.text = scene.text(text)?;
        }
        if let Some(value) = &self.json {
            plan.text = scene.value(value)?.to_string();
        }
        for call in &self.calls {
            let id = seen.call_id(plan.calls.len());
            plan.calls.push(PlannedCall {
                id,
                tool: call.tool.clone(),
                arguments: arguments_of(call, scene)?,
            });
        }
        plan.usage = self.usage.unwrap_or_else(|| seen.usage_of(&plan));
        plan.stop = self.stop;
        Ok(plan)
    }
}

fn arguments_of(call: &Call, scene: &Scene) -> Result<String, WireFault> {
    match (&call.raw, &call.arguments) {
        (Some(raw), _) => Ok(raw.clone()),
        (None, Some(value)) => Ok(scene.value(value)?.to_string()),
        (None, None) => Ok(Value::Object(serde_json::Map::new()).to_string()),
    }
}
