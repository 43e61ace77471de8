//! Open pull requests that change what a change is about to change: another value for the same field, or other words in the same lines; and
//! what others have pushed to the branch of the very change. A person decides with this in sight.
//!
//! Asking a forge and fetching branches do *not* belong here.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::{Check, CheckResult};
use super::pull::PullEffect;
use super::rendered::RenderedBuild;
use crate::domain::Pull;
use crate::domain::text::{counted, sanitise_line};
use crate::error::Error;

/// The name of the check, as people read it.
pub const COMPETING: &str = "open pull requests";
/// Lines that are kept of one pull request.
const MOST: usize = 3;

/// An open pull request that has to do with a change.
#[derive(Clone, Debug, PartialEq)]
pub struct CompetingPull {
    pub pull: Pull,
    /// The user opened it.
    pub is_own: bool,
    pub touches: CompetingTouch,
}

/// What it does to the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompetingTouch {
    /// Fields of what is built, a line each: `spec.replicas: 2 -> 4`.
    Fields(Vec<String>),
    /// Lines of files, each as it would read: `web.yaml:6 replicas: 4`.
    Lines(Vec<String>),
    /// It is of this very change, and others have pushed to its branch: `fix the tests (Ben)`.
    Commits(Vec<String>),
}

impl CompetingPull {
    /// `#12 (yours, open) changes spec.replicas: 2 -> 4`.
    pub fn text(&self) -> String {
        let Pull { number, author, .. } = &self.pull;
        let by = match (self.is_own, author.is_empty()) {
            (true, _) => "yours".to_owned(),
            (false, true) => "of somebody else".to_owned(),
            (false, false) => format!("by {}", sanitise_line(author)),
        };
        let state = if self.pull.is_draft { "draft" } else { self.pull.word() };
        let lines = |all: &[String]| {
            let rest = all.len().saturating_sub(MOST);
            let more = if rest > 0 { format!(", and {}", counted(rest, "more line")) } else { String::new() };
            format!("{}{more}", all.iter().take(MOST).map(|line| sanitise_line(line)).collect::<Vec<_>>().join(", "))
        };
        let does = match &self.touches {
            CompetingTouch::Fields(all) => format!("changes the same field: {}", lines(all)),
            CompetingTouch::Lines(all) => format!("changes the same line: {}", lines(all)),
            CompetingTouch::Commits(all) => format!("has commits of others on this branch: {}", lines(all)),
        };
        format!("#{number} ({by}, {state}) {does}")
    }
}

/// What a pull request does to the same things as a change, as it is rendered and as a patch of the same commit; none where they have nothing
/// in common. One that gives it the same value is named as well: one of both is needless.
pub fn touch(rendered: &[RenderedBuild], patch: &str, effect: &PullEffect) -> Option<CompetingTouch> {
    let own = rendered.iter().flat_map(|build| &build.objects);
    let own: BTreeSet<(&str, &str)> =
        own.flat_map(|object| object.fields.iter().map(|field| (object.object.as_str(), field.path.as_str()))).collect();
    let mut fields: Vec<String> = Vec::new();
    for one in effect.builds.iter().flat_map(|build| &build.differences) {
        let Some(field) = one.field.as_deref().filter(|field| own.contains(&(one.object.as_str(), *field))) else { continue };
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let line = format!("{field}: {} -> {}", value(&one.before), value(&one.after));
        if !fields.contains(&line) {
            fields.push(line);
        }
    }
    if !fields.is_empty() {
        return Some(CompetingTouch::Fields(fields));
    }
    let (mine, theirs) = (lines(patch), lines(&effect.patch));
    let mut common = Vec::new();
    for (file, changed) in &mine {
        let Some(others) = theirs.get(file) else { continue };
        let both = others.iter().filter(|(line, _)| changed.contains_key(line));
        common.extend(both.map(|(line, text)| format!("{file}:{line} {text}").trim_end().to_owned()));
    }
    (!common.is_empty()).then_some(CompetingTouch::Lines(common))
}

/// The check that the answers are. `looked`: at how many; `unread`: those of which it is not known what they change, and why.
pub fn check(found: &[CompetingPull], looked: usize, unread: &[(u64, Error)], has_more: bool) -> Check {
    let check = |result, why| Check { name: COMPETING.into(), result, why };
    if !found.is_empty() {
        return check(CheckResult::Warned, found.iter().map(CompetingPull::text).collect::<Vec<_>>().join("; "));
    }
    if let Some((number, error)) = unread.first() {
        let others = if unread.len() > 1 { format!(" and {}", counted(unread.len() - 1, "other")) } else { String::new() };
        return check(CheckResult::NotRun, format!("what #{number}{others} changes is not known: {}", error.message));
    }
    if has_more {
        return check(CheckResult::NotRun, format!("only the newest {looked} were looked at: none changes the same"));
    }
    let why = if looked == 0 { "there is no other".to_owned() } else { format!("none of {looked} changes the same") };
    check(CheckResult::Passed, why)
}

