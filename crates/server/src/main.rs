//! The binary: commands, wiring, telemetry, lifecycle.

mod cli;
mod commands;

mod archive;
mod definition_file;
mod run;

mod instance;
mod metrics;
mod models;
mod moved;
mod secret_key;

mod ambient;
mod open_files;
mod output;
mod redaction;
mod settings;
mod signals;
mod telemetry;
mod tls;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    cli::{Cli, Command},
    output::Output,
};

fn main() -> ExitCode {
    // First of all, so that whatever opens a TLS connection finds it.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return ExitCode::FAILURE;
    }
    let cli = Cli::parse();
    let output = Output::new(cli.global.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.failure(&error.into()),
    };
    let code = match runtime.block_on(dispatch(cli, output)) {
        Ok(code) => code,
        Err(error) => {
            telemetry::flush();
            output.failure(&error)
        }
    };
    telemetry::flush();
    // What still blocks a thread, such as a look-up of a name, is nothing that anybody waits for.
    runtime.shutdown_background();
    code
}

async fn dispatch(cli: Cli, output: Output) -> anyhow::Result<ExitCode> {
    let Cli { command, global } = cli;
    match command {
        Command::Serve(options) => commands::serve::run(&global, &options, output).await,
        Command::Run(options) => commands::run::run(&global, &options, output).await,
        Command::Validate(options) => commands::validate::run(&options, output),
        Command::Doctor => commands::doctor::run(&global, output).await,
        Command::User(command) => commands::user::run(&global, command, output).await,
        Command::Key(command) => commands::key::run(&global, command, output).await,
        Command::Project(command) => commands::project::run(&global, command, output).await,
        Command::Secrets(command) => commands::secrets::run(&global, command, output).await,
        Command::Audit(command) => commands::audit::run(&global, command, output).await,
        Command::Config(command) => commands::config::run(&global, &command, output),
        Command::Backup(options) => commands::backup::run(&global, &options, output).await,
        Command::Restore(options) => commands::restore::run(&global, &options, output).await,
        Command::Migrate(options) => commands::migrate::run(&global, &options, output).await,
        Command::Generate(what) => commands::generate::run(&what, output),
    }
}
