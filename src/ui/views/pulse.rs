//! The cluster at a glance: what is broken, stale, suspended, slow, fetched and not applied, what runs Flux, and how many objects of which
//! kind are in which state.
//!
//! ```text
//!  PART       WHAT                        STATE        AGE   SAYS
//!  broken     ✗ po web/web-7d9c54         Failed       4m    container web exits 1, restarted 7 times (12 others hit)
//!             … 3 more
//!  stale      ? ks apps/web               stale        4h    ready, but not reconciled since: its interval is 10m
//!  ahead      ◐ gitrepo flux-system/fleet main@3d3b4b7       not applied by 1 of 12: ks apps/web has 86058ad
//!  suspended  ‖ ks jobs/batch             Suspended    3d    by ana: "db migration", until 14:00
//!  flux       ● deploy flux-system/helm…  1/1 v1.6.3   9d    restarted 2 times
//!  slowest    ks apps/web                 30s          2m
//!  kinds      Kustomization  24           ✗ 1 ‖ 1 ● 22       v1; 2s on average, of 22
//! ```
//! Of what fails because of something else only the first cause is a row. ⏎ opens the object, or the table of the kind; on what is left out
//! it shows that. `b` asks the remotes of the sources, and each answer is there when it comes. A filter for a part shows all of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use crate::ui::widgets::picker::{Item, Picker};
use crate::ui::widgets::sentence::{self, brief, short};
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{Health, ObjectRef, Str, duration};
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::pulse::heads::{self, HeadState};
use fluxdeck_model::insight::pulse::{self, PulsePart, PulseRow, PulseServer, PulseSubject};
use fluxdeck_model::insight::why::Sight;
use fluxdeck_model::state::{Intent, Link, Question, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::PULSE,
    doc: "the cluster at a glance: what is broken, stale, suspended, slow or not applied, what runs Flux, kinds with their states",
    scope: KeyScope::Pulse,
    make: |_, _| Ok(Box::<Pulse>::default()),
};

#[derive(Default)]
pub struct Pulse {
    picker: Picker,
    pulse: pulse::Pulse,
    /// What each row opens.
    rows: BTreeMap<String, Target>,
    /// Parts that are shown whole.
    open: BTreeSet<PulsePart>,
    /// What was asked of remotes, and what they said.
    ticket: Option<Ticket>,
    wanted: usize,
    heads: BTreeMap<ObjectRef, HeadState>,
    failed: Option<Error>,
    /// For what the pulse was made: it costs a pass over all objects.
    stamp: Option<Stamp>,
    /// For what its rows were made, besides that.
    laid: Option<(usize, Vec<PulsePart>, bool)>,
}

/// The stamp of the trees, the namespaces, the minute, and how many kinds the server serves.
type Stamp = (u64, Option<BTreeSet<Str>>, i64, usize);

#[derive(Clone, Debug, PartialEq)]
enum Target {
    Row(PulseSubject),
    /// Shows all of a part, or less of it again.
    Rest(PulsePart),
}

/// The moment that ages and limits count from: of what is not followed any more, that of its last state.
fn moment(state: &State) -> Timestamp {
    match &state.cluster().link {
        Link::Recorded(Some(at)) => *at,
        Link::Stale { since, .. } => (*since).min(state.clock),
        _ => state.clock,
    }
}

fn glyph(health: Health, state: &State) -> char {
    if state.settings.ascii { health.ascii() } else { health.glyph() }
}

fn cells(row: &PulseRow, is_first: bool, state: &State) -> Vec<Styled> {
    let style = row.health.map_or(Style::Text, Style::from);
    let part = Styled::of(if is_first { Style::Accent } else { Style::Dim }, row.part.word());
    let what = match &row.about {
        // a row about Flux leads to its kinds, and says more in its state
        PulseSubject::Kind(_) if row.counts.is_none() => Styled::of(Style::Text, &row.state),
        PulseSubject::Kind(gk) => {
            Styled::of(Style::Text, &gk.kind).and(Style::Dim, format!("  {}", row.counts.map_or(0, |counts| counts.total())))
        }
        PulseSubject::Object(object) => {
            let sign = row.health.map_or_else(String::new, |health| format!("{} ", glyph(health, state)));
            Styled::of(style, sign).and(style, short(object))
        }
    };
    let states = match &row.counts {
        Some(counts) => {
            Health::ALL.into_iter().filter(|health| counts.of(*health) > 0).fold(Styled::default(), |line, health| {
                line.and(health.into(), format!("{} {} ", glyph(health, state), counts.of(health)))
            })
        }
        None if matches!(row.about, PulseSubject::Kind(_)) => Styled::default(),
        None => Styled::of(style, &row.state),
    };
    let age = row.at.map(|at| duration::age((state.clock.as_second() - at.as_second()).max(0)).0).unwrap_or_default();
    vec![part, what, states, Styled::of(Style::Dim, age), Styled::of(style, brief(&row.says))]
}

