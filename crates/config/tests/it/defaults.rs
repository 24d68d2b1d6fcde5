//! What is in force when nobody says anything.

use std::fmt::Write;

use gathering_config::describe;
use gathering_domain::Duration;

use crate::{Files, in_force, variables};

#[test]
fn nothing_at_all_is_a_whole_configuration() {
    let loaded = variables(&[]).load().unwrap();
    let config = &loaded.config;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:7400");
    assert_eq!(config.server.data_dir.to_str(), Some("./gathering-data"));
    assert_eq!(config.worker.takeover_silence, Duration::from_secs(4));
    assert_eq!(config.limits.body_size.bytes(), 1 << 20);
    assert!(config.database.url.is_none() && config.egress.allow_private.is_empty());
}

#[test]
fn every_key_is_listed_in_order_with_its_default() {
    let loaded = variables(&[]).load().unwrap();
    let listed: Vec<_> = loaded.in_force.iter().map(|setting| setting.key).collect();
    assert_eq!(listed, describe());
    for setting in &loaded.in_force {
        assert_eq!(setting.value, setting.key.default.unwrap_or(""), "{}", setting.key.path());
        assert_eq!(setting.place.to_string(), "default");
    }
}

#[test]
fn every_default_can_be_written_into_a_file() {
    let mut text = String::new();
    for key in describe() {
        let Some(default) = key.default else { continue };
        let written = if key.kind.contains("list") {
            "[]".to_owned()
        } else if default.parse::<u32>().is_ok() {
            default.to_owned()
        } else {
            format!("{default:?}")
        };
        writeln!(text, "{}.{} = {written}", key.section, key.name).unwrap();
    }
    let files = Files::new();
    let path = files.write("all.toml", &text);
    let loaded = variables(&[]).with_file(Some(&path)).load().unwrap();
    let defaults = variables(&[]).load().unwrap();
    for key in describe() {
        let (value, _) = in_force(&loaded, &key.path());
        assert_eq!(value, in_force(&defaults, &key.path()).0, "{}", key.path());
    }
}
