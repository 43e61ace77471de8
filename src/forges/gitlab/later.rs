//! What is said and changed of an open merge request, and merging it once its pipeline has succeeded (`docs.gitlab.com/api/merge_requests`, "Merge a
//! merge request", "Update a merge request").

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::encode::query;
use super::super::{Failure, drafted, has_moved, no_label, no_reviewer};
use super::{DRAFTS, Found, GitLab};
use fluxdeck_model::domain::pull::NewPull;

/// What a project asks for before something is merged (`docs.gitlab.com/api/projects`).
#[derive(Deserialize)]
struct Rules {
    only_allow_merge_if_pipeline_succeeds: Option<bool>,
    allow_merge_on_skipped_pipeline: Option<bool>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
}

/// Who is asked for a review.
#[derive(Deserialize)]
struct Marked {
    reviewers: Option<Vec<User>>,
}

impl GitLab {
    /// Labels and reviewers are fields of the merge request; reviewers are numbers of users. A label that is not there would be made by the
    /// request: each is looked up before. Without a licence there is one reviewer, and more are dropped without a word: the answer has those
    /// that were taken (`docs.gitlab.com/api/merge_requests#update-a-merge-request`, `/api/labels`, `/api/users`).
    pub(super) async fn marked(&self, number: u64, new: &NewPull) -> Result<Vec<String>, Failure> {
        let (mut said, mut labels, mut reviewers) = (Vec::new(), Vec::new(), Vec::new());
        for name in &new.labels {
            match self.get(&format!("/labels/{}", query(name))).await {
                Ok(_) => labels.push(name.as_str()),
                Err(Failure::NotFound) => said.push(no_label(name)),
                Err(failure) => return Err(failure),
            }
        }
        for name in &new.reviewers {
            let answer = self.wire.get(&format!("/users?username={}", query(name))).await?.success(&Method::GET)?;
            match answer.read::<Vec<User>>("the users")?.into_iter().next() {
                Some(user) => reviewers.push((name, user.id)),
                None => said.push(no_reviewer(name, "there is no such user")),
            }
        }
        if labels.is_empty() && reviewers.is_empty() {
            return Ok(said);
        }
        let ids: Vec<_> = reviewers.iter().map(|(_, id)| *id).collect();
        let mut wanted = serde_json::Map::new();
        if !labels.is_empty() {
            wanted.insert("add_labels".to_owned(), labels.join(",").into());
        }
        if !ids.is_empty() {
            wanted.insert("reviewer_ids".to_owned(), ids.into());
        }
        let place = self.below(&format!("/merge_requests/{number}"));
        let answer = self.wire.change(Method::PUT, &place, &wanted).await?;
        let taken: Marked = answer.success(&Method::PUT)?.read("the merge request")?;
        let is_taken = |id: u64| taken.reviewers.iter().flatten().any(|user| user.id == id);
        let missing = reviewers.iter().filter(|(_, id)| !is_taken(*id));
        said.extend(missing.map(|(name, _)| no_reviewer(name, "the forge did not take this reviewer")));
        Ok(said)
    }

    async fn found(&self, number: u64) -> Result<Found, Failure> {
        self.get(&format!("/merge_requests/{number}")).await?.read("the merge request")
    }

    pub(super) async fn change(&self, number: u64, fields: &Value) -> Result<(), Failure> {
        let place = self.below(&format!("/merge_requests/{number}"));
        let answer = self.wire.change(Method::PUT, &place, fields).await?;
        answer.success(&Method::PUT).map(drop).map_err(|failure| self.explained(failure))
    }

    pub(super) async fn drafted(&self, number: u64, is_draft: bool) -> Result<(), Failure> {
        let found = self.found(number).await?;
        if found.draft.or(found.work_in_progress) == Some(is_draft) {
            return Ok(());
        }
        self.change(number, &json!({ "title": drafted(&found.title.unwrap_or_default(), is_draft, DRAFTS) })).await
    }

    /// A project asks for it, not a branch.
    pub(super) async fn may_merge_later(&self) -> Result<Result<(), String>, Failure> {
        let rules: Rules = self.get("").await?.read("the project")?;
        Ok(match (rules.only_allow_merge_if_pipeline_succeeds, rules.allow_merge_on_skipped_pipeline) {
            (Some(true), Some(true)) => {
                Err("the project lets a pipeline that was skipped count as one that succeeded".to_owned())
            }
            (Some(true), _) => Ok(()),
            (Some(false), _) => Err("the project requires no pipeline to succeed before something is merged".to_owned()),
            (None, _) => Err("the token may not read whether the project requires a pipeline to succeed".to_owned()),
        })
    }

    /// Before GitLab 17.11 it has another name: a server takes the one that it knows, and with neither it would merge at once.
    pub(super) async fn merged_later(&self, number: u64, commit: &str) -> Result<(), Failure> {
        let found = self.found(number).await?;
        if found.sha.as_deref().is_some_and(|sha| sha != commit) {
            return Err(has_moved(number));
        }
        if found.merge_when_pipeline_succeeds == Some(true) {
            return Ok(());
        }
        let has_pipeline = matches!(found.head_pipeline, Some(Some(_)));
        if matches!(found.detailed_merge_status.as_deref(), Some("preparing" | "unchecked" | "checking")) {
            return Err(Failure::NotYet);
        }
        let wanted = json!({ "auto_merge": true, "merge_when_pipeline_succeeds": true, "sha": commit });
        let place = self.below(&format!("/merge_requests/{number}/merge"));
        let answer = self.wire.change(Method::PUT, &place, &wanted).await?;
        match answer.status.as_u16() {
            // without a pipeline there is nothing to wait for: it begins some seconds after the push
            405 | 422 if !has_pipeline => Err(Failure::NotYet),
            401 => Err(Failure::Forbidden("this user may not merge into that branch".to_owned())),
            409 => Err(has_moved(number)),
            _ => answer.success(&Method::PUT).map(drop),
        }
    }
}
