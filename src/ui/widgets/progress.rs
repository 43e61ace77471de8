//! What is being done to an object, on its own row: while it goes on, and for a while after.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::sentence::brief;
use crate::ui::layer::Scene;
use fluxdeck_model::actions::Switch;
use fluxdeck_model::domain::duration;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{Health, Object, ObjectRef, Pull, Store};
use fluxdeck_model::state::State;
use fluxdeck_model::state::jobs::change::{End, StepState};
use fluxdeck_model::state::jobs::{Change, ChangePhase, Item, Job, Keeper, Phase};
use fluxdeck_model::state::pulls::PullBoard;

/// For how many seconds a row shows an act that has ended: well, or not.
const WELL: i64 = 30;
const BADLY: i64 = 300;

/// The sign of an object that the user is notified of.
const WATCHED: &str = "◉";

/// The acts that rows show, by object.
pub struct Progress<'a> {
    acts: BTreeMap<&'a ObjectRef, (&'a Job, &'a Item)>,
    /// Changes in git that are not over, by their objects.
    changes: BTreeMap<ObjectRef, &'a Change>,
    /// What is known of anyone's pull requests.
    pulls: &'a PullBoard,
    state: &'a State,
}

/// What a row says: first how far it is and for how long, then what it is; that may be cut.
pub struct Note {
    pub text: String,
    pub health: Health,
    pub elapsed: String,
}

impl<'a> Progress<'a> {
    /// Costs a look at every item of the jobs that are kept.
    pub fn of(state: &'a State) -> Self {
        let (mut found, mut changes) = (BTreeMap::new(), BTreeMap::new());
        let (epoch, store) = (state.cluster().epoch, &state.cluster().store);
        // the youngest act on an object is the one that counts
        for job in state.jobs.all().iter().filter(|job| job.bound == Some((state.active, epoch))) {
            for item in job.items() {
                if !item.phase.is_over() && item.step().object != item.object {
                    found.insert(&item.step().object, (job, item));
                }
                if lasts(job, item, store, state.clock) > 0 {
                    found.insert(&item.object, (job, item));
                } else if found.get(&item.object).is_some_and(|(_, older)| older.phase.is_over()) {
                    // a failure would be shown for longer than the success after it
                    found.remove(&item.object);
                }
            }
            let change = job.change().filter(|_| job.keeper == Keeper::Us && !job.is_over());
            for (object, change) in
                change.into_iter().flat_map(|change| change.objects().into_iter().map(move |object| (object, change)))
            {
                changes.insert(object, change);
            }
        }
        Self { acts: found, changes, pulls: &state.cluster().pulls, state }
    }

    /// The marks of that object: that the user is notified of it, and the pull requests that touch it: one that is followed, and those that
    /// were looked up: `◉ #12`.
    pub fn marks(&self, object: &ObjectRef) -> Option<String> {
        let own = self.changes.get(object).and_then(|change| change.progress.pull.as_ref()).map(|pull| pull.number);
        let mut numbers: Vec<u64> = own.into_iter().chain(self.pulls.touching(object).iter().map(|one| one.number)).collect();
        numbers.dedup();
        let watched = self.state.is_watched(object).then(|| WATCHED.to_owned());
        let marks: Vec<_> = watched.into_iter().chain(numbers.iter().map(|number| format!("#{number}"))).collect();
        (!marks.is_empty()).then(|| marks.join(" "))
    }

    /// The text for that object; the clock ticks for it while it is on the screen.
    pub fn line(&self, object: &ObjectRef, scene: &Scene) -> Option<Note> {
        let Some((job, item)) = self.acts.get(object) else { return self.change(object, scene) };
        let now = scene.state.clock;
        let next = if item.phase.is_over() { lasts(job, item, &scene.state.cluster().store, now) } else { 1 };
        scene.next_change.set(scene.next_change.get().min(next));
        Some(note(job, item, now))
    }
}

impl Progress<'_> {
    /// What a row says of a change that is on its way to its pull request, or waits for the user. One that is open has its mark alone:
    /// it may take days.
    fn change(&self, object: &ObjectRef, scene: &Scene) -> Option<Note> {
        let change = self.changes.get(object)?;
        let phase = change.phase();
        if *phase == ChangePhase::Follow {
            return None;
        }
        let (name, now) = (&change.order.playbook, scene.state.clock);
        let since = change.progress.since.unwrap_or(change.at);
        let elapsed = duration::age((now.as_second() - since.as_second()).max(0)).0;
        scene.next_change.set(scene.next_change.get().min(1));
        let text = match phase.message() {
            "" => format!("{} {elapsed}, {name} in git", phase.word()),
            message => format!("{} {elapsed}, {name} in git: {}", phase.word(), sanitise(message)),
        };
        Some(Note { text, health: sign_of_change(change), elapsed })
    }
}

