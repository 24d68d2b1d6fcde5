//! The page of node types.

use std::fmt::Write as _;

use gathering_pipelines::node_types;

use super::GENERATED;

/// The page.
pub(super) fn page() -> anyhow::Result<String> {
    let mut text = format!(
        "# Nodes\n\n{GENERATED}\n\n\
         A node has an `id`, a `type`, perhaps a `name` for people, and a `config` that depends on its type. \
         Beside these it may have the fields that its type takes. Edges lead `from` one node `to` another; \
         `when` names the outcome at which an edge is followed.\n"
    );
    for node in node_types() {
        write!(text, "\n## `{}`\n\n{}\n\n", node.name, node.summary)?;
        if !node.fields.is_empty() {
            writeln!(text, "- Fields: `{}`", node.fields.join("`, `"))?;
        }
        if !node.labels.is_empty() {
            writeln!(text, "- Labels of edges: `{}`", node.labels.join("`, `"))?;
        }
        let schema = serde_json::to_string_pretty(&node.config_schema)?;
        write!(text, "\nSchema of its `config`:\n\n```json\n{schema}\n```\n")?;
    }
    Ok(text)
}
