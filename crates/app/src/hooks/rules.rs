//! What a hook starts, of which requests, and how it tells them from others.

use gathering_domain::{Duration, Fault, Name, Pointer};
use gathering_expressions::{Expression, Names};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{HookRequest, HookSpec};
use crate::{
    Error, Result,
    runs::LONGEST_WAIT,
    signatures::{
        self, GITHUB_HEADER, GITHUB_PREFIX, ID_HEADER, SIGNATURE_HEADER, SignatureError, Signed,
        SigningKey, TIMESTAMP_HEADER,
    },
    starting::{Mapping, Startable, check_size, expression},
};

/// The header of the id of a delivery of GitHub.
const GITHUB_DELIVERY: &str = "x-github-delivery";
/// What GitHub says has happened.
const GITHUB_EVENT: &str = "x-github-event";
/// Headers that a mapping always sees.
const SEEN: [&str; 2] = ["content-type", "user-agent"];
/// Headers that nobody sees: what proves somebody is not passed on.
const UNSEEN: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];
/// The most headers that are named.
const MOST_HEADERS: usize = 50;
/// The longest name or prefix of a header, in bytes.
const MAX_HEADER_BYTES: usize = 100;
/// The longest secret, in bytes.
const MAX_SECRET_BYTES: usize = 1_024;

/// What a hook starts, and of which requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookRules {
    /// What it starts.
    pub starts: Startable,
    /// An expression over `request`; requests for which it does not hold start nothing.
    pub filter: Option<String>,
    /// The input of the run, by templates over `request`. Absent: `{"request": …}`, or a task that
    /// shows the request.
    pub input: Option<Value>,
    /// How requests are told from those of others.
    pub verification: Verification,
    /// An expression over `request` that names the delivery, in place of the scheme's header: the same
    /// delivery starts no second run.
    pub delivery_id: Option<String>,
    /// Headers that `request` has beside those that it always has.
    pub headers: Vec<String>,
    /// What a request is answered.
    pub answer: Answer,
}

/// How requests are told from those of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Verification {
    /// By the address alone.
    None,
    /// By an HMAC-SHA256 of the body.
    HmacSha256 {
        /// The header that has it.
        header: String,
        /// What stands before it.
        prefix: String,
    },
    /// By Standard Webhooks 1.0.
    StandardWebhooks,
    /// By GitHub's signature.
    Github,
}

/// What a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// Its run's id, at once.
    Accepted,
    /// The run's output, if it ends in time.
    Wait {
        /// How long at most.
        at_most: Duration,
    },
}

/// Rules whose expressions are read.
pub(super) struct ReadRules {
    pub(super) mapping: Mapping,
    pub(super) delivery_id: Option<Expression>,
}

impl HookRules {
    /// Reads what was stored.
    pub(super) fn read(stored: Value) -> Result<Self> {
        serde_json::from_value(stored)
            .map_err(|fault| Error::internal("read the rules of a hook", fault))
    }

    /// As it is stored.
    pub(super) fn to_value(&self) -> Result<Value> {
        serde_json::to_value(self)
            .map_err(|fault| Error::internal("write the rules of a hook", fault))
    }

    /// Reads the expressions, and says what is wrong with them.
    pub(super) fn expressions(&self, faults: &mut Vec<Fault>) -> ReadRules {
        let names = Names::REQUEST;
        let (filter, input) = (self.filter.as_deref(), self.input.as_ref());
        let mapping = Mapping::parse(names, filter, input, faults);
        let source = self.delivery_id.as_deref();
        let delivery_id =
            source.and_then(|source| expression(names, source, "/delivery_id", faults));
        ReadRules { mapping, delivery_id }
    }

    /// Whether a mapping sees the header.
    pub(super) fn sees(&self, header: &str) -> bool {
        let of_scheme: &[&str] = match self.verification {
            Verification::None | Verification::HmacSha256 { .. } => &[],
            Verification::StandardWebhooks => &[ID_HEADER, TIMESTAMP_HEADER],
            Verification::Github => &[GITHUB_EVENT, GITHUB_DELIVERY],
        };
        SEEN.contains(&header)
            || of_scheme.contains(&header)
            || self.headers.iter().any(|named| named == header)
    }
}

