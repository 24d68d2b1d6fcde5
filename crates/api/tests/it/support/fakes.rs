//! Stand-ins for what surrounds the app: randomness, tools, model providers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures::{
    FutureExt as _,
    future::{self, BoxFuture},
};
use gathering_app::{
    Courier, Letter, Post, Posted, Randomness,
    providers::{Adapter, ModelFactory, ProviderOrder},
};
use gathering_domain::{Duration, EffectKind, Failure, HostPattern, Permission};
use gathering_llm::{
    ModelError, ModelErrorKind, ModelFuture, ModelInfo, ModelProvider, ModelRequest, ModelStream,
    ProviderTest,
};
use gathering_tools::{
    Policy, Tool, ToolContext, ToolFuture, ToolKind, ToolLimits, ToolOutput, ToolSpec, Toolbox,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// Different bytes each time, the same in each run of a test.
pub(crate) struct Counting(AtomicU64);

impl Counting {
    pub(crate) const fn after(counted: u64) -> Self {
        Self(AtomicU64::new(counted))
    }
}

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        for (byte, of) in bytes.iter_mut().zip(count.iter().cycle()) {
            *byte = of.wrapping_mul(31).wrapping_add(17);
        }
    }
}

/// Says of everything that it was taken, and carries nothing.
pub(crate) struct CannedCourier;

impl Courier for CannedCourier {
    fn host(&self, url: &str) -> Result<String, String> {
        let rest = url.strip_prefix("https://").ok_or("not an address")?;
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() { Err("no host".to_owned()) } else { Ok(format!("https://{host}:443")) }
    }

    fn takes_mail(&self) -> bool {
        true
    }

    fn post(&self, _: Post) -> BoxFuture<'_, Result<Posted, Failure>> {
        let taken = Posted { status: 200, text: "ok".to_owned(), retry_after: None };
        future::ready(Ok(taken)).boxed()
    }

    fn mail(&self, _: Letter) -> BoxFuture<'_, Result<String, Failure>> {
        future::ready(Ok("queued".to_owned())).boxed()
    }
}

/// Makes providers that list one model, whose name tells what they were made with.
pub(crate) struct CannedModels;

struct Canned(ProviderOrder);

impl ModelFactory for CannedModels {
    fn kinds(&self) -> Vec<Adapter> {
        let adapter = |kind| Adapter { kind, base_url: None, needs_key: kind == "openai" };
        ["scripted", "openai", "openai_compatible", "panicking"].map(adapter).to_vec()
    }

    fn host(&self, _kind: &str, base_url: Option<&str>) -> Option<HostPattern> {
        let base_url = base_url.unwrap_or("https://api.openai.com/v1");
        let host = base_url.strip_prefix("https://")?.split('/').next()?;
        let port = if host.contains(':') { "" } else { ":443" };
        format!("{host}{port}").parse().ok()
    }

    fn make(&self, order: ProviderOrder) -> Result<Arc<dyn ModelProvider>, Failure> {
        if order.kind == "openai_compatible" && order.base_url.is_none() {
            return Err(Failure::fatal("no_base_url", "this kind needs a base URL"));
        }
        assert_ne!(order.kind, "panicking", "an adapter broke off, as it should");
        Ok(Arc::new(Canned(order)))
    }
}

impl ModelProvider for Canned {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn kind(&self) -> &str {
        &self.0.kind
    }

    fn stream(&self, _: ModelRequest) -> ModelFuture<'_, ModelStream> {
        future::ready(Err(self.missing())).boxed()
    }

    fn list_models(&self) -> ModelFuture<'_, Vec<ModelInfo>> {
        let key = self.0.key.as_ref().map(|key| key.value.expose_secret().len());
        if self.0.key.as_ref().is_some_and(|key| key.value.expose_secret() == "refused") {
            return future::ready(Err(self.missing())).boxed();
        }
        let name = format!("{}-{key:?}", self.0.kind);
        future::ready(Ok(vec![ModelInfo { name, title: None, context_tokens: None }])).boxed()
    }

    fn test(&self) -> ModelFuture<'_, ProviderTest> {
        let tested = match (&self.0.key, self.0.kind.as_str()) {
            (None, "openai") => Err(self.missing()),
            _ => Ok(ProviderTest { models: 1, scripted: self.0.kind == "scripted" }),
        };
        future::ready(tested).boxed()
    }
}

impl Canned {
    fn missing(&self) -> ModelError {
        ModelError::new(ModelErrorKind::AuthMissing, &self.0.name, "", "no key is configured")
    }
}

/// `echo` answers its argument, `long` much text, `slow` never, `broken` breaks off, `asks` needs
/// consent, `owners` a permission of owners, `denied` never runs.
pub(crate) fn toolbox() -> Toolbox {
    let mut toolbox = Toolbox::new();
    for (name, policy, permissions) in [
        ("echo", Policy::Auto, vec![]),
        ("long", Policy::Auto, vec![]),
        ("slow", Policy::Auto, vec![]),
        ("broken", Policy::Auto, vec![]),
        ("asks", Policy::Ask, vec![]),
        ("owners", Policy::Auto, vec![Permission::UserWrite]),
        ("denied", Policy::Deny, vec![]),
    ] {
        toolbox.add(Arc::new(Fake::new(name, policy, permissions))).unwrap();
    }
    toolbox
}

struct Fake(ToolSpec);

impl Fake {
    fn new(name: &str, policy: Policy, permissions: Vec<Permission>) -> Self {
        let object = json!({
            "type": "object",
            "properties": { "text": { "type": "string" } },
            "additionalProperties": false,
        });
        Self(ToolSpec {
            name: name.parse().unwrap(),
            purpose: "A tool of a test.".to_owned(),
            kind: ToolKind::Effect { kind: EffectKind::Pure },
            input: object,
            output: json!(true),
            permissions,
            policy,
            limits: ToolLimits { timeout: Duration::from_millis(50), output_bytes: 1_000 },
            parallel: true,
        })
    }
}

impl Tool for Fake {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call<'a>(&'a self, context: &'a ToolContext, arguments: Value) -> ToolFuture<'a> {
        Box::pin(async move {
            match self.0.name.as_str() {
                "long" => Ok(ToolOutput::of(json!("x".repeat(5_000)))),
                "slow" => future::pending().await,
                "broken" => panic!("a tool broke off, as it should"),
                _ => Ok(ToolOutput::of(json!({
                    "text": arguments["text"],
                    "effect": context.effect_id,
                    "actor": context.actor,
                }))),
            }
        })
    }
}
