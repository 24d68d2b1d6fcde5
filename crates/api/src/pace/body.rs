//! An answer's body that tells when it is asked for more.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use super::Taken;

/// The body of an answer on a paced connection.
#[derive(Debug)]
pub(super) struct PacedBody {
    body: Body,
    taken: Taken,
}

impl PacedBody {
    pub(super) fn new(body: Body, taken: Taken) -> Self {
        Self { body, taken }
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Whoever asks has room for more, so what it was given before is taken.
        self.taken.handed(false);
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if matches!(&frame, Some(Ok(frame)) if frame.is_data()) {
            self.taken.handed(true);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
