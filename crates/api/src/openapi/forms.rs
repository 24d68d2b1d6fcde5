//! The form of texts that are the same wherever they stand: ids, versions, keys, names, passwords.

use gathering_domain::{
    AgentId, AgentVersionId, ApiKeyId, ApprovalId, ArtifactId, AuditAction, AuditOutcome,
    ChannelId, DeliveryId, HookId, InvitationId, PASSWORD_CHARS, PipelineId, PipelineVersionId,
    ProjectId, RunId, ScheduleId, SessionId, ThreadId, TriggerId, UserId, WebhookId,
};
use serde_json::Value;
use utoipa::openapi::{
    RefOr, Schema, Type,
    path::Parameter,
    schema::{AdditionalProperties, ArrayItems, Object, SchemaType},
};

/// Parameters and members that hold an id, and what those begin with.
const IDS: [(&str, &str); 22] = [
    ("Gathering-Project", ProjectId::PREFIX),
    ("actor", UserId::PREFIX),
    ("agent_id", AgentId::PREFIX),
    ("agent_version_id", AgentVersionId::PREFIX),
    ("approval_id", ApprovalId::PREFIX),
    ("artifact_id", ArtifactId::PREFIX),
    ("channel_id", ChannelId::PREFIX),
    ("delivery_id", DeliveryId::PREFIX),
    ("hook_id", HookId::PREFIX),
    ("invitation_id", InvitationId::PREFIX),
    ("key_id", ApiKeyId::PREFIX),
    ("pipeline_id", PipelineId::PREFIX),
    ("pipeline_version_id", PipelineVersionId::PREFIX),
    ("project", ProjectId::PREFIX),
    ("project_id", ProjectId::PREFIX),
    ("run_id", RunId::PREFIX),
    ("schedule_id", ScheduleId::PREFIX),
    ("session_id", SessionId::PREFIX),
    ("thread_id", ThreadId::PREFIX),
    ("trigger_id", TriggerId::PREFIX),
    ("user_id", UserId::PREFIX),
    ("webhook_id", WebhookId::PREFIX),
];

/// Parameters that have the same form everywhere.
const PARAMETERS: [(&str, &str); 4] = [
    ("Idempotency-Key", "^[!-~]{1,200}$"),
    ("If-Match", "^(\"[0-9]{1,19}\"|[0-9]{1,19})$"),
    ("Last-Event-ID", "^[0-9]{1,18}$"),
    ("wait", "^([0-9]{1,4}ms|1?[0-9]s|20s)$"),
];

/// Says of a member what form it has.
type Form = fn(&mut Object);

/// Members of bodies with a form of their own.
const MEMBERS: [(&str, &str, Form); 18] = [
    ("AcceptBody", "name", name),
    ("AcceptBody", "password", password),
    ("ChangePasswordBody", "new", password),
    ("CreateApiKeyBody", "name", name),
    ("CreateHookBody", "name", name),
    ("CreateTriggerBody", "name", name),
    ("InviteBody", "email", email),
    ("OpenThreadBody", "title", title),
    ("PostMessageBody", "text", text),
    ("ProjectBody", "name", name),
    ("PutSecretBody", "value", value),
    ("ResetBody", "password", password),
    ("SetUpBody", "email", email),
    ("SetUpBody", "name", name),
    ("SetUpBody", "password", password),
    ("UpdateMeBody", "name", name),
    ("UpdateProjectBody", "name", name),
    ("UpdateUserBody", "name", name),
];

/// Bodies that are one of several things, none of which may have members that are not listed.
const CLOSED: [&str; 5] =
    ["HookAnswer", "HookVerificationBody", "Runnable", "Startable", "Verdict"];

/// How members begin to tell of themselves that are called as an id is, and hold what gives one.
const EXPRESSION: &str = "An expression ";

