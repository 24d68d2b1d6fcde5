//! The script as people write it, read strictly.

use gathering_domain::{Duration, TokenUsage, YamlBeyondBounds, check_yaml_bounds};
use gathering_llm::{ModelErrorKind, StopReason};
use regex::Regex;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::render;

/// The most bytes of a script.
const SCRIPT_BYTES: usize = 1024 * 1024;
/// The most rules of a script.
const RULES_LIMIT: usize = 1_000;
/// The longest wait that a script may ask for.
const WAIT_LIMIT: Duration = Duration::from_secs(600);

/// How a scripted model answers. Made from YAML; `docs/guides/scripted-model.md` has the form.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) rules: Vec<Rule>,
    pub(super) otherwise: Otherwise,
}

/// Text that is no script.
#[derive(Debug, thiserror::Error)]
pub enum InvalidScript {
    /// Too long.
    #[error("the script has more than {SCRIPT_BYTES} bytes")]
    TooLong,
    /// Too much for a parser.
    #[error("could not read the script: {0}")]
    Beyond(#[from] YamlBeyondBounds),
    /// Not the form.
    #[error("could not read the script")]
    Form(#[source] serde_norway::Error),
    /// The form, but not sensible.
    #[error("rule {rule} of the script cannot be: {reason}")]
    Rule {
        /// Which rule, from 1.
        rule: usize,
        /// Why.
        reason: String,
    },
    /// Too many rules.
    #[error("the script has more than {RULES_LIMIT} rules")]
    TooManyRules,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The form's version.
    script: Version,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    otherwise: Otherwise,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
struct Version;

/// What happens if no rule fits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Otherwise {
    /// The call fails, and says that no rule fits.
    #[default]
    Fail,
    /// An example is made from what is asked.
    Example,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default)]
    pub(super) when: When,
    pub(super) reply: Option<Reply>,
    pub(super) error: Option<ErrorReply>,
    #[serde(default)]
    pub(super) delay: Delay,
    /// Ends the stream after so many pieces, without an end.
    pub(super) cut_after: Option<usize>,
}

/// What must hold; everything given must.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct When {
    pub(super) user: Option<Pattern>,
    pub(super) tool: Option<Pattern>,
    pub(super) system: Option<Pattern>,
    pub(super) model: Option<Pattern>,
    pub(super) agent: Option<String>,
    pub(super) answers: Option<usize>,
    pub(super) answers_from: Option<usize>,
    pub(super) result_of: Option<String>,
    pub(super) offers: Option<String>,
    pub(super) wants_json: Option<bool>,
}

/// A regular expression that may match anywhere, without regard to case unless it says `(?-i)`.
#[derive(Debug, Clone)]
pub(super) struct Pattern(pub(super) Regex);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    pub(super) reasoning: Option<String>,
    pub(super) text: Option<String>,
    pub(super) json: Option<Value>,
    #[serde(default)]
    pub(super) example: bool,
    #[serde(default)]
    pub(super) calls: Vec<Call>,
    pub(super) usage: Option<TokenUsage>,
    pub(super) stop: Option<StopReason>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) arguments: Option<Value>,
    /// Exactly this text instead, for arguments that are not JSON.
    pub(super) raw: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorReply {
    pub(super) kind: ModelErrorKind,
    #[serde(default)]
    pub(super) message: String,
    pub(super) retry_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Delay {
    pub(super) first: Duration,
    pub(super) token: Duration,
}

impl Script {
    /// Reads a script. Unknown keys, patterns and templates with faults are refused here, not when
    /// the rule is used.
    pub fn from_yaml(text: &str) -> Result<Self, InvalidScript> {
        if text.len() > SCRIPT_BYTES {
            return Err(InvalidScript::TooLong);
        }
        check_yaml_bounds(text)?;
        let file: File = serde_norway::from_str(text).map_err(InvalidScript::Form)?;
        let File { script: Version, rules, otherwise } = file;
        if rules.len() > RULES_LIMIT {
            return Err(InvalidScript::TooManyRules);
        }
        for (at, rule) in rules.iter().enumerate() {
            rule.check().map_err(|reason| InvalidScript::Rule { rule: at + 1, reason })?;
        }
        Ok(Self { rules, otherwise })
    }

    /// The built-in script, which answers any request with an example.
    pub fn demo() -> Self {
        Self { rules: Vec::new(), otherwise: Otherwise::Example }
    }
}

impl Rule {
    fn check(&self) -> Result<(), String> {
        let reply = match (&self.reply, &self.error) {
            (Some(reply), None) => reply,
            (None, Some(_)) => return self.check_waits(),
            (Some(_), Some(_)) => return Err("it has both `reply` and `error`".to_owned()),
            (None, None) => return Err("it has neither `reply` nor `error`".to_owned()),
        };
        let bodies = usize::from(reply.text.is_some())
            + usize::from(reply.json.is_some())
            + usize::from(reply.example);
        if bodies > 1 {
            return Err("`text`, `json` and `example` exclude each other".to_owned());
        }
        for text in [&reply.text, &reply.reasoning].into_iter().flatten() {
            render::check(text)?;
        }
        if let Some(value) = &reply.json {
            render::check_value(value)?;
        }
        for call in &reply.calls {
            match (&call.arguments, &call.raw) {
                (Some(_), Some(_)) => {
                    return Err(format!("the call of `{}` has `arguments` and `raw`", call.tool));
                }
                (Some(value @ Value::Object(_)), None) => render::check_value(value)?,
                (Some(_), None) => {
                    return Err(format!("the arguments for `{}` are not an object", call.tool));
                }
                (None, _) => {}
            }
        }
        self.check_waits()
    }

    fn check_waits(&self) -> Result<(), String> {
        if self.delay.first > WAIT_LIMIT || self.delay.token > WAIT_LIMIT {
            return Err(format!("it waits longer than {WAIT_LIMIT}"));
        }
        Ok(())
    }
}

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(version: u32) -> Result<Self, String> {
        if version == 1 { Ok(Self) } else { Err(format!("the form's version is 1, not {version}")) }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let built = regex::RegexBuilder::new(&text)
            .case_insensitive(true)
            .size_limit(1 << 20)
            .build()
            .map_err(serde::de::Error::custom)?;
        Ok(Self(built))
    }
}
