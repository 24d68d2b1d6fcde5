//! Invitations as clients write and read them.

use gathering_app::identity::{Invitation, Invite, Invited, Joining};
use gathering_domain::{Duration, InvitationId, ProjectId, UserId};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    projects::MemberRoleWord,
    site::Site,
    views::{ActorView, RoleWord, Time},
};

/// Who is to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteBody {
    /// Their address.
    #[schema(example = "grace@example.com")]
    email: String,
    /// The role that they will have on the server.
    role: RoleWord,
    /// The projects of which they will be a member. If absent, a member or viewer joins the project
    /// `default` with that role.
    projects: Option<Vec<JoiningView>>,
    /// How long the invitation can be used; a week if absent.
    #[schema(minimum = 3600, maximum = 2_592_000)]
    expires_in_seconds: Option<u64>,
}

/// A project of which somebody becomes a member.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = Joining)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoiningView {
    /// The project.
    #[schema(value_type = String, example = "prj_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    project_id: ProjectId,
    /// Their role there.
    role: MemberRoleWord,
}

/// A one-time link that can be used: an invitation, or one by which a user sets a new password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationView {
    /// Its id.
    #[schema(value_type = String, example = "inv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: InvitationId,
    /// Whose password it sets; `null` for an invitation.
    #[schema(value_type = Option<String>, example = json!(null))]
    user_id: Option<UserId>,
    /// Whom it is for.
    #[schema(example = "grace@example.com")]
    email: String,
    /// The role that they will have on the server; of a user, the one that they had when it was made.
    role: RoleWord,
    /// The projects of which they will be a member.
    projects: Vec<JoiningView>,
    /// Who made it.
    actor: ActorView,
    /// When.
    created_at: Time,
    /// From when on it cannot be used.
    expires_at: Time,
}

/// An invitation just made.
#[derive(Serialize, ToSchema)]
#[schema(as = Invited)]
pub(crate) struct InvitedView {
    /// The invitation.
    #[serde(flatten)]
    invitation: InvitationView,
    /// What `POST /api/v1/auth/accept` takes. Told once: none if the same request came before.
    #[schema(example = "gti_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    token: Option<String>,
    /// The link to send. Begins with `/` where `server.public_url` is not set. Told once.
    #[schema(
        example = "https://gathering.example.com/#invite=gti_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    )]
    url: Option<String>,
}

impl InviteBody {
    /// What it asks for.
    pub(super) fn command(self, idempotency_key: Option<String>) -> Invite {
        let Self { email, role, projects, expires_in_seconds } = self;
        let joining = |JoiningView { project_id, role }| Joining { project_id, role: role.into() };
        Invite {
            email,
            role: role.into(),
            projects: projects.map(|projects| projects.into_iter().map(joining).collect()),
            lasts: expires_in_seconds.map(Duration::from_secs),
            idempotency_key,
        }
    }
}

impl InvitedView {
    /// The invitation with its link on this site.
    pub(super) fn of(invited: Invited, site: &Site) -> Self {
        let Invited { invitation, token } = invited;
        let url = token.as_ref().map(|token| site.link("invite", token));
        let token = token.map(|token| token.expose_secret().to_owned());
        Self { invitation: invitation.into(), token, url }
    }
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let Invitation { id, user_id, email, role, projects, actor, created_at, expires_at } =
            invitation;
        let joining = |Joining { project_id, role }| JoiningView { project_id, role: role.into() };
        Self {
            id,
            user_id,
            email,
            role: role.into(),
            projects: projects.into_iter().map(joining).collect(),
            actor: actor.into(),
            created_at: created_at.into(),
            expires_at: expires_at.into(),
        }
    }
}
