//! Stand-ins for what surrounds the app: randomness, tools, model providers, a worker's room.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{
    FutureExt as _,
    future::{self, BoxFuture},
};
use gathering_app::{
    Admission, AdmittedRun, Courier, Letter, Permit, Post, Posted, Randomness,
    providers::{Adapter, ModelFactory, ProviderOrder},
};
use gathering_domain::{Duration, EffectKind, Failure, HostPattern, InstanceId, Permission, RunId};
use gathering_llm::{
    ModelError, ModelErrorKind, ModelFuture, ModelInfo, ModelProvider, ModelRequest, ModelStream,
    ProviderTest,
};
use gathering_tools::{
    Policy, ReconcileFuture, Tool, ToolContext, ToolFuture, ToolKind, ToolLimits, ToolOutput,
    ToolSpec, Toolbox,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// Different bytes each time, the same in each run of a test.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        for (byte, of) in bytes.iter_mut().zip(count.iter().cycle()) {
            *byte = of.wrapping_mul(31).wrapping_add(17);
        }
    }
}

/// A worker that has room for some runs and keeps what it is handed.
pub(crate) struct Room {
    most: usize,
    pub(crate) handed: Mutex<Vec<AdmittedRun>>,
    pub(crate) woken: Mutex<Vec<(RunId, Option<InstanceId>)>>,
    before: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Room {
    pub(crate) fn of(most: usize) -> Self {
        Self { most, handed: Mutex::default(), woken: Mutex::default(), before: Mutex::default() }
    }

    /// Has something done once all is read for the next run, and before that comes into being.
    pub(crate) fn before_the_next(&self, done: impl Future<Output = ()> + Send + 'static) {
        let wait = move || tokio::runtime::Handle::current().block_on(done);
        *self.before.lock().unwrap() = Some(Box::new(move || tokio::task::block_in_place(wait)));
    }

    pub(crate) fn is_none(&self) -> bool {
        self.most == 0
    }
}

impl Admission for Room {
    fn try_admit(&self) -> Option<Permit> {
        let before = self.before.lock().unwrap().take();
        if let Some(before) = before {
            before();
        }
        (self.handed.lock().unwrap().len() < self.most).then(|| Permit::new(()))
    }

    fn hand_over(&self, run: AdmittedRun) {
        self.handed.lock().unwrap().push(run);
    }

    fn wake(&self, run_id: RunId, owner: Option<InstanceId>) {
        self.woken.lock().unwrap().push((run_id, owner));
    }
}

/// Keeps what is to be carried out, and says that it was taken unless it is told otherwise.
#[derive(Default)]
pub(crate) struct CannedCourier {
    pub(crate) posts: Mutex<Vec<Post>>,
    pub(crate) letters: Mutex<Vec<Letter>>,
    /// The next answers to posts.
    pub(crate) answers: Mutex<VecDeque<Result<Posted, Failure>>>,
}

impl Courier for CannedCourier {
    fn host(&self, url: &str) -> Result<String, String> {
        let rest = url.strip_prefix("https://").ok_or("not an address")?;
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() { Err("no host".to_owned()) } else { Ok(format!("https://{host}:443")) }
    }

    fn takes_mail(&self) -> bool {
        true
    }

    fn post(&self, post: Post) -> BoxFuture<'_, Result<Posted, Failure>> {
        self.posts.lock().unwrap().push(post);
        let taken = Posted { status: 200, text: "ok".to_owned(), retry_after: None };
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(taken));
        future::ready(answer).boxed()
    }

    fn mail(&self, letter: Letter) -> BoxFuture<'_, Result<String, Failure>> {
        self.letters.lock().unwrap().push(letter);
        future::ready(Ok("queued".to_owned())).boxed()
    }
}

/// Makes providers that list one model, whose name tells what they were made with.
pub(crate) struct CannedModels;

struct Canned(ProviderOrder);

impl ModelFactory for CannedModels {
    fn kinds(&self) -> Vec<Adapter> {
        let adapter = |kind| Adapter { kind, base_url: None, needs_key: kind == "openai" };
        ["scripted", "openai", "openai_compatible"].map(adapter).to_vec()
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
        let key = self.0.key.as_ref();
        let length = key.map(|key| key.value.expose_secret().len());
        let hosts = key.iter().flat_map(|key| &key.hosts).map(|host| format!("@{host}"));
        let name = format!("{}-{length:?}{}", self.0.kind, hosts.collect::<String>());
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

    fn reconcile<'a>(&'a self, context: &'a ToolContext, _: Value) -> ReconcileFuture<'a> {
        Box::pin(async move {
            match self.0.name.as_str() {
                "long" => Ok(Some(ToolOutput::of(json!("x".repeat(5_000))))),
                "slow" => future::pending().await,
                "broken" => panic!("a tool broke off, as it should"),
                "asks" => Ok(None),
                _ => Ok(Some(ToolOutput::of(json!({ "effect": context.effect_id })))),
            }
        })
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
                    "hosts": &*context.hosts,
                }))),
            }
        })
    }
}
