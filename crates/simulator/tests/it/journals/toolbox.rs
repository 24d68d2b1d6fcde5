//! The tools of recorded turns; their schemas are in the journals, so they stay as they are.

use std::sync::Arc;

use gathering_domain::{EffectKind, Failure};
use gathering_tools::{
    Answer, Policy, Question, ToolContext, ToolKind, ToolSpec, Toolbox, Typed, TypedTool,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
struct Numbers {
    #[serde(default)]
    n: i64,
}

struct Played {
    name: &'static str,
    kind: EffectKind,
    policy: Policy,
    parallel: bool,
}

impl TypedTool for Played {
    type Input = Numbers;
    type Output = Numbers;

    fn spec(&self) -> ToolSpec {
        let kind = ToolKind::Effect { kind: self.kind };
        let spec = ToolSpec::of::<Numbers, Numbers>(self.name, "Plays.", kind).policy(self.policy);
        if self.parallel { spec } else { spec.sequential() }
    }

    async fn run(&self, _: &ToolContext, _: Numbers) -> Result<Numbers, Failure> {
        Err(Failure::fatal("played", "the simulated world plays this tool"))
    }
}

/// `look` and `write` (one at a time) are harmless, `send` is unsafe, `pay` can be asked for and asks
/// first.
pub(crate) fn toolbox() -> Arc<Toolbox> {
    let mut toolbox = Toolbox::new();
    for (name, kind, policy, parallel) in [
        ("look", EffectKind::Pure, Policy::Auto, true),
        ("write", EffectKind::Idempotent, Policy::Auto, false),
        ("send", EffectKind::Unsafe, Policy::Auto, true),
        ("pay", EffectKind::Reconcilable, Policy::Ask, true),
    ] {
        let tool = Typed::new(Played { name, kind, policy, parallel });
        toolbox.add(Arc::new(tool)).expect("every name is given once");
    }
    let ask = ToolSpec::of::<Question, Answer>("ask_person", "Asks.", ToolKind::AskPerson);
    toolbox.add_question(ask).expect("every name is given once");
    Arc::new(toolbox)
}
