//! Schedules of the real server: they fire, through kills, and stop when they are told to.

use std::{collections::BTreeMap, time::Duration};

use gathering_testkit::Place;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    server::{Api, Home, PATIENCE},
    target::Target,
};

/// How many slots fire through the kills.
const SLOTS: usize = 12;

/// A schedule that asks the target each second, with the slot in the path.
pub(crate) fn every_second(address: &str, name: &str) -> Value {
    json!({
        "name": name,
        "timing": { "type": "interval", "every": "1s" },
        "policy": { "overlap": "allow", "misfire": { "type": "fire_all", "within": "1h" } },
        "action": { "type": "action", "config": {
            "kind": "http", "method": "PUT", "url": format!("http://{address}/{{{{ input.slot }}}}"),
        } },
    })
}

pub(crate) async fn create(owner: &Api, schedule: &Value) -> Value {
    let (status, made) = owner.post("/api/v1/schedules", schedule).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made
}

/// Waits until a schedule is in this status.
async fn wait_until(owner: &Api, path: &str, wanted: &str) {
    let began = Instant::now();
    loop {
        let (_, schedule) = owner.get(path).await;
        if schedule["status"] == wanted {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{schedule}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// All fires of a schedule.
async fn fires(owner: &Api, schedule: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/schedules/{schedule}/fires?limit=200{cursor}");
        let (status, page) = owner.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Waits until everything that was fired has ended.
pub(crate) async fn all_ended(owner: &Api, schedule: &str) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let fires = fires(owner, schedule).await;
        if fires.iter().all(|fire| fire["status"] != "running") {
            return fires;
        }
        assert!(began.elapsed() < PATIENCE, "{fires:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

gathering_testkit::each_database! {
    async fn slots_fire_once_each_though_the_server_is_killed(place: Place) {
        let target = Target::start(Duration::ZERO).await;
        let address = target.address.to_string();
        let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str());
        let mut server = home.serve().await;
        let mut owner = server.set_up().await;
        let mut wanted = every_second(&address, "often");
        wanted["policy"]["max_fires"] = json!(SLOTS);
        let made = create(&owner, &wanted).await;
        assert!(made["meaning"].as_str().unwrap().starts_with("Every second"), "{made}");
        let id = made["id"].as_str().unwrap().to_owned();
        for reached in [2, 5, 8] {
            target.reached(reached).await;
            server.kill().await;
            server = home.serve().await;
            owner = server.known(&owner);
        }
        let path = format!("/api/v1/schedules/{id}");
        wait_until(&owner, &path, "ended").await;
        let fired = all_ended(&owner, &id).await;
        let mut slots: Vec<&str> = fired.iter().map(|fire| fire["slot"].as_str().unwrap()).collect();
        slots.sort_unstable();
        // The policy makes up for whatever was missed, so that every second has its fire.
        let first = made["next_slot"].as_str().unwrap();
        assert_eq!(slots[0], first);
        let counts: BTreeMap<&str, usize> =
            slots.iter().fold(BTreeMap::new(), |mut counts, slot| {
                *counts.entry(*slot).or_default() += 1;
                counts
            });
        assert!(counts.values().all(|count| *count == 1), "{counts:?}");
        assert_eq!(slots.len(), SLOTS);
        let spanned = seconds(slots[SLOTS - 1]) - seconds(first) + 1;
        assert_eq!(usize::try_from(spanned).unwrap(), SLOTS);
        for fire in &fired {
            assert_eq!(fire["run_status"], "succeeded", "{fire}");
        }
        let asked = target.counts();
        for slot in &slots {
            assert!(asked.contains_key(&format!("/{slot}")), "{slot} is not in {asked:?}");
        }
        let (status, fire) = owner.post(&format!("{path}/trigger"), &json!(null)).await;
        assert_eq!((status, &fire["manual"]), (StatusCode::OK, &json!(true)), "{fire}");
        assert_eq!(all_ended(&owner, &id).await.len(), SLOTS + 1);
        drop(server);
    }
}

/// Seconds since the epoch of an instant of the API.
pub(crate) fn seconds(text: &str) -> i64 {
    gathering_domain::Timestamp::parse_rfc3339(text).unwrap().micros() / 1_000_000
}

#[tokio::test]
async fn a_pause_holds_on_the_other_instance() {
    let target = Target::start(Duration::ZERO).await;
    let address = target.address.to_string();
    let place = Place::postgres().await;
    let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str());
    let first = home.serve().await;
    let owner = first.set_up().await;
    let second = home.serve().await;
    let there = second.known(&owner);
    let made = create(&owner, &every_second(&address, "often")).await;
    let path = format!("/api/v1/schedules/{}", made["id"].as_str().unwrap());
    target.reached(3).await;
    let (status, paused) = there.post(&format!("{path}/pause"), &json!(null)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&paused["status"], &paused["next_slot"]), (&json!("paused"), &json!(null)));
    let fired = fires(&owner, made["id"].as_str().unwrap()).await.len();
    // Two slots pass.
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert_eq!(fires(&there, made["id"].as_str().unwrap()).await.len(), fired);
    let (_, resumed) = owner.post(&format!("{path}/resume"), &json!(null)).await;
    assert_eq!(resumed["status"], "active");
    target.reached(u32::try_from(fired).unwrap() + 1).await;
}
