//! What all wires share: one attempt over the egress client, from request to events.

mod answer;

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, stream};
use gathering_egress::{BodyStream, Egress, EgressRequest, EgressResponse, Limits};
use gathering_llm::{
    CountMethod, ModelError, ModelErrorKind, ModelEvent, ModelFuture, ModelInfo, ModelProvider,
    ModelRequest, ModelStream, ProviderTest, TokenCount, estimate_request,
};
use http::Method;

use crate::{
    ProviderConfig,
    fault::{WireFault, explain_egress},
};

pub(crate) use answer::Answer;

/// The most bytes of one streamed answer, framing included.
const ANSWER_BYTES: u64 = 64 * 1024 * 1024;
/// The most bytes of an error's body that are read.
const ERROR_BYTES: usize = 16 * 1024;
/// The most bytes of a list of models.
const LIST_BYTES: u64 = 16 * 1024 * 1024;
/// The most models that are listed.
const MODELS_LIMIT: usize = 1_000;

/// One provider's wire format.
pub(crate) trait Wire: Send + Sync + 'static {
    /// Says how to ask for a streamed answer.
    fn ask(&self, request: &ModelRequest) -> Result<Ask, WireFault>;

    /// Begins to read an answer to `request`.
    fn decoder(&self, request: &ModelRequest) -> Box<dyn Decoder>;

    /// The header that carries the key, and what stands before it.
    fn key_header(&self) -> (&'static str, &'static str);

    /// Headers of every request.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Says what an answer with a bad status means.
    fn explain(&self, status: u16, body: &str) -> WireFault;

    /// Where the models are listed.
    fn models_path(&self) -> &'static str;

    /// Reads the list of models.
    fn read_models(&self, body: &[u8]) -> Result<Vec<ModelInfo>, WireFault>;

    /// Says how to have tokens counted, if the provider counts.
    fn ask_count(&self, _request: &ModelRequest) -> Option<Result<Ask, WireFault>> {
        None
    }

    /// Reads the count.
    fn read_count(&self, _body: &[u8]) -> Option<u64> {
        None
    }
}

/// What is sent: a path below the base URL, and a JSON body.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    /// Serialises `body`, whose fields keep their order: the same request gives the same bytes.
    pub(crate) fn json(path: impl Into<String>, body: &impl serde::Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("wire types have only text keys");
        Self { path: path.into(), body }
    }
}

/// Turns server events into neutral ones.
pub(crate) trait Decoder: Send {
    /// Reads one event.
    fn event(
        &mut self,
        event: &crate::sse::SseEvent,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), WireFault>;

    /// Reads the end of the stream: the last chance to say `Done`.
    fn end(&mut self, _out: &mut Vec<ModelEvent>) -> Result<(), WireFault> {
        Ok(())
    }
}

/// A provider that is reached over HTTP.
pub(crate) struct HttpProvider<W> {
    config: ProviderConfig,
    base: String,
    egress: Egress,
    wire: W,
}

impl<W: Wire> HttpProvider<W> {
    pub(crate) fn new(config: ProviderConfig, base: String, egress: Egress, wire: W) -> Self {
        Self { config, base, egress, wire }
    }

    fn limits(&self, body_bytes: u64) -> Limits {
        let times = self.config.timeouts;
        Limits { head: times.first, idle: times.idle, total: times.total, body_bytes, redirects: 0 }
    }

