//! Search over the names of what a project holds.

use std::cmp::Reverse;

use gathering_domain::Permission;
pub use gathering_storage::names::NamedKind;
use gathering_storage::names::{self as rows, NameRow};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use uuid::Uuid;

use crate::{App, Caller, Error, Result};

/// How many names of each kind are looked through, the latest.
const MOST_LOOKED_THROUGH: u32 = 2_000;
/// The longest question, in characters.
const MOST_CHARACTERS: usize = 200;
/// The most finds.
const MOST_FOUND: u32 = 50;
/// Finds for which no limit was asked.
const USUALLY_FOUND: u32 = 20;

/// Use cases of searches.
#[derive(Clone)]
pub struct Search<'a> {
    pub(crate) app: &'a App,
}

/// Something whose name was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: NamedKind,
    /// Its id.
    pub id: Uuid,
    /// Its name; a webhook's address, a thread's title.
    pub name: String,
}

impl Search<'_> {
    /// What has a name in which every word of `text` occurs, without regard to case and accents; the best
    /// first. Looks through the latest 2,000 of each kind; of threads at the caller's own.
    pub async fn names(
        &self,
        caller: &Caller,
        text: &str,
        limit: Option<u32>,
    ) -> Result<Vec<Found>> {
        let project_id = caller.require_here(Permission::Read)?;
        let limit = match limit {
            None => USUALLY_FOUND,
            Some(limit) if (1..=MOST_FOUND).contains(&limit) => limit,
            Some(_) => {
                let message = format!("a search finds 1 to {MOST_FOUND}");
                return Err(Error::invalid_field("/limit", "out_of_range", message));
            }
        };
        if !(1..=MOST_CHARACTERS).contains(&text.chars().count()) {
            let message = format!("has 1 to {MOST_CHARACTERS} characters");
            return Err(Error::invalid_field("/q", "out_of_range", message));
        }
        let wanted = words(text);
        // No name is made of signs alone.
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let rows = rows::list(project_id, caller.actor(), MOST_LOOKED_THROUGH);
        let rows = rows.all(self.app.database()).await?;
        let mut found: Vec<(Fit, NameRow)> =
            rows.into_iter().filter_map(|row| Some((fit(&wanted, &row.name)?, row))).collect();
        found.sort_by_cached_key(|(fit, row)| (Reverse(*fit), row.name.len(), Reverse(row.id)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(_, row)| row.into()).collect())
    }
}

/// How well a name fits, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Each word that was asked for is somewhere in it.
    Within,
    /// Each begins one of its words.
    Beginnings,
    /// It begins with them.
    Beginning,
    /// It consists of them.
    Whole,
}

/// How the name fits the words; not at all if one of them is not in it.
fn fit(wanted: &[String], name: &str) -> Option<Fit> {
    let has = words(name);
    let whole = has.join(" ");
    if !wanted.iter().all(|word| whole.contains(word)) {
        return None;
    }
    let asked = wanted.join(" ");
    Some(if whole == asked {
        Fit::Whole
    } else if whole.starts_with(&asked) {
        Fit::Beginning
    } else if wanted.iter().all(|word| has.iter().any(|part| part.starts_with(word))) {
        Fit::Beginnings
    } else {
        Fit::Within
    })
}

/// The words of a text, in small letters without accents.
fn words(text: &str) -> Vec<String> {
    let plain: String = text.nfkd().filter(|char| !is_combining_mark(*char)).collect();
    let plain = plain.to_lowercase();
    plain
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

impl From<NameRow> for Found {
    fn from(row: NameRow) -> Self {
        let NameRow { kind, id, name } = row;
        Self { kind, id, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(asked: &str, name: &str) -> Option<Fit> {
        fit(&words(asked), name)
    }

    #[test]
    fn every_word_must_occur_whatever_its_case_and_accents() {
        assert_eq!(fits("triage", "support_triage"), Some(Fit::Beginnings));
        assert_eq!(fits("SUPPORT tri", "support-triage"), Some(Fit::Beginning));
        assert_eq!(fits("Support Triage", "support_triage"), Some(Fit::Whole));
        assert_eq!(fits("riag", "support_triage"), Some(Fit::Within));
        assert_eq!(fits("resume", "Résumé du soir"), Some(Fit::Beginning));
        assert_eq!(fits("été", "ETE"), Some(Fit::Whole));
        assert_eq!(fits("triage nightly", "support_triage"), None);
    }

    #[test]
    fn signs_alone_are_no_words() {
        assert_eq!(words(" _-! "), Vec::<String>::new());
    }
}
