//! What is refused, where it says so, and that it says all at once.

use crate::{Files, lines, variables};

#[test]
fn all_faults_of_all_layers_come_at_once_each_with_its_place() {
    let files = Files::new();
    let path = files.write(
        "g.toml",
        "[server]\nlisten = \"nowhere\"\nlisen = \"x\"\n\n[worker]\nmax_concurrent_runs = 0\n\
         poll_interval = 5\n[log]\nlevel = \"loud\"\n",
    );
    let faults = variables(&[
        ("GATHERING_DATABASE_URL", "mysql://root:s3cret@db"),
        ("GATHERING_LIMITS_BODY_SIZES", "1MiB"),
        ("GATHERING_BOOTSTRAP_PASSWORD", "s3cret"),
    ])
    .with_file(Some(&path))
    .with_flag("--grace", "worker.grace_time", Some("1h"))
    .with_flag("--colour", "log.colour", Some("x"))
    .load()
    .unwrap_err();

    let file = path.display();
    assert_eq!(
        lines(&faults),
        [
            format!("{file}:3: unknown key `server.lisen`; did you mean `server.listen`?"),
            "GATHERING_LIMITS_BODY_SIZES: unknown variable `GATHERING_LIMITS_BODY_SIZES`; did you \
             mean `GATHERING_LIMITS_BODY_SIZE`?"
                .to_owned(),
            "--colour: unknown key `log.colour`".to_owned(),
            format!(
                "{file}:2: server.listen: `nowhere` is not an address and port such as \
                 `127.0.0.1:7400`"
            ),
            "GATHERING_DATABASE_URL: database.url: the value is not an address such as \
             `postgres://user@host/database`"
                .to_owned(),
            format!("{file}:6: worker.max_concurrent_runs: `0` is not within 1 and 100000"),
            "--grace: worker.grace_time: `1h` is not within 0s and 10m".to_owned(),
            format!(
                "{file}:7: worker.poll_interval: `5` is not a duration such as `250ms`, `30s` or \
                 `1h30m`"
            ),
            format!(
                "{file}:9: log.level: `loud` is not a level (`off`, `error`, `warn`, `info`, \
                 `debug`, `trace`) or levels by module"
            ),
            "GATHERING_BOOTSTRAP_PASSWORD: bootstrap.password: the value is not a password of 12 \
             to 256 characters"
                .to_owned(),
        ]
    );
    assert!(faults.to_string().starts_with("the configuration has 10 faults\n  "));
    assert!(!faults.to_string().contains("s3cret"));
}

#[test]
fn a_file_that_is_no_file_of_ours_is_refused() {
    let files = Files::new();
    let large = files.write("large.toml", &"#".repeat(2 << 20));
    let torn = files.write("torn.toml", "[server\nlisten = 1\n");
    let missing = files.0.path().join("missing.toml");
    for (path, message) in
        [(large, "is larger than"), (torn, "is not TOML"), (missing, "could not read")]
    {
        let faults = variables(&[]).with_file(Some(&path)).load().unwrap_err();
        let lines = lines(&faults);
        assert!(lines[0].contains(message), "{lines:?}");
        assert!(lines[0].starts_with(path.to_str().unwrap()), "{lines:?}");
    }
}

#[test]
fn both_ends_of_every_bound_are_allowed_and_what_lies_beyond_is_not() {
    for (variable, good, bad) in [
        ("GATHERING_WORKER_MAX_CONCURRENT_RUNS", ["1", "100000"], ["0", "100001"]),
        ("GATHERING_WORKER_TAKEOVER_SILENCE", ["2s", "5m"], ["1999ms", "301s"]),
        ("GATHERING_LIMITS_BODY_SIZE", ["1KiB", "64MiB"], ["1023B", "65MiB"]),
        ("GATHERING_LIMITS_JSON_DEPTH", ["8", "120"], ["7", "121"]),
    ] {
        for value in good {
            assert!(variables(&[(variable, value)]).load().is_ok(), "{variable}={value}");
        }
        for value in bad {
            assert!(variables(&[(variable, value)]).load().is_err(), "{variable}={value}");
        }
    }
}

#[test]
fn half_a_first_owner_is_refused() {
    for (variable, value, other) in [
        ("GATHERING_BOOTSTRAP_OWNER", "ann@example.com", "bootstrap.password"),
        ("GATHERING_BOOTSTRAP_PASSWORD", "correct horse", "bootstrap.owner"),
    ] {
        let faults = variables(&[(variable, value)]).load().unwrap_err();
        let lines = lines(&faults);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with(variable) && lines[0].contains(other), "{lines:?}");
    }
}

#[test]
fn variables_that_steer_the_tests_are_no_fault_and_empty_ones_are_unset() {
    assert!(
        variables(&[("GATHERING_TEST_POSTGRES", "x"), ("GATHERING_SERVER_LISTEN", "")])
            .load()
            .is_ok()
    );
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf_8_is_a_fault() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    let value = OsString::from_vec(vec![0xff, 0xfe]);
    let environment = [(OsString::from("GATHERING_LOG_LEVEL"), value)].into_iter().collect();
    let faults = gathering_config::Sources::new(environment).load().unwrap_err();
    assert_eq!(lines(&faults), ["GATHERING_LOG_LEVEL: log.level: the value is not UTF-8"]);
}
