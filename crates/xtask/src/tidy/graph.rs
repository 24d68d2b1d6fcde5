//! What the packages depend on, as Cargo resolved it for this machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::Context;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use crate::program::Program;

/// What every package of the product begins with.
pub(super) const PREFIX: &str = "gathering-";

/// Packages and their dependencies, without those that only tests use.
#[derive(Default)]
pub(super) struct Graph {
    /// By name and version.
    packages: BTreeMap<String, Package>,
    /// Names in the lock file: what any feature on any platform can bring in.
    locked: BTreeSet<String>,
}

#[derive(Default)]
struct Package {
    name: String,
    dependencies: BTreeSet<String>,
}

impl Graph {
    /// Asks Cargo. The lock file must be current.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let host = Program::new("rustc").args(["--print", "host-tuple"]).output()?;
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .other_options([
                "--locked".to_owned(),
                "--filter-platform".to_owned(),
                host.trim().to_owned(),
            ])
            .exec()
            .context("could not ask Cargo what the packages depend on")?;
        let lock = std::fs::read_to_string(root.join("Cargo.lock"))
            .context("could not read Cargo.lock")?;
        let packages = packages(&metadata).context("Cargo resolved nothing")?;
        Ok(Self { packages, locked: locked(&lock) })
    }

    /// A graph of these packages, each with what it depends on.
    #[cfg(test)]
    pub(super) fn of(packages: &[(&str, &[&str])]) -> Self {
        let mut graph = Self::default();
        for (name, dependencies) in packages {
            for name in dependencies.iter().chain([name]) {
                let package = graph.packages.entry((*name).to_owned()).or_default();
                (*name).clone_into(&mut package.name);
                graph.locked.insert((*name).to_owned());
            }
            let package = graph.packages.entry((*name).to_owned()).or_default();
            package.dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
        }
        graph
    }

    /// The product's own packages, without their prefix, each with the names of what it depends
    /// on directly.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, BTreeSet<&str>)> {
        self.packages.values().filter_map(|package| {
            let name = package.name.strip_prefix(PREFIX)?;
            Some((
                name,
                package.dependencies.iter().map(|key| self.packages[key].name.as_str()).collect(),
            ))
        })
    }

    /// Everything below one of the product's packages: each name with the way that leads to it.
    pub(super) fn below<'a>(&'a self, own: &'a str) -> BTreeMap<&'a str, Vec<&'a str>> {
        let start =
            self.packages.values().find(|package| package.name.strip_prefix(PREFIX) == Some(own));
        let mut ways = BTreeMap::new();
        let mut open: Vec<(&Package, Vec<&str>)> =
            start.map(|package| (package, vec![own])).into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some((package, way)) = open.pop() {
            for key in &package.dependencies {
                let next = &self.packages[key];
                if seen.insert(key) {
                    let mut way = way.clone();
                    way.push(&next.name);
                    ways.insert(next.name.as_str(), way.clone());
                    open.push((next, way));
                }
            }
        }
        ways
    }

    /// Whether any feature on any platform can bring in a package of this name.
    pub(super) fn can_bring_in(&self, name: &str) -> bool {
        self.locked.contains(name)
    }
}

fn packages(metadata: &Metadata) -> Option<BTreeMap<String, Package>> {
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let nodes = &metadata.resolve.as_ref()?.nodes;
    Some(
        nodes
            .iter()
            .map(|node| {
                let dependencies = node
                    .deps
                    .iter()
                    .filter(|dependency| {
                        dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
                    })
                    .map(|dependency| dependency.pkg.repr.clone())
                    .collect();
                (node.id.repr.clone(), Package { name: names[&node.id].clone(), dependencies })
            })
            .collect(),
    )
}

fn locked(lock: &str) -> BTreeSet<String> {
    lock.lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository;

    #[test]
    fn what_lies_below_is_found_with_the_way_to_it() {
        let graph = Graph::of(&[
            ("gathering-a", &["gathering-b", "serde"]),
            ("gathering-b", &["tokio"]),
            ("gathering-c", &["axum"]),
        ]);
        let below = graph.below("a");
        assert_eq!(below["tokio"], ["a", "gathering-b", "tokio"]);
        assert!(!below.contains_key("axum"));
        assert!(graph.can_bring_in("axum") && !graph.can_bring_in("openssl-sys"));
    }

    #[test]
    fn the_real_graph_is_read() {
        let graph = Graph::read(&repository::root()).unwrap();
        let own: BTreeMap<_, _> = graph.own().collect();
        assert!(own["xtask"].contains("clap") && !own["xtask"].contains("tempfile"));
        assert!(graph.below("xtask").contains_key("serde"));
        assert!(graph.can_bring_in("clap"));
    }
}
