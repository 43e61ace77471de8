//! A change, step by step: from the commit to the pods, each step with its state and its time.
//!
//! ```text
//!  ● committed      57943ce on main@86058ad                                 14:02:10
//!  ● pushed         fluxdeck/scale-api-api-3f2a                             14:02:11
//!  ● pull request   #12 open · checks 1 of 2                                14:02:12
//!                   https://forge.example/ops/fleet/pulls/12
//!  ◌ merged
//!  · fetched
//!  ? applied        not visible: you may not read Kustomization flux-system/apps
//! ```

use jiff::Timestamp;

use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{Checks, Health, Pull, PullState, Reviews, duration};
use fluxdeck_model::state::jobs::{Change, ChangePhase, Job, Keeper, Reached};

/// Columns of the names of steps, and of the line before the time.
const LABEL: usize = 17;

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: &'static str,
    /// None: it has not begun.
    health: Option<Health>,
    text: String,
    at: Option<Timestamp>,
}

impl Step {
    fn ahead(name: &'static str) -> Self {
        Self { name, health: None, text: String::new(), at: None }
    }

    fn reached(name: &'static str, text: impl Into<String>, at: Option<Timestamp>) -> Self {
        Self { name, health: Some(Health::Ready), text: text.into(), at }
    }
}

/// The steps in lines of that width.
pub fn lines(change: &Change, job: &Job, now: Timestamp, is_ascii: bool, width: usize) -> Vec<Styled> {
    let mut out = Vec::new();
    let mut since = change.progress.since.unwrap_or(change.at);
    for step in steps(change, job) {
        out.extend(line(&step, since, now, is_ascii, width));
        // a step begins with the end of the one before
        since = step.at.map_or(since, |at| at.max(since));
    }
    out
}

fn line(step: &Step, since: Timestamp, now: Timestamp, is_ascii: bool, width: usize) -> Vec<Styled> {
    let (glyph, style) = match step.health {
        Some(health) => (if is_ascii { health.ascii() } else { health.glyph() }, health.into()),
        None => (if is_ascii { '-' } else { '·' }, Style::Dim),
    };
    let time = match (step.at, step.health) {
        (Some(at), _) => at.strftime("%H:%M:%S").to_string(),
        // what is under way says for how long
        (None, Some(Health::Progressing)) => duration::age((now.as_second() - since.as_second()).max(0)).0,
        (None, _) => String::new(),
    };
    let text = if step.health.is_some() { Style::Text } else { Style::Dim };
    let line = Styled::of(style, format!(" {glyph} {}", step.name)).upto(LABEL).and(text, sanitise(&step.text));
    let column = width.saturating_sub(time.len() + 1);
    if !time.is_empty() && line.width() + 1 < column {
        return vec![line.upto(column).and(Style::Dim, time)];
    }
    line.and(Style::Dim, format!("  {time}")).wrapped(LABEL, width)
}

/// The steps of a change, in their order.
fn steps(change: &Change, job: &Job) -> Vec<Step> {
    let mut steps = vec![prepared(change)];
    steps.extend(forked(change));
    steps.push(pushed(change));
    if !change.order.is_push_only {
        steps.push(opened(change));
        steps.extend(followed(change));
    }
    // where it was left, nothing is under way
    let is_left = job.keeper != Keeper::Us && !job.is_over();
    for step in steps.iter_mut().filter(|_| is_left) {
        if step.health == Some(Health::Progressing) {
            step.health = Some(Health::Waiting);
        }
    }
    steps
}

/// When a line of its history was written that begins so.
fn noted(change: &Change, begins: &str) -> Option<Timestamp> {
    change.progress.log.iter().find(|line| line.text.starts_with(begins)).map(|line| line.at)
}

/// The step of the present phase: under way, being looked up, or waiting for the user.
fn present(name: &'static str, change: &Change) -> Step {
    let phase = change.phase();
    let health = match phase {
        ChangePhase::End(_) => Health::Failed,
        _ if phase.is_waiting() => Health::Suspended,
        _ if phase.message().is_empty() => Health::Progressing,
        _ => Health::Unknown,
    };
    let text = match (phase.message(), phase.hint()) {
        ("", _) => String::new(),
        (message, "") => message.to_owned(),
        (message, hint) => format!("{message}; {hint}"),
    };
    Step { name, health: Some(health), text, at: None }
}

fn prepared(change: &Change) -> Step {
    let progress = &change.progress;
    if progress.commit.is_empty() {
        return present("committed", change);
    }
    let text = format!("{} on {}@{}", short(&progress.commit), change.order.site.base, short(&progress.base));
    Step::reached("committed", text, noted(change, "committed"))
}