fn id_of(row: &PulseRow) -> String {
    match &row.about {
        PulseSubject::Object(object) => format!("{} {object}", row.part.word()),
        PulseSubject::Kind(gk) => format!("{} {gk}", row.part.word()),
    }
}

impl Pulse {
    fn rows(&self, state: &State) -> Vec<PulseRow> {
        let server = &state.cluster().server;
        let clock = state.person_clock();
        let server = PulseServer { flux: &server.flux, kubernetes: &server.kubernetes };
        pulse::rows(&self.pulse, server, &self.heads, &|at| clock.moment(at))
    }

    /// Makes the items: of each part so many, and a row for the rest.
    fn lay(&mut self, state: &State) {
        let is_whole = |part: PulsePart| self.open.contains(&part) || !self.picker.filter().is_empty();
        let (rows, mut items, mut targets) = (self.rows(state), Vec::new(), BTreeMap::new());
        for part in PulsePart::ALL {
            let of_part: Vec<_> = rows.iter().filter(|row| row.part == part).collect();
            let most = if is_whole(part) { usize::MAX } else { part.most() };
            // a row that says that one more is there takes as much room as that one
            let shown = if of_part.len() <= most.saturating_add(1) { of_part.len() } else { most };
            for (at, row) in of_part.iter().take(shown).enumerate() {
                targets.insert(id_of(row), Target::Row(row.about.clone()));
                items.push(Item { id: id_of(row), cells: cells(row, at == 0, state) });
            }
            let left = of_part.len() - shown;
            let is_open = self.open.contains(&part) && of_part.len() > part.most() + 1;
            if left > 0 || is_open {
                let text = if left > 0 { format!("… {left} more") } else { "… fewer".to_owned() };
                let id = format!("{} rest", part.word());
                targets.insert(id.clone(), Target::Rest(part));
                let cells = vec![Styled::of(Style::Dim, part.word()), Styled::of(Style::Dim, text)];
                items.push(Item { id, cells: [cells, vec![Styled::default(); 3]].concat() });
            }
        }
        self.rows = targets;
        self.picker.fill(items);
    }

    fn selected(&self) -> Option<&Target> {
        self.rows.get(self.picker.selected()?)
    }

    fn object(&self) -> Option<&ObjectRef> {
        match self.selected()? {
            Target::Row(PulseSubject::Object(object)) => Some(object),
            Target::Row(PulseSubject::Kind(_)) | Target::Rest(_) => None,
        }
    }

    /// Asks the remotes of all sources that are looked at.
    fn ask(&mut self, cx: &mut Cx) {
        let cluster = cx.state.cluster();
        let is_looked_at = |source: &ObjectRef| cluster.namespaces.as_ref().is_none_or(|some| some.contains(&source.namespace));
        let mut sources: Vec<_> = cluster
            .store
            .nodes()
            .filter(|node| cluster.store.object(*node).is_some() && cluster.forest.contains(*node))
            .map(|node| cluster.store.reference(node).clone())
            .filter(|source| heads::is_asked(source) && is_looked_at(source))
            .collect();
        sources.sort();
        if sources.is_empty() {
            return cx.say("there is no source whose remote can be asked");
        }
        self.leave(cx);
        (self.wanted, self.failed) = (sources.len(), None);
        self.heads.clear();
        cx.say(format!("asking the {} of the sources", counted(sources.len(), "remote")));
        self.ticket = Some(cx.ask(Question::Heads(sources)));
        self.laid = None;
    }

    fn leave(&mut self, cx: &mut Cx) {
        if let Some(ticket) = self.ticket.take() {
            cx.intend(Intent::Drop(ticket));
        }
    }

    fn is_asking(&self) -> bool {
        self.ticket.is_some() && self.failed.is_none() && self.heads.len() < self.wanted
    }
}

