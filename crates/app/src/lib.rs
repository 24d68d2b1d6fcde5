//! Use cases: permission, rule, one transaction; the only writer of business state from outside.
//!
//! A use case takes a [`Caller`] and a command, requires a permission, decides by the rules, changes
//! the store in one transaction, and then gives hints to whoever may act on it. It knows nothing of
//! HTTP, nor of SQL; its refusals are one closed [`Error`].
//!
//! The use cases, by group (`app.runs().start(&caller, command).await`); each answers a [`Result`]:
//!
//! ```text
//! identity   set_up(SetUp) -> SignedIn · sign_in(SignIn) -> SignedIn · sign_out(&Caller)
//!            authenticate(&str, Option<ProjectId>) -> Caller · me(&Caller) -> Me
//!            setup_link() -> Option<SecretString> · bootstrap(email, password) -> Option<User>
//!            local_owner() -> Caller · acting(Actor, Option<ApiKeyId>, ProjectId) -> Caller
//!            rename(&Caller, name) -> Me · accept(Accept) -> SignedIn
//!            reset_password(ResetPassword) -> SignedIn
//!            change_password(&Caller, ChangePassword) -> SignedIn · remove_expired() -> bool
//! sessions   list(&Caller, PageRequest) -> Page<Session> · list_of(&Caller, UserId, PageRequest)
//!            revoke(&Caller, SessionId) · revoke_others(&Caller) -> u64
//!            revoke_of(&Caller, UserId, SessionId) · revoke_all_of(&Caller, UserId) -> u64
//! api_keys   create(&Caller, CreateKey) -> CreatedKey · create_for(&Caller, UserId, CreateKey)
//!            list(&Caller, PageRequest) -> Page<ApiKey> · list_of(&Caller, UserId, PageRequest)
//!            revoke(&Caller, ApiKeyId)
//! users      create(&Caller, CreateUser) -> User · list(&Caller, PageRequest) -> Page<User> · get
//!            update(&Caller, UserId, UpdateUser, version) -> User · deactivate(&Caller, UserId) -> User
//!            password_link(&Caller, UserId) -> PasswordLink · set_password(&Caller, UserId, password)
//! invitations create(&Caller, Invite) -> Invited · list(&Caller, PageRequest) -> Page<Invitation>
//!            delete(&Caller, InvitationId)
//! projects   create(&Caller, name, key) -> Project · list(&Caller, PageRequest) -> Page<Project> · get
//!            rename(&Caller, ProjectId, name, version) -> Project · close(&Caller, ProjectId)
//!            members(&Caller, ProjectId, PageRequest) -> Page<Member> · put_member(&Caller, PutMember)
//!            delete_member(&Caller, ProjectId, UserId)
//! secrets    put(&Caller, PutSecret) -> SecretInfo · list(&Caller, PageRequest) -> Page<SecretInfo>
//!            delete(&Caller, name)
//! providers  create(&Caller, ProviderSpec) -> Provider · get(&Caller, name) · list -> Page<Provider>
//!            update(&Caller, name, ProviderSpec, version) · delete(&Caller, name)
//!            test(&Caller, name) -> ProviderReport · models(&Caller, name) -> Vec<ModelInfo>
//!            model_ref(&Caller, text) -> ModelRef · adapter(ProjectId, name) · kinds(ProjectId)
//!            adapters(&Caller) -> Vec<Adapter>
//! channels   create(&Caller, ChannelSpec, key) -> Channel · get(&Caller, ChannelId) · list -> Page<Channel>
//!            update(&Caller, ChannelId, ChannelSpec, version) · delete(&Caller, ChannelId)
//!            test(&Caller, ChannelId) -> ChannelReport · notify(&Caller, &Notice, (EffectId, RunId), timeout)
//! webhooks   create(&Caller, WebhookSpec) -> WebhookSecret · get(&Caller, WebhookId) · list -> Page<Webhook>
//!            update(&Caller, WebhookId, WebhookSpec, version) · delete(&Caller, WebhookId)
//!            rotate(&Caller, WebhookId, overlap) -> WebhookSecret · test(&Caller, WebhookId) -> Delivery
//!            deliveries(&Caller, WebhookId, PageRequest) -> Page<Delivery>
//!            redeliver(&Caller, WebhookId, DeliveryId) -> Delivery
//! agents     create(&Caller, Value) -> Agent · get(&Caller, AgentId) · list -> Page<Agent>
//!            update(&Caller, AgentId, Value, version) · delete(&Caller, AgentId)
//!            versions(&Caller, AgentId, PageRequest) · version(&Caller, AgentVersionId)
//!            preview(&Caller, AgentId, text) -> Preview
//! pipelines  create(&Caller, Source) -> Pipeline · get · list -> Page<PipelineSummary>
//!            update(&Caller, PipelineId, Source, version) · delete · validate(&Caller, Source) -> Validation
//!            versions(&Caller, PipelineId, PageRequest) · version(&Caller, PipelineVersionId)
//! runs       start(&Caller, StartRun) -> Started · get(&Caller, RunId) -> Run
//!            list(&Caller, RunFilter, PageRequest) -> Page<RunSummary>
//!            journal(&Caller, RunId, PageRequest) -> Page<JournalEntry> · nodes(&Caller, RunId) -> RunNodes
//!            wait(&Caller, RunId, Duration) -> Run · cancel(&Caller, RunId, reason) -> RunSummary
//!            signal(&Caller, RunId, SendSignal) · settle(&Caller, RunId, Settle)
//!            retry(&Caller, RunId, idempotency key) -> Started · usage(&Caller, from, to) -> RunsUsage
//!            unknown_outcomes(&Caller, PageRequest) -> Page<UnknownOutcome>
//!            unknown_outcomes_of(&Caller, Option<RunId>, PageRequest) -> Page<UnknownOutcome>
//! approvals  list(&Caller, ApprovalStatus, PageRequest) -> Page<Approval> · of_run(&Caller, RunId)
//!            get(&Caller, ApprovalId) · decide(&Caller, ApprovalId, Decide) -> Approval
//! threads    open(&Caller, AgentId, title) -> Thread · get · list(&Caller, Option<AgentId>, PageRequest)
//!            post(&Caller, ThreadId, PostMessage) -> Message
//!            messages(&Caller, ThreadId, PageRequest) -> Page<Message>
//! tools      list(&Caller) -> Vec<ToolSpec> · get(&Caller, name) -> ToolSpec
//!            invoke(&Caller, InvokeTool) -> Invoked
//! artifacts  list(&Caller, Option<RunId>, PageRequest) -> Page<Artifact> · get(&Caller, ArtifactId)
//!            download(&Caller, ArtifactId) -> (Artifact, Vec<u8>)
//! events     subscribe(&Caller, after: Option<i64>, EventFilter) -> Subscription
//!            (Subscription::next() -> Delivery · resume_after() -> i64)
//!            Follower::new(&App, Follows).run(shutdown): acts on events, once over all instances
//! audit      list(&Caller, AuditFilter, PageRequest) -> Page<AuditEntry> · key_id(&Caller) -> String
//!            verify(&Caller, Trust) -> AuditReport · export(&Caller, ExportRange) -> AuditExport
//!            refused(Refused) · settle()
//! search     names(&Caller, text, limit) -> Vec<Found>
//! system     info(&Caller) -> Info · health() -> Health · instances(&Caller) -> Vec<Instance>
//!            breakers(&Caller) -> Vec<Breaker>
//! ```

mod app;

mod caller;
mod error;
mod page;

mod admission;
mod courier;
mod randomness;

mod idempotency;
mod project_hosts;
mod quotas;
mod store_error;
mod store_page;

pub mod identity;
pub mod projects;

pub mod channels;
pub mod providers;
pub mod secrets;

pub mod agents;
pub mod definitions;
pub mod pipelines;

pub mod approvals;
pub mod runs;
pub mod schedules;
pub mod threads;

pub mod artifacts;
pub mod tools;

pub mod hooks;
pub mod starting;
pub mod triggers;

pub mod audit;
pub mod events;
pub mod search;
pub mod signatures;
pub mod stores;
pub mod system;
pub mod webhooks;

#[cfg(fuzzing)]
pub mod fuzzing;

pub use app::{App, Parts};

pub use admission::{Admission, AdmittedRun, NoWorker, Permit};
pub use caller::{Caller, Credential, NoProject, Origin, Scopes};
pub use courier::{Courier, Letter, Post, Posted};
pub use error::{Conflict, ERROR_CODES, Error, Internal, Result, Unauthenticated};
pub use page::{Page, PageRequest};
pub use project_hosts::ProjectHosts;
pub use quotas::{Quotas, Used};
pub use randomness::Randomness;