/// By file: the lines, as they are numbered before, that a patch changes, with what they become; for lines that are only added the one before.
fn lines(patch: &str) -> BTreeMap<&str, BTreeMap<usize, String>> {
    let mut found: BTreeMap<&str, BTreeMap<usize, String>> = BTreeMap::new();
    let (mut file, mut at, mut removed) = ("", 0, Vec::new());
    let mut is_in_hunk = false;
    for line in patch.lines() {
        if let Some(rest) = line.strip_prefix("diff --git a/") {
            (is_in_hunk, file) = (false, rest.split(" b/").next().unwrap_or(rest));
            continue;
        }
        if let Some(rest) = line.strip_prefix("@@ -") {
            is_in_hunk = true;
            at = rest.split([',', ' ']).next().and_then(|number| number.parse().ok()).unwrap_or_default();
            removed.clear();
            continue;
        }
        if !is_in_hunk {
            continue;
        }
        match line.as_bytes().first() {
            Some(b'-') => {
                found.entry(file).or_default().insert(at, String::new());
                removed.push(at);
                at += 1;
            }
            Some(b'+') => {
                let text = line[1..].trim().to_owned();
                match (removed.is_empty(), at) {
                    (false, _) => drop(found.entry(file).or_default().insert(removed.remove(0), text)),
                    (true, 0) => {}
                    // what comes between two lines is of the one before
                    (true, _) => drop(found.entry(file).or_default().entry(at - 1).or_insert(text)),
                }
            }
            Some(b'\\') => {}
            _ => {
                removed.clear();
                at += 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::compare::ObjectKey;
    use crate::change::{BuildDifference, ObjectFate, RenderedField, RenderedObject, TouchedBuild};

    const PATCH: &str = "diff --git a/web.yaml b/web.yaml\n--- a/web.yaml\n+++ b/web.yaml\n@@ -4,4 +4,4 @@\n a: 1\n b: 2\n-replicas: 2\n+replicas: 3\n c: 4\n";

    fn effect(patch: &str) -> PullEffect {
        PullEffect { patch: patch.to_owned(), ..PullEffect::default() }
    }

    #[test]
    fn another_pull_request_that_changes_the_same_line_is_found_and_one_beside_it_is_not() {
        let other = PATCH.replace("+replicas: 3", "+replicas: 4");
        let found = touch(&[], PATCH, &effect(&other));
        assert_eq!(found, Some(CompetingTouch::Lines(vec!["web.yaml:6 replicas: 4".to_owned()])));
        let beside = "diff --git a/web.yaml b/web.yaml\n--- a/web.yaml\n+++ b/web.yaml\n@@ -4,4 +4,4 @@\n-a: 1\n+a: 0\n b: 2\n replicas: 2\n c: 4\n";
        assert_eq!(touch(&[], PATCH, &effect(beside)), None);
        assert_eq!(touch(&[], PATCH, &effect(&other.replace("web.yaml", "api.yaml"))), None);
    }

    #[test]
    fn who_and_what_is_in_one_sentence() {
        let pull = |author: &str, is_draft| Pull {
            number: 12,
            url: String::new(),
            title: String::new(),
            head: "fix".to_owned(),
            head_commit: String::new(),
            base: "main".to_owned(),
            is_draft,
            state: crate::domain::PullState::Open,
            checks: None,
            is_mergeable: None,
            is_queued: false,
            author: author.to_owned(),
            opened: None,
            is_fork: false,
            reviews: None,
        };
        let lines = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        for (author, is_own, is_draft, touches, expected) in [
            (
                "ana",
                true,
                false,
                CompetingTouch::Lines(lines),
                "#12 (yours, open) changes the same line: a, b, c, and 1 more line",
            ),
            (
                "",
                false,
                true,
                CompetingTouch::Fields(vec!["x".to_owned()]),
                "#12 (of somebody else, draft) changes the same field: x",
            ),
            (
                "ana",
                true,
                false,
                CompetingTouch::Commits(vec!["fix the tests (Ben)".to_owned()]),
                "#12 (yours, open) has commits of others on this branch: fix the tests (Ben)",
            ),
        ] {
            assert_eq!(CompetingPull { pull: pull(author, is_draft), is_own, touches }.text(), expected);
        }
        let found = check(&[], 3, &[], false);
        assert_eq!((found.result, &*found.why), (CheckResult::Passed, "none of 3 changes the same"));
        let unread = check(&[], 3, &[(7, Error::failed("it is gone", ""))], false);
        assert_eq!((unread.result, &*unread.why), (CheckResult::NotRun, "what #7 changes is not known: it is gone"));
        assert_eq!(check(&[], 20, &[], true).result, CheckResult::NotRun);
    }

    #[test]
    fn the_same_field_set_elsewhere_competes_too() {
        let field = RenderedField { path: "spec.replicas".to_owned(), before: Some("2".to_owned()), after: Some("3".to_owned()) };
        let object = |name: &str| RenderedObject {
            object: name.to_owned(),
            fate: ObjectFate::Changed,
            fields: vec![field.clone()],
            more: 0,
        };
        let rendered = |name: &str| {
            vec![RenderedBuild { builds: vec!["apps".to_owned()], objects: vec![object(name)], more: 0, lost: None }]
        };
        let key = ObjectKey {
            group: "apps".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: "web".to_owned(),
            name: "web".to_owned(),
        };
        let difference = BuildDifference {
            key,
            object: "Deployment web/web".to_owned(),
            field: Some("spec.replicas".to_owned()),
            before: Some("2".to_owned()),
            after: Some("4".to_owned()),
        };
        let build = TouchedBuild {
            name: "apps".to_owned(),
            applier: None,
            differences: vec![difference],
            renamed: Vec::new(),
            broken: None,
        };
        let effect = PullEffect { builds: vec![build], ..PullEffect::default() };
        let found = touch(&rendered("Deployment web/web"), PATCH, &effect);
        assert_eq!(found, Some(CompetingTouch::Fields(vec!["spec.replicas: 2 -> 4".to_owned()])));
        assert_eq!(touch(&rendered("Deployment web/api"), PATCH, &effect), None);
    }
}
