//! What is changed of an open pull request, and merging it once its checks have passed.
//!
//! Drafts, auto-merge and the place in a merge queue are in GraphQL alone (`docs.github.com/graphql/reference`: `markPullRequestReadyForReview`,
//! `convertPullRequestToDraft`, `enablePullRequestAutoMerge`, `PullRequest.isInMergeQueue`). Whether a branch requires a check is said by the
//! rules that apply to it (`docs.github.com/rest/repos/rules`) and by its protection (`/rest/branches/branches`): either is enough, and
//! everybody who may read the repository is shown both.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::answer::short;
use super::super::encode::{path, query};
use super::super::{Failure, has_moved, no_check_required};
use super::{Found, GitHub, whole};

const READY: &str = "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { clientMutationId } }";
const DRAFT: &str = "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { clientMutationId } }";
const MERGE: &str = "mutation($id: ID!, $head: GitObjectID!, $how: PullRequestMergeMethod!) { \
    enablePullRequestAutoMerge(input: {pullRequestId: $id, expectedHeadOid: $head, mergeMethod: $how}) { clientMutationId } }";
const QUEUE: &str = "query($id: ID!) { node(id: $id) { ... on PullRequest { isInMergeQueue } } }";

/// What a repository allows. Who may not write to it is not shown that.
#[derive(Deserialize)]
struct Allowed {
    allow_auto_merge: Option<bool>,
    allow_merge_commit: Option<bool>,
    allow_squash_merge: Option<bool>,
}

impl Allowed {
    /// How it is merged where nobody says otherwise.
    fn method(&self) -> &'static str {
        match (self.allow_merge_commit, self.allow_squash_merge) {
            (Some(true) | None, _) => "MERGE",
            (Some(false), Some(true)) => "SQUASH",
            (Some(false), _) => "REBASE",
        }
    }
}

/// A rule of a branch.
#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    required_status_checks: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Deserialize)]
struct Branch {
    protection: Option<Protection>,
}

#[derive(Deserialize)]
struct Protection {
    required_status_checks: Option<Required>,
}

#[derive(Deserialize)]
struct Required {
    enforcement_level: Option<String>,
    contexts: Option<Vec<String>>,
}

/// An answer of GraphQL, which is one of success also where something failed.
#[derive(Deserialize)]
struct Graph {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<Wrong>,
}

#[derive(Deserialize)]
struct Wrong {
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
}

impl GitHub {
    async fn found(&self, number: u64) -> Result<Found, Failure> {
        self.get(&format!("/pulls/{number}")).await?.read("the pull request")
    }

    pub(super) async fn reworded(&self, number: u64, title: &str, text: &str) -> Result<(), Failure> {
        let place = self.below(&format!("/pulls/{number}"));
        let answer = self.octocrab._patch(place, Some(&json!({ "title": title, "body": text }))).await;
        whole(answer, &Method::PATCH).await?.success(&Method::PATCH).map(drop)
    }

    pub(super) async fn drafted(&self, number: u64, is_draft: bool) -> Result<(), Failure> {
        let found = self.found(number).await?;
        if found.draft == Some(is_draft) {
            return Ok(());
        }
        let id = node(&found)?;
        self.graph(if is_draft { DRAFT } else { READY }, &json!({ "id": id })).await.map(drop)
    }

    pub(super) async fn may_merge_later(&self, base: &str) -> Result<Result<(), String>, Failure> {
        let allowed: Allowed = self.get("").await?.read("the repository")?;
        match allowed.allow_auto_merge {
            Some(true) => {}
            Some(false) => return Ok(Err("the repository does not allow auto-merge".to_owned())),
            None => return Ok(Err("the token may not read whether the repository allows auto-merge".to_owned())),
        }
        if self.is_ruled(base).await? || self.is_protected(base).await? {
            return Ok(Ok(()));
        }
        Ok(Err(no_check_required(base)))
    }

    /// Whether a rule of the branch requires a check. Servers of before 2023 know no rules.
    async fn is_ruled(&self, base: &str) -> Result<bool, Failure> {
        let answer = match self.get(&format!("/rules/branches/{}?per_page=100", path(base))).await {
            Err(Failure::NotFound) => return Ok(false),
            answer => answer?,
        };
        let is_check = |rule: Rule| {
            let checks = rule.parameters.and_then(|parameters| parameters.required_status_checks);
            rule.kind.as_deref() == Some("required_status_checks") && checks.is_some_and(|checks| !checks.is_empty())
        };
        Ok(answer.read::<Vec<Rule>>("the rules of the branch")?.into_iter().any(is_check))
    }

    async fn is_protected(&self, base: &str) -> Result<bool, Failure> {
        let branch: Branch = self.get(&format!("/branches/{}", query(base))).await?.read("the branch")?;
        let required = branch.protection.and_then(|protection| protection.required_status_checks);
        Ok(required.is_some_and(|required| {
            let is_on = required.enforcement_level.is_some_and(|level| level != "off");
            is_on && required.contexts.is_some_and(|contexts| !contexts.is_empty())
        }))
    }

    pub(super) async fn merged_later(&self, number: u64, commit: &str) -> Result<(), Failure> {
        let found = self.found(number).await?;
        if found.head.as_ref().and_then(|head| head.sha.as_deref()).is_some_and(|sha| sha != commit) {
            return Err(has_moved(number));
        }
        if found.auto_merge.is_some() {
            return Ok(());
        }
        let allowed: Allowed = self.get("").await?.read("the repository")?;
        let variables = json!({ "id": node(&found)?, "head": commit, "how": allowed.method() });
        self.graph(MERGE, &variables).await.map(drop)
    }

    /// Whether it is in a merge queue.
    pub(super) async fn is_in_queue(&self, id: &str) -> Result<bool, Failure> {
        let data = self.graph(QUEUE, &json!({ "id": id })).await?;
        Ok(data["node"]["isInMergeQueue"].as_bool().unwrap_or_default())
    }

    async fn graph(&self, text: &str, variables: &Value) -> Result<Value, Failure> {
        let answer = self.graph.post("/graphql", &json!({ "query": text, "variables": variables })).await?;
        let answer = answer.success(&Method::POST)?;
        let Graph { data, errors } = answer.read("the answer of GraphQL")?;
        match errors.first() {
            None => Ok(data.unwrap_or_default()),
            // whether it can be merged is found out after the push: until then GitHub has this sentence, and no code
            Some(_) if answer.says("in unstable status") => Err(Failure::NotYet),
            Some(wrong) => Err(wrong.failure()),
        }
    }
}

impl Wrong {
    fn failure(&self) -> Failure {
        let why = short(self.message.as_deref().unwrap_or("no reason is given"));
        match self.kind.as_deref() {
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => Failure::Forbidden(why),
            Some("NOT_FOUND") => Failure::NotFound,
            Some("RATE_LIMITED") => Failure::RateLimited { until: None },
            _ => Failure::Refused { why },
        }
    }
}

/// Its name in GraphQL.
fn node(found: &Found) -> Result<&str, Failure> {
    found.node_id.as_deref().ok_or_else(|| Failure::Unreadable("the pull request has no node_id".to_owned()))
}
