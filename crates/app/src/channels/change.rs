//! Making, changing and removing a channel.

use gathering_domain::{
    AuditAction, ChannelId, Fault, Name, Permission, Pointer, ProjectId, Timestamp, normal_email,
};
use gathering_storage::{
    IdempotencyRow, Tx,
    channels::{self as rows, ChannelRow},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{
    Channel, ChannelConfig, ChannelSpec, ChannelTarget, Channels, MOST_CHANNELS, SecretChange,
    sealed_place, target,
};
use crate::{
    Caller, Conflict, Error, Result, audit::Target, idempotency::asked_once, signatures::SigningKey,
};

/// The scope of idempotency keys of channels.
const SCOPE: &str = "channel.create";
/// The most addresses of one channel.
const MOST_ADDRESSES: usize = 50;
/// The longest address of a webhook, in bytes.
const MAX_URL_BYTES: usize = 2_000;

/// A channel that was checked.
#[derive(Clone)]
struct Checked {
    name: String,
    target: ChannelTarget,
    secret: SecretChange,
}

impl Channels<'_> {
    /// Makes a channel, once for a key.
    pub async fn create(
        &self,
        caller: &Caller,
        spec: ChannelSpec,
        key: Option<String>,
    ) -> Result<Channel> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        let asked = asked_once(SCOPE, key, || request(&spec))?;
        let checked = self.check(spec, None)?;
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            return Ok(as_made(&earlier, checked));
        }
        let (actor, now, trail) = (caller.actor(), self.app.now(), self.app.trail(caller));
        let seal = self.sealer();
        let id = ChannelId::next(&*self.app.inner.ids);
        let made = self.app.make_once(project_id, asked, id.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                return Ok(as_made(earlier, checked.clone()));
            }
            refuse_taken(tx, project_id, &checked.name, None)?;
            let (count,) = rows::count(project_id).first_in(tx)?.unwrap_or_default();
            if count >= MOST_CHANNELS {
                return Err(Error::Limit { what: "channels", most: MOST_CHANNELS });
            }
            let row = ChannelRow {
                id,
                name: checked.name.clone(),
                kind: checked.target.kind().to_owned(),
                settings: checked.target.to_value(),
                sealed: match &checked.secret {
                    SecretChange::Keep | SecretChange::Remove => None,
                    SecretChange::Set(value) => Some(seal(tx, project_id, id, value)?),
                },
                version: 1,
                created_at: now,
                updated_at: now,
            };
            rows::insert(project_id, actor, &row).run_in(tx)?;
            let detail = json!({ "name": row.name, "type": row.kind });
            trail.done(tx, AuditAction::ChannelCreate, named(id), detail)?;
            row.try_into()
        });
        made.await
    }

    /// Changes a channel that is still at `version`; its type stays, because runs are pinned to what it means
    /// to repeat a message.
    pub async fn update(
        &self,
        caller: &Caller,
        id: ChannelId,
        spec: ChannelSpec,
        version: u64,
    ) -> Result<Channel> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        let before = target(&self.row(project_id, id).await?)?;
        let checked = self.check(spec, Some(&before))?;
        let (actor, now, trail) = (caller.actor(), self.app.now(), self.app.trail(caller));
        let seal = self.sealer();
        let changed = self.app.audited(move |tx| {
            let found = rows::find(project_id, id).first_in(tx)?;
            let before = found.ok_or_else(|| Error::not_found("channel", id))?;
            if before.version != version {
                let current = before.version;
                return Err(Error::PreconditionFailed { noun: "channel", current });
            }
            if before.name != checked.name {
                refuse_taken(tx, project_id, &checked.name, Some(id))?;
            }
            let mut after = ChannelRow {
                name: checked.name.clone(),
                settings: checked.target.to_value(),
                sealed: match &checked.secret {
                    SecretChange::Keep => before.sealed.clone(),
                    SecretChange::Remove => None,
                    SecretChange::Set(value) => Some(seal(tx, project_id, id, value)?),
                },
                updated_at: now,
                ..before.clone()
            };
            rows::update(project_id, actor, &after).expecting(1).run_in(tx)?;
            after.version += 1;
            let fields = [
                ("name", before.name != after.name),
                ("config", before.settings != after.settings),
                ("secret", before.sealed != after.sealed),
            ];
            let fields = fields.into_iter().filter_map(|(name, changed)| changed.then_some(name));
            let fields: Vec<_> = fields.collect();
            let detail = json!({ "version": after.version, "changed": fields });
            trail.done(tx, AuditAction::ChannelUpdate, named(id), detail)?;
            after.try_into()
        });
        changed.await
    }

    /// Removes a channel. What would send over it fails with a clear error from now on.
    pub async fn delete(&self, caller: &Caller, id: ChannelId) -> Result<()> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        let trail = self.app.trail(caller);
        let deleted = self.app.audited(move |tx| {
            let found = rows::find(project_id, id).first_in(tx)?;
            let row = found.ok_or_else(|| Error::not_found("channel", id))?;
            rows::delete(project_id, id).expecting(1).run_in(tx)?;
            let detail = json!({ "name": row.name, "type": row.kind });
            trail.done(tx, AuditAction::ChannelDelete, named(id), detail)
        });
        deleted.await
    }

    /// What seals the secret of a channel.
    fn sealer(
        &self,
    ) -> impl Fn(&mut Tx<'_>, ProjectId, ChannelId, &SecretString) -> Result<Vec<u8>> + use<> {
        let app = self.app.clone();
        move |tx, project_id, id, value| {
            let (place, value) = (sealed_place(project_id, id.uuid()), value.expose_secret());
            app.seal(tx, &place, value.as_bytes())
        }
    }

    /// The channel, or every fault of it.
    fn check(&self, spec: ChannelSpec, before: Option<&ChannelTarget>) -> Result<Checked> {
        let mut faults = Faults(Vec::new());
        let ChannelSpec { name, config } = spec;
        if let Err(invalid) = name.parse::<Name>() {
            faults.add("/name", "invalid_name", invalid.to_string());
        }
        let (target, secret) = match config {
            ChannelConfig::Webhook { url, secret } => {
                self.host(&url, &mut faults);
                if let SecretChange::Set(text) = &secret
                    && let Err(invalid) = SigningKey::parse(text)
                {
                    faults.add("/config/secret", "invalid_secret", invalid.to_string());
                }
                let signed = match (&secret, before) {
                    (SecretChange::Set(_), _) => true,
                    (SecretChange::Keep, Some(ChannelTarget::Webhook { signed, .. })) => *signed,
                    (SecretChange::Keep | SecretChange::Remove, _) => false,
                };
                (ChannelTarget::Webhook { url, signed }, secret)
            }
            ChannelConfig::Email { to } => {
                if !self.app.inner.courier.takes_mail() {
                    let message =
                        "this server has no mail server: whoever runs it sets `smtp.host`";
                    faults.add("/config/type", "no_mail_server", message);
                }
                (ChannelTarget::Email { to: faults.addresses(to) }, SecretChange::Remove)
            }
            ChannelConfig::Slack { url } => {
                let host = match (&url, before) {
                    (SecretChange::Set(url), _) => self.host(url.expose_secret(), &mut faults),
                    (SecretChange::Keep, Some(ChannelTarget::Slack { host })) => host.clone(),
                    (SecretChange::Keep | SecretChange::Remove, _) => {
                        faults.add("/config/url", "missing_key", "`url` is missing");
                        String::new()
                    }
                };
                (ChannelTarget::Slack { host }, url)
            }
        };
        if before.is_some_and(|before| before.kind() != target.kind()) {
            let message = "the type of a channel stays: make another channel";
            faults.add("/config/type", "immutable", message);
        }
        if faults.0.is_empty() {
            return Ok(Checked { name, target, secret });
        }
        Err(Error::invalid("the channel cannot be made so", faults.0))
    }

    /// The host of an address to which may be posted.
    fn host(&self, url: &str, faults: &mut Faults) -> String {
        if url.len() > MAX_URL_BYTES {
            let message = format!("an address has at most {MAX_URL_BYTES} bytes");
            faults.add("/config/url", "out_of_range", message);
            return String::new();
        }
        self.app.inner.courier.host(url).unwrap_or_else(|invalid| {
            faults.add("/config/url", "invalid_url", invalid);
            String::new()
        })
    }
}

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, pointer: &str, code: &str, message: impl Into<String>) {
        self.0.push(Fault::new(Pointer::from_text(pointer), code, message));
    }

    /// Addresses in their one spelling.
    fn addresses(&mut self, to: Vec<String>) -> Vec<String> {
        if to.is_empty() || to.len() > MOST_ADDRESSES {
            let message = format!("1 to {MOST_ADDRESSES} addresses");
            self.add("/config/to", "out_of_range", message);
            return to;
        }
        let mut addresses = Vec::with_capacity(to.len());
        for (at, text) in to.iter().enumerate() {
            // A server that knows no other alphabet would refuse the whole message.
            if let Some(address) = normal_email(text).filter(|address| address.is_ascii()) {
                addresses.push(address);
            } else {
                let place = format!("/config/to/{at}");
                self.add(&place, "invalid_email", format!("`{text}` is no e-mail address"));
            }
        }
        addresses
    }
}

