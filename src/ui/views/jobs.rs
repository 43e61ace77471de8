//! Acts under way, what earlier runs left undone, and the outcomes; the newest on top.
//!
//! ```text
//!  STATE          WHAT                                   OVER   TIME  CONTEXT  MESSAGE
//!  ◐ handled      reconcile Kustomization web/web         0/1    12s  prod-eu
//!  ◌ waits for you  restart 9 objects                     4/9     3h  prod-eu  an earlier run left it; r goes on
//!  ✗ 2 failed     suspend 12 objects                    12/12     4s  prod-eu  HelmRelease web/web: conflict, 5 times
//! ```
//! Leaving it cancels nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::picker::{Item, Picker};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use crate::ui::widgets::progress::{sign, sign_of};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::{Health, ObjectRef, duration};
use fluxdeck_model::state::jobs::{Job, JobId, Keeper};
use fluxdeck_model::state::{Intent, State, policy_of};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::JOBS,
    doc: "acts under way and their outcomes",
    scope: KeyScope::Jobs,
    make: |_, _| Ok(Box::new(Jobs { picker: Picker::default(), is_ascii: false })),
};

struct Jobs {
    picker: Picker,
    /// The glyphs are made with the rows.
    is_ascii: bool,
}

impl Jobs {
    fn selected(&self) -> Option<JobId> {
        self.picker.selected()?.parse().ok()
    }
}

/// Says something to a job.
pub(super) fn steer(gesture: Gesture, id: JobId, cx: &mut Cx) {
    let waiting = cx.state.jobs.find(id).filter(|job| job.is_paused());
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

/// A job's state in a word: the phase where there is one object, counts where there are many.
fn state(job: &Job, is_ascii: bool) -> Styled {
    let sign_of = sign_of(job);
    let glyph = if is_ascii { sign_of.ascii() } else { sign_of.glyph() };
    let (_, failed, _) = job.counts();
    let word = match job.items() {
        _ if job.is_paused() => "waits for you".to_owned(),
        _ if job.keeper == Keeper::Elsewhere && !job.is_over() => "elsewhere".to_owned(),
        _ if job.keeper == Keeper::Nobody && !job.is_over() => "left".to_owned(),
        [one] => one.phase.word().to_owned(),
        _ if !job.is_over() => "under way".to_owned(),
        _ if failed > 0 => format!("{failed} failed"),
        _ => "done".to_owned(),
    };
    Styled::of(sign_of.into(), format!("{glyph} {word}"))
}

/// How long it has taken so far.
pub(super) fn elapsed(job: &Job, state: &State) -> String {
    let end = if job.is_over() { job.items().iter().filter_map(|item| item.ended).max() } else { None };
    duration::age((end.unwrap_or(state.clock).as_second() - job.started.as_second()).max(0)).0
}

/// The line for a job: why it does not go on by itself, of one object its message, of many the first failure.
fn summary(job: &Job) -> Styled {
    let why = match job.keeper {
        _ if job.is_over() => None,
        Keeper::Elsewhere => Some("another run works on it".to_owned()),
        Keeper::Nobody => Some(format!("an earlier run left it: can be continued in {}, as {}", job.context, job.user)),
        Keeper::Us if job.is_paused() => Some("an earlier run left it: r continues, x stops it".to_owned()),
        Keeper::Us => job.held().map(str::to_owned),
    };
    if let Some(why) = why {
        return Styled::of(Style::Text, why);
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

    fn target(&self) -> Subject {
        Subject::Nothing
    }

    fn title(&self, state: &State) -> String {
        match state.jobs.under_way().count() {
            0 => "jobs".to_owned(),
            running => format!("jobs · {running} under way"),
        }
    }

    fn count(&self, _: &State) -> String {
        self.picker.count()
    }

    fn selection(&self, state: &State) -> Vec<ObjectRef> {
        let job = self.selected().and_then(|id| state.jobs.find(id));
        // objects of another cluster would be taken for their namesakes here
        let here = Some((state.active, state.cluster().epoch));
        let job = job.filter(|job| job.bound == here);
        job.map(|job| job.items().iter().map(|item| item.object.clone()).collect()).unwrap_or_default()
    }

    fn opened(&mut self, cx: &mut Cx) {
        // other programs have come further
        cx.intend(Intent::LoadJobs);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.selected()) {
            (Gesture::Open, Some(id)) => cx.transit(Transition::Open(Screen::JOB, Subject::Job(id))),
            (Gesture::Stop | Gesture::WatchOn | Gesture::GoOn, Some(id)) => steer(gesture, id, cx),
            _ => return self.picker.gesture(gesture, cx),
        }
        true
    }

    fn filter(&self, _: &State) -> String {
        self.picker.filter()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.picker.set_filter(text)
    }

    fn refresh(&mut self, state: &State) {
        self.is_ascii = state.settings.ascii;
        let items = state.jobs.all().iter().rev().map(|job| {
            let (done, failed, all) = job.counts();
            let plain = |text: String| Styled::of(Style::Text, text);
            let cells = vec![
                self::state(job, self.is_ascii),
                plain(job.title()),
                plain(format!("{}/{all}", done + failed)),
                plain(elapsed(job, state)),
                Styled::of(Style::Dim, &job.context),
                summary(job),
            ];
            Item { id: job.id.to_string(), cells }
        });
        self.picker.fill(items.collect());
    }

    fn message(&self, state: &State) -> Option<String> {
        let job = self.selected().and_then(|id| state.jobs.find(id))?;
        let summary = summary(job).text;
        Some(if summary.is_empty() { job.items().first()?.line.clone() } else { summary })
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        if scene.state.jobs.under_way().next().is_some() {
            scene.next_change.set(1);
        }
        let columns = [
            Column::new("STATE", 12, 20, 0),
            Column::new("WHAT", 24, 70, 0),
            Column::new("OVER", 5, 9, 1).right(),
            Column::new("TIME", 5, 8, 1).right(),
            Column::new("CONTEXT", 8, 24, 3),
            Column::new("MESSAGE", 16, u16::MAX, 2),
        ];
        self.picker.render(area, buf, scene, &columns, "nothing is under way; @ is the log of acts");
    }
}
