//! What is changed of an open pull request, and merging it once its checks have passed (Gitea 1.26 `routers/api/v1/repo/pull.go`,
//! `services/automerge/automerge.go`).

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::encode::path;
use super::super::{Failure, drafted, has_moved, no_check_required};
use super::{DRAFTS, Found, Gitea};

/// What the protection of a branch asks for: everybody who may read the branch is shown that (`services/convert/convert.go` ToBranch).
#[derive(Deserialize)]
struct Protected {
    protected: Option<bool>,
    enable_status_check: Option<bool>,
    status_check_contexts: Option<Vec<String>>,
}

/// How the repository merges, unless somebody says otherwise.
#[derive(Deserialize)]
struct Style {
    default_merge_style: Option<String>,
}

impl Gitea {
    async fn found(&self, number: u64) -> Result<Found, Failure> {
        self.get(&format!("/pulls/{number}")).await?.read("the pull request")
    }

    pub(super) async fn change(&self, number: u64, fields: &Value) -> Result<(), Failure> {
        let answer = self.wire.change(Method::PATCH, &self.below(&format!("/pulls/{number}")), fields).await?;
        answer.success(&Method::PATCH).map(drop)
    }

    pub(super) async fn drafted(&self, number: u64, is_draft: bool) -> Result<(), Failure> {
        let found = self.found(number).await?;
        if found.draft == Some(is_draft) {
            return Ok(());
        }
        self.change(number, &json!({ "title": drafted(&found.title.unwrap_or_default(), is_draft, DRAFTS) })).await
    }

    /// Without a name, a check that never reports is not waited for (`services/pull/commit_status.go`): that is none which is required.
    pub(super) async fn may_merge_later(&self, base: &str) -> Result<Result<(), String>, Failure> {
        let branch: Protected = self.get(&format!("/branches/{}", path(base))).await?.read("the branch")?;
        let has_check = branch.status_check_contexts.is_some_and(|contexts| !contexts.is_empty());
        let is_required = branch.protected == Some(true) && branch.enable_status_check == Some(true) && has_check;
        Ok(if is_required { Ok(()) } else { Err(no_check_required(base)) })
    }

    pub(super) async fn merged_later(&self, number: u64, commit: &str) -> Result<(), Failure> {
        let found = self.found(number).await?;
        if found.head.and_then(|head| head.sha).is_some_and(|sha| sha != commit) {
            return Err(has_moved(number));
        }
        let style: Style = self.get("").await?.read("the repository")?;
        let how = style.default_merge_style.filter(|style| !style.is_empty()).unwrap_or_else(|| "merge".to_owned());
        let wanted = json!({ "Do": how, "merge_when_checks_succeed": true, "head_commit_id": commit });
        let answer = self.wire.post(&self.below(&format!("/pulls/{number}/merge")), &wanted).await?;
        match answer.status.as_u16() {
            409 if answer.says("already scheduled") => Ok(()),
            // whether it conflicts is still being found out
            405 if answer.says("try again later") || answer.says("is checking") => Err(Failure::NotYet),
            _ => answer.success(&Method::POST).map(drop),
        }
    }
}
