//! What the forge remembers: pull requests with all that belongs to them, and statuses of commits.

use std::path::Path;

use git2::{Oid, Repository};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::words::{self, Refusal};
use super::{Call, Result};
use crate::demo::content::{FORGE, OWNER};
use crate::demo::git;
use crate::files::REAL;
use fluxdeck_model::error::Error;

/// All that is remembered.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Books {
    pub pulls: Vec<Pull>,
    pub statuses: Vec<Status>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Pull {
    pub repository: String,
    pub number: u64,
    pub author: String,
    pub title: String,
    pub body: String,
    /// The branches.
    pub head: String,
    pub base: String,
    /// Their state at the last look while it was open.
    pub head_commit: String,
    pub base_commit: String,
    /// When its head was last seen to have moved: checks begin then.
    #[serde(default)]
    pub pushed: Timestamp,
    pub draft: bool,
    pub labels: Vec<String>,
    pub reviewers: Vec<String>,
    pub reviews: Vec<Remark>,
    pub comments: Vec<Remark>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub closed: Option<Timestamp>,
    pub merged: Option<Merged>,
    /// The forge merges it once its checks have passed.
    #[serde(default)]
    pub later: Option<Later>,
}

/// Who asked the forge to merge.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Later {
    pub by: String,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Merged {
    pub by: String,
    pub commit: String,
}

/// A comment, or a review with its verdict.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Remark {
    pub by: String,
    pub text: String,
    pub verdict: String,
    pub commit: String,
    pub at: Timestamp,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Status {
    pub repository: String,
    pub commit: String,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target: Option<String>,
    pub by: String,
    pub at: Timestamp,
}

impl Books {
    pub fn read(path: &Path) -> fluxdeck_model::error::Result<Self> {
        let broken = |why: String| {
            Error::failed(format!("cannot read {}: {why}", path.display()), "choose another directory, or remove the file")
        };
        match std::fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| broken(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(broken(error.to_string())),
        }
    }

    /// Writes all or nothing: a run may be killed in the middle.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        REAL.replace(path, &serde_json::to_vec_pretty(self)?)
    }

    /// Takes over what was pushed: a branch that moved, that is gone, or that the base now holds.
    pub fn refresh(&mut self, repository: &Repository, name: &str, now: Timestamp) {
        for pull in self.pulls.iter_mut().filter(|pull| pull.repository == name && pull.closed.is_none()) {
            let (head, base) = (tip(repository, &pull.head), tip(repository, &pull.base));
            let (Some(head), Some(base)) = (head, base) else {
                pull.closed = Some(now);
                continue;
            };
            if head.to_string() != pull.head_commit {
                (pull.updated, pull.pushed) = (now, now);
            }
            pull.head_commit = head.to_string();
            pull.base_commit = base.to_string();
            if head == base || repository.graph_descendant_of(base, head).unwrap_or(false) {
                pull.merged = Some(Merged { by: OWNER.to_owned(), commit: pull.head_commit.clone() });
                pull.closed = Some(now);
            }
        }
    }

    pub fn pull(&mut self, repository: &str, number: u64) -> Result<&mut Pull> {
        let found = self.pulls.iter_mut().find(|pull| pull.repository == repository && pull.number == number);
        found.ok_or_else(Refusal::not_found)
    }
}

impl Pull {
    fn page(&self) -> String {
        format!("http://{FORGE}/{OWNER}/{}/pull/{}", self.repository, self.number)
    }

    /// Its name in GraphQL.
    pub fn node(&self) -> String {
        format!("PR_{}", words::id(&self.page()))
    }

    pub fn ends(&self) -> Result<(Oid, Oid)> {
        Ok((Oid::from_str(&self.base_commit)?, Oid::from_str(&self.head_commit)?))
    }

    /// The pull request as lists show it.
    pub fn shown(&self, call: &Call) -> Value {
        let url = call.url(&format!("pulls/{}", self.number));
        let issue = call.url(&format!("issues/{}", self.number));
        let html = self.page();
        let later = self.later.as_ref().map(|later| {
            json!({"enabled_by": words::user(&later.by), "merge_method": "merge", "commit_title": self.title, "commit_message": ""})
        });
        let end = |branch: &str, commit: &str| json!({"label": format!("{OWNER}:{branch}"), "ref": branch, "sha": commit, "user": words::user(OWNER), "repo": call.shown()});
        json!({
            "id": words::id(&html), "node_id": self.node(), "number": self.number, "url": url, "html_url": html,
            "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"), "issue_url": issue,
            "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"),
            "review_comment_url": format!("{url}/comments{{/number}}"), "comments_url": format!("{issue}/comments"),
            "statuses_url": call.url(&format!("statuses/{}", self.head_commit)),
            "state": if self.closed.is_some() { "closed" } else { "open" }, "locked": false, "title": self.title, "body": self.body,
            "user": words::user(&self.author), "labels": self.labels.iter().map(|name| call.label(name)).collect::<Vec<_>>(),
            "requested_reviewers": self.reviewers.iter().map(|name| words::user(name)).collect::<Vec<_>>(), "requested_teams": [],
            "assignee": null, "assignees": [], "milestone": null, "active_lock_reason": null, "auto_merge": later,
            "created_at": self.created, "updated_at": self.updated, "closed_at": self.closed,
            "merged_at": self.closed.filter(|_| self.merged.is_some()), "draft": self.draft, "author_association": "OWNER",
            "merge_commit_sha": self.merged.as_ref().map(|merged| merged.commit.clone()),
            "head": end(&self.head, &self.head_commit), "base": end(&self.base, &self.base_commit),
        })
    }

    /// The pull request as it is shown alone: with what has to be computed.
    pub fn in_full(&self, call: &Call) -> Result<Value> {
        let mut shown = self.shown(call);
        let (base, head) = self.ends()?;
        let files = call.changed(base, head)?;
        let count = |field: &str| files.iter().filter_map(|file| file[field].as_u64()).sum::<u64>();
        let is_open = self.closed.is_none();
        let mergeable = is_open.then(|| git::is_mergeable(&call.repository, base, head));
        let state = match mergeable {
            Some(true) if self.draft => "draft",
            Some(true) => "clean",
            Some(false) => "dirty",
            None => "unknown",
        };
        let more = json!({
            "merged": self.merged.is_some(), "mergeable": mergeable, "rebaseable": mergeable, "mergeable_state": state,
            "merged_by": self.merged.as_ref().map(|merged| words::user(&merged.by)), "comments": self.comments.len(),
            "review_comments": 0, "maintainer_can_modify": false, "commits": git::between(&call.repository, base, head)?.len(),
            "additions": count("additions"), "deletions": count("deletions"), "changed_files": files.len(),
        });
        shown.as_object_mut().expect("made above").extend(more.as_object().expect("made above").clone());
        Ok(shown)
    }
}

/// Where a branch stands.
pub(super) fn tip(repository: &Repository, branch: &str) -> Option<Oid> {
    repository.find_reference(&format!("refs/heads/{branch}")).ok()?.target()
}
