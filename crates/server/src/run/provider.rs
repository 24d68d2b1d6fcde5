//! The model of `--provider`: configured in the store at hand, with its key from the environment.

use anyhow::bail;
use gathering_app::{
    Error, PageRequest,
    providers::{ProviderSpec, SCRIPTED},
    secrets::PutSecret,
};
use gathering_config::Environment;
use gathering_llm::ModelRef;
use gathering_llm_providers::ProviderKind;
use serde_json::json;

use crate::{
    instance::Instance,
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
    let wrong_with = |why: String| Unusable(format!("could not use the provider `{named}`: {why}"));
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
    // What people configured in the store holds: other runs use it too.
    if let Some(known) = known {
        if base_url.is_none_or(|base_url| known.base_url.as_deref() == Some(base_url)) {
            return Ok(model);
        }
        let hint = format!(
            "the store holds a provider `{name}` with another address; take another name before the slash"
        );
        bail!(wrong_with(hint));
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
            if has_secret(instance, &own_variable).await? {
                bail!(wrong_with(format!(
                    "the store holds a secret `{own_variable}` already; take another name before the slash"
                )));
            }
            let secret = PutSecret { name: own_variable.clone(), value, hosts: Vec::new() };
            app.secrets().put(&owner, secret).await?;
            Some(own_variable)
        }
    };
    let spec = ProviderSpec {
        name: name.to_owned(),
        kind: kind.as_str().to_owned(),
        base_url: base_url.map(str::to_owned),
        key_secret: key_secret.clone(),
        default_model: None,
        options: json!({}),
    };
    if let Err(error) = app.providers().create(&owner, spec, None).await {
        if let Some(secret) = key_secret {
            app.secrets().delete(&owner, &secret).await?;
        }
        return Err(error.into());
    }
    Ok(model)
}

async fn has_secret(instance: &Instance, name: &str) -> anyhow::Result<bool> {
    let mut page = PageRequest { limit: Some(PageRequest::MAX_LIMIT), cursor: None };
    loop {
        let found = instance.app.secrets().list(&instance.owner(), page.clone()).await?;
        if found.items.iter().any(|secret| secret.name == name) {
            return Ok(true);
        }
        if found.next_cursor.is_none() {
            return Ok(false);
        }
        page.cursor = found.next_cursor;
    }
}
