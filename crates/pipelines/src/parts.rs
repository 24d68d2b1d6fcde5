//! Nodes with their expressions parsed: what the machine works with and validation looks through.

mod http;

use gathering_domain::{
    Decider, Duration, Fault, HostList, ListOwner, Pointer, Timestamp, is_secret_name,
};
use gathering_engine::{MAX_TIMEOUT, RetryPolicy};
use gathering_expressions::{Expression, References, Template, ValueTemplate};
use serde_json::Value;

use crate::definition::{
    ActionConfig, ApprovalConfig, Dollars, MapConfig, Node, NodeKind, OnDeadline, OnItemError,
};

pub(crate) use http::HttpRequest;

/// What a node does, ready to be evaluated.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    Trigger,
    Condition(Expression),
    Switch(Vec<(String, Expression)>),
    Parallel { limit: Option<u32> },
    Transform(ValueTemplate),
    Delay(Wait),
    Approval(Box<Question>),
    EmitEvent { subject: Template, data: Option<ValueTemplate> },
    Job(Box<Job>),
    Map { over: Expression, limit: u32, job: Box<Job>, on_item_error: OnItemError },
}

#[derive(Debug, Clone)]
pub(crate) enum Wait {
    For(Template),
    Until(Template),
}

#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) title: Template,
    pub(crate) detail: Option<ValueTemplate>,
    pub(crate) form: Option<Value>,
    pub(crate) deciders: Vec<Decider>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) on_deadline: OnDeadline,
}

/// Work that is done outside: by an effect or a child run.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) kind: JobKind,
    pub(crate) input: Option<ValueTemplate>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cost: Option<Dollars>,
}

#[derive(Debug, Clone)]
pub(crate) enum JobKind {
    Agent { name: String, task: Template, output_schema: Option<Value> },
    Tool { name: String, hosts: Vec<HostList> },
    Pipeline { name: String },
    StartPipeline { name: String },
    Http(HttpRequest),
    Notify { channel: String, title: Template, text: Template, data: Option<ValueTemplate> },
}

/// A place where names are used, and which of them may be used there.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) pointer: Pointer,
    pub(crate) references: References,
    pub(crate) item_allowed: bool,
    pub(crate) secrets_allowed: bool,
}

/// A part that cannot be parsed; what is wrong with it is among the faults.
struct Broken;

/// Parses the expressions of a definition and keeps what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) faults: Vec<Fault>,
    pub(crate) uses: Vec<Use>,
    item_allowed: bool,
    secrets_allowed: bool,
}

