//! Log lines as JSON: one flat object a line, with the fields of every span around it.

use std::{fmt, io::Write, sync::Arc};

use gathering_domain::Clock;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context, registry::LookupSpan};

/// The longest text of a field, in bytes; what is longer is cut.
const TEXT_BYTES: usize = 8 * 1024;

/// Writes events as JSON. A field of the event wins over one of a span, and the inner span over the
/// outer one, so that each name stands once in a line.
pub(crate) struct JsonLines<W> {
    writer: W,
    clock: Arc<dyn Clock>,
}

/// The fields of a span.
struct Fields(Map<String, Value>);

/// Takes fields in.
struct Taking<'a>(&'a mut Map<String, Value>);

impl<W> JsonLines<W> {
    pub(crate) fn new(writer: W, clock: Arc<dyn Clock>) -> Self {
        Self { writer, clock }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Map::new();
        attributes.record(&mut Taking(&mut fields));
        span.extensions_mut().insert(Fields(fields));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(Fields(fields)) = span.extensions_mut().get_mut::<Fields>() {
            record.record(&mut Taking(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), self.clock.now().to_rfc3339().into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        line.insert("target".to_owned(), metadata.target().into());
        for span in
            context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().iter().rev()
        {
            line.insert("span".to_owned(), span.name().into());
            if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
                line.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        event.record(&mut Taking(&mut line));
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // In one piece, so that lines of several threads do not mix. Nobody can be told of a failure.
        let _ = self.writer.make_writer_for(metadata).write_all(text.as_bytes());
    }
}

impl Taking<'_> {
    fn take(&mut self, field: &Field, value: Value) {
        // Words to the exporter of traces, which mean nothing in a log.
        if !field.name().starts_with("otel.") {
            self.0.insert(field.name().to_owned(), value);
        }
    }

    fn text(&mut self, field: &Field, mut text: String) {
        if text.len() > TEXT_BYTES {
            text.truncate(text.floor_char_boundary(TEXT_BYTES));
            text.push('…');
        }
        self.take(field, text.into());
    }
}

impl Visit for Taking<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.take(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let causes = std::iter::successors(Some(value), |error| error.source());
        self.text(field, causes.map(ToString::to_string).collect::<Vec<_>>().join(": "));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use gathering_domain::Timestamp;
    use serde_json::json;
    use tracing_subscriber::prelude::*;

    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(0)
        }
    }

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(work: impl FnOnce()) -> Vec<Value> {
        let paper = Paper::default();
        let writer = paper.clone();
        let layer = JsonLines::new(move || writer.clone(), Arc::new(Noon));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        let written = paper.0.lock().unwrap().clone();
        let text = String::from_utf8(written).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_flat_and_has_the_fields_of_all_spans_around_it() {
        let lines = lines(|| {
            let outer = tracing::info_span!("outer", otel.kind = "server", request.id = "r", a = 1);
            let _outer = outer.enter();
            let inner = tracing::info_span!("inner", run.id = tracing::field::Empty, a = 2);
            inner.record("run.id", "run_1");
            let _inner = inner.enter();
            tracing::warn!(b = true, a = 3, "it\nis \"so\"");
        });
        let wanted = json!({
            "timestamp": "1970-01-01T00:00:00.000Z", "level": "WARN", "span": "inner",
            "target": "gathering::telemetry::json_lines::tests", "message": "it\nis \"so\"",
            "request.id": "r", "run.id": "run_1", "a": 3, "b": true,
        });
        assert_eq!(lines, [wanted]);
    }

    #[test]
    fn a_panic_is_a_line_as_well() {
        let lines = lines(|| {
            crate::telemetry::panics::log_them();
            let panicked = std::panic::catch_unwind(|| panic!("what can't be"));
            drop(std::panic::take_hook());
            assert!(panicked.is_err());
        });
        assert_eq!((lines.len(), &lines[0]["panic"]), (1, &json!("what can't be")));
        assert!(lines[0]["place"].as_str().unwrap().contains("json_lines.rs:"), "{lines:?}");
    }

    #[test]
    fn errors_tell_their_causes_and_long_texts_are_cut() {
        let inner = std::io::Error::other("the disk is full");
        let error = anyhow::Error::new(inner).context("could not write");
        let error: Box<dyn std::error::Error> = error.into();
        let long = "é".repeat(TEXT_BYTES);
        let lines = lines(|| tracing::error!(error = &*error, long, "no"));
        assert_eq!(lines[0]["error"], "could not write: the disk is full");
        assert_eq!(lines[0]["long"].as_str().unwrap().len(), TEXT_BYTES + "…".len());
    }
}
