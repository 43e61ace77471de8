//! Acts under way, what earlier runs left undone, and the outcomes; the newest on top.
//!
//! ```text
//!  STATE          WHAT                                   OVER   TIME  CONTEXT  MESSAGE
//!  ◐ handled      reconcile Kustomization web/web         0/1    12s  prod-eu
//!  ◌ waits for you  restart 9 objects                     4/9     3h  prod-eu  an earlier run left it; r goes on
//!  ✗ 2 failed     suspend 12 objects                    12/12     4s  prod-eu  HelmRelease web/web: conflict, 5 times
//! ```
//! Leaving it cancels nothing. `:changes` lists the changes in git alone.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::job::change::summary;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::{Column, Keep};
use crate::ui::widgets::picker::{Item, Picker};
use crate::ui::widgets::progress::{sign, sign_of};
use crate::ui::widgets::sentence::{NARROW, brief, short};
use fluxdeck_model::change::{ChangeOrder, CommitAsk};
use fluxdeck_model::commands::{self, ActIntent, Cx, Gesture, KeyScope, ReviewFrom, Screen, Subject, Transition};
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{Health, ObjectRef, Pull, duration};
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::playbooks;
use fluxdeck_model::state::jobs::{Change, ChangePhase, Job, JobId, Keeper, Reached, behind};
use fluxdeck_model::state::{ChangeQuery, Intent, PolicyConsent, State, policy_of};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::JOBS,
    doc: "acts under way and their outcomes",
    scope: KeyScope::Jobs,
    make: |target, _| {
        let is_of_changes = target == Subject::Changes;
        Ok(Box::new(Jobs { picker: Picker::default(), is_of_changes, is_ascii: false, is_narrow: false }))
    },
};

/// The key of the action that reconciles an object and, before it, its source.
const RECONCILE: &str = "W";

struct Jobs {
    picker: Picker,
    /// Only changes in git are listed.
    is_of_changes: bool,
    /// The glyphs are made with the rows.
    is_ascii: bool,
    /// So are short names.
    is_narrow: bool,
}

/// The columns that are kept for what is done to which object: on a narrow screen, half of it.
pub(super) fn of_what(width: u16) -> u16 {
    if width < NARROW { (width / 2).min(40) } else { 24 }
}

/// What a job does; on a narrow screen in words so short that the object's name stays.
fn what(job: &Job, is_narrow: bool) -> String {
    let (of_act, of_change) = (job.items(), job.change().and_then(|change| change.target.as_ref()));
    let text = match (of_act, of_change) {
        ([one], _) if is_narrow => format!("{} {}", job.word(), short(&one.object)),
        (_, Some(target)) if is_narrow => format!("{} {}", job.word(), short(target)),
        _ => job.title(),
    };
    sanitise(&text).into_owned()
}

impl Jobs {
    fn selected(&self) -> Option<JobId> {
        self.picker.selected()?.parse().ok()
    }
}

/// Says something to a job.
pub(super) fn steer(gesture: Gesture, id: JobId, cx: &mut Cx) {
    // a change was confirmed by that name, and writes nothing to the cluster
    let waiting = cx.state.jobs.find(id).filter(|job| job.is_paused() && job.change().is_none());
    let guarded = waiting.filter(|job| policy_of(&cx.state.settings, &job.context).production);
    if let Some(job) = guarded.filter(|_| gesture == Gesture::GoOn) {
        let context = &job.context;
        return cx.say(format!("{context} is production: `fluxdeck jobs resume {id} --confirm {context}`, or x and do it again"));
    }
    cx.intend(match gesture {
        Gesture::WatchOn => Intent::WatchOn(id),
        Gesture::GoOn => Intent::GoOn(id),
        _ => Intent::Stop(id),
    });
}

