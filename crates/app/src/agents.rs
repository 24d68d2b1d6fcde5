//! Agents: definitions with immutable versions.

mod preview;

use gathering_agents::AgentDefinition;
use gathering_domain::{AgentId, AgentVersionId, Permission, ProjectId, Timestamp, hex};
use gathering_storage::definitions::{self as rows, DefinitionKind, DefinitionRow, VersionRow};
use serde_json::Value;

pub use preview::Preview;

use crate::{
    App, Caller, Error, Page, PageRequest, Result, definitions::Stored, idempotency::asked_once,
    store_page::after_id,
};

/// Use cases of agents.
#[derive(Clone)]
pub struct Agents<'a> {
    pub(crate) app: &'a App,
}

/// An agent with its present definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// What definitions call it.
    pub name: String,
    /// Rises with each change; what `If-Match` names.
    pub version: u64,
    /// Its present version.
    pub version_id: AgentVersionId,
    /// Its present definition.
    pub definition: Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// An immutable version of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentVersion {
    /// Its id.
    pub id: AgentVersionId,
    /// The number among the agent's versions, from 1.
    pub number: u64,
    /// SHA-256 of its canonical JSON, in hexadecimal.
    pub hash: String,
    /// The definition.
    pub definition: Value,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Agents<'_> {
    /// Makes an agent, once for a key.
    pub async fn create(
        &self,
        caller: &Caller,
        definition: Value,
        key: Option<String>,
    ) -> Result<Agent> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let asked = asked_once("agent.create", key, || definition.clone())?;
        let stored = self.stored(project_id);
        if let Some(made) = stored.made_before(asked.as_ref()).await? {
            return Ok(made.into());
        }
        let (name, content) = self.read(&definition)?;
        let row = stored.create(caller, name, content, asked).await?;
        Ok(row.into())
    }

    /// Gives an agent another definition, if it is still at `version`. An unchanged one makes no new
    /// version.
    pub async fn update(
        &self,
        caller: &Caller,
        id: AgentId,
        definition: Value,
        version: u64,
    ) -> Result<Agent> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let (name, content) = self.read(&definition)?;
        let stored = self.stored(project_id);
        let row = stored.update(caller, id.uuid(), version, name, content).await?;
        Ok(row.into())
    }

    /// The agent of that id.
    pub async fn get(&self, caller: &Caller, id: AgentId) -> Result<Agent> {
        let project_id = caller.require_here(Permission::Read)?;
        self.stored(project_id).get(id.uuid()).await.map(Agent::from)
    }

    /// Agents in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Agent>> {
        let project_id = caller.require_here(Permission::Read)?;
        let limit = page.limit()?;
        let after = after_id(&page, AgentId::uuid)?;
        let found = rows::list(project_id, DefinitionKind::Agent, after, limit + 1);
        let found = found.all(self.app.database()).await?;
        let agents = found.into_iter().map(Agent::from).collect();
        Ok(Page::of(agents, limit, |agent: &Agent| agent.id.to_string()))
    }

    /// Removes an agent. Its versions stay, because runs are pinned to them.
    pub async fn delete(&self, caller: &Caller, id: AgentId) -> Result<()> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        self.stored(project_id).delete(caller, id.uuid()).await
    }

    /// Versions of an agent, the newest first.
    pub async fn versions(
        &self,
        caller: &Caller,
        id: AgentId,
        page: PageRequest,
    ) -> Result<Page<AgentVersion>> {
        let project_id = caller.require_here(Permission::Read)?;
        let page = self.stored(project_id).versions(id.uuid(), page).await?;
        Ok(page.map(AgentVersion::from))
    }

    /// The version of that id.
    pub async fn version(&self, caller: &Caller, id: AgentVersionId) -> Result<AgentVersion> {
        let project_id = caller.require_here(Permission::Read)?;
        self.stored(project_id).version_of(id.uuid(), id).await.map(AgentVersion::from)
    }

    /// Everything wrong with a definition, or its name and canonical form.
    fn read(&self, definition: &Value) -> Result<(String, Value)> {
        let toolbox = &self.app.inner.toolbox;
        let read = AgentDefinition::parse(definition, Some(toolbox));
        let read = read.map_err(|faults| {
            Error::invalid("the agent cannot be stored as it is defined", faults)
        })?;
        let content = serde_json::to_value(&read)
            .map_err(|fault| Error::internal("write an agent as JSON", fault))?;
        Ok((read.name.to_string(), content))
    }

    fn stored(&self, project_id: ProjectId) -> Stored<'_> {
        Stored { app: self.app, project_id, kind: DefinitionKind::Agent }
    }
}

impl From<DefinitionRow> for Agent {
    fn from(row: DefinitionRow) -> Self {
        let DefinitionRow {
            id, name, version, version_id, content, created_at, updated_at, ..
        } = row;
        Self {
            id: AgentId::from_uuid(id),
            name,
            version,
            version_id: AgentVersionId::from_uuid(version_id),
            definition: content,
            created_at,
            updated_at,
        }
    }
}

impl From<VersionRow> for AgentVersion {
    fn from(row: VersionRow) -> Self {
        let VersionRow { id, number, hash, content, created_at, .. } = row;
        Self {
            id: AgentVersionId::from_uuid(id),
            number,
            hash: hex(&hash),
            definition: content,
            created_at,
        }
    }
}
