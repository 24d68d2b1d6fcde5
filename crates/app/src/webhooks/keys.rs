//! The secrets of a webhook: made, sealed, and opened to sign.

use gathering_domain::{ProjectId, Timestamp, WebhookId};
use gathering_storage::{Tx, webhooks::WebhookRow};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use uuid::Uuid;

use crate::{App, Error, Result, signatures::SigningKey};

/// What the secrets of a webhook are sealed for, so that they open nowhere else.
pub(crate) fn sealed_place(project_id: ProjectId, id: Uuid) -> String {
    format!("webhook/{project_id}/{}", WebhookId::from_uuid(id))
}

/// A secret that nobody can guess.
pub(super) fn new_key(app: &App) -> SigningKey {
    let mut bytes = Zeroizing::new([0; 32]);
    app.inner.randomness.fill(bytes.as_mut());
    SigningKey::from_bytes(*bytes)
}

/// Seals secrets, the present one first.
pub(super) fn seal(
    app: &App,
    tx: &mut Tx<'_>,
    (project_id, id): (ProjectId, WebhookId),
    keys: &[SigningKey],
) -> Result<Vec<u8>> {
    let texts: Vec<SecretString> = keys.iter().map(SigningKey::to_text).collect();
    let texts: Vec<&str> = texts.iter().map(ExposeSecret::expose_secret).collect();
    // A secret has no space.
    let joined = Zeroizing::new(texts.join(" "));
    let place = sealed_place(project_id, id.uuid());
    app.seal(tx, &place, joined.as_bytes())
}

/// The secrets that sign now: the present one, and the one before it for as long as both do.
pub(super) fn open(
    app: &App,
    project_id: ProjectId,
    row: &WebhookRow,
    now: Timestamp,
) -> Result<Vec<SigningKey>> {
    let place = sealed_place(project_id, row.id.uuid());
    let opened = app.unseal("open the secret of a webhook", &place, &row.sealed)?;
    let both = row.overlap_until.is_some_and(|until| now < until);
    let texts = opened.expose_secret().split(' ').take(if both { 2 } else { 1 });
    let keys = texts.map(|text| SigningKey::parse(&text.to_owned().into()));
    let keys = keys.collect::<Result<Vec<_>, _>>();
    keys.map_err(|error| Error::internal("read the secret of a webhook", error))
}