/// The word of a gesture on a job; none where it means nothing for it at present.
pub(super) fn word_of(gesture: Gesture, word: &'static str, job: Option<&Job>) -> Option<&'static str> {
    let is_meant = |job: &Job| match gesture {
        Gesture::Stop => !job.is_over(),
        Gesture::WatchOn => job.can_watch_on(),
        // what has to be reviewed again does not go on as it is
        Gesture::GoOn if job.keeper == Keeper::Us => job.change().map_or(job.is_paused(), |change| change.phase().can_resume()),
        Gesture::GoOn => job.is_paused() || job.keeper == Keeper::Nobody && !job.is_over(),
        Gesture::Reconcile => !job.is_over() && job.change().is_some_and(Change::is_merged),
        Gesture::Undo => job.change().is_some_and(Change::is_merged),
        Gesture::Page => job.change().is_some_and(|change| change.page().is_some()),
        Gesture::Fork => job.change().is_some_and(Change::can_fork),
        Gesture::Commit => job.change().is_some_and(|change| !change.progress.commit.is_empty()),
        Gesture::Draft => open_pull(job).is_some(),
        Gesture::MergeLater => open_pull(job).is_some_and(|pull| !pull.is_draft && !pull.is_queued),
        _ => true,
    };
    let is_draft = || job.and_then(open_pull).is_some_and(|pull| pull.is_draft);
    let word = if gesture == Gesture::Draft && is_draft() { "ready for review" } else { word };
    job.is_some_and(is_meant).then_some(word)
}

/// Whether a gesture on a job would write where nothing may be written.
pub(super) fn is_barred(gesture: Gesture, job: Option<&Job>, state: &State) -> bool {
    match gesture {
        Gesture::GoOn | Gesture::Fork | Gesture::Draft | Gesture::MergeLater => {
            job.is_some_and(|job| policy_of(&state.settings, &job.context).barred().is_some())
        }
        Gesture::Reconcile => state.policy().barred().is_some(),
        _ => false,
    }
}

/// The open pull request of a change.
fn open_pull(job: &Job) -> Option<&Pull> {
    job.change()?.progress.pull.as_ref().filter(|pull| pull.is_open())
}

/// Shows or copies the pull request of a change, reconciles what applies it, or reviews it again.
pub(super) fn of_change(gesture: Gesture, id: JobId, cx: &mut Cx) {
    let Some(job) = cx.state.jobs.find(id) else { return };
    let Some(change) = job.change() else {
        // enter in the view of an act means nothing
        if gesture != Gesture::Open {
            cx.say("this is not a change in git");
        }
        return;
    };
    let page = change.page().map(str::to_owned);
    match (gesture, page) {
        (Gesture::Open, _) if matches!(change.phase(), ChangePhase::Review { .. }) => {
            let order = change.order.clone();
            let query = ChangeQuery {
                object: change.target.clone(),
                also: Vec::new(),
                applier: change.applier.clone(),
                order,
                said: None,
                consent: PolicyConsent::Kept,
            };
            cx.transit(Transition::Open(Screen::REVIEW, Subject::Review(Box::new(query), ReviewFrom::Job(id))));
        }
        (Gesture::Reconcile, _) => reconcile(job, change, cx),
        (Gesture::Undo, _) => undo(change, cx),
        (Gesture::Commit, _) => commit(change, cx),
        (Gesture::CopyPage, Some(page)) => {
            let notice = format!("copied {}", sanitise(&page));
            cx.copy(page, notice);
        }
        (_, Some(page)) => cx.say(sanitise(&page)),
        (_, None) => cx.say("it has no pull request yet"),
    }
}

/// Opens the commit of a change.
fn commit(change: &Change, cx: &mut Cx) {
    let Some(object) = change.target.as_ref().filter(|_| !change.progress.commit.is_empty()) else {
        return cx.say("it has no commit yet, or no cluster to look at it from");
    };
    let at = Commit { url: change.order.site.url.as_str().into(), id: change.progress.commit.as_str().into() };
    if let Err(error) = commands::open_commit(object, CommitAsk::At(at), cx) {
        cx.complain(error);
    }
}

/// Opens the review of the change that takes one back: planned on the head of its branch, as any.
fn undo(change: &Change, cx: &mut Cx) {
    if !change.is_merged() {
        return cx.say("it is not merged: there is nothing to take back; x stops following it");
    }
    let order = match playbooks::undo(&change.order, &change.fields) {
        Ok(order) => order,
        Err(error) => return cx.complain(error),
    };
    let number = change.progress.pull.as_ref().map(|pull| format!("#{}", pull.number)).unwrap_or_default();
    let commit =
        change.progress.pull.as_ref().and_then(|pull| pull.merge()).map(|merge| merge.commit.clone()).unwrap_or_default();
    let commit = commit.get(..12).unwrap_or(&commit);
    let (title, reason) = (format!("Undo: {}", change.pull.title), format!("Takes back {number} ({commit})."));
    let order = ChangeOrder { title, reason, ..order };
    let also = change.changed().into_iter().skip(1).collect();
    let query = ChangeQuery {
        object: change.target.clone(),
        also,
        applier: change.applier.clone(),
        order,
        said: None,
        consent: PolicyConsent::Kept,
    };
    cx.transit(Transition::Open(Screen::REVIEW, Subject::Review(Box::new(query), ReviewFrom::Nowhere)));
}

/// Reconciles the Kustomization that applies a change, its source and what it waits for: once it is merged, before it is nothing new.
fn reconcile(job: &Job, change: &Change, cx: &mut Cx) {
    let here = Some((cx.state.active, cx.state.cluster().epoch));
    let applier = change.applier.clone().filter(|applier| cx.state.cluster().store.object_of(applier).is_some());
    match applier {
        _ if !change.is_merged() => cx.say("it is not merged yet: there is nothing new to apply"),
        _ if job.bound != here => cx.say(format!("its cluster is not the one on the screen: `:ctx {}`", job.context)),
        None => cx.say("the Kustomization that applies it is not visible here"),
        Some(applier) => {
            let mut targets = behind(&applier, &cx.state.cluster().store);
            targets.push(applier);
            if let Err(error) = commands::perform(ActIntent::Key(RECONCILE), &targets, Vec::new(), cx) {
                cx.complain(error);
            }
        }
    }
}

/// The objects that a job is about.
pub(super) fn objects(job: &Job) -> Vec<ObjectRef> {
    match job.change() {
        Some(change) => change.objects(),
        None => job.items().iter().map(|item| item.object.clone()).collect(),
    }
}

/// A job's state in a word: the phase where there is one object, counts where there are many.
fn state(job: &Job, is_ascii: bool) -> Styled {
    let sign_of = sign_of(job);
    let glyph = if is_ascii { sign_of.ascii() } else { sign_of.glyph() };
    let (_, failed, _) = job.counts();
    let is_reviewed = job.change().is_some_and(|change| matches!(change.phase(), ChangePhase::Review { .. }));
    let word = match job.items() {
        _ if is_reviewed => "review again".to_owned(),
        _ if job.is_paused() => "waits for you".to_owned(),
        _ if job.keeper == Keeper::Elsewhere && !job.is_over() => "elsewhere".to_owned(),
        _ if job.keeper == Keeper::Nobody && !job.is_over() => "left".to_owned(),
        [one] => one.phase.word().to_owned(),
        _ if job.change().is_some() => job.change().map(state_of).unwrap_or_default(),
        _ if !job.is_over() => "under way".to_owned(),
        _ if failed > 0 => format!("{failed} failed"),
        _ => "done".to_owned(),
    };
    Styled::of(sign_of.into(), format!("{glyph} {word}"))
}

/// How far a change is, in a word.
fn state_of(change: &Change) -> String {
    match (change.phase(), &change.progress.pull) {
        (ChangePhase::Follow, Some(pull)) => format!("#{} {}", pull.number, pull.word()),
        (phase, _) => phase.word().to_owned(),
    }
}

/// How long it has taken so far.
pub(super) fn elapsed(job: &Job, state: &State) -> String {
    let ended = match job.change() {
        Some(change) => change.progress.ended,
        None => job.items().iter().filter_map(|item| item.ended).max(),
    };
    let end = ended.filter(|_| job.is_over());
    duration::age((end.unwrap_or(state.clock).as_second() - job.started.as_second()).max(0)).0
}

/// What there is to say of a change: why it waits or how it ended, else its pull request and what is waited for.
fn outcome_of(change: &Change) -> String {
    let (phase, progress) = (change.phase(), &change.progress);
    match (phase.message(), &progress.pull) {
        ("", Some(pull)) => {
            let rollout = [&progress.rollout.fetched, &progress.rollout.applied, &progress.rollout.rolled_out];
            let why = rollout.into_iter().find_map(|step| if let Reached::Waiting { why } = step { Some(&**why) } else { None });
            let why = why.filter(|why| !why.is_empty() && pull.merge().is_some()).or(progress.trouble.as_deref());
            let why = why.map(|why| format!("; {why}")).unwrap_or_default();
            format!("{}{why}", summary(pull))
        }
        ("", None) => String::new(),
        (message, _) if phase.hint().is_empty() => message.to_owned(),
        (message, _) => format!("{message}; {}", phase.hint()),
    }
}

/// The line for a job: why it does not go on by itself, of one object its message, of many the first failure.
fn line_of(job: &Job) -> Styled {
    let why = match job.keeper {
        _ if job.is_over() => None,
        Keeper::Elsewhere => Some("another run works on it".to_owned()),
        Keeper::Nobody => Some(format!("an earlier run left it: can be continued in {}, as {}", job.context, job.user)),
        Keeper::Us if job.change().is_some() => None,
        Keeper::Us if job.is_paused() => Some("an earlier run left it: r continues, x stops it".to_owned()),
        Keeper::Us => job.held().map(str::to_owned),
    };
    if let Some(why) = why {
        return Styled::of(Style::Text, why);
    }
    if let Some(change) = job.change() {
        return Styled::of(Style::Text, sanitise(&outcome_of(change)));
    }
    let failed = job.items().iter().find(|item| matches!(sign(&item.phase), Health::Failed | Health::Unknown));
    match (failed, job.items()) {
        (_, [one]) => Styled::of(Style::Text, one.phase.message()),
        (Some(item), _) => Styled::of(Style::Text, format!("{}: {}", item.object, item.phase.message())),
        (None, _) => Styled::default(),
    }
}

impl View for Jobs {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn picker(&self) -> Option<&Picker> {
        Some(&self.picker)
    }

    fn picker_mut(&mut self) -> Option<&mut Picker> {
        Some(&mut self.picker)
    }

    fn target(&self) -> Subject {
        if self.is_of_changes { Subject::Changes } else { Subject::Nothing }
    }

    fn title(&self, state: &State) -> String {
        match state.jobs.under_way().count() {
            _ if self.is_of_changes => "changes in git".to_owned(),
            0 => "jobs".to_owned(),
            running => format!("jobs · {running} under way"),
        }
    }

    fn selection(&self, state: &State) -> Vec<ObjectRef> {
        let job = self.selected().and_then(|id| state.jobs.find(id));
        // objects of another cluster would be taken for their namesakes here
        let here = Some((state.active, state.cluster().epoch));
        let job = job.filter(|job| job.bound == here);
        job.map(objects).unwrap_or_default()
    }

    fn opened(&mut self, cx: &mut Cx) {
        // other programs have come further
        cx.intend(Intent::LoadJobs);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.selected()) {
            (Gesture::Open, Some(id)) => cx.transit(Transition::Open(Screen::JOB, Subject::Job(id))),
            (Gesture::Stop | Gesture::WatchOn | Gesture::GoOn, Some(id)) => steer(gesture, id, cx),
            (Gesture::Reconcile | Gesture::Undo | Gesture::Page | Gesture::CopyPage, Some(id)) => of_change(gesture, id, cx),
            (Gesture::Fork | Gesture::Draft | Gesture::MergeLater, _) => cx.say("open it first: enter shows it"),
            // in a list it is "top", as in k9s
            (Gesture::Commit, _) => return self.picker.gesture(Gesture::Top, cx),
            _ => return self.picker.gesture(gesture, cx),
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, state: &State) -> Option<&'static str> {
        if matches!(gesture, Gesture::Commit | Gesture::Fork | Gesture::Draft | Gesture::MergeLater) {
            return None;
        }
        word_of(gesture, word, self.selected().and_then(|id| state.jobs.find(id)))
    }

    fn is_barred(&self, gesture: Gesture, state: &State) -> bool {
        is_barred(gesture, self.selected().and_then(|id| state.jobs.find(id)), state)
    }

    fn refresh(&mut self, state: &State) {
        self.is_ascii = state.settings.ascii;
        let is_listed = |job: &&Job| !self.is_of_changes || job.change().is_some();
        let items = state.jobs.all().iter().rev().filter(is_listed).map(|job| {
            let (done, failed, all) = job.counts();
            let plain = |text: String| Styled::of(Style::Text, text);
            let cells = vec![
                self::state(job, self.is_ascii),
                plain(what(job, self.is_narrow)),
                plain(format!("{}/{all}", done + failed)),
                plain(elapsed(job, state)),
                Styled::of(Style::Dim, &job.context),
                line_of(job),
            ];
            Item { id: job.id.to_string(), cells }
        });
        self.picker.fill(items.collect());
    }

    fn message(&self, state: &State) -> Option<Styled> {
        let job = self.selected().and_then(|id| state.jobs.find(id))?;
        let summary = line_of(job).text;
        let of_state = if sign_of(job) == Health::Ready { Style::Dim } else { sign_of(job).into() };
        Some(match job.change() {
            _ if !summary.is_empty() => Styled::of(of_state, brief(&summary)),
            Some(change) => Styled::of(Style::Dim, sanitise(&change.line())),
            None => Styled::of(Style::Dim, &job.items().first()?.line),
        })
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        if scene.state.jobs.under_way().next().is_some() {
            scene.next_change.set(1);
        }
        if self.is_narrow != (area.width < NARROW) {
            self.is_narrow = area.width < NARROW;
            self.refresh(scene.state);
        }
        let columns = [
            Column::new("STATE", 12, 20, 1),
            Column::new("WHAT", of_what(area.width), 70, 0).keeping(Keep::End),
            Column::new("OVER", 5, 9, 3).right(),
            Column::new("TIME", 5, 8, 2).right(),
            Column::new("CONTEXT", 8, 24, 5).keeping(Keep::Ends),
            Column::new("MESSAGE", 16, u16::MAX, 4),
        ];
        let nothing = match self.is_of_changes {
            true => "there are no changes in git; a on an object offers some",
            false => "nothing is under way; @ is the log of acts",
        };
        self.picker.render(area, buf, scene, &columns, nothing);
    }
}
