//! The audit trail from the command line, and by a verifier that is not ours.

use std::{fs, process::Stdio};

use gathering_testkit::temp_dir;
use serde_json::Value;
use tokio::process::Command;

use crate::program::{Program, Said, repository};

/// The verifier that the documentation gives to others.
async fn python(arguments: &[&str]) -> (bool, String) {
    #[expect(clippy::disallowed_methods, reason = "a verifier that is not ours is a process")]
    let mut command = Command::new("python3");
    command.arg(repository().join("docs/operating/audit-verify.py")).args(arguments);
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn an_export_verifies_without_a_store_and_by_others() {
    let folder = temp_dir();
    let data = folder.path().join("data").display().to_string();
    let own = |arguments: &[&str]| {
        Program::new([&["--data-dir", data.as_str(), "--json"], arguments].concat())
    };
    for name in ["ada@example.com", "bob@example.com", "cyd@example.com"] {
        let add = own(&["user", "add", name, "--role", "owner"]);
        add.typing("plum orbit kettle 42\n").run().await.ends_with(0);
    }
    own(&["user", "deactivate", "bob@example.com"]).run().await.ends_with(0);
    let path = folder.path().join("audit.ndjson");
    let file = path.display().to_string();
    own(&["audit", "export", &file]).run().await.ends_with(0);
    let key = own(&["audit", "key"]).run().await.ends_with(0).json();
    let key = key["key"].as_str().unwrap();
    // A file is never written over.
    own(&["audit", "export", &file]).run().await.ends_with(1);

    // Neither store nor configuration is looked for.
    let verify = |arguments: &[&str]| {
        Program::new([&["audit", "verify", "--json", "--config", "/nowhere"], arguments].concat())
    };
    let report = verify(&[&file, "--key", key]).run().await.ends_with(0).json();
    assert_eq!(report["entries"], 5, "{report}");
    assert_eq!((&report["chains"], &report["unsealed"]), (&5.into(), &0.into()), "{report}");
    let last = report["last_checkpoint"].as_str().unwrap();
    verify(&[&file, "--checkpoint", last]).run().await.ends_with(0);
    let other = "0".repeat(64);
    let said: Said = verify(&[&file, "--key", &other]).run().await.ends_with(1);
    assert_eq!(said.json()["faults"][0]["kind"], "key");
    verify(&[&file, "--checkpoint", &format!("1:{other}")]).run().await.ends_with(1);
    verify(&[&file, "--checkpoint", "one"]).run().await.ends_with(2);
    own(&["audit", "verify", "--key", key]).run().await.ends_with(0);
    let (sound, why) = python(&[&file, key]).await;
    assert!(sound && !why.contains("a part of the trail"), "{why}");
    assert_eq!((&report["from"], &report["to"]), (&Value::Null, &Value::Null), "{report}");
    assert!(!python(&[&file, &other]).await.0);

    // A part says that it is one, to people and to programs.
    let part = folder.path().join("part.ndjson").display().to_string();
    let from = "2026-01-01T00:00:00Z";
    own(&["audit", "export", &part, "--from", from]).run().await.ends_with(0);
    let report = verify(&[&part]).run().await.ends_with(0).json();
    let from = report["from"].as_str().unwrap();
    assert!(from.starts_with("2026-01-01T00:00:00") && report["to"].is_null(), "{report}");
    let words = format!("a part of the trail: from {from} to the end");
    let said = Program::new(["audit", "verify", part.as_str()]).run().await.ends_with(0);
    assert!(said.out.contains(&words), "{}", said.out);
    assert!(said.out.contains("this part of the trail is sound"), "{}", said.out);
    let (sound, said) = python(&[&part]).await;
    assert!(sound && said.contains(&words), "{said}");

    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let changed = folder.path().join("changed.ndjson").display().to_string();
    for at in 0..lines.len() {
        let mut removed = lines.clone();
        removed.remove(at);
        let digits = |line: &str| line.replacen("00", "01", 1);
        let mut altered: Vec<String> = lines.iter().map(ToString::to_string).collect();
        altered[at] = digits(lines[at]).replacen("\"at\":\\\"20", "\"at\":\\\"21", 1);
        let mut tampered = vec![removed.concat()];
        if altered[at] != lines[at] {
            tampered.push(altered.concat());
        }
        for text in tampered {
            fs::write(&changed, text).unwrap();
            assert!(!python(&[&changed]).await.0, "line {}", at + 1);
        }
    }
    let bob = lines.iter().position(|line| line.contains("user.deactivate")).unwrap();
    fs::write(&changed, text.replacen("user.deactivate", "user.activate", 1)).unwrap();
    let said = verify(&[&changed]).run().await.ends_with(1).json();
    let place = &said["faults"][0];
    assert_eq!((&place["line"], &place["seq"]), (&(bob + 1).into(), &1.into()), "{said}");
}
