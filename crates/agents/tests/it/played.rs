//! Tools that are never called: the test plays their results.

use std::sync::Arc;

use gathering_domain::{EffectKind, Failure};
use gathering_tools::{
    Answer, Policy, Question, ToolContext, ToolKind, ToolSpec, Toolbox, Typed, TypedTool,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Numbers {
    #[serde(default)]
    n: i64,
}

/// A tool that is never called: the test plays its results.
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

    /// Looking at a negative number is as safe as can be.
    fn kind_of(&self, input: &Numbers) -> Option<EffectKind> {
        (input.n < 0).then_some(EffectKind::Pure)
    }

    async fn run(&self, _: &ToolContext, _: Numbers) -> Result<Numbers, Failure> {
        Err(Failure::fatal("never", "the test plays this tool"))
    }
}

/// `look` and `write` (one at a time) run at once, `pay` is unsafe and asks first, `burn` is denied.
pub(crate) fn toolbox() -> Arc<Toolbox> {
    let mut toolbox = Toolbox::new();
    let (auto, pure) = (Policy::Auto, EffectKind::Pure);
    for (name, kind, policy, parallel) in [
        ("look", pure, auto, true),
        ("write", EffectKind::Idempotent, auto, false),
        ("send", EffectKind::Unsafe, auto, true),
        ("pay", EffectKind::Unsafe, Policy::Ask, true),
        ("burn", pure, Policy::Deny, true),
    ] {
        toolbox.add(Arc::new(Typed::new(Played { name, kind, policy, parallel }))).unwrap();
    }
    let ask = ToolSpec::of::<Question, Answer>("ask_person", "Asks.", ToolKind::AskPerson);
    toolbox.add_question(ask).unwrap();
    Arc::new(toolbox)
}
