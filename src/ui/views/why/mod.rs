//! Why an object is as it is: the first cause on top, then how it reached what one looks at.
//!
//! ```text
//!  why HelmRelease web/web is Stalled                                                        3 steps
//!  ✗ cause  pod web/web-7d9c54-88vtw: container web exits 1 ("cannot open config"), restarted 7 times
//!    ↳ deploy web/web: 0 of 2 pods ready; rolled out 4m ago
//!    ↳ hr web/web: upgrade of 1.3.0 failed, and it does not try again
//!    ↳ ks flux-system/apps: health check failed, 11 others applied
//!
//!  since    13:41, 4m ago, with main@3d3b4b7 (ks flux-system/apps)
//!  commit   "bump web to 1.3.0" by ben, 5m ago (#12)  g commit
//!           last ready with main@86058ad, 6m ago (status.history)
//!  press    l logs   o file   a R reset hr web/web
//!  not read events of …: forbidden
//!  log      level=fatal msg="cannot open config"
//!  events   4m BackOff: Back-off restarting failed container web
//! ```
//! The first answer is made of what the state knows; what is asked of the cluster comes after it, and the cursor stays. ⏎ opens the object
//! of the selected step, `g` the commit that may be why, every other key acts on it.

mod all;
mod paint;
mod since;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::all::All;
use self::since::Since;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::{Styled, copy};
use crate::ui::widgets::request::{Answer, Request, say};
use crate::ui::widgets::sentence;
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::health::Counts;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{Health, ObjectRef, duration};
use fluxdeck_model::error::Error;
use fluxdeck_model::forms::Answers;
use fluxdeck_model::insight::why::{self, Because, Dossier, Evidence, Explanation, Remedy, Sight, Want};
use fluxdeck_model::playbooks;
use fluxdeck_model::state::{Aspect, Cluster, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::WHY,
    doc: "why an object is as it is: the first cause, how it led there, what can be pressed; without an object all that is broken",
    scope: KeyScope::Why,
    make: |target, _| match target {
        Subject::Object(object) => Ok(Box::new(WhyView::new(object))),
        Subject::Nothing => Ok(Box::<All>::default()),
        _ => Err(Error::usage("only objects can be explained", "move to one and press w")),
    },
};

/// The explanation of one object.
struct WhyView {
    object: ObjectRef,
    explanation: Option<Explanation>,
    /// For what it was made; none where it has to be made again at once.
    made: Option<Made>,
    /// What was asked, and of what.
    asked: Option<(ObjectRef, Vec<Want>)>,
    evidence: Request<Evidence>,
    /// What git was asked.
    git: Since,
    /// The selected step, by what it is about.
    cursor: Option<ObjectRef>,
    /// The first line on the screen, and how many there was room for.
    top: usize,
    page: usize,
    /// The user has scrolled: the window stays there until the cursor moves.
    is_scrolled: bool,
    lines: Vec<Styled>,
}

/// For what an explanation was made.
#[derive(Clone, PartialEq)]
struct Made {
    /// The stamp of the trees, and the minute, since it has ages.
    stamp: (u64, i64),
    at: Timestamp,
    /// What is on its way: how often each was reported, its health and the counts below it.
    way: Vec<(u32, Option<Health>, Counts)>,
}

/// How long an explanation may be older than what the cluster says of objects that are not on its way.
const LATEST: SignedDuration = SignedDuration::from_secs(1);

impl Made {
    /// What is on the way of an explanation, as it is now. Costs a look at each step.
    fn way(explanation: Option<&Explanation>, about: &ObjectRef, cluster: &Cluster) -> Vec<(u32, Option<Health>, Counts)> {
        let of = |object: &ObjectRef| {
            let node = cluster.store.find(object);
            let health = node.and_then(|node| cluster.forest.health(node));
            (cluster.store.reports(object), health, node.map(|node| cluster.forest.below(node)).unwrap_or_default())
        };
        let steps = explanation.map_or(&[][..], |found| &found.steps);
        std::iter::once(about).chain(steps.iter().map(|step| &step.object)).map(of).collect()
    }

