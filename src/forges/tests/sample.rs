//! Answers of the forges: of Gitea as it gave them, of the others the published examples of their documentation, with the names and numbers
//! of one pull request in all of them (`docs.github.com/rest/pulls/pulls`, `docs.github.com/rest/checks/runs`;
//! `docs.gitlab.com/api/merge_requests#retrieve-a-merge-request`, `docs.gitlab.com/api/commits#list-commit-statuses`;
//! `developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests`); and what is
//! different in a test.

use serde_json::{Value, json};

use super::FORK;
use super::server::{Reply, answer};
use fluxdeck_model::domain::pull::{Pull, PullState};

const GITEA: &str = include_str!("answers/gitea-pull.json");
const GITHUB: &str = include_str!("answers/github-pull.json");
const GITLAB: &str = include_str!("answers/gitlab-merge-request.json");
const BITBUCKET: &str = include_str!("answers/bitbucket-pull.json");
pub const RUNS: &str = include_str!("answers/github-check-runs.json");
pub const STATUSES: &str = include_str!("answers/gitlab-statuses.json");

/// What is different in a pull request.
#[derive(Clone, Copy, Debug)]
pub enum With {
    Number(u64),
    Closed,
    /// Its head is in a fork.
    Fork,
    /// Its head is in the fork of the tests.
    OwnFork,
    /// Its head was in a fork that is gone.
    GoneFork,
    /// Its head is this branch of the same repository.
    Branch(&'static str),
    Draft,
    /// Whether it can be merged; none: that is still being found out.
    Mergeable(Option<bool>),
    /// The forge is to merge it by itself; Gitea's timeline says so, not the pull request.
    Queued,
    /// Merged by ana as this commit, by the forge's usual way.
    Merged(&'static str),
}

pub const MERGED_AT: &str = "2026-11-29T22:00:00Z";

/// A pull request of a forge, with some fields that are others.
pub fn sample(word: &str, with: &[With]) -> Value {
    let text = match word {
        "gitea" => GITEA,
        "github" => GITHUB,
        "gitlab" => GITLAB,
        "bitbucket" => BITBUCKET,
        other => panic!("{other} has no sample"),
    };
    let mut pull: Value = serde_json::from_str(text).expect("JSON");
    for one in with {
        match word {
            "gitlab" => set_gitlab(&mut pull, *one),
            "bitbucket" => set_bitbucket(&mut pull, *one),
            word => set(word, &mut pull, *one),
        }
    }
    pull
}

/// Of Gitea and GitHub, whose fields mostly have the same names.
fn set(word: &str, pull: &mut Value, with: With) {
    match with {
        With::Number(number) => pull["number"] = number.into(),
        With::Closed => pull["state"] = "closed".into(),
        With::Fork => (pull["head"]["repo_id"], pull["head"]["repo"]["id"]) = (99.into(), 99.into()),
        With::OwnFork => {
            (pull["head"]["repo_id"], pull["head"]["repo"]["id"]) = (98.into(), 98.into());
            pull["head"]["repo"]["full_name"] = FORK.into();
        }
        With::GoneFork => (pull["head"]["repo_id"], pull["head"]["repo"]) = ((-1).into(), Value::Null),
        With::Branch(name) => {
            // GitHub's label has the owner
            let label = if word == "github" { format!("ops:{name}") } else { name.to_owned() };
            (pull["head"]["label"], pull["head"]["ref"]) = (label.into(), name.into());
        }
        With::Draft => pull["draft"] = true.into(),
        With::Mergeable(is_mergeable) => pull["mergeable"] = json!(is_mergeable),
        With::Queued => {
            pull["auto_merge"] = json!({"enabled_by": {"login": "ana"}, "merge_method": "squash", "commit_title": "x"});
        }
        With::Merged(commit) => {
            (pull["state"], pull["merged"], pull["merged_at"]) = ("closed".into(), true.into(), MERGED_AT.into());
            (pull["merge_commit_sha"], pull["merged_by"]) = (commit.into(), json!({"login": "ana"}));
        }
    }
}

fn set_gitlab(request: &mut Value, with: With) {
    match with {
        With::Number(number) => request["iid"] = number.into(),
        With::Closed => request["state"] = "closed".into(),
        With::Fork => request["source_project_id"] = 99.into(),
        With::OwnFork => request["source_project_id"] = 98.into(),
        With::GoneFork => request["source_project_id"] = Value::Null,
        With::Branch(name) => request["source_branch"] = name.into(),
        With::Draft => {
            (request["draft"], request["work_in_progress"]) = (true.into(), true.into());
            request["detailed_merge_status"] = "draft_status".into();
        }
        With::Mergeable(is_mergeable) => {
            (request["merge_status"], request["detailed_merge_status"]) = match is_mergeable {
                Some(true) => ("can_be_merged".into(), "mergeable".into()),
                Some(false) => ("cannot_be_merged".into(), "conflict".into()),
                None => ("checking".into(), "checking".into()),
            };
        }
        With::Queued => request["merge_when_pipeline_succeeds"] = true.into(),
        With::Merged(commit) => {
            (request["state"], request["merged_at"]) = ("merged".into(), MERGED_AT.into());
            (request["merge_commit_sha"], request["merge_user"]) = (commit.into(), json!({"id": 2, "username": "ana"}));
            request["detailed_merge_status"] = "not_open".into();
        }
    }
}

/// Whether it can be merged is not said.
fn set_bitbucket(pull: &mut Value, with: With) {
    match with {
        With::Number(number) => pull["id"] = number.into(),
        With::Closed => pull["state"] = "DECLINED".into(),
        With::Fork => pull["source"]["repository"]["uuid"] = "{99}".into(),
        With::OwnFork => {
            pull["source"]["repository"]["uuid"] = "{98}".into();
            pull["source"]["repository"]["full_name"] = FORK.into();
        }
        With::GoneFork => pull["source"]["repository"] = Value::Null,
        With::Branch(name) => pull["source"]["branch"]["name"] = name.into(),
        With::Draft => pull["draft"] = true.into(),
        With::Mergeable(_) => {}
        With::Queued => pull["queued"] = true.into(),
        With::Merged(commit) => {
            (pull["state"], pull["merge_commit"]) = ("MERGED".into(), json!({"type": "commit", "hash": commit}));
            pull["closed_by"] = json!({"type": "user", "nickname": "ana"});
        }
    }
}

/// The pull request of all samples.
pub fn expected(word: &str, state: PullState) -> Pull {
    let page = match word {
        "gitlab" => "-/merge_requests",
        "bitbucket" => "pull-requests",
        _ => "pulls",
    };
    Pull {
        number: 7,
        url: format!("https://git.example.com/ops/fleet/{page}/7"),
        title: "scale cart".into(),
        head: "fluxdeck/scale-1".into(),
        head_commit: "1111111111111111111111111111111111111111".into(),
        base: "main".into(),
        is_draft: false,
        state,
        checks: None,
        is_mergeable: None,
        is_queued: false,
        author: "ops".into(),
        opened: sample(word, &[])[if word == "bitbucket" { "created_on" } else { "created_at" }]
            .as_str()
            .map(|at| at.parse().expect("a time")),
        is_fork: false,
        reviews: None,
    }
}

pub fn reply(value: &Value) -> Reply {
    answer(200, &value.to_string())
}

/// The sample, as an answer.
pub fn pull(word: &str, with: &[With]) -> Reply {
    reply(&sample(word, with))
}

/// A path of the API below the repository.
pub fn below(word: &str, rest: &str) -> String {
    match word {
        "gitea" => format!("/api/v1/repos/ops/fleet{rest}"),
        "github" => format!("/api/v3/repos/ops/fleet{rest}"),
        "bitbucket" => format!("/2.0/repositories/ops/fleet{rest}"),
        _ => format!("/api/v4/projects/ops%2Ffleet{rest}"),
    }
}

/// The page of one pull request, below the API.
pub fn page(word: &str, rest: &str) -> String {
    format!("{}/7{rest}", pulls(word))
}

/// Where pull requests are opened.
pub fn pulls(word: &str) -> String {
    let rest = match word {
        "gitlab" => "/merge_requests",
        "bitbucket" => "/pullrequests",
        _ => "/pulls",
    };
    below(word, rest)
}

/// A page of a list: Bitbucket names the next one in it, the others in a header.
pub fn listed(word: &str, all: &[Value], has_more: bool) -> Reply {
    let next: &[_] = &[("link", "<http://x/?page=2>; rel=\"next\",<http://x/?page=2>; rel=\"last\"")];
    match (word, has_more) {
        ("bitbucket", true) => reply(&json!({"values": all, "next": "https://api.bitbucket.org/2.0/x?page=2"})),
        ("bitbucket", false) => reply(&json!({ "values": all })),
        (_, true) => Reply::Answer(200, next, json!(all).to_string()),
        (_, false) => reply(&json!(all)),
    }
}

/// What comes before the request that opens: Gitea and GitLab are asked first whether there is something to merge, Bitbucket who is asked for
/// reviews of everything.
pub fn before_open(word: &str) -> Vec<Reply> {
    match word {
        "gitea" => vec![answer(200, r#"{"total_commits": 2, "commits": []}"#)],
        "bitbucket" => vec![listed(word, &[], false)],
        "gitlab" => vec![answer(200, r#"{"commits": [{"id": "1"}], "diffs": [], "compare_same_ref": false}"#)],
        _ => Vec::new(),
    }
}