impl Verification {
    /// Whether a secret is needed.
    pub(super) const fn needs_secret(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether the secret of one is that of the other.
    pub(super) fn keeps_secret_of(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Believes a request, or says why not.
    pub(super) fn verify(
        &self,
        secret: Option<&SecretString>,
        request: &HookRequest,
        now: gathering_domain::Timestamp,
    ) -> Result<(), SignatureError> {
        let header = |name: &str| request.headers.get(name).map(String::as_str);
        let (scheme, secret) = match (self, secret) {
            (Self::None, _) => return Ok(()),
            (_, None) => return Err(SignatureError::Wrong),
            (scheme, Some(secret)) => (scheme, secret),
        };
        match scheme {
            Self::None => Ok(()),
            Self::HmacSha256 { header: name, prefix } => {
                signatures::verify_hmac(secret, (name, prefix), header(name), &request.body)
            }
            Self::Github => {
                let given = header(GITHUB_HEADER);
                let place = (GITHUB_HEADER, GITHUB_PREFIX);
                signatures::verify_hmac(secret, place, given, &request.body)
            }
            Self::StandardWebhooks => {
                let key = SigningKey::parse(secret).map_err(|_| SignatureError::Wrong)?;
                let signed = Signed {
                    id: header(ID_HEADER),
                    timestamp: header(TIMESTAMP_HEADER),
                    signature: header(SIGNATURE_HEADER),
                    body: &request.body,
                };
                signatures::verify(&[key], &signed, now)
            }
        }
    }

    /// The header that names a delivery.
    pub(super) const fn delivery_header(&self) -> Option<&'static str> {
        match self {
            Self::None | Self::HmacSha256 { .. } => None,
            Self::StandardWebhooks => Some(ID_HEADER),
            Self::Github => Some(GITHUB_DELIVERY),
        }
    }
}

/// Refuses a specification, with everything that is wrong with it; else brings it into the form in which
/// it is stored. `has_secret` tells whether a secret is there that stays.
pub(super) fn check(mut spec: HookSpec, has_secret: bool) -> Result<HookSpec> {
    let mut faults = Vec::new();
    if let Err(fault) = spec.name.parse::<Name>() {
        faults.push(Fault::new(Pointer::from_text("/name"), "invalid_name", fault.to_string()));
    }
    let rules = &mut spec.rules;
    rules.headers.iter_mut().for_each(|header| header.make_ascii_lowercase());
    if let Verification::HmacSha256 { header, .. } = &mut rules.verification {
        header.make_ascii_lowercase();
    }
    rules.expressions(&mut faults);
    check_size(&rules.to_value()?, &mut faults);
    let mut fault = |pointer: &str, code: &str, message: String| {
        faults.push(Fault::new(Pointer::from_text(pointer), code, message));
    };
    if rules.headers.len() > MOST_HEADERS {
        fault("/headers", "out_of_range", format!("at most {MOST_HEADERS} headers"));
    }
    for (at, header) in rules.headers.iter().enumerate() {
        if !is_header(header) {
            fault(&format!("/headers/{at}"), "invalid_header", NOT_A_HEADER.to_owned());
        } else if UNSEEN.contains(&header.as_str()) {
            let message = format!("`{header}` proves who somebody is, and is not passed on");
            fault(&format!("/headers/{at}"), "reserved", message);
        }
    }
    if let Verification::HmacSha256 { header, prefix } = &rules.verification {
        if !is_header(header) {
            fault("/verification/header", "invalid_header", NOT_A_HEADER.to_owned());
        }
        if prefix.len() > MAX_HEADER_BYTES {
            let message = format!("at most {MAX_HEADER_BYTES} bytes");
            fault("/verification/prefix", "out_of_range", message);
        }
    }
    if let Answer::Wait { at_most } = rules.answer
        && (at_most > LONGEST_WAIT || at_most == Duration::ZERO)
    {
        fault(
            "/answer/at_most",
            "out_of_range",
            format!("more than 0s and at most {LONGEST_WAIT}"),
        );
    }
    let secret = "/verification/secret";
    match &spec.secret {
        None if rules.verification.needs_secret() && !has_secret => {
            fault(secret, "missing_field", "this verification needs a secret".to_owned());
        }
        Some(_) if !rules.verification.needs_secret() => {
            fault(secret, "unknown_field", "nothing is verified by a secret".to_owned());
        }
        Some(given) if rules.verification == Verification::StandardWebhooks => {
            if let Err(invalid) = SigningKey::parse(given) {
                fault(secret, "invalid_value", invalid.to_string());
            }
        }
        Some(given) if !(1..=MAX_SECRET_BYTES).contains(&given.expose_secret().len()) => {
            fault(secret, "out_of_range", format!("has 1 to {MAX_SECRET_BYTES} bytes"));
        }
        None | Some(_) => {}
    }
    if faults.is_empty() {
        return Ok(spec);
    }
    Err(Error::invalid("the hook cannot be made so", faults))
}

const NOT_A_HEADER: &str = "a header's name is letters, digits, `-` and `_`";

fn is_header(name: &str) -> bool {
    (1..=MAX_HEADER_BYTES).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
