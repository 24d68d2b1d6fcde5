//! Everything that is served, put together.

use axum::{Router, middleware, routing::get};
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiState, Options, agents, answer, api_keys, approvals, artifacts, audit, auth, channels,
    client, cors, docs, events, guard, health, home, hooks, host, invitations, limits, metrics,
    node_types, openapi::Described, pace, pages, panics, pipelines, projects, providers, refusals,
    runs, schedules, search, secrets, state::Edge, system, threads, tools, triggers, users,
    webhooks,
};

/// Everything that is served, within these bounds.
pub fn router(state: ApiState, options: Options) -> Router {
    let edge = Edge::new(state, options);
    let (api, _) = described().split_for_parts();
    let guarded = api.route_layer(middleware::from_fn_with_state(edge.clone(), guard::guard));
    let guarded = guarded.route_layer(middleware::from_fn_with_state(edge.clone(), refusals::tell));
    guarded
        .route("/", get(pages::first))
        .route("/style.css", get(home::style))
        .route(metrics::PATH, get(metrics::read_here))
        .merge(docs::router())
        .route_layer(middleware::from_fn(answer::name_route))
        .fallback(pages::other)
        .method_not_allowed_fallback(answer::method_not_allowed)
        .layer(middleware::from_fn_with_state(edge.clone(), limits::limits))
        .layer(CatchPanicLayer::custom(panics::caught))
        .layer(option_layer(cors::layer(&edge.state.site)))
        .layer(middleware::from_fn_with_state(edge.clone(), host::check))
        .layer(middleware::from_fn_with_state(edge.clone(), answer::answer))
        .layer(middleware::from_fn_with_state(edge.clone(), client::identify))
        .layer(middleware::from_fn(pace::keep))
        .with_state(edge)
}

/// The routes of the API with their descriptions.
pub(crate) fn described() -> OpenApiRouter<Edge> {
    OpenApiRouter::with_openapi(Described::openapi())
        .merge(of_the_server())
        .merge(of_definitions())
        .merge(of_work())
        .merge(of_starts())
}

fn of_the_server() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(auth::setup))
        .routes(routes!(auth::login))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me, auth::update_me))
        .routes(routes!(auth::accept))
        .routes(routes!(auth::reset_password))
        .routes(routes!(users::list_users))
        .routes(routes!(users::get_user, users::update_user))
        .routes(routes!(users::create_password_link))
        .routes(routes!(invitations::list_invitations, invitations::create_invitation))
        .routes(routes!(invitations::delete_invitation))
        .routes(routes!(projects::list_projects, projects::create_project))
        .routes(routes!(projects::get_project, projects::update_project, projects::close_project))
        .routes(routes!(projects::list_members))
        .routes(routes!(projects::put_member, projects::delete_member))
        .routes(routes!(auth::change_password))
        .routes(routes!(auth::list_sessions, auth::revoke_other_sessions))
        .routes(routes!(auth::revoke_session))
        .routes(routes!(auth::list_user_sessions, auth::revoke_user_sessions))
        .routes(routes!(auth::revoke_user_session))
        .routes(routes!(api_keys::list_api_keys, api_keys::create_api_key))
        .routes(routes!(api_keys::revoke_api_key))
        .routes(routes!(api_keys::list_user_api_keys))
        .routes(routes!(audit::list_audit))
        .routes(routes!(audit::verify_audit))
        .routes(routes!(audit::export_audit))
        .routes(routes!(system::get_system_info))
        .routes(routes!(system::list_instances))
        .routes(routes!(system::list_breakers))
        .routes(routes!(events::stream_events))
        .routes(routes!(events::open_socket))
}