/// The state that a change looks like.
pub fn sign_of_change(change: &Change) -> Health {
    let phase = change.phase();
    match phase {
        ChangePhase::End(_) if phase.is_done() => Health::Ready,
        ChangePhase::End(End::Stopped { .. }) => Health::Suspended,
        ChangePhase::End(_) => Health::Failed,
        _ if phase.is_waiting() => Health::Waiting,
        _ if phase.step().is_some_and(|step| matches!(step, StepState::Checking { .. })) => Health::Unknown,
        ChangePhase::Follow if change.progress.pull.as_ref().is_some_and(Pull::is_open) => Health::Waiting,
        _ => Health::Progressing,
    }
}

/// The same line's words about the open pull request that touches an object: one that is followed, else what others would change; empty
/// without one.
pub fn pull(state: &State, object: &ObjectRef) -> String {
    let words = |pull: &Pull| format!("  #{} {}: {}", pull.number, pull.word(), sanitise(&pull.url));
    match (state.open_change(object), state.cluster().pulls.row(object)) {
        (Some(own), _) => words(own),
        (None, others) if others.is_empty() => others,
        (None, others) => format!("  {others}"),
    }
}

/// What the line above the keys says about the act on an object.
pub fn message(state: &State, object: &ObjectRef) -> Option<Note> {
    let (job, item) = state.jobs.on(object, state.cluster().epoch)?;
    (lasts(job, item, &state.cluster().store, state.clock) > 0).then(|| note(job, item, state.clock))
}

/// How many seconds a row still shows it. A suspended object shows by whom, why and until when; and a failure is over for one that has become
/// ready since.
fn lasts(job: &Job, item: &Item, store: &Store, now: Timestamp) -> i64 {
    let Some(ended) = item.ended else { return i64::MAX };
    let switch = job.batch().and_then(|batch| batch.action.switch);
    let is_done = matches!(item.phase, Phase::Done { .. });
    let is_over = |object: &Object| (object.suspension.is_some() && switch.is_none()) || is_healed(item, object);
    let is_past = match is_done {
        true => switch == Some(Switch::Suspends),
        false => store.object_of(&item.object).is_some_and(is_over),
    };
    if is_past {
        return 0;
    }
    let time = if is_done { WELL } else { BADLY };
    time - (now.as_second() - ended.as_second())
}

/// Whether an attempt of its controller failed, and the object is ready now: a later one has not.
fn is_healed(item: &Item, object: &Object) -> bool {
    let has_failed = matches!(item.phase, Phase::Failed { retries: true, .. }) && item.step().object == item.object;
    has_failed && object.verdict.health == Health::Ready
}

fn note(job: &Job, item: &Item, now: Timestamp) -> Note {
    let (name, phase) = (job.word(), &item.phase);
    let elapsed = duration::age(item.elapsed(now)).0;
    let source = if item.step().object == item.object || phase.is_over() { "" } else { ", source first" };
    let message = match phase {
        Phase::Done { text } => &**text,
        _ => phase.message(),
    };
    let message = if message.is_empty() { String::new() } else { format!(": {}", brief(message)) };
    let time = if *phase == Phase::Queued { String::new() } else { format!(" {elapsed}") };
    let text = format!("{}{time}, {name}{source}{message}", phase.word());
    Note { text, health: sign(phase), elapsed }
}

/// The state that a phase looks like.
pub fn sign(phase: &Phase) -> Health {
    match phase {
        Phase::Queued | Phase::Held { .. } | Phase::Kept => Health::Waiting,
        Phase::Sent | Phase::Requested { .. } | Phase::Handled { .. } => Health::Progressing,
        Phase::Checking { .. } | Phase::Unknown { .. } | Phase::Left { .. } => Health::Unknown,
        Phase::Done { .. } => Health::Ready,
        Phase::Failed { .. } | Phase::TimedOut { .. } => Health::Failed,
        Phase::Stopped => Health::Suspended,
    }
}

/// The state that a job looks like: what is worst of its items, once it is over.
pub fn sign_of(job: &Job) -> Health {
    let worst = job.items().iter().map(|item| sign(&item.phase)).min();
    match worst {
        _ if job.change().is_some() && (job.is_over() || job.keeper == Keeper::Us) => {
            job.change().map_or(Health::Unknown, sign_of_change)
        }
        _ if !job.is_over() && (job.is_paused() || job.held().is_some() || job.keeper == Keeper::Nobody) => Health::Waiting,
        _ if !job.is_over() => Health::Progressing,
        worst => worst.unwrap_or(Health::Ready),
    }
}
