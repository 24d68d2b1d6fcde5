//! The page of the command line.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use super::GENERATED;
use crate::cli::Cli;

/// The page.
pub(super) fn page() -> anyhow::Result<String> {
    let mut root = Cli::command();
    root.build();
    let mut text = format!("# Command line\n\n{GENERATED}\n\n{}\n\n", about(&root));
    text.push_str(
        "The process ends with status 0 if the command did what it was asked, 1 if it failed, and 2 if what it \
         was given cannot be used. `gathering run` ends with the status of the run: 0 succeeded, 1 failed, \
         3 cancelled, 4 timed out.\n\nOptions of every command:\n\n",
    );
    options(&mut text, root.get_arguments().filter(|arg| arg.is_global_set()));
    for command in root.get_subcommands().filter(|command| !command.is_hide_set()) {
        section(&mut text, command, "gathering")?;
    }
    Ok(text)
}

fn section(text: &mut String, command: &Command, above: &str) -> anyhow::Result<()> {
    let name = format!("{above} {}", command.get_name());
    let mut inner = command.get_subcommands().filter(|inner| inner.get_name() != "help").peekable();
    if inner.peek().is_some() {
        return inner.try_for_each(|inner| section(text, inner, &name));
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    write!(text, "\n## `{name}`\n\n{}\n\n```text\n{usage}\n```\n", about(command))?;
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_global_set() && arg.get_id() != "help")
        .collect();
    if !own.is_empty() {
        text.push('\n');
        options(text, own.into_iter());
    }
    Ok(())
}

fn options<'a>(text: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    for arg in arguments {
        let values = arg.get_value_names().unwrap_or_default();
        let takes = arg.get_action().takes_values() && !values.is_empty();
        let value = if takes { format!("<{}>", values.join("> <")) } else { String::new() };
        let shown = match arg.get_long() {
            Some(long) => format!("--{long} {value}"),
            None => value,
        };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let default: Vec<_> =
            arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let default = if default.is_empty() || !takes {
            String::new()
        } else {
            format!(" Default: `{}`.", default.join(" "))
        };
        let _ =
            writeln!(text, "- `{}`: {}.{default}", shown.trim_end(), help.trim_end_matches('.'));
    }
}

fn about(command: &Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    format!("{}.", about.trim_end_matches('.'))
}
