//! Sending a message over a channel: for a run, and to try it.

use gathering_domain::{Advice, AuditAction, ChannelId, Duration, EffectId, EffectKind, Failure};
use gathering_domain::{Permission, ProjectId, RunId};
use gathering_storage::channels::{self as rows, ChannelRow};
use secrecy::SecretString;
use serde_json::Value;

use super::{ChannelTarget, Channels, message, sealed_place, target};
use crate::{
    Caller, Error, Letter, Post, Posted, Result,
    signatures::{ID_HEADER, SIGNATURE_HEADER, SigningKey, TIMESTAMP_HEADER, sign, timestamp},
    tools::Called,
};

/// How long the other side may take to answer somebody who tries a channel.
const TEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The most characters of a title.
const MAX_TITLE_CHARS: usize = 250;
/// The most bytes of a text, and of data as JSON.
const MAX_TEXT_BYTES: usize = 32 * 1024;

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The channel's name.
    pub channel: String,
    /// A line.
    pub title: String,
    /// The message.
    pub text: String,
    /// What goes along with it.
    pub data: Value,
    /// What it means to repeat it, as the run was pinned.
    pub kind: EffectKind,
}

/// What the other side said to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The type of the channel.
    pub channel_type: &'static str,
    /// The status, where it is HTTP.
    pub status: Option<u16>,
    /// What it said.
    pub answer: String,
}

/// What came of trying a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelReport {
    /// What the other side said, if it took the message.
    pub sent: Option<Sent>,
    /// What went wrong, if something did.
    pub failure: Option<Failure>,
}

impl Channels<'_> {
    /// Sends a message over a channel really, and answers what came of it. That it failed is an answer, too.
    pub async fn test(&self, caller: &Caller, id: ChannelId) -> Result<ChannelReport> {
        let project_id = caller.require_here(Permission::IntegrationWrite)?;
        let row = self.row(project_id, id).await?;
        let effect_id = EffectId::next(&*self.app.inner.ids);
        let target = target(&row)?;
        let notice = Notice {
            channel: row.name.clone(),
            title: "A test of a channel".to_owned(),
            text: format!("Somebody tries the channel `{}`.", row.name),
            data: Value::Null,
            kind: target.effect_kind(),
        };
        let called =
            Called::of_channel(AuditAction::ChannelTest, &row.name, effect_id, None, notice.kind);
        self.app.call_begun(caller, &called).await?;
        let sent = self.send_over(project_id, &row, &notice, (effect_id, None), TEST_TIMEOUT).await;
        self.app.call_ended(caller, &called, sent.as_ref().err()).await?;
        Ok(match sent {
            Ok(sent) => ChannelReport { sent: Some(sent), failure: None },
            Err(failure) => ChannelReport { sent: None, failure: Some(failure) },
        })
    }

    /// Sends a message for a run. The caller is whoever started it. A failure says whether the message may
    /// have arrived.
    pub async fn notify(
        &self,
        caller: &Caller,
        notice: &Notice,
        (effect_id, run_id): (EffectId, RunId),
        timeout: Duration,
    ) -> Result<Sent, Failure> {
        let refused = |error: Error| failure(&error);
        let project_id = caller.require_here(Permission::RunStart).map_err(refused)?;
        let row = rows::find_named(project_id, &notice.channel).first(self.app.database()).await;
        let row = row.map_err(|error| failure(&error.into()))?;
        let Some(row) = row else {
            let message = format!("there is no channel `{}`", notice.channel);
            return Err(Failure::fatal("unknown_channel", message));
        };
        let actual = target(&row).map_err(refused)?.effect_kind();
        if notice.kind.may_repeat() && !actual.may_repeat() {
            let message = format!(
                "the channel `{}` is another one now, over which a message must not be repeated",
                row.name
            );
            return Err(Failure::fatal("channel_changed", message));
        }
        check(notice)?;
        let (action, name) = (AuditAction::NotificationSend, row.name.as_str());
        let called = Called::of_channel(action, name, effect_id, Some(run_id), notice.kind);
        self.app.call_begun(caller, &called).await.map_err(refused)?;
        let sent =
            self.send_over(project_id, &row, notice, (effect_id, Some(run_id)), timeout).await;
        // It has been sent by now, so that a record that could not be written is told, and fails nothing.
        if let Err(error) = self.app.call_ended(caller, &called, sent.as_ref().err()).await {
            tracing::error!(error = %error, "could not record how a notification ended");
        }
        sent
    }

    async fn send_over(
        &self,
        project_id: ProjectId,
        row: &ChannelRow,
        notice: &Notice,
        (effect_id, run_id): (EffectId, Option<RunId>),
        timeout: Duration,
    ) -> Result<Sent, Failure> {
        let (courier, now) = (&self.app.inner.courier, self.app.now());
        let target = target(row).map_err(|error| failure(&error))?;
        let channel_type = target.kind();
        let secret = self.open(project_id, row).map_err(|error| failure(&error))?;
        let (url, body, mut headers, is_secret) = match target {
            ChannelTarget::Email { to } => {
                let text = message::letter(notice, run_id, effect_id);
                let (subject, id) = (notice.title.clone(), effect_id.to_string());
                let letter = Letter { to, subject, text, id, at: now };
                let answer = courier.mail(letter).await?;
                return Ok(Sent { channel_type, status: None, answer });
            }
            ChannelTarget::Slack { .. } => {
                let url = secret.ok_or_else(|| gone(row))?;
                (url, message::slack(notice).to_string(), Vec::new(), true)
            }
            ChannelTarget::Webhook { url, signed } => {
                let body = message::webhook(notice, project_id, run_id, now).to_string();
                let id = effect_id.to_string();
                let mut headers = vec![(TIMESTAMP_HEADER, timestamp(now))];
                if signed {
                    let secret = secret.ok_or_else(|| gone(row))?;
                    let key = SigningKey::parse(&secret).map_err(|_| gone(row))?;
                    let signature = sign(&[key], &id, now, body.as_bytes());
                    headers.push((SIGNATURE_HEADER, signature));
                }
                headers.push((ID_HEADER, id));
                (url.into(), body, headers, false)
            }
        };
        headers.push(("content-type", "application/json".to_owned()));
        let held_to = self.app.project_hosts().find(project_id).await;
        let held_to = held_to.map_err(|error| failure(&error))?;
        let body = body.into_bytes();
        let post = Post { project_id, url, is_secret, headers, body, timeout, held_to };
        let posted = courier.post(post).await?;
        judged(row, posted).map(|posted| Sent {
            channel_type,
            status: Some(posted.status),
            answer: posted.text,
        })
    }

    /// What nobody may see of a channel.
    fn open(&self, project_id: ProjectId, row: &ChannelRow) -> Result<Option<SecretString>> {
        let Some(sealed) = &row.sealed else { return Ok(None) };
        let place = sealed_place(project_id, row.id.uuid());
        self.app.unseal("open the secret of a channel", &place, sealed).map(Some)
    }
}

