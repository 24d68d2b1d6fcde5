//! The bounds of YAML texts agree with the parser about what is a bracket.

use gathering_domain::{MAX_YAML_BRACKETS, YamlBeyondBounds, check_yaml_bounds};
use proptest::prelude::*;

/// What random texts are made of. The one that is deep stands for itself in [`text`].
const ATOMS: [&str; 52] = [
    "a",
    "b",
    "it's",
    "x y",
    "é",
    "1",
    " ",
    "  ",
    "    ",
    "\t",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\r\n  ",
    "\n\n",
    "- ",
    "\n- ",
    "\n  - ",
    "a: ",
    "\na: ",
    "\n  b: ",
    "? ",
    ": ",
    ":",
    "?",
    "-",
    "|",
    ">",
    "|\n",
    "a: |\n  ",
    "- >-\n  ",
    "|2\n",
    "|+1\n ",
    ">\n\n   \n",
    "'",
    "''",
    "'b'",
    "\"",
    "\"c\"",
    "\\",
    "#",
    " # ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&a ",
    "!t ",
    "\n--- ",
];

fn text() -> impl Strategy<Value = String> {
    let part = || prop::collection::vec(prop::sample::select(&ATOMS[..]), 0..10);
    (part(), part()).prop_map(|(before, after)| {
        let deep = "[".repeat(MAX_YAML_BRACKETS + 1) + &"]".repeat(MAX_YAML_BRACKETS + 1);
        before.concat() + &deep + &after.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn refused_for_its_brackets_is_what_the_parser_finds_too_deep(text in text()) {
        let checked = check_yaml_bounds(&text);
        match serde_norway::from_str::<serde_json::Value>(&text) {
            Ok(_) => prop_assert_eq!(checked, Ok(())),
            Err(error) if error.to_string().contains("recursion limit") => {
                prop_assert!(matches!(checked, Err(YamlBeyondBounds::Brackets(..))));
            }
            Err(_) => {}
        }
    }
}
