//! Tag filter: which tags Flux v1 may give a container, or the image of a release (`fluxcd.io/tag.CONTAINER`).
//!
//! Sources: fluxcd/flux 1.25 `pkg/policy/pattern.go` (`glob:` where nothing is written before it; of what cannot be read any tag fits, so
//! that it is refused here) and `pkg/cluster/kubernetes/resource/helmrelease.go` (what it takes for a container in the values of a release).

use regex::Regex;

use super::containers::{self, CONTAINER};
use super::known::KnownObject;
use super::policies;
use super::{AssignmentTarget, Playbook, PlaybookStart};
use crate::change::WantedChange;
use crate::domain::version::VersionRange;
use crate::error::{Error, Result};
use crate::forms::{Answers, Choice, Choices, Field, Form, InputKind};
use crate::kinds::legacy::TAG;

const PATTERN: &str = "pattern";
/// The image at the top of the values of a release.
const OF_CHART: &str = "chart-image";
const GLOB: &str = "glob:";
const VALUES: &str = "spec.values.";
/// The annotation that names the field of an image in the values, before a name of one's own for it.
const MAPPED: &str = "metadata.annotations['repository.fluxcd.io/";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "tag-filter",
    command: "tag-filter",
    doc: "Choose which tags Flux v1 may give a container",
    key: "G",
    label: "tag filter (Flux v1)…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: policies::offers,
    present: policies::present,
    form,
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted,
};

fn policy(container: &str) -> String {
    format!("{TAG}{container}")
}

fn form(known: &KnownObject<'_>) -> Form {
    let all = names(known);
    let now = |name: &str| policies::value(known, &policy(name)).unwrap_or_default();
    let from = match known.is_known() {
        true => Choices::Now(all.iter().map(|name| Choice::new(name, now(name))).collect()),
        false => Choices::Later,
    };
    let container = Field::new(CONTAINER, CONTAINER, "Which container", InputKind::Choice { from, free: true });
    let help = "glob:1.4.*, semver:~1.4 or regexp:^1[.]4; emptied it is taken out";
    let pattern = Field::new(PATTERN, PATTERN, help, InputKind::Text);
    let meant = chosen(known, &known.answered).ok();
    let pattern = match meant.as_deref().map(now) {
        Some("") if known.kind.is_some() => pattern,
        now => pattern.default(now.unwrap_or_default()).clears(),
    };
    Form::of(match &all[..] {
        // nobody knows yet whether it needs a name
        [] => vec![pattern, container.optional()],
        [_] => vec![pattern, container.flag_only()],
        _ => vec![container, pattern],
    })
}

fn wanted(answers: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    policies::fits(known)?;
    let container = chosen(known, answers)?;
    let policy = policy(&container);
    let fields = match answers.text(PATTERN) {
        None => return Err(Error::usage("no pattern", "write --set pattern=glob:1.4.*, or --unset pattern")),
        Some("") => policies::unset_all(known, &[&policy])?,
        Some(text) => policies::set(known, &policy, &read(text)?)?,
    };
    match (fields.is_empty(), answers.text(PATTERN)) {
        (false, _) => Ok(WantedChange::Own(fields)),
        (true, Some("")) => Err(policies::already(known, &format!("has no filter for {container} in git"))),
        (true, _) => Err(policies::already(known, &format!("has this filter for {container} in git already"))),
    }
}

/// A pattern as it is written.
///
/// # Errors
/// What fluxd would take for a pattern that fits any tag, or none.
fn read(text: &str) -> Result<String> {
    let wrong = |why: String, hint: &str| Err(Error::usage(why, hint));
    if let Some(range) = text.strip_prefix("semver:") {
        return match VersionRange::of(range).filter(|_| !range.trim().is_empty()) {
            Some(_) => Ok(text.to_owned()),
            None => wrong(format!("`{range}` is not a range of versions"), "write semver:~1.4, or semver:>=1.4 <2"),
        };
    }
    if let Some(pattern) = ["regexp:", "regex:"].iter().find_map(|sign| text.strip_prefix(sign)) {
        return match Regex::new(pattern).ok().filter(|_| !pattern.is_empty()) {
            Some(_) => Ok(text.to_owned()),
            None => wrong(format!("`{pattern}` is not a regular expression"), "write regexp:^v[0-9]+$"),
        };
    }
    let glob = text.strip_prefix(GLOB).unwrap_or(text);
    let is_of_tags = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-' | '*');
    match glob.chars().find(|letter| !is_of_tags(*letter)) {
        None if !glob.is_empty() => Ok(format!("{GLOB}{glob}")),
        None => wrong("the pattern is empty".to_owned(), "write glob:* for any tag"),
        Some(':') => wrong(format!("`{text}` begins with none of glob:, semver: and regexp:"), "write glob:1.4.*"),
        Some(letter) => wrong(format!("tags have no `{letter}`"), "a glob has the letters of tags, and * for any number of them"),
    }
}

/// What has an image by name: the containers of a workload; in the values of a release what fluxd takes for one.
fn names(known: &KnownObject<'_>) -> Vec<String> {
    let mut names: Vec<String> = containers::all(known).into_iter().map(|one| one.name).filter(|name| !name.is_empty()).collect();
    for (field, _) in known.all() {
        let of_values = field.strip_prefix(VALUES).and_then(|field| {
            let field = field.strip_suffix(".repository").unwrap_or(field);
            match field.strip_suffix("image")? {
                "" => Some(OF_CHART.to_owned()),
                above => above.strip_suffix('.').filter(|name| !name.contains(['.', '['])).map(str::to_owned),
            }
        });
        let mapped = || field.strip_prefix(MAPPED).and_then(|rest| rest.strip_suffix("']")).map(str::to_owned);
        let name = of_values.or_else(mapped);
        names.extend(name.filter(|name| !names.contains(name)));
    }
    names
}

/// The one that is meant: the only one, where none is named.
///
/// # Errors
/// There is none, several are there and none is named, or none of that name.
fn chosen(known: &KnownObject<'_>, answers: &Answers) -> Result<String> {
    let all = names(known);
    match (answers.text(CONTAINER), &all[..]) {
        (_, []) => Err(Error::failed(
            format!("{} names no image", known.name),
            "name a workload, or a release with an image in its values",
        )),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Error::usage(
            format!("{} has several containers: {}", known.name, all.join(", ")),
            format!("name one: --set {CONTAINER}=NAME"),
        )),
        (Some(name), _) if all.iter().any(|one| one == name) => Ok(name.to_owned()),
        (Some(name), _) => {
            Err(Error::failed(format!("{} has no container `{name}`", known.name), format!("there are {}", all.join(", "))))
        }
    }
}