impl Reader {
    fn fault(&mut self, pointer: Pointer, code: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(pointer, code, message));
    }

    fn note(&mut self, pointer: Pointer, references: &References) {
        if *references == References::default() {
            return;
        }
        for name in references.secrets.iter().filter(|name| !is_secret_name(name)) {
            let message = format!("`{name}` is no name of a secret: letters, digits and _");
            self.faults.push(Fault::new(pointer.clone(), "invalid_secret_name", message));
        }
        self.uses.push(Use {
            pointer,
            references: references.clone(),
            item_allowed: self.item_allowed,
            secrets_allowed: self.secrets_allowed,
        });
    }

    pub(crate) fn expression(&mut self, pointer: Pointer, source: &str) -> Option<Expression> {
        match Expression::parse(source) {
            Ok(expression) => {
                self.note(pointer, expression.references());
                Some(expression)
            }
            Err(error) => {
                self.fault(pointer, "invalid_expression", error.to_string());
                None
            }
        }
    }

    pub(crate) fn template(&mut self, pointer: Pointer, source: &str) -> Option<Template> {
        match Template::parse(source) {
            Ok(template) => {
                self.note(pointer, template.references());
                Some(template)
            }
            Err(error) => {
                self.fault(pointer, "invalid_template", error.to_string());
                None
            }
        }
    }

    pub(crate) fn value(&mut self, pointer: &Pointer, value: &Value) -> Option<ValueTemplate> {
        let below = |inner: &str| Pointer::from_text(format!("{pointer}{inner}"));
        match ValueTemplate::parse(value) {
            Ok(template) => {
                template.each_template(|inner, part| self.note(below(inner), part.references()));
                Some(template)
            }
            Err(errors) => {
                for error in errors {
                    let message = error.error.to_string();
                    self.fault(below(&error.pointer), "invalid_template", message);
                }
                None
            }
        }
    }

    fn optional_value(
        &mut self,
        pointer: &Pointer,
        value: Option<&Value>,
    ) -> Result<Option<ValueTemplate>, Broken> {
        value.map(|value| self.value(pointer, value).ok_or(Broken)).transpose()
    }

    /// Parses one node; `None` if a part of it cannot be parsed.
    pub(crate) fn work(&mut self, node: &Node, place: &Pointer) -> Option<Work> {
        let config = place.child("config");
        self.item_allowed = matches!(node.kind, NodeKind::Map(_));
        self.secrets_allowed = false;
        let input = self.optional_value(&place.child("input"), node.input.as_ref());
        self.item_allowed = false;
        let job = |kind: Option<JobKind>, input: Result<Option<ValueTemplate>, Broken>| {
            Some(Box::new(Job {
                kind: kind?,
                input: input.ok()?,
                retry: node.retry.map(|retry| retry.policy()),
                timeout: node.timeout,
                cost: node.cost,
            }))
        };
        match &node.kind {
            NodeKind::Trigger(_) => Some(Work::Trigger),
            NodeKind::Parallel(parallel) => Some(Work::Parallel { limit: parallel.limit }),
            NodeKind::Condition(condition) => {
                self.expression(config.child("when"), &condition.when).map(Work::Condition)
            }
            NodeKind::Switch(switch) => {
                let cases: Vec<_> = switch
                    .cases
                    .iter()
                    .enumerate()
                    .map(|(at, case)| {
                        let when = config.child("cases").child(at).child("when");
                        Some((case.name.to_string(), self.expression(when, &case.when)?))
                    })
                    .collect();
                cases.into_iter().collect::<Option<_>>().map(Work::Switch)
            }
            NodeKind::Transform(transform) => {
                self.value(&config.child("value"), &transform.value).map(Work::Transform)
            }
            NodeKind::Delay(delay) => self
                .wait(&config, delay.duration.as_deref(), delay.until.as_deref())
                .map(Work::Delay),
            NodeKind::Approval(approval) => {
                let title = self.template(config.child("title"), &approval.title);
                let detail = self.optional_value(&config.child("detail"), approval.detail.as_ref());
                let deciders = self.deciders(&config.child("deciders"), approval);
                Some(Work::Approval(Box::new(Question {
                    title: title?,
                    detail: detail.ok()?,
                    form: approval.form.clone(),
                    deciders: deciders?,
                    deadline: approval.deadline,
                    on_deadline: approval.on_deadline,
                })))
            }
            NodeKind::Agent(agent) => {
                let kind = self.agent(
                    &config,
                    &agent.agent,
                    Some(&agent.task),
                    agent.output_schema.clone(),
                );
                job(kind, input).map(Work::Job)
            }
            NodeKind::Tool(tool) => {
                let hosts = self.hosts(&config.child("hosts"), tool.hosts.as_deref());
                let name = tool.tool.clone();
                job(hosts.map(|hosts| JobKind::Tool { name, hosts }), input).map(Work::Job)
            }
            NodeKind::Pipeline(child) => {
                job(Some(JobKind::Pipeline { name: child.pipeline.clone() }), input).map(Work::Job)
            }
            NodeKind::Map(map) => {
                let over = self.expression(config.child("over"), &map.over);
                let job = job(self.map_job(&config, map), input);
                let (limit, on_item_error) = (map.limit, map.on_item_error);
                Some(Work::Map { over: over?, limit, job: job?, on_item_error })
            }
            NodeKind::Action(ActionConfig::StartPipeline(start)) => {
                let name = start.pipeline.clone();
                job(Some(JobKind::StartPipeline { name }), input).map(Work::Job)
            }
            NodeKind::Action(ActionConfig::EmitEvent(emit)) => {
                let subject = self.template(config.child("subject"), &emit.subject);
                if !is_subject(&emit.subject) && subject.as_ref().is_some_and(Template::is_plain) {
                    let message = "a subject is words of a-z, 0-9 and _ joined by dots";
                    self.fault(config.child("subject"), "invalid_subject", message);
                }
                let data = self.optional_value(&config.child("data"), emit.data.as_ref());
                Some(Work::EmitEvent { subject: subject?, data: data.ok()? })
            }
            NodeKind::Action(ActionConfig::Notify(notify)) => {
                let title = self.template(config.child("title"), &notify.title);
                let text = self.template(config.child("text"), &notify.text);
                let data = self.optional_value(&config.child("data"), notify.data.as_ref());
                job(
                    Some(JobKind::Notify {
                        channel: notify.channel.clone(),
                        title: title?,
                        text: text?,
                        data: data.ok()?,
                    }),
                    input,
                )
                .map(Work::Job)
            }
            NodeKind::Action(ActionConfig::Http(http)) => {
                self.secrets_allowed = true;
                let kind = self.http(&config, http).map(JobKind::Http);
                self.secrets_allowed = false;
                job(kind, input).map(Work::Job)
            }
        }
    }

    /// Whether they are users is not asked: those may come and go while the definition stays.
    fn deciders(&mut self, place: &Pointer, approval: &ApprovalConfig) -> Option<Vec<Decider>> {
        let named = approval.deciders.iter().flatten().enumerate();
        let read = named.map(|(at, text)| {
            let decider = text.parse::<Decider>();
            decider.map_err(|fault| self.fault(place.child(at), fault.code(), fault.to_string()))
        });
        // All are read, so that every fault is told.
        read.collect::<Vec<_>>().into_iter().collect::<Result<_, _>>().ok()
    }

    /// The node's own list of hosts, if it has one.
    fn hosts(&mut self, place: &Pointer, texts: Option<&[String]>) -> Option<Vec<HostList>> {
        let hosts = texts.map(|texts| HostList::read_hosts(place, texts)).transpose();
        let read = hosts.map_err(|faults| {
            for fault in faults {
                self.fault(fault.pointer, &fault.code, fault.message);
            }
        });
        let list = read.ok()?.map(|hosts| HostList::new(ListOwner::Tool, hosts));
        Some(list.into_iter().collect())
    }

    fn agent(
        &mut self,
        config: &Pointer,
        name: &str,
        task: Option<&String>,
        output_schema: Option<Value>,
    ) -> Option<JobKind> {
        let Some(task) = task else {
            self.fault(config.clone(), "missing_key", "`task` is missing: what the agent shall do");
            return None;
        };
        let task = self.template(config.child("task"), task)?;
        Some(JobKind::Agent { name: name.to_owned(), task, output_schema })
    }

    fn map_job(&mut self, config: &Pointer, map: &MapConfig) -> Option<JobKind> {
        if map.agent.is_none() {
            let given =
                [("task", map.task.is_some()), ("output_schema", map.output_schema.is_some())];
            for (key, _) in given.iter().filter(|(_, given)| *given) {
                self.fault(
                    config.child(key),
                    "field_not_used",
                    format!("only an agent takes `{key}`"),
                );
            }
        }
        match (&map.agent, &map.pipeline, &map.tool) {
            (Some(name), None, None) => {
                self.item_allowed = true;
                let kind = self.agent(config, name, map.task.as_ref(), map.output_schema.clone());
                self.item_allowed = false;
                kind
            }
            (None, Some(name), None) => Some(JobKind::Pipeline { name: name.clone() }),
            (None, None, Some(name)) => {
                Some(JobKind::Tool { name: name.clone(), hosts: Vec::new() })
            }
            _ => {
                let message = "a map has exactly one of `agent`, `pipeline` and `tool`";
                self.fault(config.clone(), "exactly_one", message);
                None
            }
        }
    }

    fn wait(
        &mut self,
        config: &Pointer,
        duration: Option<&str>,
        until: Option<&str>,
    ) -> Option<Wait> {
        match (duration, until) {
            (Some(source), None) => {
                let pointer = config.child("for");
                let template = self.template(pointer.clone(), source)?;
                if template.is_plain()
                    && let Err(message) = parse_wait(source)
                {
                    self.fault(pointer, "invalid_duration", message);
                }
                Some(Wait::For(template))
            }
            (None, Some(source)) => {
                let pointer = config.child("until");
                let template = self.template(pointer.clone(), source)?;
                if template.is_plain() && Timestamp::parse_rfc3339(source).is_none() {
                    let message = "a time is written as in RFC 3339: `2026-11-01T09:00:00+01:00`";
                    self.fault(pointer, "invalid_time", message);
                }
                Some(Wait::Until(template))
            }
            _ => {
                let message = "a delay has exactly one of `for` and `until`";
                self.fault(config.clone(), "exactly_one", message);
                None
            }
        }
    }
}

/// A wait within the longest time that a run may last.
pub(crate) fn parse_wait(text: &str) -> Result<Duration, String> {
    let wait: Duration = text.parse().map_err(|error| format!("{error}"))?;
    if wait > MAX_TIMEOUT {
        return Err(format!("a wait is at most {MAX_TIMEOUT}"));
    }
    Ok(wait)
}

/// Whether `text` is a subject: words joined by dots.
pub(crate) fn is_subject(text: &str) -> bool {
    const MAX_SUBJECT: usize = 200;
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.len() <= MAX_SUBJECT && text.split('.').all(is_word)
}