/// One line that is not blank.
fn name(member: &mut Object) {
    (member.min_length, member.max_length) = (Some(1), Some(120));
    member.pattern =
        Some(r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$".to_owned());
}

fn title(member: &mut Object) {
    member.max_length = Some(200);
    member.pattern = Some(r"^[^\x00-\x1f\x7f-\x9f]*$".to_owned());
}

fn text(member: &mut Object) {
    member.pattern = Some(r"\S".to_owned());
}

fn value(member: &mut Object) {
    (member.min_length, member.max_length) = (Some(1), Some(16_384));
}

fn password(member: &mut Object) {
    member.min_length = Some(*PASSWORD_CHARS.start());
    member.max_length = Some(*PASSWORD_CHARS.end());
}

fn email(member: &mut Object) {
    member.max_length = Some(254);
    member.pattern = Some(r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+$".to_owned());
}

/// Says what form the members of a component have.
pub(super) fn of_component(component: &str, schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema {
        for (_, member, form) in MEMBERS.iter().filter(|(of, ..)| *of == component) {
            if let Some(RefOr::T(Schema::Object(member))) = object.properties.get_mut(*member) {
                form(member);
            }
        }
    }
    if let (true, RefOr::T(Schema::OneOf(one))) = (CLOSED.contains(&component), &mut *schema) {
        for kind in &mut one.items {
            if let RefOr::T(Schema::Object(kind)) = kind {
                kind.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
    of_schema(schema);
}

/// Says what form a parameter has, where its name tells.
pub(super) fn of_parameter(parameter: &mut Parameter) {
    let fixed = PARAMETERS.iter().find(|(name, _)| *name == parameter.name);
    let form = fixed.map(|(_, form)| (*form).to_owned()).or_else(|| form_of_id(&parameter.name));
    let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else { return };
    object.enum_values = words(&parameter.name).or(object.enum_values.take());
    if let Some(form) = form {
        // A header or a query that does not come is absent, not `null`.
        object.schema_type = SchemaType::Type(Type::String);
        object.pattern = Some(form);
    }
}

/// Says what form the members of a schema have, where their names or examples tell.
fn of_schema(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            for (name, member) in &mut object.properties {
                if let RefOr::T(Schema::Object(member)) = member {
                    of_member(name, member);
                }
                of_schema(member);
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                of_schema(items);
            }
        }
        Schema::OneOf(one) => one.items.iter_mut().for_each(of_schema),
        Schema::AllOf(all) => all.items.iter_mut().for_each(of_schema),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(of_schema),
        _ => {}
    }
}

/// The words of the audit trail, which it is asked by.
fn words(parameter: &str) -> Option<Vec<Value>> {
    match parameter {
        "action" => Some(AuditAction::ALL.iter().map(|word| word.as_str().into()).collect()),
        "outcome" => Some(AuditOutcome::ALL.iter().map(|word| word.as_str().into()).collect()),
        _ => None,
    }
}

fn of_member(name: &str, member: &mut Object) {
    let text = match &member.schema_type {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    };
    let told = member.description.as_deref().unwrap_or_default();
    if text && member.pattern.is_none() && !told.starts_with(EXPRESSION) {
        let example = member.example.as_ref().and_then(|example| example.as_str());
        member.pattern = form_of_id(name).or_else(|| example.and_then(form_of_example));
    }
}

fn form_of_id(name: &str) -> Option<String> {
    IDS.iter().find(|(id, _)| *id == name).map(|(_, prefix)| form(prefix))
}

/// The form of ids, if the example is one.
fn form_of_example(example: &str) -> Option<String> {
    let (prefix, digits) = example.split_once('_')?;
    let is_id = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| form(prefix))
}

fn form(prefix: &str) -> String {
    format!("^{prefix}_[0-9a-fA-F]{{32}}$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_its_member() {
        let description = crate::openapi();
        let schemas = description.components.unwrap().schemas;
        for (component, member, _) in MEMBERS {
            let RefOr::T(Schema::Object(object)) = &schemas[component] else {
                panic!("{component}")
            };
            let RefOr::T(Schema::Object(member)) = &object.properties[member] else {
                panic!("{member}")
            };
            assert!(member.pattern.is_some() || member.max_length.is_some(), "{component}");
        }
        for component in CLOSED {
            let RefOr::T(Schema::OneOf(one)) = &schemas[component] else { panic!("{component}") };
            assert!(!one.items.is_empty());
        }
    }

    #[test]
    fn an_expression_that_gives_an_id_has_not_the_form_of_one() {
        let schemas = crate::openapi().components.expect("has schemas").schemas;
        let schemas = serde_json::to_value(schemas).expect("a description is JSON");
        for place in [
            "/CreateHookBody/properties/delivery_id",
            "/Hook/properties/delivery_id",
            "/PageView_Hook/properties/items/items/properties/delivery_id",
        ] {
            let member = schemas.pointer(place).expect(place);
            assert!(member["type"].is_array() && member["pattern"].is_null(), "{member}");
        }
    }

    #[test]
    fn an_example_that_is_an_id_tells_the_form_of_all() {
        let id = "agt_01985f2e6a7b7c00a0b1c2d3e4f50617";
        assert_eq!(form_of_example(id).as_deref(), Some("^agt_[0-9a-fA-F]{32}$"));
        assert_eq!(form_of_id("agent_id"), form_of_example(id));
        for other in ["evt_4097", "agt", "gts_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"] {
            assert_eq!(form_of_example(other), None, "{other}");
        }
    }
}
