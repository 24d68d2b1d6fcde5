//! Sessions: logins, found by the hash of their token; and the link of the first set-up.

use gathering_database::{Sql, params, row};
use gathering_domain::{Role, SessionId, Timestamp, UserId};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

/// The bytes of the SHA-256 of a token.
pub type TokenHash = [u8; 32];

row! {
    /// A session with what a caller needs to know of its user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SessionRow {
        /// Its id.
        pub id: SessionId as Uuid,
        /// Its user.
        pub user_id: UserId as Uuid,
        /// The SHA-256 of its token.
        pub token_hash: Vec<u8>,
        /// When it was used last, within a minute.
        pub used_at: Timestamp as i64,
        /// When it ends at the latest.
        pub expires_at: Timestamp as i64,
        /// What the user may do.
        pub role: Role as String => |word| Role::from_word(&word),
        /// Whether the user may sign in.
        pub active: bool,
    }
}

/// A session that comes into being.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// The SHA-256 of its token.
    pub token_hash: TokenHash,
    /// When.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// The address from which it was opened.
    pub address: Option<String>,
    /// With what it was opened, as that says of itself.
    pub client: Option<String>,
}

row! {
    /// A session, as its user may see it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OpenSessionRow {
        /// Its id.
        pub id: SessionId as Uuid,
        /// When it was opened.
        pub created_at: Timestamp as i64,
        /// When it was used last, within a minute.
        pub used_at: Timestamp as i64,
        /// When it ends at the latest.
        pub expires_at: Timestamp as i64,
        /// The address from which it was opened.
        pub address: Option<String>,
        /// With what it was opened, as that says of itself.
        pub client: Option<String>,
    }
}

row! {
    /// Where and when a session was opened.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OpenedRow {
        /// The address.
        pub address: Option<String>,
        /// When.
        pub created_at: Timestamp as i64,
    }
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO sessions \
         (id, user_id, token_hash, created_at, used_at, expires_at, address, client) \
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
    );
    LIST_OPEN -> OpenSessionRow = Sql::both(
        "SELECT id, created_at, used_at, expires_at, address, client FROM sessions \
         WHERE user_id = $1 AND id > $2 AND used_at > $3 AND expires_at > $4 ORDER BY id LIMIT $5",
    );
    OPENED -> OpenedRow = Sql::both(
        "SELECT s.address, s.created_at FROM users u JOIN sessions s ON s.user_id = u.id \
         WHERE u.email = $1 LIMIT $2",
    );
    KEEP_LATEST = Sql::both(
        "DELETE FROM sessions WHERE user_id = $1 AND id NOT IN \
         (SELECT id FROM sessions WHERE user_id = $1 ORDER BY used_at DESC, id DESC LIMIT $2)",
    );
    ROTATE = Sql::both(
        "UPDATE sessions SET token_hash = $2, used_at = $3, expires_at = $4 WHERE id = $1",
    );
    FIND -> SessionRow = Sql::both(
        "SELECT s.id, s.user_id, s.token_hash, s.used_at, s.expires_at, u.role, u.active \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1",
    );
    FIND_BY_ID -> SessionRow = Sql::both(
        "SELECT s.id, s.user_id, s.token_hash, s.used_at, s.expires_at, u.role, u.active \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1",
    );
    TOUCH = Sql::both("UPDATE sessions SET used_at = $2 WHERE id = $1 AND used_at < $2");
    DELETE = Sql::both("DELETE FROM sessions WHERE id = $1");
    DELETE_ONE_OF_USER = Sql::both("DELETE FROM sessions WHERE id = $1 AND user_id = $2");
    DELETE_OF_USER = Sql::both("DELETE FROM sessions WHERE user_id = $1");
    DELETE_OTHERS_OF_USER = Sql::both("DELETE FROM sessions WHERE user_id = $1 AND id <> $2");
    INSERT_SETUP_LINK = Sql::both(
        "INSERT INTO setup_link (id, token_hash, created_at) VALUES ($1, $2, $3)",
    );
    KEEP_SETUP_LINKS = Sql::both(
        "DELETE FROM setup_link WHERE created_at < $1 OR id NOT IN \
         (SELECT id FROM setup_link ORDER BY created_at DESC, id LIMIT $2)",
    );
    FIND_SETUP_LINK = Sql::both(
        "SELECT token_hash FROM setup_link WHERE token_hash = $1 AND created_at >= $2",
    );
    DELETE_SETUP_LINKS = Sql::both("DELETE FROM setup_link");
}

