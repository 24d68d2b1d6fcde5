//! The schedules of the test: every kind of timing, with every policy, starting pipelines and requests.

use gathering_domain::{Duration, Timestamp};
use serde_json::{Value, json};

use crate::{chaos::history::now, server::Api};

/// Ends at once.
const QUICK: &str = "
name: quick
nodes:
  - { id: start, type: trigger }
  - { id: answer, type: transform, config: { value: '{{ input.slot }}' } }
edges: [{ from: start, to: answer }]
";

/// Takes longer than it is until the next slot.
const SLOW: &str = "
name: slow
nodes:
  - { id: start, type: trigger }
  - { id: rest, type: delay, config: { for: 1300ms } }
edges: [{ from: start, to: rest }]
";

/// Fails each time.
const BROKEN: &str = "
name: broken
nodes:
  - { id: start, type: trigger }
  - { id: answer, type: transform, config: { value: '{{ input.absent.member }}' } }
edges: [{ from: start, to: answer }]
";

/// How many schedules go on for ever: each timing with each overlap and each misfire.
const ENDLESS: usize = 30;
/// How many slots those have in a hundred seconds: 6 of each timing.
pub(crate) const SLOTS_IN_100_SECONDS: u64 = 6 * (100 + 50 + 100 + 50 + 33);

/// A schedule that is to be made.
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) document: Value,
    /// Where at the target its fires arrive, if it starts requests.
    pub(crate) path: Option<String>,
    /// Whether its timing may be changed; it may always be paused.
    pub(crate) may_change: bool,
}

/// All of them.
pub(crate) async fn wanted(owner: &Api, target: &str) -> Vec<Wanted> {
    let quick = owner.create_pipeline(QUICK).await;
    let slow = owner.create_pipeline(SLOW).await;
    let broken = owner.create_pipeline(BROKEN).await;
    let started = |pipeline: &str| json!({ "type": "pipeline", "pipeline_id": pipeline });
    let mut all = Vec::new();
    for nth in 0..ENDLESS {
        let name = format!("endless-{nth}");
        let overlap = ["allow", "skip", "queue", "allow", "cancel_previous"][nth / 5 % 5];
        let misfires = [
            json!({ "type": "skip" }),
            json!({ "type": "fire_once" }),
            json!({ "type": "fire_all", "within": "1h" }),
        ];
        let jitter = if nth % 4 == 1 { "400ms" } else { "0s" };
        let policy = json!({ "overlap": overlap, "misfire": misfires[nth % 3], "jitter": jitter });
        let path = (overlap == "allow" && nth % 2 == 0).then(|| format!("/fire/{name}"));
        let action = match (&path, overlap) {
            (Some(path), _) => request(target, path),
            (None, "allow") => started(&quick),
            (None, _) => started(&slow),
        };
        let document =
            json!({ "name": name, "timing": timing(nth), "policy": policy, "action": action });
        all.push(Wanted { name, document, path, may_change: true });
    }
    let begin = now();
    let after = |seconds| (begin + Duration::from_secs(seconds)).to_rfc3339();
    let every_second = json!({ "type": "interval", "every": "1s" });
    let few = [
        ("once-early", json!({ "type": "once", "at": after(6) }), json!({})),
        ("once-late", json!({ "type": "once", "at": after(17) }), json!({})),
        ("five-fires", every_second.clone(), json!({ "overlap": "allow", "max_fires": 5 })),
        (
            "twenty-fires",
            every_second.clone(),
            json!({ "misfire": { "type": "skip" }, "max_fires": 20 }),
        ),
        (
            "bounded",
            every_second.clone(),
            json!({ "start": after(4), "end": after(19), "overlap": "queue" }),
        ),
    ];
    for (name, timing, policy) in few {
        let path = Some(format!("/fire/{name}"));
        let action = request(target, path.as_deref().unwrap());
        let document =
            json!({ "name": name, "timing": timing, "policy": policy, "action": action });
        all.push(Wanted { name: name.to_owned(), document, path, may_change: false });
    }
    let retry = json!({ "attempts": 3, "first_delay": "500ms", "factor": 1.0 });
    let document = json!({ "name": "broken", "timing": { "type": "interval", "every": "4s" },
        "policy": { "retry": retry }, "action": started(&broken) });
    all.push(Wanted { name: "broken".to_owned(), document, path: None, may_change: false });
    all
}

/// A timing, by its number.
pub(crate) fn timing(nth: usize) -> Value {
    let anchor = Timestamp::from_micros(1_700_000_000_250_000).to_rfc3339();
    match nth % 5 {
        0 => json!({ "type": "interval", "every": "1s" }),
        1 => json!({ "type": "interval", "every": "2s", "anchor": anchor }),
        2 => json!({ "type": "cron", "expression": "* * * * * *", "zone": "Europe/Paris" }),
        3 => json!({ "type": "cron", "expression": "*/2 * * * * *", "zone": "America/New_York" }),
        _ => json!({ "type": "cron", "expression": "1-59/3 * * * * *" }),
    }
}

/// A request that may be repeated under its key.
fn request(target: &str, path: &str) -> Value {
    let config = json!({ "kind": "http", "method": "POST", "idempotency_header": "Idempotency-Key",
        "url": format!("{target}{path}/{{{{ input.slot }}}}") });
    json!({ "type": "action", "config": config,
        "retry": { "attempts": 20, "first_delay": "50ms" } })
}
