//! `gathering key`: the keys by which programs act for people.

use std::process::ExitCode;

use gathering_app::{
    Error, NoProject, PageRequest,
    identity::{ApiKey, CreateKey},
};
use gathering_domain::{Permission, Timestamp};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::{
    cli::{self, Global},
    instance::Instance,
    output::{Output, Unusable},
    settings, telemetry,
};

pub(crate) async fn run(
    global: &Global,
    command: cli::Key,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, Some("warn"))?;
    let instance = Instance::without_worker(&loaded.config).await?;
    let done = perform(&instance, command, output).await;
    instance.stop().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn perform(instance: &Instance, command: cli::Key, output: Output) -> anyhow::Result<()> {
    let (users, keys, owner) = (instance.app.users(), instance.app.api_keys(), instance.owner());
    match command {
        cli::Key::Create { user, name, scopes, project, lasts } => {
            let scopes = permissions(&scopes)?;
            let user_id = users.find(&owner, &user).await?.id;
            let expires_at = Some(instance.app.now() + lasts);
            let wanted = CreateKey { name, project_id: project, scopes, expires_at };
            let made = keys.create_for(&owner, user_id, wanted).await;
            let made = made.map_err(|error| where_to(error, &user))?;
            let token = made.token.expose_secret();
            output.line(token);
            let mut shown = view(&made.key);
            shown["token"] = json!(token);
            output.value(&shown);
        }
        cli::Key::List { user } => {
            let user_id = users.find(&owner, &user).await?.id;
            let mut page = PageRequest { limit: Some(PageRequest::MAX_LIMIT), cursor: None };
            loop {
                let found = keys.list_of(&owner, user_id, page.clone()).await?;
                for key in &found.items {
                    let ends = time(key.expires_at);
                    let may: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
                    let (id, hint, name, may) = (key.id, &key.hint, &key.name, may.join(","));
                    let place = key.project_id;
                    output.line(format!(
                        "{id}  {hint}…  {name}  in {place}  may {may}  until {ends}"
                    ));
                    output.value(&view(key));
                }
                page.cursor = found.next_cursor;
                if page.cursor.is_none() {
                    break;
                }
            }
        }
        cli::Key::Revoke { key } => {
            keys.revoke(&owner, key).await?;
            output.line(format!("{key} is worth nothing any more"));
            output.value(&json!({ "id": key, "revoked": true }));
        }
    }
    Ok(())
}

/// What the person at this command line can do where a key has no project. A header, of which the API
/// speaks, is nothing to them.
fn where_to(error: Error, user: &str) -> anyhow::Error {
    let why = match &error {
        Error::ProjectRequired(NoProject::Several) => format!(
            "{user} is a member of several projects: name one of them with `--project`; `gathering project \
             list` shows their ids"
        ),
        Error::ProjectRequired(NoProject::None) => {
            format!("{user} is a member of no project: make them one first, then their key")
        }
        _ => return error.into(),
    };
    Unusable(why).into()
}

/// The permissions of these words.
fn permissions(words: &[String]) -> anyhow::Result<Vec<Permission>> {
    let read = |word: &String| {
        Permission::from_word(word.trim()).ok_or_else(|| {
            let all: Vec<_> = Permission::ALL.iter().map(|one| one.as_str()).collect();
            let message = format!("`{word}` is no permission: there are {}", all.join(", "));
            anyhow::Error::new(Unusable(message))
        })
    };
    words.iter().map(read).collect()
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), Timestamp::to_rfc3339)
}

fn view(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "user_id": key.user_id,
        "project_id": key.project_id,
        "name": key.name,
        "hint": key.hint,
        "scopes": key.scopes,
        "created_at": key.created_at.to_rfc3339(),
        "expires_at": key.expires_at.map(Timestamp::to_rfc3339),
        "used_at": key.used_at.map(Timestamp::to_rfc3339),
    })
}
