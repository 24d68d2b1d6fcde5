//! Backups that are whole read back; others are refused, with the place.

use std::fs;

use gathering_testkit::temp_dir;

use super::super::{KeyKept, listed, write};
use super::*;

/// A backup of these files, and what it holds.
fn packed(files: &[(&str, Vec<u8>)], change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let folder = temp_dir();
    let mut all = Vec::new();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        all.push(listed(&path, name).unwrap());
    }
    let mut manifest = Manifest {
        format: FORMAT,
        program: "1.2.3".to_owned(),
        schema_version: newest_version(),
        taken_at: "2026-01-01T00:00:00Z".to_owned(),
        runs: 7,
        users: 2,
        secret_key: KeyKept::Included,
        files: all,
    };
    change(&mut manifest);
    write(Vec::new(), &manifest, folder.path(), 0).unwrap()
}

fn database() -> Vec<u8> {
    // Not to be compressed to nothing, and no multiple of a block.
    (0..100_001_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn files() -> [(&'static str, Vec<u8>); 2] {
    [(DATABASE, database()), ("secrets.key", b"key\n".to_vec())]
}

fn unpack(bytes: &[u8]) -> anyhow::Result<tempfile::TempDir> {
    let folder = temp_dir();
    Archive::of(zstd::Decoder::new(bytes)?)?.unpack(folder.path())?;
    Ok(folder)
}

#[test]
fn a_backup_reads_back_as_it_was_written() {
    let bytes = packed(&files(), |_| {});
    let archive = Archive::of(zstd::Decoder::new(bytes.as_slice()).unwrap()).unwrap();
    assert_eq!((archive.manifest().runs, archive.manifest().users), (7, 2));
    let folder = unpack(&bytes).unwrap();
    for (name, content) in files() {
        assert!(fs::read(folder.path().join(name)).unwrap() == content, "{name}");
    }
}

#[test]
fn a_backup_that_is_cut_off_anywhere_is_refused_with_the_place() {
    let bytes = packed(&files(), |_| {});
    for kept in [0, 1, 10, 300, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
        let error = unpack(&bytes[..kept]).unwrap_err();
        assert!(format!("{error:#}").contains("at byte"), "{kept}: {error:#}");
    }
}

#[test]
fn a_backup_with_a_changed_byte_is_refused() {
    let bytes = packed(&files(), |_| {});
    for place in (0..bytes.len()).step_by(bytes.len() / 23) {
        let mut changed = bytes.clone();
        changed[place] ^= 0x10;
        assert!(unpack(&changed).is_err(), "byte {place}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(unpack(&longer).is_err());
}

#[test]
fn what_is_packed_anew_with_another_content_is_refused() {
    for (change, why) in [
        (
            (|manifest: &mut Manifest| manifest.files[0].sha256 = "0".repeat(64))
                as fn(&mut Manifest),
            "`gathering.db` is damaged",
        ),
        (|manifest| manifest.schema_version += 1, "a newer version of the program wrote it"),
        (|manifest| manifest.format += 1, "a newer version of the program wrote it"),
        (|manifest| manifest.files.swap(0, 1), "lists other files than a backup has"),
        (|manifest| drop(manifest.files.remove(0)), "lists other files than a backup has"),
    ] {
        let error = format!("{:#}", unpack(&packed(&files(), change)).unwrap_err());
        assert!(error.contains(why), "{error}");
    }
    let odd = [(DATABASE, vec![1]), ("gathering.lock", vec![2])];
    let error = format!("{:#}", unpack(&packed(&odd, |_| {})).unwrap_err());
    assert!(error.contains("gathering.lock"), "{error}");
}
