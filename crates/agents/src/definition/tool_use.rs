//! A tool in an agent's list: a name, or a name with a policy or hosts.

use std::borrow::Cow;

use gathering_domain::{HostPattern, MAX_LISTED_HOSTS, Slug};
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
    /// The only hosts that its requests may reach; not narrowed if absent.
    pub hosts: Option<Vec<HostPattern>>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Policy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hosts: Option<Vec<HostPattern>>,
}

impl Serialize for ToolUse {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let name = self.name.clone();
        match (self.policy, &self.hosts) {
            (None, None) => Written::Name(name).serialize(to),
            (policy, hosts) => {
                Written::Object(WrittenObject { name, policy, hosts: hosts.clone() }).serialize(to)
            }
        }
    }
}

impl<'de> Deserialize<'de> for ToolUse {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(from)? {
            Written::Name(name) => Self { name, policy: None, hosts: None },
            Written::Object(WrittenObject { name, policy, hosts }) => Self { name, policy, hosts },
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
                        "hosts": {
                            "type": "array",
                            "items": { "type": "string" },
                            "maxItems": MAX_LISTED_HOSTS,
                        },
                    },
                    "required": ["name"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}
