//! Carries notifications and webhooks out, through the network's one door.

use futures::{FutureExt as _, future::BoxFuture};
use gathering_app::{Courier, Letter, Post, Posted};
use gathering_domain::Failure;
use gathering_egress::{
    Egress, EgressRequest, Limits, Mail, Mailer, Method, Revealed, Revelations, Target,
};
use secrecy::{ExposeSecret as _, SecretString};

/// The most bytes of an answer that are read.
const ANSWER_BYTES: usize = 2_048;
/// The most characters of an answer that are told.
const ANSWER_CHARS: usize = 1_000;

/// A courier over the one HTTP client, and over a mail server if there is one.
pub struct EgressCourier {
    egress: Egress,
    mailer: Option<Mailer>,
    revealed: Revelations,
}

impl EgressCourier {
    /// Goes out by this door. What is secret of an address is remembered in `revealed`, so that nothing tells
    /// it.
    pub fn new(egress: &Egress, mailer: Option<Mailer>, revealed: &Revelations) -> Self {
        Self { egress: egress.clone(), mailer, revealed: revealed.clone() }
    }

    async fn posted(&self, post: Post) -> Result<Posted, Failure> {
        let Post { project_id, url, is_secret, headers, body, timeout, held_to } = post;
        let revealed = self.revealed.of(project_id);
        if is_secret {
            remember(&revealed, &url);
        }
        // A redirect is an answer like any other: what is signed is for the address that was named.
        let limits = Limits { redirects: 0, ..Limits::within(timeout) };
        let mut request = EgressRequest::new(Method::POST, url.expose_secret())
            .verbatim()
            .body(body)
            .held_to(held_to)
            .limits(limits);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let sent = self.egress.for_project(project_id).send(request).await;
        let response = sent.map_err(|error| {
            let mut failure = Failure::from(error);
            failure.message = revealed.redact_text(&failure.message).into_owned();
            failure
        })?;
        let (status, retry_after) = (response.status().as_u16(), response.retry_after());
        let text = response.beginning(ANSWER_BYTES).await;
        let text = String::from_utf8_lossy(&text).into_owned();
        let text: String = revealed.redact_text(&text).chars().take(ANSWER_CHARS).collect();
        Ok(Posted { status, text, retry_after })
    }
}

/// Remembers an address that lets in whoever knows it: the whole of it, and what comes after the host.
fn remember(revealed: &Revealed, url: &SecretString) {
    const NAME: &str = "address of a channel";
    revealed.remember(NAME, url);
    let after_host =
        url.expose_secret().split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    if let Some((_, path)) = after_host {
        revealed.remember(NAME, &path.to_owned().into());
        let without_query = path.split(['?', '#']).next().unwrap_or_default();
        revealed.remember(NAME, &without_query.to_owned().into());
    }
}

impl Courier for EgressCourier {
    fn host(&self, url: &str) -> Result<String, String> {
        let target = Target::parse(url).map_err(|invalid| invalid.to_string())?;
        self.egress.policy().judge(&target).map_err(|refused| refused.to_string())?;
        let scheme = if target.is_https() { "https" } else { "http" };
        Ok(format!("{scheme}://{}:{}", target.host(), target.port()))
    }

    fn takes_mail(&self) -> bool {
        self.mailer.is_some()
    }

    fn post(&self, post: Post) -> BoxFuture<'_, Result<Posted, Failure>> {
        self.posted(post).boxed()
    }

    fn mail(&self, letter: Letter) -> BoxFuture<'_, Result<String, Failure>> {
        let Letter { to, subject, text, id, at } = letter;
        async move {
            let Some(mailer) = &self.mailer else {
                let why = "this server has no mail server: whoever runs it sets `smtp.host`";
                return Err(Failure::fatal("no_mail_server", why));
            };
            mailer.send(Mail { to, subject, text, id, at }).await
        }
        .boxed()
    }
}
