//! `ask_person` as a toolbox holds it.

use gathering_tools::{Question, Runner, Toolbox};
use gathering_tools_native::ask_person;
use serde_json::json;

#[test]
fn it_is_awaited_and_never_called_and_its_arguments_are_a_question() {
    let mut toolbox = Toolbox::new();
    toolbox.add_question(ask_person()).unwrap();
    let tool = toolbox.get("ask_person").unwrap();
    assert!(matches!(tool.runner(), Runner::AskPerson));

    let arguments = json!({ "question": "Ship it?", "choices": ["yes", "no"], "deadline": "2h" });
    assert_eq!(tool.check(&arguments), []);
    let question: Question = serde_json::from_value(arguments).unwrap();
    assert_eq!(question.choices, ["yes", "no"]);

    for refused in [
        json!({}),
        json!({ "question": "" }),
        json!({ "question": "x".repeat(4_001) }),
        json!({ "question": "?", "choices": vec!["a"; 21] }),
        json!({ "question": "?", "choices": [""] }),
        json!({ "question": "?", "to": "everyone" }),
    ] {
        assert_ne!(tool.check(&refused), [], "{refused}");
    }
}
