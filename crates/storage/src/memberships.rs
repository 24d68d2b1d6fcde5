//! Memberships: who belongs to which project, and what they may do there.

use gathering_database::{Sql, params, row};
use gathering_domain::{ProjectId, Role, Timestamp, UserId};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

row! {
    /// A user's part in a project that is not closed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct MembershipRow {
        /// The project.
        pub project_id: ProjectId as Uuid,
        /// The user.
        pub user_id: UserId as Uuid,
        /// What they may do there, if their role on the server lets them.
        pub role: Role as String => |word| Role::from_word(&word),
        /// Since when.
        pub created_at: Timestamp as i64,
        /// Since when in this role.
        pub updated_at: Timestamp as i64,
    }
}

row! {
    /// A member of a project, with what others see of the person.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct MemberRow {
        /// The user.
        pub user_id: UserId as Uuid,
        /// Their address.
        pub email: String,
        /// What they are called.
        pub name: String,
        /// Whether they may sign in.
        pub active: bool,
        /// Their role in the project.
        pub role: Role as String => |word| Role::from_word(&word),
        /// Since when.
        pub created_at: Timestamp as i64,
        /// Since when in this role.
        pub updated_at: Timestamp as i64,
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT m.project_id, m.user_id, m.role, m.created_at, m.updated_at \
             FROM memberships m JOIN projects p ON p.id = m.project_id AND p.closed_at IS NULL ",
            $rest
        ))
    };
}

statements! {
    PUT = Sql::both(
        "INSERT INTO memberships (project_id, user_id, role, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (project_id, user_id) DO UPDATE \
         SET role = excluded.role, updated_at = excluded.updated_at",
    );
    FIND -> MembershipRow = select!("WHERE m.project_id = $1 AND m.user_id = $2");
    OF_USER -> MembershipRow =
        select!("WHERE m.user_id = $1 AND m.project_id > $2 ORDER BY m.project_id LIMIT $3");
    OF_PROJECT -> MemberRow = Sql::both(
        "SELECT m.user_id, u.email, u.name, u.active, m.role, m.created_at, m.updated_at \
         FROM memberships m JOIN users u ON u.id = m.user_id \
         WHERE m.project_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3",
    );
    COUNT_OF_PROJECT = Sql::both("SELECT count(*) FROM memberships WHERE project_id = $1");
    DELETE = Sql::both("DELETE FROM memberships WHERE project_id = $1 AND user_id = $2");
}

/// Makes a user a member, or gives a member another role.
pub fn put(project_id: ProjectId, user_id: UserId, role: Role, now: Timestamp) -> Write {
    Write::new(PUT, params![project_id.uuid(), user_id.uuid(), role.as_str(), now.micros()])
        .expecting(1)
}

/// A user's part in a project.
pub fn find(project_id: ProjectId, user_id: UserId) -> Query<MembershipRow> {
    Query::new(FIND, params![project_id.uuid(), user_id.uuid()])
}

/// The projects of a user, in the order of their ids.
pub fn of_user(id: UserId, after: Option<ProjectId>, limit: u32) -> Query<MembershipRow> {
    let after = after.map_or(Uuid::nil(), ProjectId::uuid);
    Query::new(OF_USER, params![id.uuid(), after, limit])
}

/// The members of a project, in the order of their ids.
pub fn of_project(id: ProjectId, after: Option<UserId>, limit: u32) -> Query<MemberRow> {
    Query::new(OF_PROJECT, params![id.uuid(), after.map_or(Uuid::nil(), UserId::uuid), limit])
}

/// How many members a project has.
pub fn count_of_project(id: ProjectId) -> Query<(u64,)> {
    Query::new(COUNT_OF_PROJECT, params![id.uuid()])
}

/// Takes a member out of a project.
pub fn delete(project_id: ProjectId, user_id: UserId) -> Write {
    Write::new(DELETE, params![project_id.uuid(), user_id.uuid()])
}
