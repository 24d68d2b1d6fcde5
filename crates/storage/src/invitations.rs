//! One-time links: invitations, and links by which a user sets a new password.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, InvitationId, ProjectId, Role, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    sessions::TokenHash,
    statement::{Query, Write, statements},
};

/// A project of which somebody becomes a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    /// The project.
    pub project_id: ProjectId,
    /// Their role there.
    pub role: Role,
}

row! {
    /// A one-time link.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct InvitationRow {
        /// Its id.
        pub id: InvitationId as Uuid,
        /// Whose password it sets; none for an invitation.
        pub user_id: Option<UserId> as Option<Uuid> => |id| Some(id.map(UserId::from_uuid)),
        /// The address that it is for, in lower case.
        pub email: String,
        /// The role that an invited person has on the server.
        pub role: Role as String => |word| Role::from_word(&word),
        /// The projects of which they become a member.
        pub projects: Vec<Joining> as String => |text| serde_json::from_str(&text).ok(),
        /// The SHA-256 of its token.
        pub token_hash: Vec<u8>,
        /// Who made it.
        pub actor: Actor as String => |text| serde_json::from_str(&text).ok(),
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// From when on it cannot be used.
        pub expires_at: Timestamp as i64,
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, user_id, email, role, projects, token_hash, actor, created_at, expires_at \
             FROM invitations ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO invitations \
         (id, user_id, email, role, projects, token_hash, actor, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    FIND -> InvitationRow = select!("WHERE id = $1 AND expires_at > $2");
    FIND_BY_TOKEN -> InvitationRow = select!("WHERE token_hash = $1 AND expires_at > $2");
    LIST -> InvitationRow = select!("WHERE expires_at > $2 AND id > $1 ORDER BY id LIMIT $3");
    COUNT = Sql::both("SELECT count(*) FROM invitations");
    DELETE = Sql::both("DELETE FROM invitations WHERE id = $1");
    DELETE_FOR = Sql::both("DELETE FROM invitations WHERE email = $1");
    DELETE_OF = Sql::both("DELETE FROM invitations WHERE actor = $1");
    DELETE_ENDED = Sql::both(
        "DELETE FROM invitations WHERE id IN \
         (SELECT id FROM invitations WHERE expires_at <= $1 LIMIT $2)",
    );
}

/// Makes a link. Of two for one address the second violates `invitations_email_key`.
pub fn insert(link: &InvitationRow) -> Write {
    let InvitationRow {
        id,
        user_id,
        email,
        role,
        projects,
        token_hash,
        actor,
        created_at,
        expires_at,
    } = link;
    let projects = serde_json::to_string(projects).expect("ids and words are JSON");
    Write::new(
        INSERT,
        params![
            id.uuid(),
            user_id.map(UserId::uuid),
            email.as_str(),
            role.as_str(),
            projects,
            token_hash.as_slice(),
            actor_text(*actor),
            created_at.micros(),
            expires_at.micros(),
        ],
    )
}

/// The link of that id, if it can be used.
pub fn find(id: InvitationId, now: Timestamp) -> Query<InvitationRow> {
    Query::new(FIND, params![id.uuid(), now.micros()])
}

/// The link of a token, if it can be used.
pub fn find_by_token(token_hash: &TokenHash, now: Timestamp) -> Query<InvitationRow> {
    Query::new(FIND_BY_TOKEN, params![&token_hash[..], now.micros()])
}

/// Links that can be used, in the order in which they were made.
pub fn list(after: Option<InvitationId>, now: Timestamp, limit: u32) -> Query<InvitationRow> {
    let after = after.map_or(Uuid::nil(), InvitationId::uuid);
    Query::new(LIST, params![after, now.micros(), limit])
}

/// How many links there are, of both kinds.
pub fn count() -> Query<(u64,)> {
    Query::new(COUNT, params![])
}

/// Removes a link.
pub fn delete(id: InvitationId) -> Write {
    Write::new(DELETE, params![id.uuid()])
}

/// Removes the link for an address, whichever kind it is of.
pub fn delete_for(email: &str) -> Write {
    Write::new(DELETE_FOR, params![email])
}

/// Removes the links that somebody made. There are few of all: no index leads to them.
pub fn delete_of(actor: Actor) -> Write {
    Write::new(DELETE_OF, params![actor_text(actor)])
}

/// Removes at most `limit` links that cannot be used any more.
pub fn delete_ended(now: Timestamp, limit: u32) -> Write {
    Write::new(DELETE_ENDED, params![now.micros(), limit])
}
