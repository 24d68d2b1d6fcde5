//! The other commands: configuration, doctor, people, migrations, generated pages.

use std::{fs, os::unix::fs::PermissionsExt as _};

use gathering_testkit::{Place, temp_dir};
use reqwest::StatusCode;
use rustix::process::Signal;

use crate::{
    program::{Program, file, repository},
    server::Home,
};

#[tokio::test]
async fn config_check_names_every_fault_at_once() {
    let folder = temp_dir();
    let config =
        file(&folder, "gathering.toml", "[server]\nlisten = \"here\"\n[worker]\ngrace = 1\n");
    let program = || Program::new(["config", "check", "--config", &config]);
    let said = program().env("GATHERING_LOG_FORMAT", "xml").run().await.ends_with(2);
    for part in ["server.listen", "grace", "GATHERING_LOG_FORMAT"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    let said = Program::new(["config", "check", "--json"])
        .env("GATHERING_BOOTSTRAP_OWNER", "ada@example.com")
        .env("GATHERING_BOOTSTRAP_PASSWORD", "do not show this")
        .run()
        .await
        .ends_with(0);
    assert_eq!(said.json()["valid"], true);
    assert!(!said.out.contains("do not show this"), "{}", said.out);
}

#[tokio::test]
async fn doctor_finds_what_is_wrong_with_the_host() {
    let folder = temp_dir();
    let good = folder.path().join("data").display().to_string();
    Program::new(["doctor", "--data-dir", &good]).run().await.ends_with(0);
    assert!(!folder.path().join("data").exists(), "doctor changes nothing");
    fs::create_dir(&good).unwrap();
    fs::set_permissions(&good, fs::Permissions::from_mode(0o755)).unwrap();
    let open = Program::new(["doctor", "--data-dir", &good, "--json"]).run().await.ends_with(0);
    let open = open.lines().into_iter().find(|line| line["check"] == "data directory").unwrap();
    assert_eq!(open["verdict"], "doubtful");
    let no_directory = file(&folder, "data.txt", "");
    let said =
        Program::new(["doctor", "--data-dir", &no_directory, "--json"]).run().await.ends_with(1);
    let bad = said.lines().into_iter().find(|line| line["check"] == "data directory").unwrap();
    assert_eq!(bad["verdict"], "bad");
}

#[tokio::test]
async fn people_are_added_listed_and_sent_away() {
    let folder = temp_dir();
    let data = folder.path().display().to_string();
    let user = |arguments: &[&str]| {
        Program::new([&["--data-dir", data.as_str(), "--json", "user"], arguments].concat())
    };
    let add = |email: &'static str, role: &'static str| user(&["add", email, "--role", role]);
    add("ada@example.com", "owner").typing("plum orbit kettle 42\n").run().await.ends_with(0);
    add("bob@example.com", "viewer").typing("harbour nine lantern\n").run().await.ends_with(0);
    add("cyd@example.com", "member").typing("short\n").run().await.ends_with(2);
    add("eve@example.com", "emperor").run().await.ends_with(2);
    add("ada@example.com", "member").typing("plum orbit kettle 43\n").run().await.ends_with(1);
    user(&["deactivate", "bob@example.com"]).run().await.ends_with(0);
    // Somebody must be left who can sign in as an owner.
    user(&["deactivate", "ada@example.com"]).run().await.ends_with(1);
    let listed = user(&["list"]).run().await.ends_with(0).lines();
    let people: Vec<_> = listed.iter().map(|user| (&user["email"], &user["active"])).collect();
    assert_eq!(
        people,
        [(&"ada@example.com".into(), &true.into()), (&"bob@example.com".into(), &false.into())]
    );
}

#[tokio::test]
async fn a_lone_owner_gets_back_in_and_roles_change() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    let owner = server.set_up().await;
    let (_, me) = owner.get("/api/v1/auth/me").await;
    server.signal(Signal::TERM);
    server.ended().await;

    let data = home.data_dir().display().to_string();
    let user = |arguments: &[&str]| {
        Program::new([&["--data-dir", data.as_str(), "--json", "user"], arguments].concat())
    };
    let email = me["user"]["email"].as_str().unwrap();
    user(&["password", email]).typing("short\n").run().await.ends_with(2);
    user(&["password", "nobody@example.com"])
        .typing("harbour nine lantern\n")
        .run()
        .await
        .ends_with(1);
    let said = user(&["password", email]).typing("harbour nine lantern\n").run().await.ends_with(0);
    assert!(!said.out.contains("harbour"), "{}", said.out);
    user(&["role", email, "viewer"]).run().await.ends_with(1);
    user(&["deactivate", email]).run().await.ends_with(1);
    user(&["add", "bob@example.com"]).typing("plum orbit kettle 43\n").run().await.ends_with(0);
    let promoted = user(&["role", "bob@example.com", "owner"]).run().await.ends_with(0);
    assert_eq!(promoted.json()["role"], "owner");
    user(&["deactivate", "bob@example.com"]).run().await.ends_with(0);
    let back = user(&["reactivate", "Bob@example.com"]).run().await.ends_with(0);
    assert_eq!(back.json()["active"], true);

    let server = home.serve().await;
    let (status, _) = server.known(&owner).get("/api/v1/auth/me").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let owner = server.stranger().sign_in(email, "harbour nine lantern").await;
    assert_eq!(owner.get("/api/v1/users").await.0, StatusCode::OK);
}