/// The fork, where it goes to one.
fn forked(change: &Change) -> Option<Step> {
    let name = "fork";
    if matches!(change.phase(), ChangePhase::Fork(_)) {
        return Some(present(name, change));
    }
    let fork = change.progress.fork.clone()?;
    let at = noted(change, "made the fork ").or_else(|| noted(change, "the fork ")).or_else(|| noted(change, "your fork "));
    Some(Step::reached(name, fork, at))
}

fn pushed(change: &Change) -> Step {
    let (name, progress) = ("pushed", &change.progress);
    let is_open = progress.pull.is_some() || matches!(change.phase(), ChangePhase::Open(_));
    let pushed = noted(change, "pushed ").or_else(|| noted(change, "it had arrived"));
    match change.phase() {
        ChangePhase::Push(_) => present(name, change),
        _ if is_open || pushed.is_some() => Step::reached(name, progress.branch.clone(), pushed),
        ChangePhase::End(_) if !progress.commit.is_empty() => present(name, change),
        _ => Step::ahead(name),
    }
}

fn opened(change: &Change) -> Step {
    let (name, progress) = ("pull request", &change.progress);
    let at = noted(change, "opened #").or_else(|| noted(change, "it is open")).or_else(|| noted(change, "the same change"));
    match (&progress.pull, change.phase()) {
        (Some(pull), _) => Step::reached(name, format!("{}  {}", summary(pull), pull.url), at),
        (None, ChangePhase::Open(_)) => present(name, change),
        (None, ChangePhase::End(_)) => match &progress.page {
            Some(page) => Step { name, health: Some(Health::Suspended), text: format!("open it by hand at {page}"), at: None },
            None => Step::ahead(name),
        },
        (None, _) => Step::ahead(name),
    }
}

/// `#12 open, draft · checks 1 of 2 passed, 1 failed · 1 of 2 approvals`, or `#12 queued`.
pub fn summary(pull: &Pull) -> String {
    let draft = if pull.is_draft { ", draft" } else { "" };
    let stuck = if pull.is_stuck() { ", cannot be merged at present" } else { "" };
    let said = |lead: &str, words: String| if words.is_empty() { words } else { format!(" · {lead}{words}") };
    let checks = said("checks ", pull.checks.map(Checks::words).unwrap_or_default());
    let reviews = said("", pull.reviews.map(Reviews::words).unwrap_or_default());
    format!("#{} {}{draft}{stuck}{checks}{reviews}", pull.number, pull.word())
}

fn followed(change: &Change) -> Vec<Step> {
    let names = ["fetched", "applied", "rolled out"];
    let progress = &change.progress;
    let Some(pull) = &progress.pull else {
        return std::iter::once("merged").chain(names).map(Step::ahead).collect();
    };
    let mut steps = vec![merged(pull, change)];
    let is_merged = matches!(pull.state, PullState::Merged(_));
    let reached = [&progress.rollout.fetched, &progress.rollout.applied, &progress.rollout.rolled_out];
    let mut is_next = is_merged && !change.phase().is_over();
    for (name, reached) in names.into_iter().zip(reached) {
        steps.push(match reached {
            Reached::Seen { at, text } => Step::reached(name, text.clone(), Some(*at)),
            Reached::NotVisible { why } => {
                Step { name, health: Some(Health::Unknown), text: format!("not visible: {why}"), at: None }
            }
            Reached::Waiting { why } if is_next => {
                is_next = false;
                Step { name, health: Some(Health::Progressing), text: why.clone(), at: None }
            }
            Reached::Waiting { .. } => Step::ahead(name),
        });
    }
    steps
}

fn merged(pull: &Pull, change: &Change) -> Step {
    let name = "merged";
    match &pull.state {
        PullState::Merged(merge) => {
            let by = merge.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let at = merge.at.or_else(|| noted(change, "merged"));
            Step::reached(name, format!("{}{by}", short(&merge.commit)), at)
        }
        PullState::Closed => {
            Step { name, health: Some(Health::Failed), text: "closed without being merged".to_owned(), at: change.progress.ended }
        }
        PullState::Open if change.phase().is_over() => Step { text: change.phase().message().to_owned(), ..Step::ahead(name) },
        PullState::Open => {
            let why = change.progress.trouble.as_ref().map(|why| format!("the forge does not answer: {why}"));
            let queued = pull.is_queued.then(|| "the forge merges it as soon as it may".to_owned());
            Step { name, health: Some(Health::Waiting), text: why.or(queued).unwrap_or_default(), at: None }
        }
    }
}

fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}