fn refuse_taken(
    tx: &mut Tx<'_>,
    project_id: ProjectId,
    name: &str,
    but: Option<ChannelId>,
) -> Result<()> {
    let taken = rows::find_named(project_id, name).first_in(tx)?;
    if taken.is_some_and(|row| Some(row.id) != but) {
        let message = format!("there is a channel `{name}` already");
        return Err(Error::conflict(Conflict::NameTaken, message));
    }
    Ok(())
}

/// What two requests with the same key must agree on. It is kept as a hash alone.
fn request(spec: &ChannelSpec) -> Value {
    let secret = |change: &SecretChange| match change {
        SecretChange::Keep | SecretChange::Remove => Value::Null,
        SecretChange::Set(value) => value.expose_secret().into(),
    };
    let config = match &spec.config {
        ChannelConfig::Webhook { url, secret: value } => json!(["webhook", url, secret(value)]),
        ChannelConfig::Email { to } => json!(["email", to]),
        ChannelConfig::Slack { url } => json!(["slack", secret(url)]),
    };
    json!([spec.name, config])
}

/// A channel as it was when it was made: of the same specification.
fn as_made(earlier: &IdempotencyRow, checked: Checked) -> Channel {
    let (id, at): (_, Timestamp) = (ChannelId::from_uuid(earlier.target_id), earlier.created_at);
    let Checked { name, target, .. } = checked;
    Channel { id, name, target, version: 1, created_at: at, updated_at: at }
}

fn named(id: ChannelId) -> Target {
    Target::new("channel", &id)
}
