//! `gathering user`: the people who may sign in.

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use gathering_app::{
    Caller, PageRequest,
    identity::{CreateUser, MAX_PASSWORD_CHARS, UpdateUser, User},
};
use gathering_domain::Role;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    cli::{self, Global},
    instance::Instance,
    output::{Output, Unusable},
    settings, telemetry,
};

pub(crate) async fn run(
    global: &Global,
    command: cli::User,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, Some("warn"))?;
    let command = match command {
        cli::User::Add { email, role } => {
            let role = Role::from(role);
            let password = password()?;
            Prepared::Add(CreateUser { name: email.clone(), email, role, password })
        }
        cli::User::List => Prepared::List,
        cli::User::Role { email, role } => {
            let role = Some(Role::from(role));
            Prepared::Change(email, UpdateUser { role, ..UpdateUser::default() })
        }
        cli::User::Password { email } => Prepared::Password(email, password()?),
        cli::User::Deactivate { email } => Prepared::Change(email, may_sign_in(false)),
        cli::User::Reactivate { email } => Prepared::Change(email, may_sign_in(true)),
    };
    let instance = Instance::without_worker(&loaded.config).await?;
    let done = perform(&instance, command, output).await;
    instance.stop().await;
    done.map(|()| ExitCode::SUCCESS)
}

/// A command with all that it needs from the person, so that no store is held while they type.
enum Prepared {
    Add(CreateUser),
    List,
    Change(String, UpdateUser),
    Password(String, SecretString),
}

fn may_sign_in(active: bool) -> UpdateUser {
    UpdateUser { active: Some(active), ..UpdateUser::default() }
}

async fn perform(instance: &Instance, command: Prepared, output: Output) -> anyhow::Result<()> {
    let (users, owner) = (instance.app.users(), instance.owner());
    match command {
        Prepared::Add(command) => {
            let user = users.create(&owner, command).await?;
            output.line(format!("{} may sign in as {}", user.email, user.role.as_str()));
            output.value(&view(&user));
        }
        Prepared::List => {
            for user in all(instance, &owner).await? {
                let state = if user.active { "" } else { "  (deactivated)" };
                output.line(format!("{:<8}  {}{state}", user.role.as_str(), user.email));
                output.value(&view(&user));
            }
        }
        Prepared::Change(email, command) => {
            let user = users.find(&owner, &email).await?;
            let user = users.update(&owner, user.id, command, user.version).await?;
            output.line(if user.active {
                format!("{} may sign in as {}", user.email, user.role.as_str())
            } else {
                format!("{} may not sign in any more", user.email)
            });
            output.value(&view(&user));
        }
        Prepared::Password(email, password) => {
            let user = users.find(&owner, &email).await?;
            let user = users.set_password(&owner, user.id, password).await?;
            let sessions = "all their sessions have ended";
            output.line(format!("{} has another password, and {sessions}", user.email));
            output.value(&view(&user));
        }
    }
    Ok(())
}

/// Everybody.
async fn all(instance: &Instance, owner: &Caller) -> anyhow::Result<Vec<User>> {
    let mut users = Vec::new();
    let mut page = PageRequest { limit: Some(PageRequest::MAX_LIMIT), cursor: None };
    loop {
        let found = instance.app.users().list(owner, page.clone()).await?;
        users.extend(found.items);
        if found.next_cursor.is_none() {
            return Ok(users);
        }
        page.cursor = found.next_cursor;
    }
}

fn view(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role.as_str(),
        "active": user.active,
        "created_at": user.created_at.to_rfc3339(),
    })
}

/// Reads a password: without an echo at a terminal, else the first line of standard input.
fn password() -> anyhow::Result<SecretString> {
    let stdin = std::io::stdin();
    let mut typed = String::new();
    if stdin.is_terminal() {
        let attempt = "could not read the password from the terminal";
        let before = tcgetattr(&stdin).context(attempt)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        write!(std::io::stderr(), "Password: ").context(attempt)?;
        tcsetattr(&stdin, OptionalActions::Flush, &silent).context(attempt)?;
        let read = stdin.read_line(&mut typed);
        tcsetattr(&stdin, OptionalActions::Now, &before).context(attempt)?;
        writeln!(std::io::stderr()).context(attempt)?;
        read.context(attempt)?;
    } else {
        // Four bytes a character, and the end of the line.
        let most = 4 * MAX_PASSWORD_CHARS as u64 + 2;
        stdin
            .take(most)
            .read_to_string(&mut typed)
            .context("could not read the password from standard input")?;
    }
    let line = typed.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!(Unusable("no password came on standard input".to_owned()));
    }
    Ok(SecretString::from(line))
}
