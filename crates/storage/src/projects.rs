//! Projects: the unit of ownership.

use gathering_database::{Sql, params, row};
use gathering_domain::{ProjectId, Timestamp};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

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
    }

    /// The hosts to which a project's requests are held.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct EgressHostsRow {
        /// The hosts; none where the project does not narrow them.
        pub egress_hosts: Option<Vec<String>> as Option<String> => |text| match text {
            None => Some(None),
            Some(text) => serde_json::from_str(&text).ok().map(Some),
        },
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!("SELECT id, name, version, created_at, closed_at FROM projects ", $rest))
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
    SET_EGRESS_HOSTS = Sql::both("UPDATE projects SET egress_hosts = $2 WHERE id = $1");
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

/// Holds the requests of a project's tools and actions to these hosts, or to none of their own.
pub fn set_egress_hosts(id: ProjectId, hosts: Option<&[String]>) -> Write {
    let hosts = hosts.map(|hosts| serde_json::Value::from(hosts).to_string());
    Write::new(SET_EGRESS_HOSTS, params![id.uuid(), hosts])
}