    /// Whether it holds still: nothing has changed, or nothing on its way and it is new.
    fn holds(&self, explanation: Option<&Explanation>, about: &ObjectRef, state: &State) -> bool {
        let cluster = state.cluster();
        let stamp = stamp(state);
        self.stamp == stamp
            || self.stamp.1 == stamp.1
                && state.clock.duration_since(self.at) < LATEST
                && self.way == Self::way(explanation, about, cluster)
    }
}

/// The stamp of the trees, and the minute.
fn stamp(state: &State) -> (u64, i64) {
    (state.cluster().forest.stamp(), state.clock.as_second() / 60)
}

impl WhyView {
    fn new(object: ObjectRef) -> Self {
        let (explanation, made, asked, evidence, git, cursor) = Default::default();
        Self { object, explanation, made, asked, evidence, git, cursor, top: 0, page: 1, is_scrolled: false, lines: Vec::new() }
    }

    /// Makes the explanation again: at once if something on its way has changed, else a second after the last time at most.
    fn explain(&mut self, state: &State) {
        let cluster = state.cluster();
        if self.made.as_ref().is_some_and(|made| made.holds(self.explanation.as_ref(), &self.object, state)) {
            return;
        }
        let dossier: Dossier = match (&self.asked, self.evidence.get()) {
            (Some((of, _)), Some(found)) => BTreeMap::from([(of.clone(), found.clone())]),
            _ => Dossier::new(),
        };
        let sight = Sight::new(&cluster.store, &cluster.forest, state.clock);
        self.explanation = cluster.store.find(&self.object).map(|node| why::explain(&sight, node, &dossier));
        let way = Made::way(self.explanation.as_ref(), &self.object, cluster);
        self.made = Some(Made { stamp: stamp(state), at: state.clock, way });
    }

    /// Asks about the cause what the state does not know; again when that is another one, or was reported again.
    fn ask(&mut self, cx: &mut Cx) {
        self.explain(cx.state);
        self.git.ask(self.explanation.as_ref(), cx);
        let wanted = self.explanation.as_ref().and_then(why::wants);
        if wanted == self.asked {
            if let Some((of, wants)) = wanted {
                self.evidence.renew(&of, Aspect::Evidence(wants), cx);
            }
            return;
        }
        let is_other = wanted.as_ref().map(|(of, _)| of) != self.asked.as_ref().map(|(of, _)| of);
        self.asked.clone_from(&wanted);
        if is_other {
            self.evidence.clear();
            self.made = None;
        }
        match wanted {
            Some((of, wants)) => self.evidence.ask(&of, Aspect::Evidence(wants), cx),
            None => self.evidence.close(cx),
        }
    }

    fn steps(&self) -> &[Because] {
        self.explanation.as_ref().map_or(&[], |explanation| &explanation.steps)
    }

    /// The step under the cursor; the cause before one is chosen.
    fn at(&self) -> usize {
        let is_it = |step: &Because| Some(&step.object) == self.cursor.as_ref();
        self.steps().iter().position(is_it).unwrap_or(0)
    }

    fn selected(&self) -> Option<&Because> {
        self.steps().get(self.at())
    }

    /// Opens the form that takes back what changed the cause, or the object where nothing is offered for that.
    fn roll_back(&self, cx: &mut Cx) {
        let presses = self.explanation.iter().flat_map(|explanation| &explanation.presses);
        let offered = presses.clone().find(|press| press.remedy == Remedy::RollBack).map(|press| press.object.clone());
        let applied = || self.explanation.as_ref()?.revision.as_ref().map(|(object, _)| object.clone());
        let object = offered.or_else(applied).unwrap_or_else(|| self.object.clone());
        let answers = self.git.suspect(&object).map_or_else(Answers::default, playbooks::back_to);
        if let Err(error) = commands::open_form(playbooks::roll_back(), &[object], answers, cx) {
            cx.complain(error);
        }
    }

    fn go(&mut self, to: usize) {
        let to = to.min(self.steps().len().saturating_sub(1));
        self.cursor = self.steps().get(to).map(|step| step.object.clone());
        self.is_scrolled = false;
    }
}