#[tokio::test]
async fn keys_are_made_listed_and_revoked() {
    let folder = temp_dir();
    let data = folder.path().display().to_string();
    let run = |arguments: &[&str]| {
        Program::new([&["--data-dir", data.as_str(), "--json"], arguments].concat())
    };
    let add = run(&["user", "add", "bob@example.com", "--role", "member"]);
    add.typing("harbour nine lantern\n").run().await.ends_with(0);
    let create = |scopes: &'static str, lasts: &'static str| {
        let key = ["key", "create", "--user", "Bob@example.com", "--name", "ci"];
        run(&[&key[..], &["--scopes", scopes, "--lasts", lasts]].concat())
    };
    let made = create("read,run_start", "1d").run().await.ends_with(0).json();
    let (token, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
    assert!(token.starts_with("gtk_") && id.starts_with("key_"), "{made}");
    create("fly", "1d").run().await.ends_with(2);
    create("user_write", "1d").run().await.ends_with(1);
    create("read", "400d").run().await.ends_with(2);
    let list = || run(&["key", "list", "--user", "bob@example.com"]);
    let listed = list().run().await.ends_with(0);
    assert!(!listed.out.contains(token), "it is told once");
    assert_eq!(listed.json()["scopes"], serde_json::json!(["read", "run_start"]));
    run(&["key", "list", "--user", "eve@example.com"]).run().await.ends_with(1);
    run(&["key", "revoke", id]).run().await.ends_with(0);
    run(&["key", "revoke", id]).run().await.ends_with(1);
    assert_eq!(list().run().await.ends_with(0).out, "");
}

#[tokio::test]
async fn migrate_brings_an_empty_store_up_to_date_and_again() {
    let folder = temp_dir();
    let data = folder.path().display().to_string();
    for _ in 0..2 {
        let said =
            Program::new(["migrate", "--data-dir", &data, "--json"]).run().await.ends_with(0);
        assert_eq!(said.json()["up_to_date"], true);
    }
}

#[tokio::test]
async fn generated_pages_are_current() {
    let listed = Program::new(["generate", "--list"]).run().await.ends_with(0).out;
    let pages: Vec<&str> = listed.lines().collect();
    assert!(pages.contains(&"docs/reference/cli.md"), "{pages:?}");
    for page in pages {
        let said = Program::new(["generate", page]).run().await.ends_with(0);
        let kept = fs::read_to_string(repository().join(page)).unwrap();
        assert!(kept == said.out, "{page} is not current; `cargo xtask generate` writes it");
    }
    Program::new(["generate", "docs/reference/none.md"]).run().await.ends_with(2);
}
