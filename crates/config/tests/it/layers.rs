//! Which layer wins.

use gathering_config::values::PrivatePlace;

use crate::{Files, in_force, variables};

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let files = Files::new();
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\nformat = \"json\"\n";
    let path = files.write("g.toml", text);
    let loaded = variables(&[
        ("GATHERING_SERVER_LISTEN", "127.0.0.1:2"),
        ("GATHERING_LOG_LEVEL", "error"),
        ("UNRELATED", "x"),
    ])
    .with_file(Some(&path))
    .with_flag("--listen", "server.listen", Some("127.0.0.1:3"))
    .with_flag("--data-dir", "server.data_dir", None::<String>)
    .load()
    .unwrap();
    let line = |number: usize| format!("{}:{number}", path.display());
    for (key, value, place) in [
        ("server.listen", "127.0.0.1:3", "--listen".to_owned()),
        ("log.level", "error", "GATHERING_LOG_LEVEL".to_owned()),
        ("log.format", "json", line(5)),
        ("server.data_dir", "./gathering-data", "default".to_owned()),
    ] {
        assert_eq!(in_force(&loaded, key), (value.to_owned(), place), "{key}");
    }
    assert_eq!(loaded.file, Some(path));
}

#[test]
fn a_weaker_layer_is_not_judged_where_a_stronger_one_speaks() {
    let sources = variables(&[("GATHERING_WORKER_MAX_CONCURRENT_RUNS", "0")]);
    assert!(sources.load().is_err());
    let flagged = sources.with_flag("--max-runs", "worker.max_concurrent_runs", Some("5"));
    assert_eq!(flagged.load().unwrap().config.worker.max_concurrent_runs, 5);
}

#[test]
fn the_file_is_the_one_of_the_flag_else_of_the_variable() {
    let files = Files::new();
    let by_variable = files.write("variable.toml", "[log]\nlevel = \"warn\"\n");
    let by_flag = files.write("flag.toml", "[log]\nlevel = \"debug\"\n");
    let sources = variables(&[("GATHERING_CONFIG", by_variable.to_str().unwrap())]);
    let level =
        |sources: &gathering_config::Sources| in_force(&sources.load().unwrap(), "log.level").0;
    assert_eq!(level(&sources), "warn");
    assert_eq!(level(&sources.with_file(Some(&by_flag))), "debug");
}

#[test]
fn lists_are_parted_by_commas_in_variables() {
    let variable = ("GATHERING_EGRESS_ALLOW_PRIVATE", "llm.internal, localhost:11434,10.0.0.0/8");
    let places = variables(&[variable]).load().unwrap().config.egress.allow_private;
    let texts: Vec<_> = places.iter().map(PrivatePlace::as_str).collect();
    assert_eq!(texts, ["llm.internal", "localhost:11434", "10.0.0.0/8"]);
}
