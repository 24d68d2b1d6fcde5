//! From a model reference to an adapter, with its key.

use std::{collections::HashMap, sync::Arc};

use gathering_domain::{Permission, ProjectId};
use gathering_llm::{ModelError, ModelErrorKind, ModelInfo, ModelProvider, ModelRef};
use gathering_storage::{DatabaseError, providers as rows, secrets};

use super::{
    MOST_PROVIDERS, Provider, ProviderOrder, ProviderReport, Providers, SCRIPTED, cache::Stored,
    key::key_of,
};
use crate::{Caller, Error, Result, secrets::Vault};

impl Providers<'_> {
    /// The adapter of the configured provider `name`, for whoever performs a model call: the same one
    /// as before, with its connections, unless the provider or its key has changed.
    pub async fn adapter(
        &self,
        project_id: ProjectId,
        name: &str,
    ) -> Result<Arc<dyn ModelProvider>, ModelError> {
        let cache = &self.app.inner.providers;
        let stored = self.stored(project_id, name).await?;
        if let Some(adapter) = cache.get(project_id, name, &stored) {
            return Ok(adapter);
        }
        let made = self.make(project_id, name, &stored)?;
        cache.put(project_id, name, Arc::clone(&made), stored);
        Ok(made)
    }

    /// The kinds of the configured providers by their names, for whoever looks up prices.
    pub async fn kinds(&self, project_id: ProjectId) -> Result<HashMap<String, String>> {
        let now = self.app.now();
        let cache = &self.app.inner.providers;
        if let Some(kinds) = cache.kinds(project_id, now) {
            return Ok(kinds);
        }
        let rows = rows::list(project_id, "", MOST_PROVIDERS).all(self.app.database()).await?;
        let mut kinds: HashMap<_, _> = rows.into_iter().map(|row| (row.name, row.kind)).collect();
        kinds.insert(SCRIPTED.to_owned(), SCRIPTED.to_owned());
        cache.put_kinds(project_id, kinds.clone(), now);
        Ok(kinds)
    }

    /// The model that `text` means: `provider/model`, or a provider alone, whose default it is.
    pub async fn model_ref(&self, caller: &Caller, text: &str) -> Result<ModelRef> {
        if let Ok(model) = text.parse::<ModelRef>() {
            self.get(caller, model.provider()).await?;
            return Ok(model);
        }
        let provider = self.get(caller, text).await?;
        let unnamed = || {
            let message = format!("the provider `{text}` has no default model; write `{text}/…`");
            Error::invalid_field("/model", "no_default_model", message)
        };
        let model = provider.default_model.ok_or_else(unnamed)?;
        format!("{text}/{model}").parse().map_err(|_| unnamed())
    }

    /// Asks the provider something cheap.
    pub async fn test(&self, caller: &Caller, name: &str) -> Result<ProviderReport> {
        let project_id = caller.require_here(Permission::ProviderWrite)?;
        self.find(project_id, name).await?;
        let tested = match self.adapter(project_id, name).await {
            Ok(adapter) => adapter.test().await,
            Err(fault) => Err(fault),
        };
        Ok(match tested {
            Ok(test) => {
                ProviderReport { models: test.models, scripted: test.scripted, failure: None }
            }
            Err(fault) => {
                ProviderReport { models: 0, scripted: false, failure: Some(fault.into()) }
            }
        })
    }

    /// The models that the provider offers.
    pub async fn models(&self, caller: &Caller, name: &str) -> Result<Vec<ModelInfo>> {
        let project_id = caller.require_here(Permission::Read)?;
        self.find(project_id, name).await?;
        let adapter = self.adapter(project_id, name).await;
        let adapter = adapter.map_err(|fault| Error::Upstream(fault.into()))?;
        adapter.list_models().await.map_err(|fault| Error::Upstream(fault.into()))
    }

    /// What is stored of a provider and its key now, of one moment.
    async fn stored(&self, project_id: ProjectId, name: &str) -> Result<Stored, ModelError> {
        if name == SCRIPTED {
            return Ok(Stored::default());
        }
        let wanted = name.to_owned();
        let read = self.app.database().read(move |reader| {
            let row = rows::find(project_id, &wanted).first_in(reader)?;
            let secret = row.as_ref().and_then(|row| row.key_secret.as_deref());
            let key = match secret {
                Some(secret) => secrets::open(project_id, secret).first_in(reader)?,
                None => None,
            };
            Ok::<_, DatabaseError>(Stored { row, key })
        });
        read.await.map_err(|error| {
            let message = format!("its configuration cannot be read: {error}");
            ModelError::new(ModelErrorKind::Unreachable, name, "", message)
        })
    }

    fn make(
        &self,
        project_id: ProjectId,
        name: &str,
        stored: &Stored,
    ) -> Result<Arc<dyn ModelProvider>, ModelError> {
        let fault = |kind, message: String| ModelError::new(kind, name, "", message);
        let provider: Provider = match &stored.row {
            Some(row) => row.clone().into(),
            None if name == SCRIPTED => Provider::scripted(),
            None => {
                let message = format!("no provider `{name}` is configured");
                return Err(fault(ModelErrorKind::UnknownProvider, message));
            }
        };
        let key = match (&provider.key_secret, &stored.key) {
            (None, _) => None,
            (Some(secret), None) => {
                let message = format!("the secret `{secret}`, which holds its key, is gone");
                return Err(fault(ModelErrorKind::AuthMissing, message));
            }
            (Some(secret), Some(row)) => {
                let inner = &self.app.inner;
                let vault = Vault::new(self.app.database().clone(), inner.secret_key.clone());
                let opened = vault.open(project_id, secret, row.clone());
                // Asking again does not help: the value has to be written again.
                Some(key_of(opened.map_err(|why| {
                    let message = format!("the secret `{secret}` cannot be opened: {why}");
                    fault(ModelErrorKind::AuthMissing, message)
                })?))
            }
        };
        let Provider { name: own, kind, base_url, options, .. } = provider;
        let order = ProviderOrder { project_id, name: own, kind, base_url, key, options };
        let made = self.app.inner.models.make(order);
        made.map_err(|failure| fault(ModelErrorKind::Unsupported, failure.message.clone()))
    }
}