fn of_definitions() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(providers::list_providers, providers::create_provider))
        .routes(routes!(
            providers::get_provider,
            providers::update_provider,
            providers::delete_provider
        ))
        .routes(routes!(providers::list_provider_kinds))
        .routes(routes!(providers::test_provider))
        .routes(routes!(providers::list_provider_models))
        .routes(routes!(channels::list_channels, channels::create_channel))
        .routes(routes!(channels::get_channel, channels::update_channel, channels::delete_channel))
        .routes(routes!(channels::test_channel))
        .routes(routes!(webhooks::list_webhooks, webhooks::create_webhook))
        .routes(routes!(webhooks::get_webhook, webhooks::update_webhook, webhooks::delete_webhook))
        .routes(routes!(webhooks::rotate_webhook))
        .routes(routes!(webhooks::test_webhook))
        .routes(routes!(webhooks::list_deliveries))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(secrets::list_secrets))
        .routes(routes!(secrets::put_secret, secrets::delete_secret))
        .routes(routes!(agents::list_agents, agents::create_agent))
        .routes(routes!(
            agents::get_agent,
            agents::replace_agent,
            agents::update_agent,
            agents::delete_agent
        ))
        .routes(routes!(agents::list_agent_versions))
        .routes(routes!(agents::get_agent_version))
        .routes(routes!(agents::preview_agent))
        .routes(routes!(search::search))
        .routes(routes!(node_types::list_node_types))
        .routes(routes!(pipelines::list_pipelines, pipelines::create_pipeline))
        .routes(routes!(pipelines::validate_pipeline))
        .routes(routes!(
            pipelines::get_pipeline,
            pipelines::replace_pipeline,
            pipelines::update_pipeline,
            pipelines::delete_pipeline
        ))
        .routes(routes!(pipelines::export_pipeline))
        .routes(routes!(pipelines::list_pipeline_versions))
        .routes(routes!(pipelines::get_pipeline_version))
        .routes(routes!(tools::list_tools))
        .routes(routes!(tools::get_tool))
        .routes(routes!(tools::invoke_tool))
}

/// What starts work by itself.
fn of_starts() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(hooks::list_hooks, hooks::create_hook))
        .routes(routes!(hooks::get_hook, hooks::update_hook, hooks::delete_hook))
        .routes(routes!(hooks::pause_hook))
        .routes(routes!(hooks::resume_hook))
        .routes(routes!(hooks::rotate_hook))
        .routes(routes!(hooks::list_hook_deliveries))
        .routes(routes!(hooks::call_hook))
        .routes(routes!(triggers::list_triggers, triggers::create_trigger))
        .routes(routes!(triggers::get_trigger, triggers::update_trigger, triggers::delete_trigger))
        .routes(routes!(triggers::pause_trigger))
        .routes(routes!(triggers::resume_trigger))
        .routes(routes!(triggers::list_trigger_firings))
        .routes(routes!(schedules::list_schedules, schedules::create_schedule))
        .routes(routes!(schedules::preview_timing))
        .routes(routes!(
            schedules::get_schedule,
            schedules::update_schedule,
            schedules::delete_schedule
        ))
        .routes(routes!(schedules::pause_schedule))
        .routes(routes!(schedules::resume_schedule))
        .routes(routes!(schedules::trigger_schedule))
        .routes(routes!(schedules::preview_schedule))
        .routes(routes!(schedules::list_fires))
}

fn of_work() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(pipelines::start_pipeline_run))
        .routes(routes!(runs::list_runs, runs::start_run))
        .routes(routes!(runs::get_usage))
        .routes(routes!(runs::get_run))
        .routes(routes!(runs::get_run_nodes))
        .routes(routes!(runs::get_run_node))
        .routes(routes!(runs::get_run_journal))
        .routes(routes!(runs::stream_run_events))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(runs::retry_run))
        .routes(routes!(runs::raise_run_budget))
        .routes(routes!(runs::signal_run))
        .routes(routes!(runs::settle_effect))
        .routes(routes!(runs::list_unknown_outcomes))
        .routes(routes!(approvals::list_approvals))
        .routes(routes!(approvals::get_approval))
        .routes(routes!(approvals::decide_approval))
        .routes(routes!(approvals::list_run_approvals))
        .routes(routes!(threads::list_threads))
        .routes(routes!(threads::list_agent_threads, threads::open_thread))
        .routes(routes!(threads::get_thread))
        .routes(routes!(threads::list_messages, threads::post_message))
        .routes(routes!(artifacts::list_artifacts))
        .routes(routes!(artifacts::get_artifact))
        .routes(routes!(artifacts::download_artifact))
}
