//! The keys of a pipeline run: `node:page`, `node:each[4]`, `node:page/try:2`, `node:page/consent`, …

use gathering_engine::Key;

use crate::program::Program;

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The node.
    pub(super) node: usize,
    /// The item, for a map.
    pub(super) item: Option<usize>,
    pub(super) part: Part,
}

/// Which part of a node's or item's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The work itself, at its attempt of this number. Only child runs have a second.
    Work(u32),
    /// The wait before the attempt of this number.
    Wait(u32),
    /// A person's consent to a tool call.
    Consent,
    /// The deadline of an approval or of a consent.
    Deadline,
}

impl Place {
    /// The first attempt at the work of a node.
    pub(super) const fn work(node: usize) -> Self {
        Self { node, item: None, part: Part::Work(1) }
    }

    /// The same node or item, another part.
    pub(super) const fn part(self, part: Part) -> Self {
        Self { part, ..self }
    }

    /// The key.
    pub(super) fn key(self, program: &Program) -> Key {
        let id = &program.nodes[self.node].id;
        let base = match self.item {
            Some(item) => format!("node:{id}[{item}]"),
            None => format!("node:{id}"),
        };
        Key::new(match self.part {
            Part::Work(1) => base,
            Part::Work(attempt) => format!("{base}/try:{attempt}"),
            Part::Wait(attempt) => format!("{base}/wait:{attempt}"),
            Part::Consent => format!("{base}/consent"),
            Part::Deadline => format!("{base}/deadline"),
        })
    }

    /// Reads a key back; `None` if it is none of this pipeline.
    pub(super) fn read(program: &Program, key: &Key) -> Option<Self> {
        let text = key.as_str().strip_prefix("node:")?;
        let (base, part) = match text.split_once('/') {
            None => (text, Part::Work(1)),
            Some((base, "consent")) => (base, Part::Consent),
            Some((base, "deadline")) => (base, Part::Deadline),
            Some((base, part)) => (
                base,
                match part.split_once(':')? {
                    ("try", attempt) => Part::Work(attempt.parse().ok()?),
                    ("wait", attempt) => Part::Wait(attempt.parse().ok()?),
                    _ => return None,
                },
            ),
        };
        let (id, item) = match base.strip_suffix(']').and_then(|base| base.split_once('[')) {
            Some((id, item)) => (id, Some(item.parse().ok()?)),
            None => (base, None),
        };
        Some(Self { node: *program.index.get(id)?, item, part })
    }
}
