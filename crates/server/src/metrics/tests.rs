//! That what is declared is what is written, and what is counted lands where it belongs.

use std::{collections::BTreeSet, time::Duration};

use gathering_api::{Observer as _, RequestSeen};
use gathering_domain::{Cost, EffectKind, MicroUsd, RunStatus, TokenUsage, Usage, Waiting};
use gathering_storage::{Flushed, LogObserver as _, RunsChanged};
use gathering_worker::{AttemptSeen, ModelCallSeen, Observer as _};

use super::*;

fn names(text: &str, line: &str) -> BTreeSet<String> {
    let named = text.lines().filter_map(|text| text.strip_prefix(line)?.split(' ').next());
    named.map(str::to_owned).collect()
}

/// Something of each kind was told.
fn told() -> Metrics {
    let metrics = Metrics::new(Timestamp::from_micros(1_500_000));
    let took = Duration::from_millis(3);
    let request = RequestSeen {
        route: "/api/v1/auth/login",
        method: "POST",
        status: Some(http::StatusCode::UNAUTHORIZED),
        code: Some("wrong_credentials"),
        took,
    };
    metrics.began(&tracing::Span::none(), None);
    metrics.began(&tracing::Span::none(), None);
    metrics.ended(&request);
    metrics.stream_opened();
    let attempt =
        AttemptSeen { performer: "tool", kind: EffectKind::Unsafe, outcome: "unknown", took };
    metrics.effect(&attempt);
    let tokens = TokenUsage { input: 7, output: 2, ..TokenUsage::default() };
    let cost = Cost { known: MicroUsd(1_500_000), unpriced_calls: 1 };
    let usage = Usage { tokens, cost, model_calls: 2, tool_calls: 0 };
    for provider in ["openai", "whatever-it-says"] {
        metrics.model_call(&ModelCallSeen { provider, answered: true, usage, took });
    }
    metrics.removed("run", 4);
    metrics.reconciled(Timestamp::from_micros(9_500_000));
    let changed = RunsChanged {
        started: 2,
        ended: vec![RunStatus::Failed],
        parked: vec![Waiting::Approval, Waiting::Approval],
    };
    metrics.flushed(&Flushed { appends: 3, bytes: 2_000, took, result: Ok(changed) });
    metrics.flushed(&Flushed { appends: 1, bytes: 10, took, result: Err("lost") });
    metrics
}

#[test]
fn every_declared_figure_is_written_and_no_other() {
    let metrics = told();
    metrics.breakers.get_or_create(&labels(&declared::BREAKERS, ["open"])).set(1);
    metrics.log_behind.get_or_create(&labels(&declared::LOG_BEHIND, ["webhooks"])).set(7);
    metrics.certificate_ends(Some(Timestamp::from_micros(2_500_000)));
    let text = metrics.text();
    let declared: BTreeSet<String> =
        declared::ALL.iter().map(|declared| declared.name.to_owned()).collect();
    let written = names(&text, "# TYPE ");
    assert_eq!(written, declared, "{text}");
    for declared in declared::ALL {
        let kind = format!("# TYPE {} {}\n", declared.name, declared.kind.word());
        assert!(text.contains(&kind), "{kind} {text}");
        assert!(declared.help.ends_with('.'), "{}", declared.name);
        if let Some(unit) = declared.unit {
            assert!(declared.name.ends_with(unit), "{}", declared.name);
        }
        assert!(page().contains(&format!("| `{}` |", declared.scraped())), "{}", declared.name);
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(text.contains("process_start_time_seconds 1.5\n"), "{text}");
    assert!(text.contains("gathering_tls_certificate_expiry_seconds 2\n"), "{text}");
    metrics.certificate_ends(None);
    assert!(!metrics.text().contains("certificate"), "there is none");
}

#[test]
fn the_kernel_tells_of_the_process() {
    let text = Metrics::new(Timestamp::from_micros(0)).text();
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_max_fds"] {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        assert!(value.is_some_and(|value| value.parse::<f64>().unwrap() > 0.0), "{name}: {text}");
    }
    assert!(text.contains("\nprocess_cpu_seconds_total "), "{text}");
}

#[test]
fn what_is_told_is_counted() {
    let text = told().text();
    for line in [
        "gathering_http_request_duration_seconds_count{route=\"/api/v1/auth/login\",method=\"POST\",status=\"4xx\"} 1",
        "gathering_http_requests_in_flight 1",
        "gathering_http_problems_total{route=\"/api/v1/auth/login\",code=\"wrong_credentials\"} 1",
        "gathering_sign_ins_total{outcome=\"wrong_credentials\"} 1",
        "gathering_http_streams 1",
        "gathering_effect_duration_seconds_count{performer=\"tool\",kind=\"unsafe\",outcome=\"unknown\"} 1",
        "gathering_tool_calls_total{outcome=\"unknown\"} 1",
        "gathering_model_tokens_total{provider=\"openai\",direction=\"input\"} 7",
        "gathering_model_cost_usd_total{provider=\"openai\"} 1.5",
        "gathering_model_tokens_total{provider=\"other\",direction=\"output\"} 2",
        "gathering_runs_started_total 2",
        "gathering_runs_ended_total{status=\"failed\"} 1",
        "gathering_run_waits_total{for=\"approval\"} 2",
        "gathering_log_flush_appends_sum 3.0",
        "gathering_log_flush_duration_seconds_count{outcome=\"failed\"} 1",
        "gathering_store_errors_total{error=\"lost\"} 1",
        "gathering_retention_removed_total{kind=\"run\"} 4",
        "gathering_retention_last_success_seconds 9",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}\n{text}");
    }
    assert!(!text.contains("whatever-it-says"));
}
