//! Who may push to a project, and forks of it (`docs.gitlab.com/api/project_forks`, `/api/projects`).
//!
//! That somebody may push is in no answer of REST, whose levels know nothing of groups that a project is shared with: GraphQL answers it
//! (`docs.gitlab.com/api/graphql/reference`, `ProjectPermissions`). A fork is copied after the answer.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::super::encode::query;
use super::super::{Failure, answer::short, forks_are_forbidden, not_a_fork};
use super::{GitLab, PAGE, Person, Project};
use fluxdeck_model::domain::fork::ForkOffer;

const MAY_PUSH: &str = "query($path: ID!) { project(fullPath: $path) { userPermissions { pushCode } } }";

#[derive(Deserialize)]
struct Graph {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    /// Null where it may not be seen.
    project: Option<Seen>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    user_permissions: Option<Permissions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permissions {
    push_code: Option<bool>,
}

impl Project {
    pub(super) fn id(&self) -> Result<u64, Failure> {
        self.id.ok_or_else(|| Failure::Unreadable("the project has no id".to_owned()))
    }
}

impl GitLab {
    pub(super) async fn project_at(&self, path: &str) -> Result<Project, Failure> {
        self.get_at(&format!("/projects/{}", query(path))).await?.read("the project")
    }

    pub(super) async fn may_be_pushed_to(&self) -> Result<Option<bool>, Failure> {
        let asked = json!({ "query": MAY_PUSH, "variables": { "path": self.address.path() } });
        let answer = self.graph.post("/graphql", &asked).await?.success(&Method::POST)?;
        let project = answer.read::<Graph>("the answer of GraphQL")?.data.and_then(|data| data.project);
        Ok(project.and_then(|project| project.user_permissions).and_then(|permissions| permissions.push_code))
    }

    async fn username(&self) -> Result<String, Failure> {
        let answer = self.get_at("/user").await?;
        let name = answer.read::<Person>("the user")?.username.filter(|name| !name.is_empty());
        name.ok_or_else(|| Failure::Unreadable("the forge names no user for the token".to_owned()))
    }

    /// A fork of the user's may have any name; one in a group is not the user's own.
    pub(super) async fn own_fork(&self) -> Result<ForkOffer, Failure> {
        let (own, name) = (self.address.path(), self.username().await?);
        let all: Vec<Project> = self.get(&format!("/forks?owned=true&per_page={PAGE}")).await?.read("the forks")?;
        let is_own = |path: &String| path.rsplit_once('/').is_some_and(|(space, _)| space.eq_ignore_ascii_case(&name));
        if let Some(repository) = all.into_iter().filter_map(|fork| fork.path_with_namespace).find(is_own) {
            return Ok(ForkOffer::There { repository });
        }
        let repository = format!("{name}/{}", self.address.repository);
        match self.project_at(&repository).await {
            Ok(_) => return Ok(not_a_fork(&repository, &own)),
            Err(Failure::NotFound) => {}
            Err(failure) => return Err(failure),
        }
        let project = self.project().await?;
        Ok(match project.forking_access_level.as_deref() {
            Some("disabled") => forks_are_forbidden(&own, project.visibility.as_deref() == Some("private")),
            _ => ForkOffer::New { repository },
        })
    }

    pub(super) async fn forked(&self) -> Result<String, Failure> {
        let answer = self.wire.post(&self.below("/fork"), &json!({})).await?;
        let answer = answer.success(&Method::POST).map_err(|failure| self.explained(failure))?;
        // it is being made: which one, a look-up says
        let unread = |failure: Failure| Failure::Lost(failure.to_string());
        let name = answer.read::<Project>("the fork").map_err(unread)?.path_with_namespace;
        name.ok_or_else(|| Failure::Lost("the forge does not name the fork".to_owned()))
    }

    pub(super) async fn is_copied(&self, fork: &str) -> Result<bool, Failure> {
        let found = match self.project_at(fork).await {
            Err(Failure::NotFound) => return Ok(false),
            found => found?,
        };
        match found.import_status.as_deref() {
            Some("scheduled" | "started") => Ok(false),
            Some("failed") => {
                let why = found.import_error.unwrap_or_else(|| "no reason is given".to_owned());
                Err(Failure::Refused { why: short(&format!("{fork} was made, and could not be filled: {why}")) })
            }
            _ => Ok(true),
        }
    }
}
