//! Checks of a pull request: they begin with a push, run side by side, and pass.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::words;
use super::{Call, Result};
use crate::demo::content::{FORGE, OWNER};

/// The checks of every pull request, and how many seconds each takes.
pub(super) const CHECKS: &[(&str, i64)] = &[("build", 10), ("validate", 25)];

/// How long the last of them takes.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_secs(25);

/// The check runs of a commit: those of the pull request that it is the head of.
pub(super) fn runs(call: &mut Call) -> Result<Value> {
    let commit = call.resolve(&call.part)?.to_string();
    let pull = call.books.pulls.iter().rev().find(|pull| pull.repository == call.name && pull.head_commit == commit);
    let runs =
        pull.map(|pull| CHECKS.iter().map(|(name, takes)| run(call, name, &commit, pull.pushed, *takes)).collect::<Vec<_>>());
    let runs = runs.unwrap_or_default();
    Ok(json!({"total_count": runs.len(), "check_runs": runs}))
}

fn run(call: &Call, name: &str, commit: &str, began: Timestamp, takes: i64) -> Value {
    let ends = began.saturating_add(SignedDuration::from_secs(takes)).unwrap_or(began);
    let has_ended = call.now >= ends;
    let id = words::id(&format!("{commit}{name}"));
    let html = format!("http://{FORGE}/{OWNER}/{}/runs/{id}", call.name);
    json!({
        "id": id, "node_id": format!("CR_{id}"), "name": name, "head_sha": commit, "external_id": "", "html_url": html,
        "details_url": html, "url": call.url(&format!("check-runs/{id}")),
        "status": if has_ended { "completed" } else { "in_progress" }, "conclusion": has_ended.then_some("success"),
        "started_at": began, "completed_at": has_ended.then_some(ends), "output": {"title": null, "summary": null, "text": null},
    })
}