impl View for WhyView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Object(self.object.clone())
    }

    fn title(&self, _: &State) -> String {
        match &self.explanation {
            Some(found) if found.rule.is_none() => format!("all is well with {}", self.object),
            _ => format!("why {}", self.object),
        }
    }

    fn count(&self, _: &State) -> String {
        counted(self.steps().len(), "step")
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.selected().map_or(&self.object, |step| &step.object).clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.ask(cx);
    }

    fn changed(&mut self, cx: &mut Cx) {
        self.ask(cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.evidence.close(cx);
        self.git.close(cx);
        self.asked = None;
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let at = self.at();
        match gesture {
            Gesture::Down => self.go(at + 1),
            Gesture::Up => self.go(at.saturating_sub(1)),
            Gesture::Top => {
                self.top = 0;
                self.go(0);
            }
            Gesture::Bottom => self.go(usize::MAX),
            // the evidence may be longer than the screen
            Gesture::PageDown => {
                self.top += self.page;
                self.is_scrolled = true;
            }
            Gesture::PageUp => {
                self.top = self.top.saturating_sub(self.page);
                self.is_scrolled = true;
            }
            Gesture::Open => {
                let object = self.selected().map_or(&self.object, |step| &step.object).clone();
                cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(object)));
            }
            Gesture::Commit => {
                let object = self.selected().map_or(&self.object, |step| &step.object);
                self.git.open(object, cx);
            }
            Gesture::Copy => copy(&self.lines, cx),
            Gesture::RollBack => self.roll_back(cx),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) {
        let read = |reply: &Reply| match reply {
            Reply::Evidence(found) => Some((**found).clone()),
            _ => None,
        };
        if self.git.take(ticket, reply) {
            return;
        }
        if self.evidence.take(ticket, reply, read) {
            self.made = None;
            // what was found out may make more worth asking
            self.ask(cx);
        }
    }

    fn refresh(&mut self, state: &State) {
        self.explain(state);
    }

    fn message(&self, state: &State) -> Option<Styled> {
        let step = self.selected()?;
        let cluster = state.cluster();
        let node = cluster.store.find(&step.object)?;
        let since = step.since.map(|at| duration::age((state.clock.as_second() - at.as_second()).max(0)).0);
        let since = since.map(|age| format!(", {age} ago")).unwrap_or_default();
        let own = cluster.store.object(node).map(|object| sentence::brief(&object.verdict.message)).unwrap_or_default();
        let own = if own.is_empty() { String::new() } else { format!(": {own}") };
        Some(Styled::of(Style::Dim, format!("{}{since}", step.witness.text())).and(step.health.into(), own))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.explain(scene.state);
        if self.made.as_ref().is_some_and(|made| made.stamp != stamp(scene.state)) {
            // what changed elsewhere may lead here too: it is looked at when it is time
            scene.next_change.set(scene.next_change.get().min(LATEST.as_secs()));
        }
        let area = area.intersection(buf.area);
        let Some(explanation) = &self.explanation else {
            return say(
                area,
                buf,
                scene,
                &format!("{} is not among the objects that are read", self.object),
                "`:why` lists what is broken",
            );
        };
        let late = match &self.evidence.answer {
            Answer::Waiting if self.asked.is_some() => Some("asking the cluster …".to_owned()),
            Answer::Failed(error) => Some(format!("{}: {}", error.message, error.hint)),
            Answer::Waiting | Answer::Here(_) => None,
        };
        let sheet = paint::Sheet {
            scene,
            explanation,
            evidence: self.evidence.get().filter(|_| self.asked.is_some()),
            git: &self.git,
            late: late.as_deref(),
            at: self.at(),
            width: Text::room(area.width).into(),
            is_narrow: buf.area.width < sentence::NARROW,
        };
        let (lines, selected) = sheet.lines();
        self.page = usize::from(area.height).max(1);
        self.top = self.top.min(lines.len().saturating_sub(self.page));
        if !self.is_scrolled {
            self.top = self.top.min(selected.start).max(selected.end.saturating_sub(self.page));
        }
        paint::paint(&lines, self.top, area, buf, scene);
        self.lines = lines;
    }
}

#[cfg(test)]
#[path = "../tests/why.rs"]
mod tests;
