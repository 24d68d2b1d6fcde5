//! Secrets: read from files of their own, shown nowhere.

use crate::{Files, in_force, lines, variables};

#[test]
fn a_secret_is_read_from_the_file_that_a_variable_names() {
    let files = Files::new();
    let password = files.write("password", "correct horse battery\n");
    let key = files.write("key", &"0f".repeat(32));
    let text = format!("[secrets]\nkey_file = {key:?}\n");
    let config = files.write("g.toml", &text);
    let loaded = variables(&[
        ("GATHERING_BOOTSTRAP_OWNER", "ann@example.com"),
        ("GATHERING_BOOTSTRAP_PASSWORD_FILE", password.to_str().unwrap()),
    ])
    .with_file(Some(&config))
    .load()
    .unwrap();
    assert_eq!(
        loaded.config.bootstrap.password.as_ref().unwrap().expose(),
        "correct horse battery"
    );
    assert_eq!(loaded.config.secrets.key.as_ref().unwrap().expose(), &[15; 32]);
    let place = format!("{}:2", config.display());
    assert_eq!(in_force(&loaded, "secrets.key"), ("********".to_owned(), place));
}

#[test]
fn no_secret_is_shown_by_a_listing_or_a_debug_print() {
    let key = "0f".repeat(32);
    let loaded = variables(&[
        ("GATHERING_BOOTSTRAP_OWNER", "ann@example.com"),
        ("GATHERING_BOOTSTRAP_PASSWORD", "correct horse battery"),
        ("GATHERING_DATABASE_URL", "postgres://ann:correct%20horse@db/g"),
        ("GATHERING_SECRETS_KEY", &key),
    ])
    .load()
    .unwrap();
    let shown = format!("{loaded:?}");
    assert!(!shown.contains("horse") && !shown.contains(&key), "{shown}");
    assert!(!shown.contains(&format!("{:?}", [15_u8; 32])), "{shown}");
    assert_eq!(in_force(&loaded, "database.url").0, "postgres://ann:********@db/g");
}

#[test]
fn a_secret_written_twice_in_one_layer_is_refused_and_a_stronger_layer_wins() {
    let files = Files::new();
    let password = files.write("password", "from the file 1");
    let both = variables(&[
        ("GATHERING_BOOTSTRAP_OWNER", "ann@example.com"),
        ("GATHERING_BOOTSTRAP_PASSWORD", "from a variable"),
        ("GATHERING_BOOTSTRAP_PASSWORD_FILE", password.to_str().unwrap()),
    ]);
    let faults = lines(&both.load().unwrap_err());
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("is set twice"), "{faults:?}");

    let config = files.write("g.toml", &format!("[bootstrap]\npassword_file = {password:?}\n"));
    let layered = variables(&[
        ("GATHERING_BOOTSTRAP_OWNER", "ann@example.com"),
        ("GATHERING_BOOTSTRAP_PASSWORD", "from a variable"),
    ])
    .with_file(Some(&config))
    .load()
    .unwrap();
    assert_eq!(layered.config.bootstrap.password.unwrap().expose(), "from a variable");
}

#[test]
fn a_secret_file_that_cannot_be_read_is_a_fault() {
    let faults = variables(&[("GATHERING_SECRETS_KEY_FILE", "/nowhere/key")]).load().unwrap_err();
    let lines = lines(&faults);
    assert!(
        lines[0].starts_with("GATHERING_SECRETS_KEY_FILE: secrets.key_file: could not read"),
        "{lines:?}"
    );
}
