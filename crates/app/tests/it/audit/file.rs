//! Tampering with an export: every kind on every line, and every byte.

use std::collections::BTreeSet;

use gathering_app::{
    Caller,
    audit::{AuditFilter, AuditReport, ExportRange, FaultKind, Trust, verify_file},
};
use gathering_domain::Duration;
use gathering_testkit::{Place, each_database};
use serde_json::Value;

use super::{export, put_secret, verified};
use crate::support::Bench;

/// A trail of two chains and several checkpoints.
async fn trail(place: Place, rounds: u32) -> (Bench, Vec<u8>) {
    let bench = Bench::open(place).await;
    let second = bench.second().await;
    for round in 0..rounds {
        put_secret(&bench, &format!("FIRST_{round}")).await;
        let owner = Caller::local_owner(second.project());
        second.secrets().delete(&owner, &format!("FIRST_{round}")).await.unwrap();
        bench.app.audit().settle().await.unwrap();
        second.audit().settle().await.unwrap();
        bench.pass(Duration::from_secs(10));
    }
    let file = export(&bench.app, &bench.owner, ExportRange::default()).await;
    (bench, file)
}

fn lines(file: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(file).unwrap();
    text.split_inclusive('\n').map(str::to_owned).collect()
}

fn of_lines(lines: &[String]) -> AuditReport {
    verified(lines.concat().as_bytes())
}

/// The fault that says where: not that the file as a whole is another one.
fn located(report: &AuditReport) -> BTreeSet<u64> {
    report.faults.iter().filter_map(|fault| fault.line).collect()
}

fn kind_of(line: &str) -> String {
    serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned()
}

each_database! {
    async fn untouched_export_is_sound(place: Place) {
        let (bench, file) = trail(place, 3).await;
        let report = verified(&file);
        assert!(report.sound, "{report:?}");
        assert_eq!((report.entries, report.chains, report.unsealed), (7, 2, 0));
        assert!(report.checkpoints >= 6, "{report:?}");
        let key = bench.app.audit().key_id(&bench.owner).await.unwrap();
        assert_eq!(report.keys, [key]);
    }

    async fn part_of_the_trail_verifies(place: Place) {
        let (bench, _) = trail(place, 3).await;
        let start = bench.app.audit().list(
            &bench.owner, AuditFilter::default(), gathering_app::PageRequest::default(),
        ).await.unwrap();
        let at = |entry: &gathering_app::audit::AuditEntry| {
            gathering_domain::Timestamp::parse_rfc3339(entry.content["at"].as_str().unwrap()).unwrap()
        };
        let times: BTreeSet<_> = start.items.iter().map(at).collect();
        let times: Vec<_> = times.into_iter().collect();
        for from in &times {
            for to in times.iter().map(|to| Some(*to)).chain([None]) {
                let range = ExportRange { from: Some(*from), to };
                let file = export(&bench.app, &bench.owner, range).await;
                let report = verified(&file);
                assert!(report.sound, "{range:?}: {report:?}");
                let wanted = start.items.iter().filter(|entry| {
                    at(entry) >= *from && to.is_none_or(|to| at(entry) < to)
                });
                assert!(report.entries >= wanted.count() as u64, "{range:?}: {report:?}");
                let mut lines = lines(&file);
                if let Some(entry) = lines.iter().position(|line| kind_of(line) == "entry") {
                    lines[entry] = lines[entry].replace("done", "gone");
                    assert!(located(&of_lines(&lines)).contains(&(entry as u64 + 1)));
                }
            }
        }
    }
}

/// The file does not depend on the database.
#[tokio::test]
async fn every_flipped_byte_of_an_export_is_found() {
    let (_bench, file) = trail(Place::sqlite(), 1).await;
    let line_of = |at: usize| file[..at].split(|byte| *byte == b'\n').count() as u64;
    let last = line_of(file.len() - 1);
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 8);
        let report = verified(&changed);
        let (line, found) = (line_of(at), located(&report));
        // What no chain holds together is held by the hash in the last line.
        let is_located = found.contains(&line) || found.contains(&last);
        assert!(!report.sound && is_located, "byte {at} of line {line}: {report:?}");
    }
}

#[tokio::test]
async fn every_kind_of_tampering_on_every_line_is_found_where_it_was_done() {
    let (_bench, file) = trail(Place::sqlite(), 3).await;
    let lines = lines(&file);
    // What the last line says of the whole is taken away here: each must be found without it.
    let faults = |changed: &[String]| -> BTreeSet<u64> {
        let report = of_lines(changed);
        let end = changed.len() as u64;
        located(&report).into_iter().filter(|line| *line != end).collect()
    };
    for at in 0..lines.len() - 1 {
        let (line, kind) = (at as u64 + 1, kind_of(&lines[at]));

        let mut removed = lines.clone();
        removed.remove(at);
        assert!(!of_lines(&removed).sound, "line {line} removed");
        // What was there is missed where it stood, or in a line that needs it.
        let places: BTreeSet<u64> =
            of_lines(&removed).faults.iter().filter_map(|f| f.seq.or(f.checkpoint)).collect();
        let is_needed = matches!(kind.as_str(), "key" | "checkpoint" | "chain");
        let found = faults(&removed);
        assert!(
            found.contains(&line) || !places.is_empty() || (is_needed && !found.is_empty()),
            "{kind} in line {line} removed: {:?}",
            of_lines(&removed)
        );

        let mut twice = lines.clone();
        twice.insert(at, lines[at].clone());
        assert!(
            faults(&twice).contains(&(line + 1)),
            "{kind} in line {line} twice: {:?}",
            of_lines(&twice)
        );

        if at + 2 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, at + 1);
            let found = faults(&swapped);
            assert!(
                found.contains(&line) || found.contains(&(line + 1)),
                "{kind} in line {line} swapped: {:?}",
                of_lines(&swapped)
            );
        }
    }
}

