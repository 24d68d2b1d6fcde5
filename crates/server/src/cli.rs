//! The command line: what can be asked of the binary, and in which words.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gathering_domain::{ApiKeyId, Duration, ProjectId, Role};

/// Gathering: a self-hosted server for teams of AI agents.
#[derive(Debug, Parser)]
#[command(
    name = "gathering",
    version,
    about = "A self-hosted server for teams of AI agents",
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Configuration file; without it `gathering.toml` in the working directory, if there is one.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of the embedded store and of all other files of the server.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// PostgreSQL database in place of the embedded store.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Answer in JSON, one value a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API and work on runs until told to stop.
    Serve(Serve),
    /// Run a pipeline file to its end, without a server.
    Run(Run),
    /// Check a pipeline file and show every fault with its place.
    Validate(Validate),
    /// Check this host, the configuration and the store.
    Doctor,
    /// Manage the people who may sign in.
    #[command(subcommand)]
    User(User),
    /// Manage the keys by which programs act for people.
    #[command(subcommand)]
    Key(Key),
    /// Look at the projects.
    #[command(subcommand)]
    Project(Project),
    /// Look after stored secrets.
    #[command(subcommand)]
    Secrets(Secrets),
    /// Export and verify the audit trail.
    #[command(subcommand)]
    Audit(Audit),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write the embedded store into one file, also while a server works on it.
    Backup(Backup),
    /// Put the embedded store of a backup into a data directory that has none.
    Restore(Restore),
    /// Bring the store's schema up to this version of the program, or move the store to PostgreSQL.
    Migrate(Migrate),
    /// Write a generated reference page to standard output.
    #[command(hide = true)]
    Generate(Generate),
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The pipeline, as YAML or JSON.
    pub(crate) file: PathBuf,
    /// The run's input: a JSON or YAML file, `key=value`, or `key=@file` (text, .csv as a list of
    /// objects, .json and .yaml as values). May be given several times.
    #[arg(long, value_name = "FILE|KEY=VALUE")]
    pub(crate) input: Vec<String>,
    /// Model for all agents in place of their own, such as `openai/gpt-5` or `ollama/llama3.2`.
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub(crate) provider: Option<String>,
    /// Base URL of that provider, for any OpenAI-compatible server.
    #[arg(long, value_name = "URL", requires = "provider")]
    pub(crate) base_url: Option<String>,
    /// Answer every approval with its first option, instead of asking in the terminal.
    #[arg(long)]
    pub(crate) approve: bool,
    /// Write the run's artifacts into this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) artifacts: Option<PathBuf>,
}

/// Options of `validate`.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The pipeline, as YAML or JSON.
    pub(crate) file: PathBuf,
}

/// Options of `backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file, such as `gathering.tar.zst`; it must not exist yet.
    pub(crate) file: PathBuf,
    /// Put the key that opens stored secrets into the file as well: whoever has the file can then read
    /// them all.
    #[arg(long)]
    pub(crate) with_keys: bool,
}

/// Options of `restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The file that `backup` wrote.
    pub(crate) file: PathBuf,
    /// Let those who were signed in when the backup was taken stay so, also those whose sessions were
    /// ended since.
    #[arg(long)]
    pub(crate) keep_sessions: bool,
}

/// Options of `migrate`.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// Move the embedded store of the data directory into this empty PostgreSQL database, with all that
    /// waits and runs in it.
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
}

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a person. The password is read from the terminal or from standard input.
    Add {
        /// Their e-mail address, with which they sign in.
        email: String,
        /// What they may do.
        #[arg(long, value_enum, default_value_t = RoleName::Member)]
        role: RoleName,
    },
    /// List everybody.
    List,
    /// Give a person another role, which ends their sessions.
    Role {
        /// Their e-mail address.
        email: String,
        /// What they may do.
        #[arg(value_enum)]
        role: RoleName,
    },
    /// Set a person's password, which is read from the terminal or from standard input, and end their
    /// sessions.
    Password {
        /// Their e-mail address.
        email: String,
    },
    /// Take away a person's right to sign in, and end their sessions.
    Deactivate {
        /// Their e-mail address.
        email: String,
    },
    /// Let a person sign in again.
    Reactivate {
        /// Their e-mail address.
        email: String,
    },
}

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Write the trail into a file that can be verified anywhere.
    Export {
        /// The file; it must not exist yet.
        file: PathBuf,
        /// Entries since then alone, such as `2026-01-01T00:00:00Z`.
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Entries before then alone.
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
    },
    /// Verify an exported file, without store and configuration; without a file, verify the store.
    Verify {
        /// The exported file.
        file: Option<PathBuf>,
        /// The id of a key that may have signed, as `gathering audit key` prints it. May be given
        /// several times; without it any key in the file may have.
        #[arg(long, value_name = "ID")]
        key: Vec<String>,
        /// A checkpoint that is known from elsewhere. May be given several times.
        #[arg(long, value_name = "NUMBER:HASH")]
        checkpoint: Vec<String>,
    },
    /// Print the id of the key that signs checkpoints.
    Key,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    /// Everything, people and secrets included.
    Owner,
    /// Runs the server: providers, instances, any run.
    Operator,
    /// Builds and runs.
    Member,
    /// Looks.
    Viewer,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Owner => Self::Owner,
            RoleName::Operator => Self::Operator,
            RoleName::Member => Self::Member,
            RoleName::Viewer => Self::Viewer,
        }
    }
}

/// What can be done with stored secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum Secrets {
    /// Seal every stored secret under the configured key, or, where none is configured, under a new one
    /// in the data directory. May be stopped at any moment and run again.
    Rotate,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key, and show it: once, nobody can ask for it again.
    Create {
        /// The e-mail address of the person for whom it acts.
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// What it is called.
        #[arg(long)]
        name: String,
        /// What it may do at most, separated by commas, such as `read,run_start`.
        #[arg(long, value_delimiter = ',', required = true, value_name = "PERMISSION")]
        scopes: Vec<String>,
        /// The id of the project in which it acts, as `project list` shows it. Needed for a member of
        /// several; without one, where its user acts.
        #[arg(long, value_name = "PROJECT")]
        project: Option<ProjectId>,
        /// Time after which it ends, at most 366 days.
        #[arg(long, value_name = "TIME", default_value = "90d")]
        lasts: Duration,
    },
    /// List the keys of a person, with the project and the scopes of each.
    List {
        /// Their e-mail address.
        #[arg(long, value_name = "EMAIL")]
        user: String,
    },
    /// End a key.
    Revoke {
        /// Its id, as `key list` shows it.
        key: ApiKeyId,
    },
}

/// What can be done with projects.
#[derive(Debug, Subcommand)]
pub(crate) enum Project {
    /// List those that are open, with their ids.
    List,
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show what is in force and where it comes from, or every fault.
    Check,
}

/// Options of `generate`.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Lists the pages that can be generated, by their paths under `docs/`.
    #[arg(long)]
    pub(crate) list: bool,
    /// The page to write to standard output.
    pub(crate) path: Option<String>,
}
