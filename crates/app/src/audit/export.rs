//! Exporting the trail, piece by piece: a few hundred rows are in memory at a time.

use std::fmt::Write as _;

use gathering_domain::{AuditAction, Permission, Timestamp, hex};
use gathering_storage::audit::{self as rows, ChainHash};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Audit, Target,
    chain::{Whose, first_hash},
    check::PAGE,
    checkpoint,
    file::{FORMAT, Line, signed, text},
};
use crate::{App, Caller, Result};

/// Which entries an export has; all without any bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportRange {
    /// Those since then.
    pub from: Option<Timestamp>,
    /// Those before then.
    pub to: Option<Timestamp>,
}

/// An export on its way: asked for piece after piece.
pub struct AuditExport {
    app: App,
    range: ExportRange,
    step: Step,
    digest: Sha256,
    entries: u64,
    checkpoints: u64,
}

/// What comes next.
enum Step {
    Head,
    Checkpoints { after: u64, upto: u64 },
    Chain { after: Uuid },
    Entries { stream: Uuid, after: u64, upto: u64 },
    End,
    Over,
}

impl Audit<'_> {
    /// Begins an export: lines of JSON that verify without this server. It is recorded, and all that
    /// was recorded before is sealed first.
    pub async fn export(&self, caller: &Caller, range: ExportRange) -> Result<AuditExport> {
        caller.require_any(Permission::AuditRead)?;
        let trail = self.app.trail(caller);
        self.app
            .audited(move |tx| {
                let told = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
                let detail = json!({ "from": told(range.from), "to": told(range.to) });
                trail.done(tx, AuditAction::AuditExport, Target::new("audit", "trail"), detail)
            })
            .await?;
        self.chain(Whose::All).await?;
        self.settle().await?;
        let (app, digest) = (self.app.clone(), Sha256::new());
        Ok(AuditExport { app, range, step: Step::Head, digest, entries: 0, checkpoints: 0 })
    }
}

impl AuditExport {
    /// The next piece: some lines. None after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let mut piece = String::new();
            self.step = match self.step {
                Step::Head => self.head(&mut piece).await?,
                Step::Checkpoints { after, upto } => {
                    self.checkpoints(&mut piece, after, upto).await?
                }
                Step::Chain { after } => self.chain(&mut piece, after).await?,
                Step::Entries { stream, after, upto } => {
                    self.entries(&mut piece, stream, after, upto).await?
                }
                Step::End => {
                    self.end(&mut piece).await?;
                    Step::Over
                }
                Step::Over => return Ok(None),
            };
            if !piece.is_empty() {
                self.digest.update(&piece);
                return Ok(Some(piece.into_bytes()));
            }
        }
    }

    async fn head(&self, piece: &mut String) -> Result<Step> {
        let told = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
        let ExportRange { from, to } = self.range;
        push(
            piece,
            &Line::Header {
                format: FORMAT.to_owned(),
                made_at: self.app.now().to_rfc3339(),
                from: told(from),
                to: told(to),
            },
        );
        let database = self.app.database();
        for key in rows::keys().all(database).await? {
            push(piece, &Line::Key { id: key.key_id, public_key: hex(&key.public_key) });
        }
        // From the last one before on, so that the first entries find what they follow on.
        let after = match from {
            Some(from) => {
                let before = rows::number_before(from).first(database).await?;
                before.map_or(0, |(number,)| u64::try_from(number).unwrap_or_default())
            }
            None => 0,
        };
        let hash = match after {
            0 => checkpoint::BEFORE_THE_FIRST,
            after => {
                let found = rows::checkpoints(after - 1, 1).first(database).await?;
                found.map_or(checkpoint::BEFORE_THE_FIRST, |row| checkpoint::hash(&row.content))
            }
        };
        push(piece, &Line::Checkpoints { after, hash });
        let last = rows::last_checkpoint().first(database).await?;
        Ok(Step::Checkpoints { after, upto: last.map_or(0, |last| last.number) })
    }

    async fn checkpoints(&mut self, piece: &mut String, after: u64, upto: u64) -> Result<Step> {
        let page = rows::checkpoints(after, PAGE).all(self.app.database()).await?;
        let mut reached = None;
        for row in page.into_iter().filter(|row| row.number <= upto) {
            reached = Some(row.number);
            self.checkpoints += 1;
            let (number, content, signature) = (row.number, row.content, hex(&row.signature));
            push(piece, &Line::Checkpoint { number, content, signature });
        }
        Ok(match reached {
            Some(after) => Step::Checkpoints { after, upto },
            None => Step::Chain { after: Uuid::nil() },
        })
    }

    async fn chain(&self, piece: &mut String, after: Uuid) -> Result<Step> {
        let database = self.app.database();
        let Some((stream,)) = rows::streams(after).first(database).await? else {
            return Ok(Step::End);
        };
        let ExportRange { from, to } = self.range;
        let (first, last) = if (from, to) == (None, None) {
            let last = rows::last_of(stream).first(database).await?;
            (Some(1), last.map(|last| last.seq))
        } else {
            let span = rows::between(stream, from, to).first(database).await?;
            let (first, last) = span.map_or((None, None), |span| (span.first, span.last));
            // Without a beginning it begins where the chain does.
            (if from.is_none() { Some(1) } else { first }, last)
        };
        let (Some(first), Some(upto)) = (first, last) else {
            return Ok(Step::Chain { after: stream });
        };
        let before = first.saturating_sub(1);
        let hash = match before {
            0 => first_hash(&stream),
            seq => {
                let link = rows::link(stream, seq).first(database).await?;
                let hash = link.and_then(|link| ChainHash::try_from(link.hash.as_slice()).ok());
                hash.unwrap_or_default()
            }
        };
        push(piece, &Line::Chain { stream, after: before, upto, hash });
        Ok(Step::Entries { stream, after: before, upto })
    }

    async fn entries(
        &mut self,
        piece: &mut String,
        stream: Uuid,
        after: u64,
        upto: u64,
    ) -> Result<Step> {
        let page = rows::of_stream(stream, after, upto, PAGE).all(self.app.database()).await?;
        let Some(last) = page.last() else { return Ok(Step::Chain { after: stream }) };
        let next = Step::Entries { stream, after: last.seq, upto };
        for row in page {
            self.entries += 1;
            let (seq, hash, content) = (row.seq, hex(&row.hash), row.content);
            push(piece, &Line::Entry { stream, seq, hash, content });
        }
        Ok(next)
    }

    async fn end(&self, piece: &mut String) -> Result<()> {
        let signer = Audit { app: &self.app }.signer().await?;
        let sha256: ChainHash = self.digest.clone().finalize().into();
        let signature = hex(&signer.sign(&signed(&sha256)));
        let (entries, checkpoints, key) = (self.entries, self.checkpoints, signer.key_id);
        push(piece, &Line::End { entries, checkpoints, sha256, key, signature });
        Ok(())
    }
}

fn push(piece: &mut String, line: &Line) {
    let _ = write!(piece, "{}", text(line));
}

impl std::fmt::Debug for AuditExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditExport").field("range", &self.range).finish_non_exhaustive()
    }
}
