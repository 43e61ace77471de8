//! Pull requests: opened, changed, merged, closed.

use serde_json::{Value, json};

use super::pull::{Merged, Pull, tip};
use super::words::Refusal;
use super::{Call, Result, code};
use crate::demo::content::OWNER;
use crate::demo::git::{self, Method};

const RESOURCE: &str = "PullRequest";

pub(super) fn list(call: &mut Call) -> Result<Value> {
    let state = call.parameter("state");
    let (head, base) = (call.parameter("head"), call.parameter("base"));
    let wanted = |pull: &&Pull| {
        let open = pull.closed.is_none();
        let is_state = match state {
            "all" => true,
            "closed" => !open,
            _ => open,
        };
        let is_head = head.is_empty() || head == format!("{OWNER}:{}", pull.head);
        pull.repository == call.name && is_state && is_head && (base.is_empty() || base == pull.base)
    };
    // the youngest first
    let found = call.books.pulls.iter().rev().filter(wanted).map(|pull| pull.shown(call));
    Ok(found.collect())
}

pub(super) fn of_commit(call: &mut Call) -> Result<Value> {
    let commit = call.resolve(&call.part)?.to_string();
    let holds = |pull: &&Pull| {
        let is_merge = pull.merged.as_ref().is_some_and(|merged| merged.commit == commit);
        let ends = pull.ends().and_then(|(base, head)| Ok(git::between(&call.repository, base, head)?));
        pull.repository == call.name && (is_merge || ends.is_ok_and(|ids| ids.iter().any(|id| id.to_string() == commit)))
    };
    let found = call.books.pulls.iter().filter(holds).map(|pull| pull.shown(call));
    Ok(found.collect())
}

pub(super) fn get(call: &mut Call) -> Result<Value> {
    let number = call.number()?;
    answer(call, number)
}

pub(super) fn create(call: &mut Call) -> Result<Value> {
    let head = call.text("head");
    let head = head.strip_prefix(&format!("{OWNER}:")).unwrap_or(head).to_owned();
    let base = call.text("base").to_owned();
    if call.text("title").is_empty() {
        return Err(Refusal::invalid(RESOURCE, "title"));
    }
    let base_commit = tip(&call.repository, &base).ok_or_else(|| Refusal::invalid(RESOURCE, "base"))?;
    let head_commit = tip(&call.repository, &head).ok_or_else(|| Refusal::invalid(RESOURCE, "head"))?;
    let mut mine = call.books.pulls.iter().filter(|pull| pull.repository == call.name);
    if mine.any(|pull| pull.closed.is_none() && pull.head == head && pull.base == base) {
        return Err(Refusal::custom(RESOURCE, &format!("A pull request already exists for {OWNER}:{head}.")));
    }
    if git::between(&call.repository, base_commit, head_commit)?.is_empty() {
        return Err(Refusal::custom(RESOURCE, &format!("No commits between {base} and {head}")));
    }
    let number = call.books.pulls.iter().filter(|pull| pull.repository == call.name).map(|pull| pull.number).max();
    let number = number.unwrap_or(0) + 1;
    call.books.pulls.push(Pull {
        repository: call.name.clone(),
        number,
        author: call.user.to_owned(),
        title: call.text("title").to_owned(),
        body: call.text("body").to_owned(),
        draft: call.body["draft"].as_bool().unwrap_or_default(),
        head_commit: head_commit.to_string(),
        base_commit: base_commit.to_string(),
        head,
        base,
        created: call.now,
        updated: call.now,
        pushed: call.now,
        ..Pull::default()
    });
    answer(call, number)
}

pub(super) fn update(call: &mut Call) -> Result<Value> {
    let (number, now, body) = (call.number()?, call.now, call.body.clone());
    if let Some(base) = body["base"].as_str() {
        tip(&call.repository, base).ok_or_else(|| Refusal::invalid(RESOURCE, "base"))?;
    }
    let pull = call.books.pull(&call.name, number)?;
    for (field, value) in [("title", &mut pull.title), ("body", &mut pull.body), ("base", &mut pull.base)] {
        if let Some(text) = body[field].as_str() {
            text.clone_into(value);
        }
    }
    match body["state"].as_str() {
        Some("closed") if pull.closed.is_none() => pull.closed = Some(now),
        Some("open") if pull.merged.is_some() => {
            return Err(Refusal::custom(RESOURCE, "state cannot be changed. The pull request cannot be reopened."));
        }
        Some("open") => pull.closed = None,
        _ => {}
    }
    pull.updated = now;
    call.books.refresh(&call.repository, &call.name, now);
    answer(call, number)
}

pub(super) fn files(call: &mut Call) -> Result<Value> {
    let number = call.number()?;
    let (base, head) = call.books.pull(&call.name, number)?.ends()?;
    Ok(call.changed(base, head)?.into())
}

pub(super) fn commits(call: &mut Call) -> Result<Value> {
    let number = call.number()?;
    let (base, head) = call.books.pull(&call.name, number)?.ends()?;
    let ids = git::between(&call.repository, base, head)?;
    Ok(ids.into_iter().rev().map(|id| code::shown_commit(call, id)).collect::<Result<Vec<_>>>()?.into())
}

pub(super) fn merge(call: &mut Call) -> Result<Value> {
    let (number, now) = (call.number()?, call.now);
    let pull = call.books.pull(&call.name, number)?.clone();
    let (base, head) = pull.ends()?;
    if pull.draft {
        return Err(Refusal::of(405, "Pull Request is still a draft"));
    }
    if !call.text("sha").is_empty() && call.text("sha") != pull.head_commit {
        return Err(Refusal::of(409, "Head branch was modified. Review and try the merge again."));
    }
    if pull.closed.is_some() || !git::is_mergeable(&call.repository, base, head) {
        return Err(Refusal::of(405, "Pull Request is not mergeable"));
    }
    let (method, title, text) = match call.text("merge_method") {
        "" | "merge" => (Method::Merge, format!("Merge pull request #{number} from {OWNER}/{}", pull.head), pull.title.clone()),
        "squash" => (Method::Squash, format!("{} (#{number})", pull.title), pull.body.clone()),
        "rebase" => (Method::Rebase, String::new(), String::new()),
        _ => return Err(Refusal::invalid(RESOURCE, "merge_method")),
    };
    let given = |field: &str, or: String| call.body[field].as_str().map_or(or, str::to_owned);
    let message = format!("{}\n\n{}", given("commit_title", title), given("commit_message", text));
    let merged = git::merge(&call.repository, &pull.base, head, method, message.trim_end(), now);
    let commit = merged.map_err(|_| Refusal::of(405, "Pull Request is not mergeable"))?.to_string();
    let by = call.user.to_owned();
    let pull = call.books.pull(&call.name, number)?;
    pull.merged = Some(Merged { by, commit: commit.clone() });
    (pull.closed, pull.updated) = (Some(now), now);
    Ok(json!({"sha": commit, "merged": true, "message": "Pull Request successfully merged"}))
}

fn answer(call: &mut Call, number: u64) -> Result<Value> {
    let pull = call.books.pull(&call.name, number)?.clone();
    pull.in_full(call)
}
