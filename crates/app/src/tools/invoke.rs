//! Calling a tool directly, as a person.

use gathering_domain::{EffectId, Permission};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Called, Consent, InvokeTool, Invoked, ToolCall, Tools, called::ended};
use crate::{Caller, Error, Result, idempotency::check_key};

impl Tools<'_> {
    /// Calls a tool, and waits for its answer. A person who calls a tool has consented to the call.
    pub async fn invoke(&self, caller: &Caller, command: InvokeTool) -> Result<Invoked> {
        caller.require_here(Permission::ToolInvoke)?;
        let InvokeTool { name, arguments, idempotency_key } = command;
        idempotency_key.as_deref().map_or(Ok(()), check_key)?;
        let inner = &self.app.inner;
        let tool = inner.toolbox.find(&name).ok_or_else(|| Error::not_found("tool", &name))?;
        let faults = tool.check(&arguments);
        if !faults.is_empty() {
            return Err(Error::invalid(format!("the arguments of `{name}` do not fit"), faults));
        }
        let effect_id = match &idempotency_key {
            Some(key) => recognisable(caller, &name, key),
            None => EffectId::next(&*inner.ids),
        };
        let kind = tool.kind_of(&arguments);
        let consent = Consent::Given;
        let call = ToolCall {
            tool: name,
            arguments,
            effect_id,
            run_id: None,
            consent,
            timeout: None,
            hosts: Vec::new(),
        };
        let begun = self.app.now();
        let called = Called::by(&call, kind);
        // No journal has what a person sets out to do, and they may go away before the call ends.
        self.app.call_begun(caller, &called).await?;
        let result = inner.executor.call(caller, call).await;
        let failure = result.as_ref().err();
        self.app.called(caller, &called, ended(failure), failure).await?;
        Ok(Invoked { result, kind, took: self.app.now().since(begun) })
    }
}

/// The same effect id for the same key of the same caller and tool.
fn recognisable(caller: &Caller, tool: &str, key: &str) -> EffectId {
    let actor = serde_json::to_string(&caller.actor()).unwrap_or_default();
    let parts = [caller.project().to_string(), actor, tool.to_owned(), key.to_owned()];
    let digest = Sha256::digest(serde_json::Value::from(parts.to_vec()).to_string());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let uuid: Uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    EffectId::from_uuid(uuid)
}
