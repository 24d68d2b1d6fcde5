//! The first owner: by a one-time link, or from the server's own settings.

use gathering_domain::{Actor, AuditAction, Duration, Role, UserId};
use gathering_storage::{
    sessions,
    users::{self, UserRow},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{
    CreateUser, Identity, SetUp, SignedIn, User,
    email::checked,
    sign_in::signed_in,
    token::{TokenHash, TokenKind, hash_token, new_token},
};
use crate::{
    Conflict, Error, Result, Unauthenticated,
    audit::{Target, Who},
};

/// How long a set-up link can be used.
const LINK_LASTS: Duration = Duration::from_secs(7 * 24 * 3600);
/// How many links there may be: each start of an instance prints one, until there is a user.
const MOST_LINKS: u32 = 16;

impl Identity<'_> {
    /// A new one-time token for the set-up link; none once there is a user. Those that others have
    /// printed hold as well, until one of them is used or their time is over.
    pub async fn setup_link(&self) -> Result<Option<SecretString>> {
        let (token, hash) = new_token(TokenKind::SetUp, &*self.app.inner.randomness);
        let (now, since) = (self.app.now(), self.app.before(LINK_LASTS));
        let open = self.app.transact(move |tx| {
            let (users,) = users::count().first_in(tx)?.unwrap_or_default();
            if users == 0 {
                sessions::insert_setup_link(hash.bytes(), now).run_in(tx)?;
                sessions::keep_setup_links(since, MOST_LINKS).run_in(tx)?;
            }
            Ok(users == 0)
        });
        Ok(open.await?.then_some(token))
    }

    /// Makes the first owner, and signs them in.
    pub async fn set_up(&self, command: SetUp) -> Result<SignedIn> {
        let SetUp { token, email, name, password, origin } = command;
        // Said whatever the link is: no link is worth anything by then, and whoever follows one again wants
        // to know that they can sign in.
        refuse_second_owner(users::count().first(self.app.database()).await?)?;
        let wrong = Error::Unauthenticated(Unauthenticated::WrongSetupLink);
        let Some(hash) = hash_token(TokenKind::SetUp, token.expose_secret()) else {
            return Err(wrong);
        };
        // Asked before the password is hashed, which is much work, and again when the user is made.
        let since = self.app.before(LINK_LASTS);
        let link =
            sessions::find_setup_link(hash.bytes(), since).first(self.app.database()).await?;
        if !fits(link, &hash) {
            return Err(wrong);
        }
        let owner = CreateUser { email, name, role: Role::Owner, password };
        let user = self.new_user(owner).await?;
        let (session, token) = self.new_session(&user, &origin);
        let (row, session_row) = (user.clone(), session.clone());
        let actor = Some(Actor::User { user_id: user.id });
        let trail = self.app.trail_of(Who { actor, ..Who::unknown(&origin) });
        self.app
            .audited(move |tx| {
                refuse_second_owner(users::count().first_in(tx)?)?;
                let link = sessions::find_setup_link(hash.bytes(), since).first_in(tx)?;
                if !fits(link, &hash) {
                    return Err(Error::Unauthenticated(Unauthenticated::WrongSetupLink));
                }
                sessions::delete_setup_links().run_in(tx)?;
                users::insert(&row).run_in(tx)?;
                sessions::insert(&session_row).run_in(tx)?;
                let (target, detail) =
                    (Target::new("user", &row.id), json!({ "email": row.email }));
                trail.done(tx, AuditAction::OwnerSetUp, target, detail)
            })
            .await?;
        Ok(signed_in(&session, token, user))
    }

    /// Makes the first owner from the server's own settings; nothing once there is a user.
    pub async fn bootstrap(&self, email: &str, password: SecretString) -> Result<Option<User>> {
        let (users,) = users::count().first(self.app.database()).await?.unwrap_or_default();
        if users > 0 {
            return Ok(None);
        }
        let (email, name) = (email.to_owned(), email.to_owned());
        let owner = CreateUser { email, name, role: Role::Owner, password };
        let user = self.new_user(owner).await?;
        let row = user.clone();
        let trail = self.app.trail_of(Who { actor: Some(Actor::System), ..Who::default() });
        let made = self.app.audited(move |tx| {
            let (users,) = users::count().first_in(tx)?.unwrap_or_default();
            if users == 0 {
                sessions::delete_setup_links().run_in(tx)?;
                users::insert(&row).run_in(tx)?;
                let (target, detail) =
                    (Target::new("user", &row.id), json!({ "email": row.email }));
                trail.done(tx, AuditAction::OwnerBootstrap, target, detail)?;
            }
            Ok(users == 0)
        });
        Ok(made.await?.then(|| user.into()))
    }

    /// A user that is checked and has their password hashed, but is not stored.
    pub(super) async fn new_user(&self, command: CreateUser) -> Result<UserRow> {
        let (email, name) = checked(&command)?;
        let CreateUser { role, password, .. } = command;
        let inner = &self.app.inner;
        let randomness = std::sync::Arc::clone(&inner.randomness);
        let password_hash = inner.passwords.hash(&password, randomness).await?;
        let now = self.app.now();
        Ok(UserRow {
            id: UserId::next(&*inner.ids),
            email,
            name,
            role,
            password_hash,
            active: true,
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }
}

fn fits(link: Option<(Vec<u8>,)>, hash: &TokenHash) -> bool {
    link.is_some_and(|(stored,)| hash.matches(&stored))
}

fn refuse_second_owner(count: Option<(u64,)>) -> Result<()> {
    match count {
        Some((0,)) => Ok(()),
        _ => Err(Error::conflict(Conflict::SetupDone, "the server has its first owner already")),
    }
}
