//! Secrets: read from files of their own, shown nowhere.

use gathering_config::{Key, describe};

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

/// What each secret's file may look like, and what it may not.
#[test]
fn every_secret_is_read_from_a_file_by_a_key_and_by_a_variable() {
    let key = "0f".repeat(32);
    let cases: &[(&str, &[&str], &str)] = &[
        ("database.url", &["postgres://ann@db/g", "postgres://ann@db/g\n"], "mysql://db"),
        ("smtp.password", &["hunter 2", "hunter 2\r\n"], "hunter\n2"),
        ("metrics.token", &["0123456789abcdef", " 0123456789abcdef\r\n"], "short"),
        ("telemetry.otlp_headers", &["a=b,c=d", "a=b\nc=d\n"], "nothing"),
        ("secrets.key", &[&key, &format!("{key}\n"), &format!("\n {key}\n\n")], "0f0f"),
        ("secrets.old_keys", &["", &format!("{key}\n"), &format!("{key}\n{key}")], "0f0f"),
        ("bootstrap.password", &["correct horse\n", "correct horse\r\n"], "short"),
    ];
    let secrets: Vec<_> = describe().into_iter().filter(|key| key.secret).collect();
    let listed: Vec<_> = cases.iter().map(|(path, ..)| (*path).to_owned()).collect();
    assert_eq!(secrets.iter().map(Key::path).collect::<Vec<_>>(), listed, "a case for each");

    let files = Files::new();
    for (secret, (path, good, bad)) in secrets.iter().zip(cases) {
        let (file_key, variable) = (secret.file_path().unwrap(), secret.file_variable().unwrap());
        let load = |text: &str, as_variable: bool| {
            let file = files.write("secret", text);
            let owner = ("GATHERING_BOOTSTRAP_OWNER", "ann@example.com");
            let owner = (*path == "bootstrap.password").then_some(owner);
            let user = ("GATHERING_SMTP_USER", "ann");
            let user = (*path == "smtp.password").then_some(user);
            let mut pairs: Vec<_> = owner.into_iter().chain(user).collect();
            let config = if as_variable {
                pairs.push((&variable, file.to_str().unwrap()));
                None
            } else {
                let name = file_key.split_once('.').unwrap().1;
                let text = format!("[{}]\n{name} = {file:?}\n", secret.section);
                Some(files.write("g.toml", &text))
            };
            variables(&pairs).with_file(config.as_deref()).load()
        };
        for as_variable in [false, true] {
            for text in *good {
                let loaded = load(text, as_variable);
                assert!(loaded.is_ok(), "{path} {text:?}: {}", loaded.unwrap_err());
            }
            let faults = lines(&load(bad, as_variable).unwrap_err());
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].contains(&format!(": {file_key}: ")), "{faults:?}");
            assert!(!faults[0].contains(bad), "{faults:?}");
        }
    }
}

#[test]
fn a_file_of_keys_has_one_a_line() {
    let files = Files::new();
    let load = |text: &str| {
        let file = files.write("keys", text);
        variables(&[("GATHERING_SECRETS_OLD_KEYS_FILE", file.to_str().unwrap())]).load()
    };
    let (one, other) = ("01".repeat(32), "02".repeat(32));
    let loaded = load(&format!("\n  {one}\t\r\n\n{other}")).unwrap();
    let keys: Vec<_> = loaded.config.secrets.old_keys.iter().map(|key| *key.expose()).collect();
    assert_eq!(keys, [[1; 32], [2; 32]]);
    for (text, said) in [
        (format!("{one}\n\n{other}0\n"), "line 3 of the file: the value is not 64 hexadecimal"),
        (format!("{one},{other}"), "line 1 of the file: "),
        (format!("[\"{one}\"]"), "line 1 of the file: "),
        (format!("{one}\n").repeat(257), "257 items are more than 256"),
    ] {
        let faults = lines(&load(&text).unwrap_err());
        let key = "GATHERING_SECRETS_OLD_KEYS_FILE: secrets.old_keys_file: ";
        assert!(faults[0].starts_with(&format!("{key}{said}")), "{faults:?}");
        assert!(!faults[0].contains(&one), "{faults:?}");
    }
}
