//! `cargo xtask tidy`: the tree held to its own rules.

mod finding;
mod graph;
mod tree;

mod changelog;
mod crate_table;
mod decisions;
mod doors;
mod error_pages;
mod file_lengths;
mod file_names;
mod forbidden;
mod invariants;
mod job_lines;
mod layers;
mod unread_keys;
mod unused_dependencies;

use anyhow::bail;
use clap::Args;

use crate::repository;
use finding::{Finding, Weight};
use graph::Graph;
use tree::Tree;

/// Holds the tree to its own rules: layers, file shapes, decisions, invariants.
#[derive(Args)]
pub(crate) struct Tidy {}

impl Tidy {
    #[expect(clippy::unused_self, reason = "every command executes itself")]
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        check()
    }
}

/// What is checked: the text of the tree, and what its packages depend on.
struct Subject {
    tree: Tree,
    graph: Graph,
}

impl Subject {
    fn of_repository() -> anyhow::Result<Self> {
        let root = repository::root();
        Ok(Self { tree: Tree::read(&root)?, graph: Graph::read(&root)? })
    }
}

/// A check: what it finds in its subject.
type Check = fn(&Subject) -> Vec<Finding>;

/// Every check, by name.
const CHECKS: [(&str, Check); 13] = [
    ("crate table", |subject| crate_table::check(&subject.tree)),
    ("layers", |subject| layers::check(&subject.tree, &subject.graph)),
    ("forbidden dependencies", |subject| forbidden::check(&subject.graph)),
    ("unused dependencies", |subject| unused_dependencies::check(&subject.tree, &subject.graph)),
    ("doors", |subject| doors::check(&subject.tree)),
    ("job lines", |subject| job_lines::check(&subject.tree)),
    ("file lengths", |subject| file_lengths::check(&subject.tree)),
    ("file names", |subject| file_names::check(&subject.tree)),
    ("configuration", |subject| unread_keys::check(&subject.tree, &gathering_config::describe())),
    ("error pages", |subject| error_pages::check(&subject.tree)),
    ("decisions", |subject| decisions::check(&subject.tree)),
    ("invariants", |subject| invariants::check(&subject.tree)),
    ("changelog", |subject| changelog::check(&subject.tree)),
];

/// Runs every check on the repository and prints what they find. A fault is an error, a warning
/// is not.
pub(crate) fn check() -> anyhow::Result<()> {
    let subject = Subject::of_repository()?;
    let mut faults = 0;
    for (name, check) in CHECKS {
        for finding in check(&subject) {
            println!("{name}: {finding}");
            faults += usize::from(finding.weight == Weight::Fault);
        }
    }
    if faults > 0 {
        bail!("the tree breaks {faults} of its rules");
    }
    Ok(())
}
