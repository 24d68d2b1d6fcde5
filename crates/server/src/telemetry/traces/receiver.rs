//! The receiver of traces: where it is, and one request to it, as OTLP over HTTP wants it.

use anyhow::Context as _;
use gathering_config::values::HttpHeaders;
use gathering_domain::Duration;
use gathering_egress::{AllowRule, Egress, EgressRequest, Limits, Method, NetworkPolicy};
use opentelemetry_proto::{
    tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    transform::{
        common::tonic::ResourceAttributesWithSchema,
        trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{Resource, trace::SpanData};
use prost::Message as _;

/// Where traces go below a receiver's address.
const PATH: &str = "/v1/traces";
/// How long a request may take.
const WITHIN: Duration = Duration::from_secs(10);
/// The most bytes of an answer: it has little to say.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A receiver.
pub(super) struct Receiver {
    egress: Egress,
    url: String,
    headers: Vec<(String, String)>,
    resource: ResourceAttributesWithSchema,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// So many of its spans were refused, and the others were taken.
    Taken { refused: u64 },
    /// It may be sent again, after this if the receiver said so.
    Later { why: String, after: Option<Duration> },
    /// It will not be taken.
    Refused { why: String },
}

impl Receiver {
    /// The receiver at this address. An operator names it, no tool and no model, and it stands in a
    /// private network as a rule: so it is reached through the one door to the network, but by a
    /// policy of its own, which opens this host at this port and no other, whatever its address.
    pub(super) fn new(
        endpoint: &str,
        headers: Option<&HttpHeaders>,
        resource: &Resource,
    ) -> anyhow::Result<Self> {
        let url = match endpoint.trim_end_matches('/') {
            whole if whole.ends_with(PATH) => whole.to_owned(),
            base => format!("{base}{PATH}"),
        };
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let rule: AllowRule =
            authority.parse().context("could not read the host of telemetry.otlp_endpoint")?;
        let hosts = match &rule {
            AllowRule::Host(host) => vec![host.clone()],
            AllowRule::Range { .. } => Vec::new(),
        };
        let policy = NetworkPolicy::public_and([rule]).only(hosts);
        let headers = headers.into_iter().flat_map(HttpHeaders::expose);
        Ok(Self {
            egress: Egress::builder().policy(policy).build(),
            url,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            resource: resource.into(),
        })
    }

    /// The body of a request.
    pub(super) fn encode(&self, spans: Vec<SpanData>) -> Vec<u8> {
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        ExportTraceServiceRequest { resource_spans }.encode_to_vec()
    }

    /// Sends a body once.
    pub(super) async fn send(&self, body: Vec<u8>) -> Answer {
        let limits = Limits { body_bytes: ANSWER_BYTES, redirects: 0, ..Limits::within(WITHIN) };
        let mut request = EgressRequest::new(Method::POST, self.url.as_str())
            .header("content-type", "application/x-protobuf")
            .body(body)
            .limits(limits);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = match self.egress.send(request).await {
            Ok(response) => response,
            Err(error) => return Answer::Later { why: error.to_string(), after: None },
        };
        let (status, after) = (response.status().as_u16(), response.retry_after());
        match status {
            200..300 => match response.bytes().await {
                Ok(bytes) => Answer::Taken { refused: refused(&bytes) },
                // It was taken, whatever it has to say of that.
                Err(_) => Answer::Taken { refused: 0 },
            },
            429 | 502..=504 => Answer::Later { why: format!("it answered {status}"), after },
            status => Answer::Refused { why: format!("it answered {status}") },
        }
    }
}

/// How many spans an answer says were refused.
fn refused(answer: &[u8]) -> u64 {
    let answer = ExportTraceServiceResponse::decode(answer).unwrap_or_default();
    let refused = answer.partial_success.map_or(0, |partial| partial.rejected_spans);
    u64::try_from(refused).unwrap_or(0)
}
