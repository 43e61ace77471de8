//! Since when an object fails, and with which commits: the last revision with which what applies it was ready, and what touched, since
//! then, the files that it is made from.
//!
//! Which revisions there were is read from the applier here; which commits are between them is git's to say (`git::history`). What is not
//! known is a sentence, never an empty list.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::domain::text::{counted, sanitise};
use crate::domain::{CommitNote, HistoryEnd, ObjectRef, duration, revision};
use crate::insight::declared::{Commit, FilePlace};

/// How much later than the first success of a revision an object may begin to fail because of it: a Deployment waits so long for its pods
/// before it says so (Kubernetes: `progressDeadlineSeconds`, 600 by default).
const LATEST: SignedDuration = SignedDuration::from_mins(10);
/// The reason that kustomize-controller writes where all went well (fluxcd/pkg `apis/meta`).
const SUCCEEDED: &str = "ReconciliationSucceeded";

/// What is asked: by which applier an object came, the nearest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnsetAsk {
    /// What git has a manifest of, and what applies it; an applier that fails by itself is both.
    pub of: Vec<(ObjectRef, ObjectRef)>,
    /// When the trouble began, if known.
    pub trouble: Option<Timestamp>,
}

/// The revisions of an applier, as its body says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revisions {
    /// The last one with which it was ready; none where nothing says so.
    pub ready: Option<ReadyRevision>,
    pub applied: Option<String>,
    pub attempted: Option<String>,
    /// What its source has fetched.
    pub fetched: Option<String>,
}

/// A revision with which an applier was ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyRevision {
    pub revision: String,
    /// When it was so last; what it was made of then, for how long already.
    pub last: Option<Timestamp>,
    pub first: Option<Timestamp>,
    /// Which field says so.
    pub witness: &'static str,
}

/// Since when something fails, and which commits may be why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Onset {
    pub object: ObjectRef,
    pub applier: ObjectRef,
    pub revisions: Revisions,
    /// The commit of the revision with which it fails.
    pub at: Commit,
    /// Those that touch the object's own files come first, and the newest of each.
    pub suspects: Vec<Suspect>,
    pub end: HistoryEnd,
    pub fault: Option<BuildFault>,
    /// Of a HelmRelease: what was deployed last, as its history says.
    pub released: Option<String>,
}

/// A commit that may be why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    pub note: CommitNote,
    /// It touches a file of the object itself; else one that is built with it.
    pub is_own: bool,
}

/// Why the revision cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildFault {
    pub says: String,
    /// The file and line at fault, where the build names one.
    pub place: Option<FilePlace>,
}

impl Revisions {
    /// Reads a Kustomization, its source, and when the trouble began.
    ///
    /// kustomize-controller keeps snapshots of what it built (1.7, Flux 2.7; fluxcd/pkg `apis/meta/history.go`): one for each digest and
    /// outcome, with the last revision that came to that. Before that the applied revision, where another was attempted, is the last good
    /// one.
    pub fn read(applier: &Value, source: Option<&Value>, trouble: Option<Timestamp>) -> Self {
        let text = |from: &Value, pointer: &str| {
            let found = from.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
            found.map(|text| sanitise(text).into_owned())
        };
        // what is applied from an artifact is known by the commit that it was made from
        let applied = text(applier, "/status/lastAppliedOriginRevision").or_else(|| text(applier, "/status/lastAppliedRevision"));
        let attempted = match text(applier, "/status/lastAppliedOriginRevision") {
            Some(_) => None,
            None => text(applier, "/status/lastAttemptedRevision"),
        };
        let fetched = source.and_then(|source| text(source, "/status/artifact/revision"));
        let mut found = Self { ready: None, applied, attempted, fetched };
        found.ready = found.of_history(applier, trouble).or_else(|| found.of_applied());
        found
    }

