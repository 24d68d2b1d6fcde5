//! Tests of the native tools as their callers see them: through a toolbox, with JSON arguments.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]
#![expect(clippy::needless_pass_by_value, reason = "literals of JSON read better as values")]

mod artifact_save;
mod ask_person;
mod calculate;
mod http_request;
mod time_now;

use std::{
    future::Future,
    sync::{Arc, Mutex},
};

use gathering_domain::{Actor, ArtifactId, Clock, EffectId, Failure, ProjectId, RunId, Timestamp};
use gathering_tools::{
    ArtifactRef, ArtifactSink, NewArtifact, Runner, SinkFuture, Tool, ToolContext, ToolOutput,
    Toolbox, Typed, TypedTool,
};
use serde_json::Value;
use uuid::Uuid;

/// 2026-03-29T00:59:59.5Z: half a second before the clocks of Berlin spring forward.
const BEFORE_SPRING: Timestamp = Timestamp::from_micros(1_774_745_999_500_000);

struct StoppedClock(Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Keeps artifacts in memory, one per effect id and name.
#[derive(Default)]
struct MemorySink {
    saved: Mutex<Vec<(EffectId, NewArtifact)>>,
}

impl ArtifactSink for MemorySink {
    fn save<'a>(&'a self, context: &'a ToolContext, artifact: NewArtifact) -> SinkFuture<'a> {
        Box::pin(async move {
            let mut saved = self.saved.lock().expect("no test panics while it saves");
            let is_same = |(id, earlier): &(EffectId, NewArtifact)| {
                *id == context.effect_id && earlier.name() == artifact.name()
            };
            let at = saved.iter().position(is_same).unwrap_or(saved.len());
            let reference = ArtifactRef {
                artifact_id: ArtifactId::from_uuid(Uuid::from_u128(at as u128 + 1)),
                name: artifact.name().to_owned(),
                media_type: artifact.media_type().to_owned(),
                bytes: artifact.content().len() as u64,
            };
            if at == saved.len() {
                saved.push((context.effect_id, artifact));
            }
            Ok(reference)
        })
    }
}

fn context() -> ToolContext {
    ToolContext {
        effect_id: EffectId::from_uuid(Uuid::from_u128(7)),
        run_id: Some(RunId::from_uuid(Uuid::from_u128(8))),
        project_id: ProjectId::from_uuid(Uuid::from_u128(9)),
        actor: Actor::LocalOwner,
        deadline: BEFORE_SPRING,
        hosts: Arc::default(),
    }
}

fn boxed(tool: impl TypedTool) -> Arc<dyn Tool> {
    Arc::new(Typed::new(tool))
}

/// What a call gives once the toolbox has checked its arguments.
async fn call(tool: Arc<dyn Tool>, arguments: Value) -> Result<ToolOutput, Failure> {
    let name = tool.spec().name.clone();
    let mut toolbox = Toolbox::new();
    toolbox.add(tool).expect("the box is empty");
    let registered = toolbox.get(name.as_str()).expect("it was just added");
    if let Some(fault) = registered.check(&arguments).first() {
        return Err(Failure::fatal("schema", fault.to_string()));
    }
    let Runner::Effect(tool) = registered.runner() else { panic!("it was added to be called") };
    let output = tool.call(&context(), arguments).await?;
    // What a tool answers is what its spec says.
    let schema = gathering_tools::Schema::compile(&registered.spec().output).expect("is a schema");
    assert_eq!(schema.faults(&output.value), []);
    Ok(output)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}
