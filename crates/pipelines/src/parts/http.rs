//! HTTP requests of actions, and the questions whether they have happened.

use gathering_domain::Pointer;
use gathering_expressions::{Expression, Template, ValueTemplate};
use serde_json::{Map, Value};

use super::Reader;
use crate::definition::{EFFECT_ID, HttpConfig, HttpMethod, ReconcileConfig};

#[derive(Debug, Clone)]
pub(crate) struct HttpRequest {
    pub(crate) method: HttpMethod,
    pub(crate) url: Template,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) body: Option<ValueTemplate>,
    pub(crate) idempotency_header: Option<String>,
    pub(crate) reconcile: Option<HttpQuestion>,
}

/// How a target is asked whether a request has happened.
#[derive(Debug, Clone)]
pub(crate) struct HttpQuestion {
    pub(crate) url: Template,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) happened: Option<Expression>,
}

impl Reader {
    pub(super) fn http(&mut self, config: &Pointer, http: &HttpConfig) -> Option<HttpRequest> {
        let url = self.url(config, &http.url);
        let headers = self.headers(config, &http.headers);
        let body = self.optional_value(&config.child("body"), http.body.as_ref());
        let place = config.child("reconcile");
        let question = http.reconcile.as_ref().map(|asked| {
            self.check_question(&place, http, asked);
            self.question(&place, asked)
        });
        Some(HttpRequest {
            method: http.method,
            url: url?,
            headers: headers?,
            body: body.ok()?,
            idempotency_header: http.idempotency_header.clone(),
            reconcile: match question {
                Some(question) => Some(question?),
                None => None,
            },
        })
    }

    fn url(&mut self, config: &Pointer, source: &str) -> Option<Template> {
        let url = self.template(config.child("url"), source)?;
        let secure = ["http://", "https://"].iter().any(|scheme| source.starts_with(scheme));
        if !secure && url.is_plain() {
            let message = "an address starts with http:// or https://";
            self.fault(config.child("url"), "invalid_url", message);
        }
        Some(url)
    }

    fn headers(
        &mut self,
        config: &Pointer,
        headers: &Map<String, Value>,
    ) -> Option<Vec<(String, Template)>> {
        let mut read = Vec::with_capacity(headers.len());
        for (name, value) in headers {
            let source = value.as_str().unwrap_or_default();
            let template = self.template(config.child("headers").child(name), source);
            read.push(template.map(|template| (name.clone(), template)));
        }
        read.into_iter().collect()
    }

    fn question(&mut self, place: &Pointer, asked: &ReconcileConfig) -> Option<HttpQuestion> {
        let url = self.url(place, &asked.url);
        let headers = self.headers(place, &asked.headers);
        let happened = asked.happened.as_ref().map(|source| {
            let pointer = place.child("happened");
            self.item_allowed = true;
            let expression = self.expression(pointer.clone(), source);
            self.item_allowed = false;
            let names = |of: &Expression| of.references().roots.iter().any(|name| name != "item");
            if expression.as_ref().is_some_and(names) {
                let message = "only the answer is known here, and it is called `item`";
                self.fault(pointer, "name_not_allowed", message);
            }
            expression
        });
        let happened = match happened {
            Some(happened) => Some(happened?),
            None => None,
        };
        Some(HttpQuestion { url: url?, headers: headers?, happened })
    }

    /// A target can only be asked about an effect whose id it was sent and is told again.
    fn check_question(&mut self, place: &Pointer, http: &HttpConfig, asked: &ReconcileConfig) {
        if !matches!(http.method, HttpMethod::Post | HttpMethod::Patch) {
            let message = "only a POST or PATCH is asked about: the others are simply repeated";
            return self.fault(place.clone(), "field_not_used", message);
        }
        if http.idempotency_header.is_none() {
            let message = "the target is not sent the effect id: `idempotency_header` is missing";
            self.fault(place.clone(), "effect_id_not_sent", message);
        }
        let in_headers = || {
            let mut values = asked.headers.values().filter_map(Value::as_str);
            values.any(|value| value.contains(EFFECT_ID))
        };
        if !asked.url.contains(EFFECT_ID) && !in_headers() {
            let message = format!("neither the address nor a header has `{EFFECT_ID}`");
            self.fault(place.child("url"), "effect_id_not_asked", message);
        }
    }
}
