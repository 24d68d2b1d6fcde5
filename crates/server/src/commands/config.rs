//! `gathering config check`: what is in force and where it comes from, or every fault.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::{
    cli::{ConfigCommand, Global},
    output::Output,
    settings,
};

/// The status of a configuration with faults.
const INVALID: u8 = 2;

pub(crate) fn run(
    global: &Global,
    command: &ConfigCommand,
    output: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check => check(global, output),
    }
}

fn check(global: &Global, output: Output) -> anyhow::Result<ExitCode> {
    if !output.is_json() {
        let loaded = settings::load(global, None)?;
        if let Some(file) = &loaded.file {
            output.line(format!("# file: {}", file.display()));
        }
        let width =
            loaded.in_force.iter().map(|setting| setting.key.path().len()).max().unwrap_or(0);
        for setting in &loaded.in_force {
            let (key, value, place) = (setting.key.path(), &setting.value, &setting.place);
            output.line(format!("{key:<width$} = {value}  # {place}").replace(" =   #", " =  #"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    match settings::sources(global, None).load() {
        Ok(loaded) => {
            let settings: Vec<Value> = loaded
                .in_force
                .iter()
                .map(|setting| {
                    json!({
                        "key": setting.key.path(),
                        "value": setting.value,
                        "from": setting.place.to_string(),
                    })
                })
                .collect();
            output.value(&json!({ "valid": true, "file": loaded.file, "settings": settings }));
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            let faults: Vec<String> = faults.to_string().lines().map(str::to_owned).collect();
            output.value(&json!({ "valid": false, "faults": faults }));
            Ok(ExitCode::from(INVALID))
        }
    }
}
