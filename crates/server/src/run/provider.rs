//! The model of `--provider`: configured in the store at hand, with its key from the environment.

use anyhow::bail;
use gathering_app::{
    Error,
    providers::{ProviderSpec, SCRIPTED},
    secrets::PutSecret,
};
use gathering_config::Environment;
use gathering_llm::ModelRef;
use gathering_llm_providers::ProviderKind;
use serde_json::json;

use crate::{
    instance::Instance,
    models::ALLOW_PRIVATE,
    output::{Unusable, unusable},
};

/// The model that all agents of a run shall use, with its provider configured if it is not.
pub(crate) async fn choose(
    instance: &Instance,
    environment: &Environment,
    named: &str,
    base_url: Option<&str>,
) -> anyhow::Result<ModelRef> {
    let wrong = || Unusable(format!("could not use the provider `{named}`"));
    let model: ModelRef = named.parse().map_err(|fault| unusable(fault, wrong()))?;
    let name = model.provider();
    if name == SCRIPTED {
        return Ok(model);
    }
    let (app, owner) = (&instance.app, instance.owner());
    let known = match app.providers().get(&owner, name).await {
        Ok(provider) => Some(provider),
        Err(Error::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    // What people configured in the store holds, unless they name another address now.
    if known.is_some() && base_url.is_none() {
        return Ok(model);
    }
    let kind = match (name.replace('-', "_").parse::<ProviderKind>(), base_url) {
        (Ok(kind), _) => kind,
        (Err(_), Some(_)) => ProviderKind::OpenAiCompatible,
        (Err(unknown), None) => {
            let hint = "a server that speaks OpenAI's chat completions is named with --base-url";
            return Err(unusable(unknown, wrong()).context(Unusable(hint.to_owned())));
        }
    };
    let own_variable = format!("{}_API_KEY", name.to_ascii_uppercase().replace('-', "_"));
    let variable = kind.key_variable().unwrap_or(&own_variable);
    let key = environment.secret(variable);
    if key.is_none() && kind.needs_key() {
        bail!(Unusable(format!("`{named}` needs a key in the variable `{variable}`")));
    }
    let key_secret = match key {
        None => None,
        Some(value) => {
            let secret = PutSecret { name: own_variable.clone(), value, hosts: Vec::new() };
            app.secrets().put(&owner, secret).await?;
            Some(own_variable)
        }
    };
    // Whoever names an address on their own command line may reach it, wherever it is.
    let options = if base_url.is_some() { json!({ ALLOW_PRIVATE: true }) } else { json!({}) };
    let spec = ProviderSpec {
        name: name.to_owned(),
        kind: kind.as_str().to_owned(),
        base_url: base_url.map(str::to_owned),
        key_secret,
        default_model: None,
        options,
    };
    match known {
        None => app.providers().create(&owner, spec, None).await?,
        Some(known) => app.providers().update(&owner, name, spec, known.version).await?,
    };
    Ok(model)
}
