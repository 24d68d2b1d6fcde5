//! Hostile paths, each with the reason for which it is refused.

use gathering_workspace::{BeneathPath, PathFault, WorkspaceError};
use proptest::prelude::*;

fn fault(text: &str) -> Option<PathFault> {
    match text.parse::<BeneathPath>() {
        Ok(_) => None,
        Err(WorkspaceError::Path { fault, path }) => {
            assert!(path.len() <= 1_300, "an error repeats little of a long path");
            Some(fault)
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn hostile_paths_are_refused_by_their_text() {
    let long_name = "a".repeat(256);
    let long_path = ["b"; 600].join("/");
    let deep = ["c"; 65].join("/");
    let table: &[(&str, PathFault)] = &[
        ("", PathFault::Empty),
        (&long_name, PathFault::TooLong),
        (&long_path, PathFault::TooLong),
        (&deep, PathFault::TooLong),
        ("/", PathFault::Absolute),
        ("/etc/passwd", PathFault::Absolute),
        ("//server/share", PathFault::Absolute),
        ("///etc/passwd", PathFault::Absolute),
        ("\\etc\\passwd", PathFault::Absolute),
        ("\\\\server\\share\\file", PathFault::Absolute),
        ("\\\\?\\C:\\file", PathFault::Absolute),
        ("\\\\.\\PhysicalDrive0", PathFault::Absolute),
        ("C:\\Windows\\win.ini", PathFault::Absolute),
        ("c:/windows/win.ini", PathFault::Absolute),
        ("C:file", PathFault::Absolute),
        ("~/.ssh/id_rsa", PathFault::Absolute),
        ("~root/.bashrc", PathFault::Absolute),
        ("..", PathFault::Upwards),
        ("../secret", PathFault::Upwards),
        ("../../../../etc/passwd", PathFault::Upwards),
        ("a/..", PathFault::Upwards),
        ("a/../b", PathFault::Upwards),
        ("a/../../b", PathFault::Upwards),
        ("a/b/../../../c", PathFault::Upwards),
        ("...", PathFault::Upwards),
        ("a/..../b", PathFault::Upwards),
        (".. /secret", PathFault::Upwards),
        (" ../secret", PathFault::Upwards),
        ("..\\secret", PathFault::Upwards),
        ("a\\..\\..\\secret", PathFault::Upwards),
        ("a/..\\b", PathFault::Upwards),
        ("%2e%2e/secret", PathFault::Upwards),
        ("%2E%2E/secret", PathFault::Upwards),
        (".%2e/secret", PathFault::Upwards),
        ("%2e./secret", PathFault::Upwards),
        ("%252e%252e/secret", PathFault::Upwards),
        ("%25252e%25252e/secret", PathFault::Upwards),
        ("%u002e%u002e/secret", PathFault::Upwards),
        ("%c0%ae%c0%ae/secret", PathFault::Upwards),
        ("\u{ff0e}\u{ff0e}/secret", PathFault::Upwards),
        ("\u{2025}/secret", PathFault::Upwards),
        ("\u{2024}\u{2024}/secret", PathFault::Upwards),
        ("a/\u{fe52}\u{fe52}/b", PathFault::Upwards),
        ("a\0b", PathFault::Unprintable),
        ("a.txt\0.png", PathFault::Unprintable),
        ("\0", PathFault::Unprintable),
        ("a\nb", PathFault::Unprintable),
        ("a\rb", PathFault::Unprintable),
        ("a\tb", PathFault::Unprintable),
        ("a\u{7f}b", PathFault::Unprintable),
        ("a\u{1b}[2Jb", PathFault::Unprintable),
        ("a\u{85}b", PathFault::Unprintable),
        ("photo\u{202e}gnp.exe", PathFault::Unprintable),
        ("a\u{200b}b", PathFault::Unprintable),
        ("\u{feff}a", PathFault::Unprintable),
        ("a\u{2028}b", PathFault::Unprintable),
        ("a\u{e0041}b", PathFault::Unprintable),
        ("a\\b", PathFault::Disguised),
        ("a%2fb", PathFault::Disguised),
        ("a%2Fetc%2Fpasswd", PathFault::Disguised),
        ("a%252fb", PathFault::Disguised),
        ("a%5cb", PathFault::Disguised),
        ("a%00b", PathFault::Disguised),
        ("..%2f..%2fetc", PathFault::Disguised),
        ("%2e%2e%2fsecret", PathFault::Disguised),
        ("..%c0%afsecret", PathFault::Disguised),
        ("a%c1%9cb", PathFault::Disguised),
        ("..%u2215secret", PathFault::Disguised),
        ("a\u{2215}b", PathFault::Disguised),
        ("a\u{2044}b", PathFault::Disguised),
        ("a\u{ff0f}b", PathFault::Disguised),
        ("a\u{ff3c}b", PathFault::Disguised),
        ("a\u{29f8}b", PathFault::Disguised),
        ("file.txt:stream", PathFault::Disguised),
        ("file.txt::$DATA", PathFault::Disguised),
        ("a\u{ff1a}b", PathFault::Disguised),
        (".", PathFault::NoName),
        ("./a", PathFault::NoName),
        ("a/.", PathFault::NoName),
        ("a/./b", PathFault::NoName),
        ("a//b", PathFault::NoName),
        ("a/", PathFault::NoName),
        ("a.", PathFault::NoName),
        ("a./b", PathFault::NoName),
        ("a ", PathFault::NoName),
        (" a", PathFault::NoName),
    ];
    assert!(table.len() >= 60);
    for (text, wanted) in table {
        assert_eq!(fault(text), Some(*wanted), "{text:?}");
    }
}

#[test]
fn names_that_people_give_are_taken() {
    for text in [
        "brief.md",
        "notes für 2.0.md",
        ".env",
        "a/b/c.txt",
        "..a",
        "a..b",
        "100%",
        "50%25off",
        "日本語/ファイル",
        "-rf",
        "a~b",
        "(1) copy, of & more'.txt",
    ] {
        assert_eq!(fault(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_path_that_is_taken_has_plain_parts_alone(text in "[a./\\\\%2eEfF5cC:~ \u{202e}\u{ff0e}\0]{0,24}") {
        if let Ok(path) = text.parse::<BeneathPath>() {
            prop_assert!(!path.as_str().starts_with('/'));
            for part in path.as_str().split('/') {
                prop_assert!(!part.is_empty() && part != "." && part != "..");
                prop_assert!(!part.contains(['\\', '\0', ':']));
            }
        }
    }
}