    fn of_history(&self, applier: &Value, trouble: Option<Timestamp>) -> Option<ReadyRevision> {
        let with = self.with()?;
        let entries = applier.pointer("/status/history").and_then(Value::as_array)?;
        let text = |entry: &Value, pointer: &str| entry.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let good = entries.iter().filter(|entry| entry["lastReconciledStatus"] == SUCCEEDED).filter_map(|entry| {
            let revision = text(entry, "/metadata/originRevision").or_else(|| text(entry, "/metadata/revision"))?;
            let time = |pointer: &str| text(entry, pointer)?.parse::<Timestamp>().ok();
            let (first, last) = (time("/firstReconciled"), time("/lastReconciled"));
            Some(ReadyRevision { revision: sanitise(&revision).into_owned(), last, first, witness: "status.history" })
        });
        let mut good: Vec<_> = good.collect();
        good.sort_by_key(|one| std::cmp::Reverse(one.last));
        // one that was applied for long before the trouble began is well, also the present one: then git is not what changed
        let was_well = |one: &ReadyRevision, trouble: Timestamp| {
            one.last.is_some_and(|last| last <= trouble) || one.first.is_some_and(|first| first + LATEST < trouble)
        };
        good.into_iter().find(|one| match trouble {
            Some(trouble) => was_well(one, trouble),
            None => commit_of(&one.revision) != commit_of(with),
        })
    }

    fn of_applied(&self) -> Option<ReadyRevision> {
        let (applied, attempted) = (self.applied.as_deref()?, self.attempted.as_deref()?);
        let is_other = commit_of(applied) != commit_of(attempted);
        is_other.then(|| ReadyRevision {
            revision: applied.to_owned(),
            last: None,
            first: None,
            witness: "status.lastAppliedRevision",
        })
    }

    /// The revision with which it is as it is: the last one that was attempted.
    pub fn with(&self) -> Option<&str> {
        self.attempted.as_deref().or(self.applied.as_deref())
    }

    /// The applied and the fetched revision, where they differ.
    pub fn range(&self) -> Option<(&str, &str)> {
        let (applied, fetched) = (self.applied.as_deref()?, self.fetched.as_deref()?);
        (commit_of(applied) != commit_of(fetched)).then_some((applied, fetched))
    }
}

/// The commit of a revision: `main@sha1:<id>`, and before Flux 2.0 `main/<id>`.
pub fn commit_of(revision: &str) -> &str {
    revision.rsplit([':', '/']).next().unwrap_or(revision)
}

/// The last release of a HelmRelease that was deployed, as `1.3.0 (revision 4)`; none where its history has none.
pub fn released(body: &Value) -> Option<String> {
    let entries = body.pointer("/status/history").and_then(Value::as_array)?;
    let good = entries.iter().filter(|entry| matches!(entry["status"].as_str(), Some("deployed" | "superseded")));
    let latest = good.max_by_key(|entry| entry["version"].as_i64())?;
    let chart = sanitise(latest["chartVersion"].as_str()?).into_owned();
    Some(latest["version"].as_i64().map_or(chart.clone(), |number| format!("{chart} (revision {number})")))
}

impl Suspect {
    /// `"bump web to 1.3.0" by ben, 5m ago (#12)`.
    pub fn line(&self, now: Timestamp) -> String {
        line(&self.note, now)
    }
}

/// `"bump web to 1.3.0" by ben, 5m ago (#12)`.
pub fn line(note: &CommitNote, now: Timestamp) -> String {
    let ago = note.at.map(|at| format!(", {} ago", duration::age((now.as_second() - at.as_second()).max(0)).0));
    let pull = note.pull.map(|pull| format!(" ({pull})")).unwrap_or_default();
    // a squashed pull request has its number in its subject already
    let pull = if note.subject.ends_with(pull.trim_start()) { String::new() } else { pull };
    format!("\"{}\" by {}{}{pull}", note.subject, note.author, ago.unwrap_or_default())
}

impl Onset {
    /// The commit that is shown first.
    pub fn first(&self) -> Option<&Suspect> {
        self.suspects.first()
    }

