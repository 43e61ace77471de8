//! One job: its objects, and step by step what happened to them.
//!
//! ```text
//!  reconcile Kustomization web/web
//!   by            ana, prod-eu, 2026-01-01 14:02:11 UTC
//!   same as       flux reconcile kustomization web -n web --context prod-eu
//!
//!  ◐ handled      Kustomization web/web                    12s
//!    14:02:11     requesting
//!    14:02:11     requested
//!    14:02:12     handled
//! ```
//! A change in git has [steps of its own](change).

mod asks;
pub mod change;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use asks::{Answered, Asking};

use super::jobs::{elapsed, is_barred, objects, of_change, steer, word_of};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::{Styled, copy};
use crate::ui::widgets::progress::sign;
use crate::ui::widgets::request::say;
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{ObjectRef, duration};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::jobs::{ChangePhase, Item, Job, JobId, Keeper, Phase, Work};
use fluxdeck_model::state::{Key, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::JOB,
    doc: "one act, step by step",
    scope: KeyScope::Jobs,
    make: |target, _| match target {
        Subject::Job(id) => Ok(Box::new(JobView { id, lines: Vec::new(), text: Text::default(), width: 80, asking: None })),
        _ => Err(Error::usage("which job?", "J lists them")),
    },
};

/// Columns of the labels.
const LABEL: usize = 15;
/// Jobs of more objects show the last step alone, and that of those only that did not end well.
const FEW: usize = 5;

struct JobView {
    id: JobId,
    lines: Vec<Styled>,
    text: Text,
    width: u16,
    asking: Option<Asking>,
}

impl JobView {
    /// Asks before something is sent for a change.
    fn ask(&mut self, gesture: Gesture, cx: &mut Cx) {
        let Some(change) = cx.state.jobs.find(self.id).and_then(Job::change) else {
            return cx.say("this is not a change in git");
        };
        match Asking::of(gesture, self.id, change) {
            Ok(asking) => self.asking = Some(asking),
            Err(why) => cx.say(why),
        }
    }

    fn lines_of(&self, job: &Job, state: &State) -> Vec<Styled> {
        let width = usize::from(self.width);
        let mut lines = vec![Styled::of(Style::Accent, sanitise(&job.title()))];
        let mut field = |label: &str, text: String| {
            if text.is_empty() {
                return;
            }
            let text = sanitise(&text);
            let line = Styled::of(Style::Dim, format!(" {label}")).upto(LABEL).and(Style::Text, text);
            lines.extend(line.wrapped(LABEL, width));
        };
        let user = if job.user.is_empty() { String::new() } else { format!("{}, ", job.user) };
        field("by", format!("{user}{}, {}", job.context, job.started.strftime("%Y-%m-%d %H:%M:%S UTC")));
        field("time", elapsed(job, state));
        let (done, failed, all) = job.counts();
        if all > 1 {
            let queued = job.items().iter().filter(|item| item.phase == Phase::Queued).count();
            let open = all - done - failed - queued;
            field("objects", format!("{all}: {done} done, {failed} not, {open} under way, {queued} waiting"));
        }
        if let [one] = job.items() {
            field("same as", one.line.clone());
        }
        match job.keeper {
            _ if job.is_over() => {}
            Keeper::Elsewhere => field("", "another run works on it".to_owned()),
            Keeper::Nobody => field("", "an earlier run left it; it continues in its context, as the same user".to_owned()),
            // of a change its phase says what can be done
            Keeper::Us if job.change().is_some() && job.is_paused() && job.is_earlier => {
                field("", "an earlier run left it".to_owned());
            }
            Keeper::Us if job.change().is_none() && job.is_paused() => {
                field("", "an earlier run left it: r continues what waits, x stops that".to_owned());
            }
            Keeper::Us => {}
        }
        if let Work::Change(change) = &job.work {
            field("same as", change.line());
            field("why", change.order.reason.clone());
            let phase = change.phase();
            let hint = match phase {
                ChangePhase::Review { why } => format!("{why}: ⏎ reviews it again, x drops it")
                    .replace('⏎', if state.settings.ascii { "enter" } else { "⏎" }),
                _ if change.can_fork() => "F pushes it to the fork, r tries once more, x ends it".to_owned(),
                _ if phase.can_resume() => "r continues it, x ends it".to_owned(),
                _ if change.is_merged() && !phase.is_over() => "R reconciles what applies it, u takes it back".to_owned(),
                _ if change.is_merged() => "u takes it back, as another change".to_owned(),
                _ => String::new(),
            };
            field("", hint);
            lines.push(Styled::default());
            lines.extend(change::lines(change, job, state.clock, state.settings.ascii, width));
            lines.push(Styled::default());
            for entry in &change.progress.log {
                let line = Styled::of(Style::Dim, format!("   {}", entry.at.strftime("%H:%M:%S"))).upto(LABEL + 2);
                lines.extend(line.and(Style::Text, sanitise(&entry.text)).wrapped(LABEL + 2, width));
            }
            return lines;
        }
        if job.can_watch_on() {
            field("", "w keeps watching: its controller tries again".to_owned());
        }
        // what went wrong comes first
        let mut items: Vec<_> = job.items().iter().collect();
        items.sort_by_key(|item| sign(&item.phase));
        for item in items {
            lines.extend(of_item(item, job, state, width));
        }
        lines
    }
}