#[tokio::test]
async fn tampering_by_one_who_computes_all_hashes_anew_is_found_by_the_signatures() {
    let (_bench, file) = trail(Place::sqlite(), 3).await;
    let mut lines = lines(&file);
    let at = lines.iter().position(|line| kind_of(line) == "entry").unwrap();
    // The chain is computed anew from the changed entry on, by whoever knows the format.
    let mut before: Option<Vec<u8>> = None;
    let stream = serde_json::from_str::<Value>(&lines[at]).unwrap()["stream"].clone();
    for line in &mut lines[at..] {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if value["type"] != "entry" || value["stream"] != stream {
            break;
        }
        if before.is_none() {
            let content = value["content"].as_str().unwrap().replace("FIRST_0", "SECRET");
            value["content"] = content.into();
            let first = format!("gathering audit chain 1\n{}", stream.as_str().unwrap());
            before = Some(digest(first.as_bytes()));
        }
        let content = value["content"].as_str().unwrap();
        let hash = digest(&[before.as_deref().unwrap(), content.as_bytes()].concat());
        let old = value["hash"].as_str().unwrap().to_owned();
        let (escaped, own) = (serde_json::to_string(content).unwrap(), hex(&hash));
        let head = line.split(",\"content\":").next().unwrap().replace(&old, &own);
        *line = format!("{head},\"content\":{escaped}}}\n");
        before = Some(hash);
    }
    let report = of_lines(&lines);
    let unlike = report.faults.iter().find(|fault| fault.kind == FaultKind::Unlike).unwrap();
    assert_eq!((unlike.line, unlike.seq), (Some(at as u64 + 1), Some(1)), "{report:?}");
    assert!(
        !report
            .faults
            .iter()
            .any(|fault| { fault.kind == FaultKind::Changed && fault.seq.is_some() }),
        "{report:?}"
    );
}

#[tokio::test]
async fn removed_chain_and_cut_tail_are_found() {
    let (_bench, file) = trail(Place::sqlite(), 3).await;
    let lines = lines(&file);
    let chain = lines.iter().position(|line| kind_of(line) == "chain").unwrap();
    let next =
        chain + 1 + lines[chain + 1..].iter().position(|line| kind_of(line) != "entry").unwrap();
    let without: Vec<String> = [&lines[..chain], &lines[next..]].concat();
    let report = of_lines(&without);
    assert!(
        report
            .faults
            .iter()
            .any(|fault| fault.kind == FaultKind::Missing && fault.stream.is_some()),
        "{report:?}"
    );
    // The last entry of a chain, with a chain line that says so.
    let mut cut = lines.clone();
    let entries = next - chain - 1;
    cut[chain] =
        cut[chain].replace(&format!("\"upto\":{entries}"), &format!("\"upto\":{}", entries - 1));
    assert_ne!(cut[chain], lines[chain]);
    cut.remove(next - 1);
    let report = of_lines(&cut);
    let missing = report
        .faults
        .iter()
        .find(|fault| fault.kind == FaultKind::Missing && fault.seq == Some(entries as u64));
    assert!(missing.is_some_and(|fault| fault.checkpoint.is_some()), "{report:?}");
    for end in 0..lines.len() {
        assert!(!of_lines(&lines[..end]).sound, "cut after line {end}");
    }
}

#[tokio::test]
async fn other_keys_and_other_checkpoints_are_found() {
    let (bench, file) = trail(Place::sqlite(), 3).await;
    let report = |trust| verify_file(&file[..], trust).unwrap();
    let key = bench.app.audit().key_id(&bench.owner).await.unwrap();
    let (keys, none) = (vec![key], Vec::new());
    assert!(report(Trust { keys, checkpoints: none.clone() }).sound);
    let other = report(Trust { keys: vec!["00".repeat(32)], checkpoints: none });
    assert_eq!(other.faults[0].kind, FaultKind::Key);
    let last = verified(&file).last_checkpoint.unwrap();
    let (number, hash) = last.split_once(':').unwrap();
    let number: u64 = number.parse().unwrap();
    let mut known = [0; 32];
    for (at, byte) in known.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap();
    }
    let keep = |number, hash| Trust { keys: Vec::new(), checkpoints: vec![(number, hash)] };
    assert!(report(keep(number, known)).sound);
    assert_eq!(report(keep(number, [1; 32])).faults[0].kind, FaultKind::Unlike);
    // Somebody cut the newest checkpoints: one that is known from elsewhere is missing.
    assert_eq!(report(keep(number + 1, known)).faults[0].kind, FaultKind::Missing);
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    gathering_domain::hex(bytes)
}
