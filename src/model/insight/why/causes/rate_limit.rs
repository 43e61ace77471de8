//! A registry or forge that answers no more for now (HTTP 429; OCI distribution `TOOMANYREQUESTS`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, host, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "rate-limit", doc: "a server limits how often it is asked, and has had enough for now", find };

/// Words of a server that has had enough.
pub(super) const LIMITED: &[&str] = &[
    "toomanyrequests",
    "too many requests",
    "pull rate limit",
    "rate limit exceeded",
    "secondary rate limit",
    "status code: 429",
];

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|message| clue.kind.is_flux() && says(message, LIMITED))?;
    let server = host(message).unwrap_or_else(|| "the server".to_owned());
    let why = message.rsplit(": ").find(|part| says(part, LIMITED)).unwrap_or(message);
    let found = clue.diagnose(format!(
        "{server} limits how often it is asked, and has had enough for now: a longer interval or credentials help ({})",
        brief(why)
    ));
    Some(found.keyed(format!("rate limit {server}")).press(&[Remedy::File, Remedy::Reconcile]))
}
