//! A tool in an agent's list: a name, or a name with a policy.

use std::borrow::Cow;

use gathering_domain::Slug;
use gathering_tools::Policy;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A tool that an agent may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolUse {
    /// The tool.
    pub name: Slug,
    /// Whether its calls need a person's consent; the tool's default if absent.
    pub policy: Option<Policy>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Name(Slug),
    Object(WrittenObject),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenObject {
    name: Slug,
    policy: Policy,
}

impl Serialize for ToolUse {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let name = self.name.clone();
        match self.policy {
            None => Written::Name(name).serialize(to),
            Some(policy) => Written::Object(WrittenObject { name, policy }).serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for ToolUse {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(from)? {
            Written::Name(name) => Self { name, policy: None },
            Written::Object(WrittenObject { name, policy }) => Self { name, policy: Some(policy) },
        })
    }
}

impl JsonSchema for ToolUse {
    fn schema_name() -> Cow<'static, str> {
        "ToolUse".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$" });
        json_schema!({
            "anyOf": [
                name,
                {
                    "type": "object",
                    "properties": {
                        "name": name,
                        "policy": generator.subschema_for::<Policy>(),
                    },
                    "required": ["name", "policy"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}