impl View for Pulse {
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
        Subject::Nothing
    }

    fn title(&self, _: &State) -> String {
        let hits: usize = self.pulse.broken.iter().map(|group| group.hits.len()).sum();
        let broken = match self.pulse.broken.len() {
            0 => "nothing is broken".to_owned(),
            causes => format!("{} broken by {}", counted(hits, "object"), counted(causes, "first cause")),
        };
        match (self.wanted, self.is_asking()) {
            (0, _) => format!("pulse: {broken}"),
            (all, true) => format!("pulse: {broken}; {} of {} answered", self.heads.len(), counted(all, "remote")),
            (_, false) => {
                let behind = self.heads.values().filter(|state| matches!(state, HeadState::Behind { .. })).count();
                format!("pulse: {broken}; {} behind", counted(behind, "source"))
            }
        }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        self.object().cloned().into_iter().collect()
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.leave(cx);
        // an answer that comes late would be of nothing that is shown
        if self.heads.len() < self.wanted {
            (self.wanted, self.laid) = (self.heads.len(), None);
        }
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.selected().cloned()) {
            (Gesture::Heads, _) => self.ask(cx),
            (Gesture::Copy, Some(Target::Row(PulseSubject::Object(object)))) => {
                let name = object.to_string();
                cx.copy(name.clone(), format!("copied {name}"));
            }
            (Gesture::Open, Some(Target::Row(PulseSubject::Object(object)))) => {
                cx.transit(Transition::Open(Screen::DETAILS, Subject::Object(object)));
            }
            (Gesture::Open, Some(Target::Row(PulseSubject::Kind(gk)))) => {
                cx.transit(Transition::Go(commands::table_of(&gk, cx.state), Subject::Kind(gk)));
            }
            (Gesture::Open, Some(Target::Rest(part))) => {
                if !self.open.remove(&part) {
                    self.open.insert(part);
                }
                self.laid = None;
                self.refresh(cx.state);
            }
            (Gesture::Open, None) => {}
            _ => return self.picker.gesture(gesture, cx),
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match (gesture, self.selected()) {
            (Gesture::Open, None) => None,
            (Gesture::Open, Some(Target::Rest(_))) => Some("more, or fewer"),
            _ => Some(word),
        }
    }

    fn set_filter(&mut self, text: &str, cx: &mut Cx) -> Result<(), String> {
        self.picker.set_filter(text)?;
        self.laid = None;
        self.refresh(cx.state);
        Ok(())
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) {
        if self.ticket != Some(ticket) {
            return;
        }
        match reply {
            Reply::Head(head) => drop(self.heads.insert(head.source.clone(), head.state.clone())),
            Reply::Failed(error) => {
                self.failed = Some(error.clone());
                cx.complain(error.clone());
            }
            _ => return,
        }
        self.laid = None;
        self.refresh(cx.state);
    }

    fn refresh(&mut self, state: &State) {
        let cluster = state.cluster();
        // what is said of times is a minute old at most
        let minute = state.clock.as_second() / 60;
        let stamp = (cluster.forest.stamp(), cluster.namespaces.clone(), minute, cluster.server.versions.len());
        if self.stamp.as_ref() != Some(&stamp) {
            let sight = Sight::new(&cluster.store, &cluster.forest, moment(state));
            let is_looked_at = |node| {
                let namespace = &cluster.store.reference(node).namespace;
                cluster.namespaces.as_ref().is_none_or(|some| some.contains(namespace))
            };
            self.pulse = pulse::survey(&sight, &cluster.server.versions, is_looked_at);
            (self.stamp, self.laid) = (Some(stamp), None);
        }
        let laid = (self.heads.len(), self.open.iter().copied().collect(), self.picker.filter().is_empty());
        if self.laid.as_ref() != Some(&laid) {
            self.lay(state);
            self.laid = Some(laid);
        }
    }

    fn message(&self, state: &State) -> Option<Styled> {
        let object = self.object()?;
        let is_stale = self.picker.selected().is_some_and(|id| id.starts_with(PulsePart::Stale.word()));
        if is_stale && self.pulse.unknown > 0 {
            let text = format!("does its controller run? {} not say when they were reconciled last", do_not(self.pulse.unknown));
            return Some(Styled::of(Style::Dim, text));
        }
        Some(sentence::of_object(state, state.cluster().store.find(object)?, false))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("PART", 9, 9, 3),
            Column::new("WHAT", 22, 56, 0),
            Column::new("STATE", 10, 32, 1),
            Column::new("AGE", 4, 6, 4).right(),
            Column::new("SAYS", 16, u16::MAX, 2),
        ];
        if self.rows.is_empty() && self.picker.filter().is_empty() {
            return super::say_why_empty(area, buf, scene);
        }
        self.picker.render(area, buf, scene, &columns, "nothing is here");
    }
}

fn do_not(count: usize) -> String {
    let verb = if count == 1 { "does" } else { "do" };
    format!("{} {verb}", counted(count, "other object"))
}

#[cfg(test)]
#[path = "tests/pulse.rs"]
mod tests;
