//! Asking over a socket, and comparing the answer with what is expected and with what is documented.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{row::Row, served::described, things::Thing, world::World};
use crate::support::{Answer, Asked, Connection};

/// The answers that the description has.
pub(crate) struct Documents(BTreeMap<String, Value>);

/// A test that compares answers, and tells all that are wrong at once.
pub(crate) struct Findings {
    documents: Documents,
    pub(crate) compared: usize,
    wrong: Vec<String>,
}

impl Documents {
    pub(crate) fn read() -> Self {
        Self(described())
    }

    /// What the description lacks to have this answer.
    fn lacks(&self, row: &Row, status: u16, code: &str) -> Option<String> {
        if !row.is_described() {
            return None;
        }
        let told = &self.0[&row.name()]["responses"][status.to_string()];
        let words = told["description"].as_str()?;
        (status >= 400 && !words.contains(&format!("`{code}`")))
            .then(|| format!("the description has no `{code}` among those of {status}: {words}"))
    }

    fn lacks_status(&self, row: &Row, status: u16) -> bool {
        row.is_described()
            && !self.0[&row.name()]["responses"][status.to_string()]["description"].is_string()
    }
}

impl Findings {
    pub(crate) fn new() -> Self {
        Self { documents: Documents::read(), compared: 0, wrong: Vec::new() }
    }

    /// Compares an answer with what is expected. One that is a problem has the shape of all problems.
    pub(crate) fn compare(
        &mut self,
        row: &Row,
        who: &str,
        answer: &Answer,
        (status, code): (u16, &str),
    ) {
        self.compared += 1;
        let got = answer.status.as_u16();
        let found = if got >= 400 { answer.problem().1 } else { String::new() };
        if (got, found.as_str()) != (status, code) {
            self.add(row, who, format!("answers {got} {found}, not {status} {code}"));
        }
        if self.documents.lacks_status(row, got) {
            self.add(row, who, format!("answers {got}, which the description does not have"));
        }
        if let Some(lacking) = self.documents.lacks(row, got, &found) {
            self.add(row, who, lacking);
        }
    }

    /// Compares what an owner sees before and after others were refused.
    pub(crate) fn unchanged(
        &mut self,
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
    ) {
        for (name, was) in before.iter().filter(|(name, was)| after[*name] != **was) {
            let is = &after[name];
            self.wrong
                .push(format!("{name}: what was refused has changed it from\n{was}\nto\n{is}"));
        }
    }

    /// Notes that something is wrong.
    pub(crate) fn add(&mut self, row: &Row, who: &str, what: impl std::fmt::Display) {
        self.wrong.push(format!("{} for {who}: {what}", row.name()));
    }

    /// Fails if anything was wrong.
    pub(crate) fn tell(self) {
        let wrong = self.wrong.join("\n");
        assert!(wrong.is_empty(), "{} of {} answers:\n{wrong}", self.wrong.len(), self.compared);
    }
}

impl World {
    /// The request of a row that works.
    pub(crate) fn request(&self, row: &Row, thing: &Thing, query: &str) -> Asked {
        let queries = [row.query(), query.trim_start_matches('?').to_owned()];
        let query = queries.into_iter().filter(|query| !query.is_empty()).collect::<Vec<_>>();
        let path = [thing.path(row.path), query.join("&")].into_iter();
        let path = path.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("?");
        let mut asked = Asked::new(row.method, &path);
        if matches!(row.method, "PUT" | "PATCH") {
            asked = asked.header("if-match", "\"1\"");
        }
        if row.upgrades() {
            asked = asked.handshake();
        }
        match &row.body {
            None => asked,
            Some(body) => {
                let text = body.to_string().replace("$n", &self.number().to_string());
                asked.body("application/json", thing.named(&text))
            }
        }
    }

    /// Asks, and reads of a stream no more than its beginning.
    pub(crate) async fn ask(&self, row: &Row, asked: &Asked) -> Answer {
        if !row.streams() {
            return self.bench.raw(&asked.bytes()).await;
        }
        let mut connection = Connection::open(&self.bench.address).await;
        connection.send(&asked.bytes()).await;
        let (status, headers) = connection.head().await;
        let body = if headers.contains_key("content-length") {
            connection.body(&headers).await
        } else if row.upgrades() {
            assert_eq!(headers["upgrade"], "websocket", "{}", row.name());
            Vec::new()
        } else {
            assert_eq!(headers["content-type"], "text/event-stream", "{}", row.name());
            Vec::new()
        };
        Answer { status, headers, body }
    }
}
