//! Projects: the unit of ownership.

use gathering_database::{Sql, params, row};
use gathering_domain::{ProjectId, Role, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    column,
    quotas::QuotasRow,
    statement::{Query, Write, statements},
};

row! {
    /// A project.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ProjectRow {
        /// Its id.
        pub id: ProjectId as Uuid,
        /// Its name.
        pub name: String,
        /// Rises with each change.
        pub version: u64,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it was closed, if it was.
        pub closed_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// The hosts to which its requests are held; none where it does not narrow them.
        pub egress_hosts: Option<Vec<String>> as Option<String> => column::json,
        /// Runs that may be started in it on one day.
        pub quota_runs_per_day: Option<u64>,
        /// Bytes that its artifacts may have.
        pub quota_artifact_bytes: Option<u64>,
    }

    /// The hosts to which a project's requests are held.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct EgressHostsRow {
        /// The hosts; none where the project does not narrow them.
        pub egress_hosts: Option<Vec<String>> as Option<String> => column::json,
    }
}

row! {
    /// A project that is not closed, of which somebody is a member.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct JoinedProjectRow {
        /// Its id.
        pub id: ProjectId as Uuid,
        /// Its name.
        pub name: String,
        /// Rises with each change.
        pub version: u64,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// The hosts to which its requests are held; none where it does not narrow them.
        pub egress_hosts: Option<Vec<String>> as Option<String> => column::json,
        /// Runs that may be started in it on one day.
        pub quota_runs_per_day: Option<u64>,
        /// Bytes that its artifacts may have.
        pub quota_artifact_bytes: Option<u64>,
        /// The member's role there.
        pub role: Role as String => |word| Role::from_word(&word),
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, name, version, created_at, closed_at, egress_hosts, quota_runs_per_day, \
             quota_artifact_bytes FROM projects ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO projects (id, name, created_at, updated_at) VALUES ($1, $2, $3, $3) \
         ON CONFLICT (name) DO NOTHING",
    );
    FIND -> ProjectRow = select!("WHERE id = $1");
    FIND_NAMED -> ProjectRow = select!("WHERE name = $1");
    EGRESS_HOSTS -> EgressHostsRow = Sql::both("SELECT egress_hosts FROM projects WHERE id = $1");
    LIST_OPEN -> ProjectRow = select!("WHERE closed_at IS NULL AND id > $1 ORDER BY id LIMIT $2");
    LIST_OF_USER -> JoinedProjectRow = Sql::both(
        "SELECT p.id, p.name, p.version, p.created_at, p.egress_hosts, p.quota_runs_per_day, \
           p.quota_artifact_bytes, m.role \
         FROM memberships m JOIN projects p ON p.id = m.project_id AND p.closed_at IS NULL \
         WHERE m.user_id = $1 AND m.project_id > $2 ORDER BY m.project_id LIMIT $3",
    );
    COUNT = Sql::both("SELECT count(*) FROM projects");
    UPDATE = Sql::both(
        "UPDATE projects SET name = $2, egress_hosts = $3, version = version + 1, updated_at = $4 \
         WHERE id = $1",
    );
    CLOSE = Sql::both(
        "UPDATE projects SET closed_at = $2, version = version + 1, updated_at = $2 WHERE id = $1",
    );
}

impl ProjectRow {
    /// What it may use at most.
    pub const fn quotas(&self) -> QuotasRow {
        let (runs_per_day, artifact_bytes) = (self.quota_runs_per_day, self.quota_artifact_bytes);
        QuotasRow { runs_per_day, artifact_bytes }
    }

    /// Takes other quotas in.
    pub const fn set_quotas(&mut self, quotas: QuotasRow) {
        self.quota_runs_per_day = quotas.runs_per_day;
        self.quota_artifact_bytes = quotas.artifact_bytes;
    }
}

impl JoinedProjectRow {
    /// What it may use at most.
    pub const fn quotas(&self) -> QuotasRow {
        let (runs_per_day, artifact_bytes) = (self.quota_runs_per_day, self.quota_artifact_bytes);
        QuotasRow { runs_per_day, artifact_bytes }
    }
}

/// Makes a project, unless one of that name exists.
pub fn insert(id: ProjectId, name: &str, now: Timestamp) -> Write {
    Write::new(INSERT, params![id.uuid(), name, now.micros()])
}

/// The project of that id, closed or not.
pub fn find(id: ProjectId) -> Query<ProjectRow> {
    Query::new(FIND, params![id.uuid()])
}

/// The project of that name, closed or not.
pub fn find_named(name: &str) -> Query<ProjectRow> {
    Query::new(FIND_NAMED, params![name])
}

/// The hosts to which the requests of a project's tools and actions are held.
pub fn egress_hosts(id: ProjectId) -> Query<EgressHostsRow> {
    Query::new(EGRESS_HOSTS, params![id.uuid()])
}

/// Projects that are not closed, in the order of their ids.
pub fn list_open(after: Option<ProjectId>, limit: u32) -> Query<ProjectRow> {
    Query::new(LIST_OPEN, params![after.map_or(Uuid::nil(), ProjectId::uuid), limit])
}

/// Projects that are not closed and of which the user is a member, in the order of their ids.
pub fn list_of_user(user: UserId, after: Option<ProjectId>, limit: u32) -> Query<JoinedProjectRow> {
    let after = after.map_or(Uuid::nil(), ProjectId::uuid);
    Query::new(LIST_OF_USER, params![user.uuid(), after, limit])
}

/// How many projects there are, closed ones included.
pub fn count() -> Query<(u64,)> {
    Query::new(COUNT, params![])
}

/// Changes a project: its name, of which one that is taken violates `projects_name_key`, and the hosts to
/// which the requests of its tools and actions are held.
pub fn update(id: ProjectId, name: &str, hosts: Option<&[String]>, now: Timestamp) -> Write {
    let hosts = hosts.map(|hosts| serde_json::Value::from(hosts).to_string());
    Write::new(UPDATE, params![id.uuid(), name, hosts, now.micros()]).expecting(1)
}

/// Closes a project.
pub fn close(id: ProjectId, now: Timestamp) -> Write {
    Write::new(CLOSE, params![id.uuid(), now.micros()]).expecting(1)
}
