//! What GitHub has in GraphQL alone (`docs.github.com/graphql/reference/mutations`): whether a pull request is a draft, and merging it once its
//! checks have passed. `main` of every repository requires the checks that every pull request has; nothing is merged by a queue.

use serde_json::{Value, json};

use super::Forge;
use super::pull::{Later, Pull};

/// The branch that requires checks.
pub(super) const GUARDED: &str = "main";

impl Forge {
    /// Answers a query: with its data, or with what is wrong.
    pub(super) fn graph(&self, user: &str, body: &Value) -> Value {
        let query = body["query"].as_str().unwrap_or_default();
        let (id, head) = (&body["variables"]["id"], &body["variables"]["head"]);
        let now = (self.clock)();
        self.repositories.alone(|| {
            let mut books = self.lock();
            let found = books.pulls.iter_mut().find(|pull| *id == pull.node().as_str());
            let Some(pull) = found else { return wrong("NOT_FOUND", "Could not resolve to a node with that global id") };
            let Some((name, done)) = carry_out(pull, query, user, head) else {
                return wrong("UNPROCESSABLE", "the demo's forge does not know this query");
            };
            pull.updated = now;
            let kept = self.keep(&books).is_ok();
            match done {
                Ok(value) if kept => json!({"data": {name: value}}),
                Ok(_) => wrong("INTERNAL", "nothing can be kept"),
                Err(why) => wrong("UNPROCESSABLE", why),
            }
        })
    }
}

/// The name of what is asked, and its result.
fn carry_out(pull: &mut Pull, query: &str, user: &str, head: &Value) -> Option<(&'static str, Result<Value, &'static str>)> {
    let done = || Ok(json!({"clientMutationId": null}));
    let is_open = pull.closed.is_none();
    Some(match query {
        query if query.contains("isInMergeQueue") => ("node", Ok(json!({"isInMergeQueue": false}))),
        _ if !is_open => ("pullRequest", Err("Pull request is closed")),
        query if query.contains("markPullRequestReadyForReview") => {
            pull.draft = false;
            ("markPullRequestReadyForReview", done())
        }
        query if query.contains("convertPullRequestToDraft") => {
            (pull.draft, pull.later) = (true, None);
            ("convertPullRequestToDraft", done())
        }
        query if query.contains("enablePullRequestAutoMerge") => {
            let name = "enablePullRequestAutoMerge";
            match () {
                () if pull.draft => (name, Err("Pull request is in draft state")),
                () if *head != pull.head_commit.as_str() => (name, Err("Head sha didn't match expected oid")),
                () if pull.base != GUARDED => (name, Err("Protected branch rules not configured for this branch")),
                () => {
                    pull.later = Some(Later { by: user.to_owned() });
                    (name, done())
                }
            }
        }
        _ => return None,
    })
}

fn wrong(kind: &str, message: &str) -> Value {
    json!({"data": null, "errors": [{"type": kind, "message": message}]})
}
