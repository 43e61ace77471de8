//! What `helm template` printed before a change and after it: what differs in the objects, and the check that it comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::HELM;
use super::post_render::PostFault;
use super::releases::{ChartedRelease, ReleaseCall};
use crate::change::checks::{Check, CheckResult};
use crate::change::rendered::{ObjectFate, RenderedBuild, between};
use crate::domain::text::{counted, redact, sanitise_line};
use crate::render::flux::Applied;

/// Longest reason that is kept, in letters.
const LONGEST: usize = 300;

/// One side of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseSide {
    /// It is not there.
    Nothing,
    Printed(String),
    /// helm does not render it.
    Refused(String),
    /// helm was not called.
    NotRun(String),
}

/// Both sides of a release. `again`: the same as `before`, rendered a second time: what differs there is made up each time (a password, a
/// certificate), and says nothing of the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseAnswer {
    pub before: ReleaseSide,
    pub again: ReleaseSide,
    pub after: ReleaseSide,
    /// The version of a chart that changes in git, and which Flux does not pack again: it is that of before.
    pub stays_at: Option<String>,
}

impl ReleaseAnswer {
    /// Nothing was called.
    pub fn not_run(why: &str) -> Self {
        let side = || ReleaseSide::NotRun(why.to_owned());
        Self { before: side(), again: side(), after: side(), stays_at: None }
    }
}

/// One side as the cluster would get it.
enum Objects {
    Known(Vec<Applied>),
    /// It is not installed so.
    Refused(String),
    Unknown(String),
}

/// The answers as one check, with what differs in the objects.
pub fn check(answers: Vec<(&ChartedRelease, ReleaseAnswer)>) -> (Check, Vec<RenderedBuild>) {
    let (mut failed, mut unknown, mut said, mut rendered) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (release, answer) in answers {
        let object = &release.object;
        let ReleaseAnswer { before, again, after, stays_at } = answer;
        let sides = [(&release.before, before), (&release.before, again), (&release.after, after)];
        match sides.map(|(call, side)| objects(call.as_ref(), side)) {
            [Objects::Unknown(why), ..] | [_, _, Objects::Unknown(why)] => unknown.push(format!("{object}: {}", shortened(&why))),
            [Objects::Refused(_), _, Objects::Refused(why)] => {
                unknown.push(format!("{object} cannot be rendered, before as after: {}", shortened(&why)));
            }
            [_, _, Objects::Refused(why)] => failed.push(format!("{object} could not be rendered any more: {}", shortened(&why))),
            [Objects::Refused(why), ..] => unknown.push(format!("{object} could not be rendered before: {}", shortened(&why))),
            [Objects::Known(before), Objects::Known(again), Objects::Known(after)] => {
                let build = differs(release, &before, &again, &after);
                said.push(words(release, &build, stays_at.as_deref()));
                if !build.objects.is_empty() {
                    rendered.push(build);
                }
            }
            [_, Objects::Refused(why) | Objects::Unknown(why), _] => unknown.push(format!("{object}: {}", shortened(&why))),
        }
    }
    let check = |result, why: &[String]| Check { name: HELM.into(), result, why: why.join("; ") };
    let check = match (failed.is_empty(), unknown.is_empty()) {
        (false, _) => check(CheckResult::Failed, &failed),
        (true, false) => check(CheckResult::NotRun, &[unknown, said].concat()),
        (true, true) => check(CheckResult::Passed, &said),
    };
    (check, rendered)
}

/// What helm has printed, with what follows helm.
fn objects(call: Option<&Result<ReleaseCall, String>>, side: ReleaseSide) -> Objects {
    match (side, call) {
        (ReleaseSide::NotRun(why), _) => Objects::Unknown(why),
        (ReleaseSide::Refused(why), _) => Objects::Refused(why),
        (ReleaseSide::Printed(text), Some(Ok(call))) => match call.post.applied(&text) {
            Ok(objects) => Objects::Known(objects),
            Err(PostFault::Unread(why)) => Objects::Unknown(why),
            Err(PostFault::Refused(why)) => Objects::Refused(why),
        },
        (ReleaseSide::Nothing | ReleaseSide::Printed(_), _) => Objects::Known(Vec::new()),
    }
}

/// What helm says, fit to be shown: on one line, without credentials.
fn shortened(text: &str) -> String {
    let text = redact(text.trim()).into_owned();
    let lines: Vec<_> =
        text.lines().map(|line| sanitise_line(line.trim()).into_owned()).filter(|line| !line.is_empty()).collect();
    let line = lines.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn differs(release: &ChartedRelease, before: &[Applied], again: &[Applied], after: &[Applied]) -> RenderedBuild {
    let name = format!("{HELM} {}", release.object);
    let mut build = between(&name, before, after);
    let unstable: BTreeSet<_> = between(&name, before, again)
        .objects
        .into_iter()
        .flat_map(|object| object.fields.into_iter().map(move |field| (object.object.clone(), field.path)))
        .collect();
    for object in &mut build.objects {
        let name = object.object.clone();
        object.fields.retain(|field| !unstable.contains(&(name.clone(), field.path.clone())));
    }
    build.objects.retain(|object| object.fate != ObjectFate::Changed || !object.fields.is_empty() || object.more > 0);
    build
}

/// `HelmRelease web/web: 1 Deployment, 2 ConfigMaps change`.
fn words(release: &ChartedRelease, build: &RenderedBuild, stays_at: Option<&str>) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for object in &build.objects {
        *kinds.entry(object.object.split(' ').next().unwrap_or_default()).or_default() += 1;
    }
    let count = build.objects.len() + build.more;
    let all: Vec<_> = kinds.into_iter().map(|(kind, count)| counted(count, kind)).collect();
    let what = match count {
        0 => "none of its objects changes".to_owned(),
        1 => format!("{} changes", all.join(", ")),
        _ => format!("{} change", all.join(", ")),
    };
    let stays = stays_at.map(|version| format!("; Flux packs its chart again once that has another version than {version}"));
    format!("{}: {what}{}", release.object, stays.unwrap_or_default())
}
