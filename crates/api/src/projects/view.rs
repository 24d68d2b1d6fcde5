//! Projects and their members, as clients write and read them.

use gathering_app::{
    Quotas, Used,
    projects::{EgressHosts, Member, Project, QuotaChange, QuotaChanges},
};
use gathering_domain::{ProjectId, Role, UserId};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::views::{RoleWord, Time};

/// What a project is called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectBody {
    /// Its name: 1 to 120 characters.
    #[schema(example = "Research")]
    pub(super) name: String,
}

/// What is changed of a project; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateProjectBody {
    /// Its name: 1 to 120 characters.
    #[schema(example = "Research")]
    pub(super) name: Option<String>,
    /// The only hosts that its tools and `http` actions may reach; none, if the list is empty. `null` takes
    /// the list away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>, max_items = 100,
        example = json!(["*.example.com", "api.example.org:8443"]))]
    pub(super) egress_hosts: Option<EgressHosts>,
    /// What it may use at most.
    #[serde(default, deserialize_with = "some")]
    #[schema(nullable = false)]
    pub(super) quotas: Option<QuotasBody>,
}

/// Quotas that are changed; what is absent stays, and `null` takes the bound away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotasBody {
    /// Runs that are started on one day (UTC), by whomever. Those that another run starts count with that.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<u64>, maximum = 1_000_000_000, example = 5_000)]
    runs_per_day: QuotaChange,
    /// Bytes of the project's artifacts.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<u64>, maximum = 1_000_000_000_000_000_u64, example = 10_000_000_000_u64)]
    artifact_bytes: QuotaChange,
}

/// Reads what may be absent, and is not `null`.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<QuotasBody>, D::Error> {
    QuotasBody::deserialize(deserializer).map(Some)
}

/// Reads a bound that may be taken away: `null` is something else than to be absent.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<QuotaChange, D::Error> {
    let most = Option::<u64>::deserialize(deserializer)?;
    Ok(most.map_or(QuotaChange::Any, QuotaChange::Most))
}

impl From<QuotasBody> for QuotaChanges {
    fn from(body: QuotasBody) -> Self {
        let QuotasBody { runs_per_day, artifact_bytes } = body;
        Self { runs_per_day, artifact_bytes }
    }
}

/// Reads a list that may be taken away: `null` is something else than to be absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EgressHosts>, D::Error> {
    let hosts = Option::<Vec<String>>::deserialize(deserializer)?;
    Ok(Some(hosts.map_or(EgressHosts::Any, EgressHosts::Only)))
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub(crate) struct ProjectView {
    /// Its id: what the header `Gathering-Project` names.
    #[schema(value_type = String, example = "prj_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: ProjectId,
    /// Its name.
    #[schema(example = "Research")]
    name: String,
    /// What the caller may do there; nothing in one that is closed.
    role: Option<RoleWord>,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// When it was made.
    created_at: Time,
    /// When it was closed, if it was.
    closed_at: Option<Time>,
    /// The only hosts that its tools and `http` actions may reach; `null` where it does not narrow them.
    #[schema(example = json!(["*.example.com", "api.example.org:8443"]))]
    egress_hosts: Option<Vec<String>>,
    /// What it may use at most.
    quotas: QuotasView,
    /// What it has used; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    used: Option<UsedView>,
}

/// What a project may use at most; `null` is no bound.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quotas)]
pub(crate) struct QuotasView {
    /// Runs that are started on one day (UTC).
    #[schema(example = 5_000)]
    runs_per_day: Option<u64>,
    /// Bytes of its artifacts.
    artifact_bytes: Option<u64>,
}

/// What a project has used of its quotas.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotaUse)]
pub(crate) struct UsedView {
    /// Runs that were started today (UTC); `null` where they are not counted, because there is no quota.
    runs_today: Option<u64>,
    /// Bytes of its artifacts.
    artifact_bytes: u64,
}

/// What a member may do in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MemberRole)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberRoleWord {
    /// Builds and runs.
    Member,
    /// Looks.
    Viewer,
}

/// What a member is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutMemberBody {
    /// Their role in the project.
    pub(super) role: MemberRoleWord,
}

/// A member of a project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberView {
    /// The user.
    #[schema(value_type = String, example = "usr_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    user_id: UserId,
    /// Their address.
    #[schema(example = "grace@example.com")]
    email: String,
    /// What they are called.
    name: String,
    /// Whether they may sign in.
    active: bool,
    /// Their role in the project; never more than their role on the server.
    role: MemberRoleWord,
    /// Since when they are a member.
    created_at: Time,
    /// Since when in this role.
    updated_at: Time,
}

impl From<Project> for ProjectView {
    fn from(project: Project) -> Self {
        let Project { id, name, role, version, created_at, closed_at, egress_hosts, quotas } =
            project;
        let Quotas { runs_per_day, artifact_bytes } = quotas;
        let quotas = QuotasView { runs_per_day, artifact_bytes };
        let (role, closed_at) = (role.map(RoleWord::from), closed_at.map(Time::from));
        let created_at = created_at.into();
        let used = None;
        Self { id, name, role, version, created_at, closed_at, egress_hosts, quotas, used }
    }
}

impl ProjectView {
    /// With what it has used.
    pub(super) fn with_use(self, used: Used) -> Self {
        let Used { runs_today, artifact_bytes } = used;
        Self { used: Some(UsedView { runs_today, artifact_bytes }), ..self }
    }
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let Member { user_id, email, name, active, role, created_at, updated_at } = member;
        let (role, created_at, updated_at) = (role.into(), created_at.into(), updated_at.into());
        Self { user_id, email, name, active, role, created_at, updated_at }
    }
}

impl From<MemberRoleWord> for Role {
    fn from(word: MemberRoleWord) -> Self {
        match word {
            MemberRoleWord::Member => Self::Member,
            MemberRoleWord::Viewer => Self::Viewer,
        }
    }
}

impl From<Role> for MemberRoleWord {
    /// Memberships have no higher role than member.
    fn from(role: Role) -> Self {
        match role {
            Role::Owner | Role::Operator | Role::Member => Self::Member,
            Role::Viewer => Self::Viewer,
        }
    }
}