/// Makes a session.
pub fn insert(session: &NewSession) -> Write {
    let NewSession { id, user_id, token_hash, created_at, expires_at, address, client } = session;
    let (created_at, expires_at) = (created_at.micros(), expires_at.micros());
    let (id, user_id, token_hash) = (id.uuid(), user_id.uuid(), &token_hash[..]);
    let (address, client) = (address.clone(), client.clone());
    Write::new(INSERT, params![id, user_id, token_hash, created_at, expires_at, address, client])
}

/// Sessions of a user that were used since `idle` and end after `now`, in the order in which they were
/// opened.
pub fn list_open(
    user_id: UserId,
    after: Option<SessionId>,
    idle: Timestamp,
    now: Timestamp,
    limit: u32,
) -> Query<OpenSessionRow> {
    let after = after.map_or(Uuid::nil(), SessionId::uuid);
    Query::new(LIST_OPEN, params![user_id.uuid(), after, idle.micros(), now.micros(), limit])
}

/// Where and when sessions of the user of that address, in lower case, were opened: some, in no order.
pub fn opened(email: &str, limit: u32) -> Query<OpenedRow> {
    Query::new(OPENED, params![email, limit])
}

/// Ends all sessions of a user but the `most` that were used last.
pub fn keep_latest(user_id: UserId, most: u32) -> Write {
    Write::new(KEEP_LATEST, params![user_id.uuid(), most])
}

/// Gives a session another token, and a new life.
pub fn rotate(
    id: SessionId,
    token_hash: &TokenHash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Write {
    let (now, expires_at) = (now.micros(), expires_at.micros());
    Write::new(ROTATE, params![id.uuid(), &token_hash[..], now, expires_at]).expecting(1)
}

/// The session of a token.
pub fn find(token_hash: &TokenHash) -> Query<SessionRow> {
    Query::new(FIND, params![&token_hash[..]])
}

/// The session of that id.
pub fn find_by_id(id: SessionId) -> Query<SessionRow> {
    Query::new(FIND_BY_ID, params![id.uuid()])
}

/// Notes that a session is in use.
pub fn touch(id: SessionId, now: Timestamp) -> Write {
    Write::new(TOUCH, params![id.uuid(), now.micros()])
}

/// Ends a session.
pub fn delete(id: SessionId) -> Write {
    Write::new(DELETE, params![id.uuid()])
}

/// Ends a session, if it is the user's.
pub fn delete_one_of_user(id: SessionId, user_id: UserId) -> Write {
    Write::new(DELETE_ONE_OF_USER, params![id.uuid(), user_id.uuid()])
}

/// Ends all sessions of a user but one.
pub fn delete_others_of_user(id: UserId, but: SessionId) -> Write {
    Write::new(DELETE_OTHERS_OF_USER, params![id.uuid(), but.uuid()])
}

/// Ends all sessions of a user.
pub fn delete_of_user(id: UserId) -> Write {
    Write::new(DELETE_OF_USER, params![id.uuid()])
}

/// Makes one more link for the first set-up.
pub fn insert_setup_link(token_hash: &TokenHash, now: Timestamp) -> Write {
    // Part of the hash of a random token: no two links have the same.
    let id = token_hash.iter().take(8).fold(0_i64, |id, byte| (id << 8) | i64::from(*byte));
    Write::new(INSERT_SETUP_LINK, params![id, &token_hash[..], now.micros()])
}

/// Removes links that were made before `since`, and all but the `most` latest.
pub fn keep_setup_links(since: Timestamp, most: u32) -> Write {
    Write::new(KEEP_SETUP_LINKS, params![since.micros(), most])
}

/// The hash of the link's token, if that was made since.
pub fn find_setup_link(token_hash: &TokenHash, since: Timestamp) -> Query<(Vec<u8>,)> {
    Query::new(FIND_SETUP_LINK, params![&token_hash[..], since.micros()])
}

/// Removes all links.
pub fn delete_setup_links() -> Write {
    Write::new(DELETE_SETUP_LINKS, params![])
}
