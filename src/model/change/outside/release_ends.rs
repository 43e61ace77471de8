//! What `helm template` printed before a change and after it: what differs in the objects, and the check that it comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::HELM;
use super::releases::ChartedRelease;
use crate::change::checks::{Check, CheckResult};
use crate::change::rendered::{ObjectFate, RenderedBuild, between};
use crate::domain::text::{counted, redact, sanitise_line};
use crate::render::flux::Applied;
use crate::render::id::text_at;
use crate::render::node::Layer;
use crate::render::read::{TextPlace, documents};

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
}

impl ReleaseAnswer {
    /// Nothing was called.
    pub fn not_run(why: &str) -> Self {
        let side = || ReleaseSide::NotRun(why.to_owned());
        Self { before: side(), again: side(), after: side() }
    }
}

/// The answers as one check, with what differs in the objects.
pub fn check(answers: Vec<(&ChartedRelease, ReleaseAnswer)>) -> (Check, Vec<RenderedBuild>) {
    let (mut failed, mut unknown, mut said, mut rendered) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (release, answer) in answers {
        let object = &release.object;
        let why = |why: &str| shortened(why);
        match (&answer.before, &answer.after) {
            (ReleaseSide::NotRun(text), _) | (_, ReleaseSide::NotRun(text)) => unknown.push(format!("{object}: {}", why(text))),
            (ReleaseSide::Refused(_), ReleaseSide::Refused(text)) => {
                unknown.push(format!("{object} cannot be rendered, before as after: {}", why(text)));
            }
            (_, ReleaseSide::Refused(text)) => failed.push(format!("{object} could not be rendered any more: {}", why(text))),
            (ReleaseSide::Refused(text), _) => unknown.push(format!("{object} could not be rendered before: {}", why(text))),
            _ => match differs(release, &answer) {
                Err(text) => unknown.push(format!("{object}: {text}")),
                Ok(build) => {
                    said.push(words(release, &build));
                    if !build.objects.is_empty() {
                        rendered.push(build);
                    }
                }
            },
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

fn differs(release: &ChartedRelease, answer: &ReleaseAnswer) -> Result<RenderedBuild, String> {
    let sides = [&answer.before, &answer.again, &answer.after].map(objects);
    let [before, again, after] = sides;
    let (before, again, after) = (before?, again?, after?);
    let name = format!("{HELM} {}", release.object);
    let mut build = between(&name, &before, &after);
    let unstable: BTreeSet<_> = between(&name, &before, &again)
        .objects
        .into_iter()
        .flat_map(|object| object.fields.into_iter().map(move |field| (object.object.clone(), field.path)))
        .collect();
    for object in &mut build.objects {
        let name = object.object.clone();
        object.fields.retain(|field| !unstable.contains(&(name.clone(), field.path.clone())));
    }
    build.objects.retain(|object| object.fate != ObjectFate::Changed || !object.fields.is_empty() || object.more > 0);
    Ok(build)
}

fn objects(side: &ReleaseSide) -> Result<Vec<Applied>, String> {
    let ReleaseSide::Printed(text) = side else { return Ok(Vec::new()) };
    let nodes = documents(text.as_bytes(), &TextPlace::file(&"helm".into(), Layer::Resource));
    let nodes = nodes.map_err(|error| format!("what helm prints cannot be read: {}", error.message))?;
    Ok(nodes.into_iter().filter(|node| !text_at(node, "kind").is_empty()).map(Applied::plain).collect())
}

/// `HelmRelease web/web: 1 Deployment, 2 ConfigMaps change`.
fn words(release: &ChartedRelease, build: &RenderedBuild) -> String {
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
    let has_post = |call: &Option<Result<super::ReleaseCall, String>>| matches!(call, Some(Ok(call)) if call.has_post_renderers);
    let post = has_post(&release.before) || has_post(&release.after);
    format!("{}: {what}{}", release.object, if post { ", without its postRenderers" } else { "" })
}
