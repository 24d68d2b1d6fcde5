//! What agents and pipelines share: a name, and immutable versions of content.

use std::collections::BTreeSet;

use gathering_domain::{Actor, AuditAction, ContentHash, ProjectId};
use gathering_storage::{
    Idempotency, IdempotencyRow,
    definitions::{
        self as rows, DefinitionKind, DefinitionRow, DefinitionSummary, NewVersion, VersionRow,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{App, Caller, Conflict, Error, Page, PageRequest, Result, audit::Target};

/// The most definitions of one kind in a project.
const MOST_DEFINITIONS: u64 = 10_000;
/// Where the list of versions, the newest first, goes on with the first.
const BEFORE_THE_SECOND: Option<u64> = Some(2);

/// Definitions of one kind in one project.
#[derive(Clone)]
pub(crate) struct Stored<'a> {
    pub(crate) app: &'a App,
    pub(crate) project_id: ProjectId,
    pub(crate) kind: DefinitionKind,
}

impl Stored<'_> {
    /// What an earlier request with the same key made, as it was then: versions never change.
    pub(crate) async fn made_before(
        &self,
        asked: Option<&Idempotency>,
    ) -> Result<Option<DefinitionRow>> {
        match self.app.made_before(self.project_id, asked).await? {
            Some(earlier) => {
                let first = rows::list_versions(earlier.target_id, BEFORE_THE_SECOND, 1);
                as_made(&earlier, first.first(self.app.database()).await?).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Makes a definition with its first version, once for a key.
    pub(crate) async fn create(
        &self,
        caller: &Caller,
        name: String,
        content: Value,
        asked: Option<Idempotency>,
    ) -> Result<DefinitionRow> {
        let (project_id, kind, noun) = (self.project_id, self.kind, self.noun());
        let id = self.app.inner.ids.next_uuid();
        let version = self.version(caller.actor(), Some((id, 1)), content);
        let (trail, [action, ..]) = (self.app.trail(caller), self.actions());
        let made = self.app.make_once(project_id, asked, id, move |tx, earlier| {
            if let Some(earlier) = earlier {
                let first = rows::list_versions(earlier.target_id, BEFORE_THE_SECOND, 1);
                return as_made(earlier, first.first_in(tx)?);
            }
            if rows::find_named(project_id, kind, &name).first_in(tx)?.is_some() {
                return Err(name_taken(noun, &name));
            }
            let (count,) = rows::count(project_id, kind).first_in(tx)?.unwrap_or_default();
            if count >= MOST_DEFINITIONS {
                return Err(Error::Limit { what: noun, most: MOST_DEFINITIONS });
            }
            rows::insert_version(&version).run_in(tx)?;
            rows::insert(id, &name, &version).run_in(tx)?;
            let target = Target::new(noun, &printed(kind, id));
            trail.done(tx, action, target, json!({ "name": name }))?;
            let made = rows::find(project_id, kind, id).first_in(tx)?;
            made.ok_or(Error::defect("read back a definition"))
        });
        made.await
    }

    /// Gives a definition other content, if it is still at `version`. Unchanged content makes no new
    /// version.
    pub(crate) async fn update(
        &self,
        caller: &Caller,
        id: Uuid,
        version: u64,
        name: String,
        content: Value,
    ) -> Result<DefinitionRow> {
        let (project_id, kind, noun) = (self.project_id, self.kind, self.noun());
        let new = self.version(caller.actor(), None, content);
        let (trail, [_, action, _]) = (self.app.trail(caller), self.actions());
        let changed = self.app.audited(move |tx| {
            let found = rows::find(project_id, kind, id).first_in(tx)?;
            let current = found.ok_or_else(|| Error::not_found(noun, printed(kind, id)))?;
            if current.version != version {
                return Err(Error::PreconditionFailed { noun, current: current.version });
            }
            if current.hash == new.hash && current.name == name {
                return Ok(current);
            }
            if current.name != name
                && rows::find_named(project_id, kind, &name).first_in(tx)?.is_some()
            {
                return Err(name_taken(noun, &name));
            }
            let latest = rows::list_versions(id, None, 1).first_in(tx)?;
            let number = latest.map_or(0, |latest| latest.number) + 1;
            let new = NewVersion { of: Some((id, number)), ..new.clone() };
            rows::insert_version(&new).run_in(tx)?;
            rows::update(id, version, &name, &new).expecting(1).run_in(tx)?;
            let changed = rows::find(project_id, kind, id).first_in(tx)?;
            let changed = changed.ok_or(Error::defect("read back a definition"))?;
            let detail =
                json!({ "name": name, "version": changed.version, "changed": fields(&current, &new) });
            trail.done(tx, action, Target::new(noun, &printed(kind, id)), detail)?;
            Ok(changed)
        });
        changed.await
    }

    /// The definition of that id.
    pub(crate) async fn get(&self, id: Uuid) -> Result<DefinitionRow> {
        let found = rows::find(self.project_id, self.kind, id).first(self.app.database()).await?;
        found.ok_or_else(|| Error::not_found(self.noun(), printed(self.kind, id)))
    }

    /// The definition of that id, without its content.
    pub(crate) async fn summary(&self, id: Uuid) -> Result<DefinitionSummary> {
        let found = rows::find_summary(self.project_id, self.kind, id);
        let found = found.first(self.app.database()).await?;
        found.ok_or_else(|| Error::not_found(self.noun(), printed(self.kind, id)))
    }

    /// The definition of that name, without its content.
    pub(crate) async fn summary_named(&self, name: &str) -> Result<DefinitionSummary> {
        let found = rows::find_summary_named(self.project_id, self.kind, name);
        let found = found.first(self.app.database()).await?;
        found.ok_or_else(|| Error::not_found(self.noun(), name))
    }

    /// Removes a definition; its versions stay, because runs are pinned to them.
    pub(crate) async fn delete(&self, caller: &Caller, id: Uuid) -> Result<()> {
        let (project_id, kind, noun) = (self.project_id, self.kind, self.noun());
        let (trail, [.., action]) = (self.app.trail(caller), self.actions());
        let deleted = self.app.audited(move |tx| {
            let found = rows::find_summary(project_id, kind, id).first_in(tx)?;
            let row = found.ok_or_else(|| Error::not_found(noun, printed(kind, id)))?;
            rows::delete(project_id, kind, id).expecting(1).run_in(tx)?;
            let detail = json!({ "name": row.name, "version": row.version });
            trail.done(tx, action, Target::new(noun, &printed(kind, id)), detail)
        });
        deleted.await
    }

    /// Versions of a definition, the newest first.
    pub(crate) async fn versions(&self, id: Uuid, page: PageRequest) -> Result<Page<VersionRow>> {
        self.get(id).await?;
        let limit = page.limit()?;
        let below = page.after::<u64>()?;
        let found = rows::list_versions(id, below, limit + 1).all(self.app.database()).await?;
        Ok(Page::of(found, limit, |row| row.number.to_string()))
    }

    /// The version of that id.
    pub(crate) async fn version_of(&self, id: Uuid, name: impl ToString) -> Result<VersionRow> {
        let found = rows::find_version(self.project_id, self.kind, id);
        let found = found.first(self.app.database()).await?;
        found.ok_or_else(|| Error::not_found("version", name.to_string()))
    }

    /// Stores versions that belong to nothing stored, and answers their ids in order: those of
    /// earlier ones where the content is known.
    pub(crate) async fn keep_loose(&self, actor: Actor, contents: Vec<Value>) -> Result<Vec<Uuid>> {
        let versions: Vec<_> =
            contents.into_iter().map(|content| self.version(actor, None, content)).collect();
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let (project_id, kind) = (self.project_id, self.kind);
        let kept = self.app.transact(move |tx| {
            let mut ids = Vec::with_capacity(versions.len());
            for version in &versions {
                let find = || rows::find_loose_version(project_id, kind, &version.hash);
                if let Some(known) = find().first_in(tx)? {
                    ids.push(known.id);
                    continue;
                }
                rows::insert_version(version).run_in(tx)?;
                let kept = find().first_in(tx)?;
                ids.push(kept.ok_or(Error::defect("read back a version"))?.id);
            }
            Ok(ids)
        });
        kept.await
    }

    fn version(&self, actor: Actor, of: Option<(Uuid, u64)>, content: Value) -> NewVersion {
        NewVersion {
            id: self.app.inner.ids.next_uuid(),
            project_id: self.project_id,
            actor,
            kind: self.kind,
            of,
            hash: ContentHash::of(&content).bytes(),
            content,
            now: self.app.now(),
        }
    }

    /// To make one, to change one, to remove one. Turns are kept with runs, and never asked for here.
    const fn actions(&self) -> [AuditAction; 3] {
        match self.kind {
            DefinitionKind::Agent | DefinitionKind::Turn => {
                [AuditAction::AgentCreate, AuditAction::AgentUpdate, AuditAction::AgentDelete]
            }
            DefinitionKind::Pipeline => [
                AuditAction::PipelineCreate,
                AuditAction::PipelineUpdate,
                AuditAction::PipelineDelete,
            ],
        }
    }

    const fn noun(&self) -> &'static str {
        match self.kind {
            DefinitionKind::Agent => "agent",
            DefinitionKind::Pipeline => "pipeline",
            DefinitionKind::Turn => "turn",
        }
    }
}

/// The names of the outermost members that differ.
fn fields(before: &DefinitionRow, after: &NewVersion) -> Vec<String> {
    let (Some(before), Some(after)) = (before.content.as_object(), after.content.as_object())
    else {
        return Vec::new();
    };
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    names.into_iter().filter(differs).cloned().collect()
}

/// A definition as it was when it was made.
fn as_made(earlier: &IdempotencyRow, first: Option<VersionRow>) -> Result<DefinitionRow> {
    let first = first.ok_or(Error::defect("find the first version of a definition"))?;
    let name = first.content["name"].as_str().unwrap_or_default().to_owned();
    Ok(DefinitionRow {
        id: earlier.target_id,
        name,
        version: 1,
        version_id: first.id,
        hash: first.hash,
        content: first.content,
        created_at: first.created_at,
        updated_at: first.created_at,
    })
}

fn name_taken(noun: &str, name: &str) -> Error {
    let article = if noun == "agent" { "an" } else { "a" };
    Error::conflict(Conflict::NameTaken, format!("there is {article} {noun} `{name}` already"))
}

fn printed(kind: DefinitionKind, id: Uuid) -> String {
    match kind {
        DefinitionKind::Agent => gathering_domain::AgentId::from_uuid(id).to_string(),
        DefinitionKind::Pipeline => gathering_domain::PipelineId::from_uuid(id).to_string(),
        DefinitionKind::Turn => gathering_domain::AgentVersionId::from_uuid(id).to_string(),
    }
}