/// What the other side's answer means: a 429 certainly took nothing; after a 5xx nobody here knows.
fn judged(row: &ChannelRow, posted: Posted) -> Result<Posted, Failure> {
    let Posted { status, text, retry_after } = &posted;
    let message = || format!("the channel `{}` answered {status}: {text}", row.name);
    match status {
        200..=299 => Ok(posted),
        429 => Err(Failure::retryable("rate_limited", message(), *retry_after)),
        500.. => Err(Failure {
            code: "server_error".to_owned(),
            message: message(),
            advice: Advice::Unknown { after: *retry_after },
        }),
        _ => Err(Failure::fatal("http_status", message())),
    }
}

fn check(notice: &Notice) -> Result<(), Failure> {
    let too_large = |what: &str, most: usize, unit: &str| {
        Failure::fatal("too_large", format!("the {what} has more than {most} {unit}"))
    };
    if notice.title.chars().count() > MAX_TITLE_CHARS {
        return Err(too_large("title", MAX_TITLE_CHARS, "characters"));
    }
    if notice.text.len() > MAX_TEXT_BYTES {
        return Err(too_large("text", MAX_TEXT_BYTES, "bytes"));
    }
    if notice.data.to_string().len() > MAX_TEXT_BYTES {
        return Err(too_large("data", MAX_TEXT_BYTES, "bytes"));
    }
    Ok(())
}

fn gone(row: &ChannelRow) -> Failure {
    let message = format!("the secret of the channel `{}` is gone: write it again", row.name);
    Failure::fatal("secret_unavailable", message)
}

/// What an error that sent nothing means for an attempt.
fn failure(error: &Error) -> Failure {
    if error.may_pass() {
        return Failure::retryable(error.code(), error.to_string(), None);
    }
    Failure::fatal(error.code(), error.to_string())
}
