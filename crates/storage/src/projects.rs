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
        /// When it was made.
        pub created_at: Timestamp as i64,
    }
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO projects (id, name, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO NOTHING",
    );
    FIND_NAMED -> ProjectRow =
        Sql::both("SELECT id, name, created_at FROM projects WHERE name = $1");
}

/// Makes a project, unless one of that name exists.
pub fn insert(project: &ProjectRow) -> Write {
    let ProjectRow { id, name, created_at } = project;
    Write::new(INSERT, params![id.uuid(), name, created_at.micros()])
}

/// The project of that name.
pub fn find_named(name: &str) -> Query<ProjectRow> {
    Query::new(FIND_NAMED, params![name])
}
