//! Users: people who sign in.

use gathering_database::{Sql, params, row};
use gathering_domain::{Role, Timestamp, UserId};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

row! {
    /// A user.
    #[derive(Clone, PartialEq, Eq)]
    pub struct UserRow {
        /// Their id.
        pub id: UserId as Uuid,
        /// Their address, in lower case.
        pub email: String,
        /// What they are called.
        pub name: String,
        /// What they may do.
        pub role: Role as String => |word| Role::from_word(&word),
        /// The Argon2id hash of their password, as a PHC string.
        pub password_hash: String,
        /// Whether they may sign in.
        pub active: bool,
        /// Rises with each change.
        pub version: u64,
        /// When they were made.
        pub created_at: Timestamp as i64,
        /// When they were changed last.
        pub updated_at: Timestamp as i64,
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, email, name, role, password_hash, active, version, created_at, updated_at \
             FROM users ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO users (id, email, name, role, password_hash, active, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    FIND -> UserRow = select!("WHERE id = $1");
    FIND_BY_EMAIL -> UserRow = select!("WHERE email = $1");
    LIST -> UserRow = select!("WHERE id > $1 ORDER BY id LIMIT $2");
    COUNT = Sql::both("SELECT count(*) FROM users");
    COUNT_ACTIVE = Sql::both("SELECT count(*) FROM users WHERE role = $1 AND active = $2");
    UPDATE = Sql::both(
        "UPDATE users SET name = $2, role = $3, active = $4, version = version + 1, \
         updated_at = $5 WHERE id = $1",
    );
    SET_PASSWORD = Sql::both(
        "UPDATE users SET password_hash = $2, version = version + 1, updated_at = $3 WHERE id = $1",
    );
}

/// Makes a user of version 1. An address that is taken violates `users_email_key`.
pub fn insert(user: &UserRow) -> Write {
    let UserRow { id, email, name, role, password_hash, active, created_at, updated_at, .. } = user;
    let (created_at, updated_at) = (created_at.micros(), updated_at.micros());
    let role = role.as_str();
    Write::new(
        INSERT,
        params![id.uuid(), email, name, role, password_hash, *active, created_at, updated_at],
    )
}

/// The user of that id.
pub fn find(id: UserId) -> Query<UserRow> {
    Query::new(FIND, params![id.uuid()])
}

/// The user of that address, in lower case.
pub fn find_by_email(email: &str) -> Query<UserRow> {
    Query::new(FIND_BY_EMAIL, params![email])
}

/// Users in the order in which they were made.
pub fn list(after: Option<UserId>, limit: u32) -> Query<UserRow> {
    Query::new(LIST, params![after.map_or(Uuid::nil(), UserId::uuid), limit])
}

/// How many users there are.
pub fn count() -> Query<(u64,)> {
    Query::new(COUNT, params![])
}

/// How many users of a role may sign in.
pub fn count_active(role: Role) -> Query<(u64,)> {
    Query::new(COUNT_ACTIVE, params![role.as_str(), true])
}

/// Gives a user another name, role or right to sign in, as they stand in the row.
pub fn update(user: &UserRow, now: Timestamp) -> Write {
    let UserRow { id, name, role, active, .. } = user;
    Write::new(UPDATE, params![id.uuid(), name, role.as_str(), *active, now.micros()]).expecting(1)
}

/// Gives a user another password.
pub fn set_password(id: UserId, password_hash: &str, now: Timestamp) -> Write {
    Write::new(SET_PASSWORD, params![id.uuid(), password_hash, now.micros()]).expecting(1)
}

impl std::fmt::Debug for UserRow {
    /// Leaves the hash out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow")
            .field("id", &self.id)
            .field("email", &self.email)
            .field("role", &self.role)
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}