    /// What is to be said besides the commits, each a sentence: what was ready before, where the history ends, why there is no commit.
    pub fn notes(&self, now: Timestamp) -> Vec<String> {
        let mut notes = Vec::new();
        let age = |at: Timestamp| duration::age((now.as_second() - at.as_second()).max(0)).0;
        let is_same = |ready: &ReadyRevision| Some(commit_of(&ready.revision)) == self.revisions.with().map(commit_of);
        match &self.revisions.ready {
            Some(ready) if is_same(ready) => {
                let since = ready.first.map(|first| format!(" for {}", age(first))).unwrap_or_default();
                notes.push(format!("git is not what changed: it was ready with the same{since} ({})", ready.witness));
            }
            Some(ready) => {
                let last = ready.last.map(|last| format!(", {} ago", age(last))).unwrap_or_default();
                notes.push(format!("last ready with {}{last} ({})", revision::short(&ready.revision), ready.witness));
            }
            None => notes.push("with which revision it was ready last is not known".to_owned()),
        }
        if let Some(released) = &self.released {
            notes.push(format!("last deployed: chart {released}"));
        }
        match self.end {
            HistoryEnd::Shallow(at) => {
                let before = at.map_or_else(|| "that".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
                notes.push(format!("not known before {before}: the clone has no more of the history"));
            }
            HistoryEnd::Apart => notes.push("the branch was moved: the last ready revision is not in its history".to_owned()),
            HistoryEnd::Whole | HistoryEnd::More => {}
        }
        if self.suspects.is_empty() && self.end == HistoryEnd::Whole && !self.revisions.ready.as_ref().is_some_and(is_same) {
            notes.push(format!("no commit since then touches what {} is made from", self.object));
        }
        notes
    }

    /// How many commits there are beside the first, as `and 2 other commits`; none where it is the only one.
    pub fn others(&self) -> Option<String> {
        let others = self.suspects.len().checked_sub(1).filter(|others| *others > 0)?;
        let more = if self.end == HistoryEnd::More { " or more" } else { "" };
        Some(format!("{}{more}", counted(others, "other commit")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{ClusterId, PullMark, RawCommit};
    use crate::kinds;

    const OLD: &str = "main@sha1:1111111111111111111111111111111111111111";
    const NEW: &str = "main@sha1:2222222222222222222222222222222222222222";

    const LATER: &str = "main@sha1:3333333333333333333333333333333333333333";

    fn snapshot(revision: &str, status: &str, first: &str, last: &str) -> Value {
        json!({"digest": "sha256:x", "firstReconciled": format!("2026-01-01T{first}:00Z"), "lastReconciled": format!("2026-01-01T{last}:00Z"),
            "lastReconciledStatus": status, "metadata": {"revision": revision}})
    }

    fn at(time: &str) -> Option<Timestamp> {
        format!("2026-01-01T{time}:00Z").parse().ok()
    }

    #[test]
    fn the_last_ready_revision_is_read_from_whatever_says_so() {
        let status = |applied: &str, attempted: &str, history: Vec<Value>| json!({"status": {"lastAppliedRevision": applied, "lastAttemptedRevision": attempted, "history": history}});
        let failed = "HealthCheckFailed";
        for (name, body, trouble, expected) in [
            (
                "a health check fails",
                status(OLD, NEW, vec![snapshot(NEW, failed, "10:01", "10:05"), snapshot(OLD, SUCCEEDED, "08:00", "10:00")]),
                at("10:01"),
                Some((OLD, "status.history")),
            ),
            ("no history yet", status(OLD, NEW, vec![]), None, Some((OLD, "status.lastAppliedRevision"))),
            (
                "nothing waits for the object",
                status(NEW, NEW, vec![snapshot(NEW, SUCCEEDED, "10:00", "10:05"), snapshot(OLD, SUCCEEDED, "08:00", "09:59")]),
                at("10:01"),
                Some((OLD, "status.history")),
            ),
            (
                "it was well with the same for long",
                status(NEW, NEW, vec![snapshot(NEW, SUCCEEDED, "08:00", "10:05"), snapshot(OLD, SUCCEEDED, "06:00", "07:59")]),
                at("10:01"),
                Some((NEW, "status.history")),
            ),
            (
                "another commit came when it failed already",
                status(
                    LATER,
                    LATER,
                    vec![
                        snapshot(LATER, SUCCEEDED, "10:15", "10:30"),
                        snapshot(NEW, SUCCEEDED, "10:00", "10:14"),
                        snapshot(OLD, SUCCEEDED, "08:00", "09:59"),
                    ],
                ),
                at("10:01"),
                Some((OLD, "status.history")),
            ),
            (
                "taken back, and it fails still",
                status(OLD, OLD, vec![snapshot(OLD, SUCCEEDED, "08:00", "10:20"), snapshot(NEW, SUCCEEDED, "10:00", "10:14")]),
                at("10:01"),
                Some((OLD, "status.history")),
            ),
            (
                "only the same, and nothing before",
                status(NEW, NEW, vec![snapshot(NEW, SUCCEEDED, "10:00", "10:05")]),
                at("10:01"),
                None,
            ),
            ("never ready", status("", NEW, vec![snapshot(NEW, failed, "10:01", "10:05")]), None, None),
            ("nothing at all", json!({}), None, None),
        ] {
            let read = Revisions::read(&body, None, trouble);
            let ready = read.ready.as_ref().map(|ready| (&*ready.revision, ready.witness));
            assert_eq!(ready, expected, "{name}");
        }
    }

    #[test]
    fn what_is_fetched_and_not_applied_is_a_range() {
        let body = json!({"status": {"lastAppliedRevision": OLD, "lastAttemptedRevision": OLD}});
        let source = json!({"status": {"artifact": {"revision": NEW}}});
        assert_eq!(Revisions::read(&body, Some(&source), None).range(), Some((OLD, NEW)));
        assert_eq!(Revisions::read(&body, Some(&json!({"status": {"artifact": {"revision": OLD}}})), None).range(), None);
        assert_eq!(Revisions::read(&body, None, None).range(), None);
    }

    #[test]
    fn of_a_release_the_last_one_that_was_deployed_counts() {
        let history = json!([{"version": 10, "chartVersion": "1.3.0", "status": "failed"}, {"version": 9, "chartVersion": "1.2.0", "status": "superseded"}, {"version": 2, "chartVersion": "1.0.0", "status": "superseded"}]);
        assert_eq!(released(&json!({"status": {"history": history}})).as_deref(), Some("1.2.0 (revision 9)"));
        assert_eq!(released(&json!({})), None);
    }

    fn suspect(subject: &str, pull: Option<u64>) -> Suspect {
        let raw = RawCommit { author: "ben".into(), seconds: 100, message: subject.to_owned(), ..RawCommit::default() };
        let pull = pull.map(|number| PullMark { sign: '#', number });
        Suspect { note: CommitNote { pull, ..CommitNote::new(&raw) }, is_own: true }
    }

    #[test]
    fn a_commit_reads_as_a_line() {
        let now = Timestamp::from_second(400).expect("a time");
        for (subject, pull, expected) in [
            ("bump web", Some(12), "\"bump web\" by ben, 5m ago (#12)"),
            ("bump web (#12)", Some(12), "\"bump web (#12)\" by ben, 5m ago"),
            ("bump web", None, "\"bump web\" by ben, 5m ago"),
        ] {
            assert_eq!(suspect(subject, pull).line(now), expected);
        }
    }

    #[test]
    fn what_is_not_known_is_said_and_nothing_is_never_taken_for_it() {
        let object = |kind: &crate::kinds::Kind| ObjectRef::new(ClusterId(0), kind.gk(), "web", "web");
        let beginning = |ready: Option<&str>, end: HistoryEnd| Onset {
            object: object(kinds::DEPLOYMENT),
            applier: object(kinds::KUSTOMIZATION),
            revisions: Revisions {
                ready: ready.map(|ready| ReadyRevision {
                    revision: ready.to_owned(),
                    last: None,
                    first: at("08:00"),
                    witness: "status.history",
                }),
                attempted: Some(NEW.to_owned()),
                ..Revisions::default()
            },
            at: Commit::default(),
            suspects: Vec::new(),
            end,
            fault: None,
            released: None,
        };
        let now = at("10:00").expect("a time");
        for (ready, end, expected) in [
            (
                Some(OLD),
                HistoryEnd::Whole,
                &[
                    "last ready with main@1111111 (status.history)",
                    "no commit since then touches what Deployment web/web is made from",
                ][..],
            ),
            (Some(NEW), HistoryEnd::Whole, &["git is not what changed: it was ready with the same for 120m (status.history)"]),
            (
                None,
                HistoryEnd::Shallow(at("07:00")),
                &[
                    "with which revision it was ready last is not known",
                    "not known before 2026-01-01: the clone has no more of the history",
                ],
            ),
            (
                Some(OLD),
                HistoryEnd::Apart,
                &[
                    "last ready with main@1111111 (status.history)",
                    "the branch was moved: the last ready revision is not in its history",
                ],
            ),
        ] {
            assert_eq!(beginning(ready, end).notes(now), expected);
        }
        let several = Onset { suspects: vec![suspect("a", None), suspect("b", None)], ..beginning(None, HistoryEnd::More) };
        assert_eq!(several.others().as_deref(), Some("1 other commit or more"));
    }
}