    /// Sends, and turns everything but a good status into a fault.
    async fn send(
        &self,
        method: Method,
        ask: Ask,
        body_bytes: u64,
    ) -> Result<EgressResponse, WireFault> {
        if self.config.kind.needs_key() && self.config.api_key.is_none() {
            let message = format!("no key is configured for the provider `{}`", self.config.name);
            return Err(WireFault::new(ModelErrorKind::AuthMissing, message));
        }
        let mut request = EgressRequest::new(method, format!("{}{}", self.base, ask.path))
            .limits(self.limits(body_bytes))
            // A conversation holds what tools and web pages said.
            .verbatim();
        for (name, value) in self.wire.headers() {
            request = request.header(*name, *value);
        }
        if !ask.body.is_empty() {
            request = request.header("content-type", "application/json").body(ask.body);
        }
        if let Some(key) = &self.config.api_key {
            let (name, prefix) = self.wire.key_header();
            request = request.secret_header(name, prefix, key.clone());
        }
        let response =
            self.egress.send(request).await.map_err(|error| explain_egress(&error, false))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, wait) = (response.status().as_u16(), response.retry_after());
        let body = response.beginning(ERROR_BYTES).await;
        let fault = self.wire.explain(status, &String::from_utf8_lossy(&body));
        Err(WireFault { retry_after: wait.or(fault.retry_after), ..fault })
    }

    async fn get(&self, path: &str) -> Result<Bytes, WireFault> {
        let ask = Ask { path: path.to_owned(), body: Vec::new() };
        let response = self.send(Method::GET, ask, LIST_BYTES).await?;
        response.bytes().await.map_err(|error| explain_egress(&error, true))
    }

    async fn begin(&self, request: &ModelRequest) -> Result<BodyStream, WireFault> {
        let ask = self.wire.ask(request)?;
        let response = self.send(Method::POST, ask, ANSWER_BYTES).await?;
        let is_json = response
            .header("content-type")
            .is_some_and(|content_type| content_type.starts_with("application/json"));
        if is_json {
            // A server that streams nothing, or an error with a good status.
            let body = response.beginning(ERROR_BYTES).await;
            let body = String::from_utf8_lossy(&body);
            let words = crate::fault::words_of(200, &body);
            return Err(WireFault::new(
                ModelErrorKind::Malformed,
                format!("a stream was asked for and a JSON document came: {words}"),
            ));
        }
        Ok(response.into_stream())
    }

    async fn list(&self) -> Result<Vec<ModelInfo>, WireFault> {
        let body = self.get(self.wire.models_path()).await?;
        let mut models = self.wire.read_models(&body)?;
        models.sort_by(|a, b| a.name.cmp(&b.name));
        models.truncate(MODELS_LIMIT);
        Ok(models)
    }

    async fn count(&self, request: &ModelRequest) -> Result<TokenCount, WireFault> {
        let Some(ask) = self.wire.ask_count(request) else {
            return Ok(estimate_request(request));
        };
        let response = self.send(Method::POST, ask?, LIST_BYTES).await?;
        let body = response.bytes().await.map_err(|error| explain_egress(&error, true))?;
        let tokens = self.wire.read_count(&body).ok_or_else(|| {
            WireFault::new(ModelErrorKind::Malformed, "the answer holds no count of tokens")
        })?;
        Ok(TokenCount { tokens, method: CountMethod::Counted })
    }
}

impl<W: Wire> ModelProvider for HttpProvider<W> {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn kind(&self) -> &str {
        self.config.kind.as_str()
    }

    fn stream(&self, request: ModelRequest) -> ModelFuture<'_, ModelStream> {
        async move {
            let name = self.config.name.clone();
            let body = self.begin(&request).await.map_err(|f| f.at(&name, &request.model))?;
            let decoder = self.wire.decoder(&request);
            Ok(Reading::new(name, request.model, body, decoder).into_events())
        }
        .boxed()
    }

    fn count_tokens<'a>(&'a self, request: &'a ModelRequest) -> ModelFuture<'a, TokenCount> {
        async move {
            let counted = self.count(request).await;
            counted.map_err(|fault| fault.at(&self.config.name, &request.model))
        }
        .boxed()
    }

    fn list_models(&self) -> ModelFuture<'_, Vec<ModelInfo>> {
        async move { self.list().await.map_err(|fault| fault.at(&self.config.name, "")) }.boxed()
    }

    fn test(&self) -> ModelFuture<'_, ProviderTest> {
        async move {
            let models = self.list_models().await?.len();
            Ok(ProviderTest { models, scripted: false })
        }
        .boxed()
    }
}

/// An answer under way.
struct Reading {
    provider: String,
    model: String,
    body: BodyStream,
    answer: Answer,
}

impl Reading {
    fn new(provider: String, model: String, body: BodyStream, decoder: Box<dyn Decoder>) -> Self {
        Self { provider, model, body, answer: Answer::of(decoder) }
    }

    fn into_events(self) -> ModelStream {
        stream::unfold(self, |mut reading| async move {
            let next = reading.next().await?;
            Some((next, reading))
        })
        .boxed()
    }

    /// The next event; a fault comes after the events before it, and nothing comes after a fault or
    /// the end.
    async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        loop {
            if let Some(next) = self.answer.next() {
                return Some(next.map_err(|fault| fault.at(&self.provider, &self.model)));
            }
            if self.answer.ended {
                return None;
            }
            match self.body.next().await.transpose() {
                Ok(piece) => self.answer.take(piece.as_deref()),
                Err(error) => self.answer.fault = Some(explain_egress(&error, true)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