fn of_item(item: &Item, job: &Job, state: &State, width: usize) -> Vec<Styled> {
    let health = sign(&item.phase);
    let glyph = if state.settings.ascii { health.ascii() } else { health.glyph() };
    let is_detailed = job.items().len() <= FEW || !matches!(item.phase, Phase::Done { .. } | Phase::Queued);
    let head = Styled::of(health.into(), format!(" {glyph} {}", item.phase.word())).upto(LABEL + 2);
    let head = head.and(Style::Text, item.object.to_string());
    let time = if item.log.is_empty() { String::new() } else { duration::age(item.elapsed(state.clock)).0 };
    let head = head.and(Style::Dim, format!("  {time}"));
    let mut lines = Vec::new();
    if job.items().len() <= FEW {
        lines.push(Styled::default());
    }
    lines.extend(head.wrapped(LABEL + 2, width));
    let skipped = if job.items().len() <= FEW { 0 } else { item.log.len().saturating_sub(1) };
    for entry in item.log.iter().skip(skipped).filter(|_| is_detailed) {
        let line = Styled::of(Style::Dim, format!("   {}", entry.at.strftime("%H:%M:%S"))).upto(LABEL + 2);
        lines.extend(line.and(Style::Text, &entry.text).wrapped(LABEL + 2, width));
    }
    lines
}

impl View for JobView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Job(self.id)
    }

    fn title(&self, state: &State) -> String {
        state.jobs.find(self.id).map(|job| sanitise(&job.title()).into_owned()).unwrap_or_default()
    }

    fn count(&self, _: &State) -> String {
        self.text.position(&self.lines[..])
    }

    fn selection(&self, state: &State) -> Vec<ObjectRef> {
        let job = state.jobs.find(self.id);
        // objects of another cluster would be taken for their namesakes here
        let here = Some((state.active, state.cluster().epoch));
        let job = job.filter(|job| job.bound == here);
        job.map(objects).unwrap_or_default()
    }

    fn takes_keys(&self) -> bool {
        self.asking.is_some()
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        let Some(asking) = &self.asking else { return false };
        match asking.key(key) {
            Answered::NotYet => {}
            Answered::No => self.asking = None,
            Answered::Yes(intent) => {
                self.asking = None;
                cx.intend(intent);
            }
        }
        true
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Fork | Gesture::Draft | Gesture::MergeLater => self.ask(gesture, cx),
            Gesture::Stop | Gesture::WatchOn | Gesture::GoOn => steer(gesture, self.id, cx),
            Gesture::Copy => copy(&self.lines, cx),
            Gesture::Open | Gesture::Commit | Gesture::Reconcile | Gesture::Undo | Gesture::Page | Gesture::CopyPage => {
                of_change(gesture, self.id, cx);
            }
            gesture => return self.text.gesture(gesture, &self.lines[..]),
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, state: &State) -> Option<&'static str> {
        let job = state.jobs.find(self.id);
        match gesture {
            Gesture::Open => {
                let change = job.and_then(Job::change);
                change.is_some_and(|change| matches!(change.phase(), ChangePhase::Review { .. })).then_some("review again")
            }
            gesture => word_of(gesture, word, job),
        }
    }

    fn is_barred(&self, gesture: Gesture, state: &State) -> bool {
        is_barred(gesture, state.jobs.find(self.id), state)
    }

    fn refresh(&mut self, state: &State) {
        let lines = state.jobs.find(self.id).map(|job| self.lines_of(job, state)).unwrap_or_default();
        if lines != self.lines {
            self.lines = lines;
            self.text.replaced(&self.lines[..]);
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let width = Text::room(area.width);
        if width != self.width {
            self.width = width;
            self.refresh(scene.state);
        }
        let Some(job) = scene.state.jobs.find(self.id) else {
            return say(area, buf, scene, "it is too old and no longer kept", "@ is the log of acts");
        };
        if !job.is_over() {
            scene.next_change.set(1);
        }
        self.text.render(area, buf, scene, &self.lines[..]);
        if let Some(asking) = &self.asking {
            asking.render(area, buf, scene);
        }
    }
}
