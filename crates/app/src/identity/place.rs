//! In which project a person acts, and with what role there.

use gathering_domain::{ProjectId, Role, UserId};
use gathering_storage::{memberships, projects};

use super::Identity;
use crate::{Error, NoProject, Result, caller::Place};

impl Identity<'_> {
    /// The project that was named, if the person may act there. Without a name, the one of which they are
    /// a member, and for those who run the server the one that the server made itself. Who belongs to
    /// several must say which: to be made a member of one more must not change where a program acts.
    pub(super) async fn place(
        &self,
        user_id: UserId,
        role: Role,
        named: Option<ProjectId>,
    ) -> Result<Place> {
        let database = self.app.database();
        let found = match named {
            None if role.holds_everywhere() => Some((self.app.project(), role)),
            Some(id) if role.holds_everywhere() => {
                let project = projects::find(id).first(database).await?;
                project.filter(|project| project.closed_at.is_none()).map(|_| (id, role))
            }
            Some(id) => {
                let membership = memberships::find(id, user_id).first(database).await?;
                membership.map(|membership| (id, role.and_no_more_than(membership.role)))
            }
            None => match &memberships::of_user(user_id, None, 2).all(database).await?[..] {
                [] => return Ok(Place::Nowhere(NoProject::None)),
                [one] => Some((one.project_id, role.and_no_more_than(one.role))),
                _ => return Ok(Place::Nowhere(NoProject::Several)),
            },
        };
        match (found, named) {
            (Some((id, role)), _) => Ok(Place::In(id, role)),
            // Whoever acts in every project is not refused one: it is not there, or closed.
            (None, Some(named)) if role.holds_everywhere() => {
                Err(Error::not_found("project", named))
            }
            (None, Some(named)) => Err(Error::other_project(named)),
            (None, None) => Err(Error::defect("find a project to act in")),
        }
    }
}
