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
//!  press    l logs   o file   a R reset hr web/web
//!  not read events of …: forbidden
//!  log      level=fatal msg="cannot open config"
//!  events   4m BackOff: Back-off restarting failed container web
//! ```
//! The first answer is made of what the state knows; what is asked of the cluster comes after it, and the cursor stays. ⏎ opens the object
//! of the selected step, every other key acts on it.

mod all;
mod paint;

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::all::All;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::{Styled, copy};
use crate::ui::widgets::request::{Answer, Request, say};
use crate::ui::widgets::sentence;
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{ObjectRef, duration};
use fluxdeck_model::error::Error;
use fluxdeck_model::forms::Answers;
use fluxdeck_model::insight::why::{self, Because, Dossier, Evidence, Explanation, Remedy, Sight, Want};
use fluxdeck_model::playbooks;
use fluxdeck_model::state::{Aspect, Reply, State, Ticket};

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
    /// For what it was made: the stamp of the trees, and the minute, since it has ages.
    stamp: Option<(u64, i64)>,
    /// What was asked, and of what.
    asked: Option<(ObjectRef, Vec<Want>)>,
    evidence: Request<Evidence>,
    /// The selected step, by what it is about.
    cursor: Option<ObjectRef>,
    /// The first line on the screen, and how many there was room for.
    top: usize,
    page: usize,
    /// The user has scrolled: the window stays there until the cursor moves.
    is_scrolled: bool,
    lines: Vec<Styled>,
}

impl WhyView {
    fn new(object: ObjectRef) -> Self {
        let (explanation, stamp, asked, evidence, cursor) = Default::default();
        Self { object, explanation, stamp, asked, evidence, cursor, top: 0, page: 1, is_scrolled: false, lines: Vec::new() }
    }

    /// Makes the explanation again if what it is made of has changed.
    fn explain(&mut self, state: &State) {
        let cluster = state.cluster();
        let stamp = (cluster.forest.stamp(), state.clock.as_second() / 60);
        if self.stamp == Some(stamp) {
            return;
        }
        self.stamp = Some(stamp);
        let dossier: Dossier = match (&self.asked, self.evidence.get()) {
            (Some((of, _)), Some(found)) => BTreeMap::from([(of.clone(), found.clone())]),
            _ => Dossier::new(),
        };
        let sight = Sight::new(&cluster.store, &cluster.forest, state.clock);
        self.explanation = cluster.store.find(&self.object).map(|node| why::explain(&sight, node, &dossier));
    }

    /// Asks about the cause what the state does not know; again when that is another one, or was reported again.
    fn ask(&mut self, cx: &mut Cx) {
        self.explain(cx.state);
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
            self.stamp = None;
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
        let object = offered.unwrap_or_else(|| self.object.clone());
        if let Err(error) = commands::open_form(playbooks::roll_back(), &[object], Answers::default(), cx) {
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
        if self.evidence.take(ticket, reply, read) {
            self.stamp = None;
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
