//! `/api/v1/events`: everything that happens, as a stream that is resumed exactly.

mod envelope;
mod everything;
mod query;
mod socket;
mod stream;

pub(crate) use envelope::{EnvelopeView, StreamedEventView};
pub(crate) use everything::{__path_stream_events, stream_events};
pub(crate) use query::RunEventsQuery;
pub(crate) use socket::{__path_open_socket, SocketMessage, SocketRequest, open_socket};
pub(crate) use stream::{read_types, resume_after, stream};
