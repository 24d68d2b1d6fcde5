//! The items of a map: which are at work, and what became of the others.

use std::collections::{BTreeSet, HashMap};

use gathering_domain::Failure;
use gathering_engine::Payload;
use gathering_expressions::{Expression, Scope};
use serde_json::Value;

use super::{MAX_MAP_ITEMS, fold::Attempt};

/// The state of a map's items.
#[derive(Debug)]
pub(super) struct Items {
    values: Vec<Value>,
    results: Vec<Option<Result<Payload, Failure>>>,
    /// The items at work: the first that have not ended, up to the limit.
    window: BTreeSet<usize>,
    /// The first item that was never in the window.
    next: usize,
    limit: usize,
    left: usize,
    /// Items that are past their first attempt.
    attempts: HashMap<usize, Attempt>,
}

impl Items {
    /// Evaluates the list.
    pub(super) fn evaluate(
        over: &Expression,
        scope: &Scope,
        limit: usize,
    ) -> Result<Self, Failure> {
        let values = match over.evaluate(scope) {
            Ok(Value::Array(values)) => values,
            Ok(_) => {
                let message = format!("`{}` is not a list", over.source());
                return Err(Failure::fatal("not_a_list", message));
            }
            Err(error) => return Err(Failure::fatal(error.kind.code(), error.to_string())),
        };
        if values.len() > MAX_MAP_ITEMS {
            let message =
                format!("a map has at most {MAX_MAP_ITEMS} items, and this has {}", values.len());
            return Err(Failure::fatal("too_many_items", message));
        }
        let mut items = Self {
            results: vec![None; values.len()],
            window: BTreeSet::new(),
            next: 0,
            limit,
            left: values.len(),
            attempts: HashMap::new(),
            values,
        };
        items.fill();
        Ok(items)
    }

    fn fill(&mut self) {
        while self.window.len() < self.limit && self.next < self.values.len() {
            if self.results[self.next].is_none() {
                self.window.insert(self.next);
            }
            self.next += 1;
        }
    }

    /// The items at work, in order.
    pub(super) fn at_work(&self) -> impl Iterator<Item = usize> + '_ {
        self.window.iter().copied()
    }

    /// One item.
    pub(super) fn value(&self, item: usize) -> Option<&Value> {
        self.values.get(item)
    }

    /// Which attempt an item is at.
    pub(super) fn attempt(&self, item: usize) -> Attempt {
        self.attempts.get(&item).copied().unwrap_or(Attempt::FIRST)
    }

    /// The attempt of an item that has not ended.
    pub(super) fn attempt_mut(&mut self, item: usize) -> Option<&mut Attempt> {
        let open = self.results.get(item).is_some_and(Option::is_none);
        open.then(|| self.attempts.entry(item).or_insert(Attempt::FIRST))
    }

    /// Keeps what became of an item.
    pub(super) fn settle(&mut self, item: usize, result: Result<Payload, Failure>) {
        if let Some(place) = self.results.get_mut(item)
            && place.is_none()
        {
            *place = Some(result);
            self.left -= 1;
            self.window.remove(&item);
            self.attempts.remove(&item);
            self.fill();
        }
    }

    /// How many items there are, have ended, and failed.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let failed = self.results.iter().filter(|result| matches!(result, Some(Err(_)))).count();
        (self.values.len(), self.values.len() - self.left, failed)
    }

    /// Whether no item is left.
    pub(super) const fn is_done(&self) -> bool {
        self.left == 0
    }

    /// The outputs in the order of the items; `null` for those that failed.
    pub(super) fn outputs(&self) -> Value {
        let output = |result: &Option<Result<Payload, Failure>>| match result {
            Some(Ok(output)) => output.as_ref().clone(),
            Some(Err(_)) | None => Value::Null,
        };
        Value::Array(self.results.iter().map(output).collect())
    }
}
