//! Definitions of pipelines and agents: any text is refused with its places, or reads back the same.
#![no_main]

use gathering_agents::AgentDefinition;
use gathering_pipelines::Definition;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Definition::from_json(text);
    if let Ok(definition) = Definition::from_yaml(text) {
        let again = Definition::from_yaml(&definition.to_yaml());
        let again = again.expect("what was written is read");
        assert_eq!(definition.content_hash(), again.content_hash());
    }
    if let Ok(value) = serde_json::from_str(text) {
        let _ = AgentDefinition::parse(&value, None);
    }
});
