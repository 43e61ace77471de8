//! A colleague who reviews: merges what is open once its checks have passed. So a change in the demo comes to its end without anybody who
//! would have to be asked; drafts stay open, and so does what is his own.

use jiff::{SignedDuration, Timestamp};

use super::checks;
use super::pull::Books;

/// Who it is.
pub(super) const NAME: &str = "ben";
/// How long it takes to read a change whose checks have passed.
const READS: SignedDuration = SignedDuration::from_secs(5);

/// The pull requests of a repository that are merged by now.
pub(super) fn due(books: &Books, repository: &str, now: Timestamp) -> Vec<u64> {
    let is_due = |pushed: Timestamp| now.duration_since(pushed) >= checks::LONGEST + READS;
    let open = books.pulls.iter().filter(|pull| pull.repository == repository && pull.closed.is_none() && !pull.draft);
    let open = open.filter(|pull| pull.author != NAME);
    open.filter(|pull| is_due(pull.pushed)).map(|pull| pull.number).collect()
}
