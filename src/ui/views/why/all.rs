//! All that is broken, by first cause: forty red rows become three sentences.
//!
//! ```text
//!  HITS  FIRST CAUSE                                                                          SINCE
//!    12  ✗ po web/web-7d9c54-88vtw: container web exits 1 ("cannot open config"), restarted 7 times     4m
//!     3  ✗ gitrepo shards/auth-failed: Secret shards/git does not exist                          2h
//! ```
//! ⏎ and `w` explain the one under the cursor; the line above the keys names what is hit.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{LATEST, SPEC};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use crate::ui::widgets::picker::{Item, Picker};
use crate::ui::widgets::sentence::short;
use fluxdeck_model::commands::{Cx, Gesture, Screen, Subject, Transition};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{ObjectRef, Str, duration};
use fluxdeck_model::insight::why::{self, BrokenGroup, Sight};
use fluxdeck_model::state::State;

/// Names of what is hit, in the line above the keys.
const NAMES: usize = 12;

/// The list of first causes.
#[derive(Default)]
pub(super) struct All {
    picker: Picker,
    groups: Vec<BrokenGroup>,
    /// For what it was made, and when: walking costs a pass over everything that is broken.
    made: Option<(Stamp, Timestamp)>,
}

/// The stamp of the trees, the namespaces that are looked at, and the minute.
type Stamp = (u64, Option<BTreeSet<Str>>, i64);

fn stamp(state: &State) -> Stamp {
    let cluster = state.cluster();
    (cluster.forest.stamp(), cluster.namespaces.clone(), state.clock.as_second() / 60)
}

/// Whether what was made holds still: nothing has changed, or only the trees, and it is new.
fn holds((made, at): &(Stamp, Timestamp), now: &Stamp, clock: Timestamp) -> bool {
    made == now || (&made.1, made.2) == (&now.1, now.2) && clock.duration_since(*at) < LATEST
}

impl All {
    fn selected(&self) -> Option<&BrokenGroup> {
        let id = self.picker.selected()?;
        self.groups.iter().find(|group| id_of(group) == id)
    }
}

fn id_of(group: &BrokenGroup) -> String {
    format!("{} {}", group.rule, group.key)
}

fn item(group: &BrokenGroup, state: &State) -> Item {
    let health = group.cause.health;
    let glyph = if state.settings.ascii { health.ascii() } else { health.glyph() };
    let since = group.since.map_or_else(String::new, |at| duration::age((state.clock.as_second() - at.as_second()).max(0)).0);
    let same = match group.same.len() {
        0 => String::new(),
        count => format!(" (and {} like it)", counted(count, "other")),
    };
    let cells = vec![
        Styled::of(Style::Text, group.hits.len().to_string()),
        Styled::of(health.into(), format!("{glyph} "))
            .and(Style::Text, short(&group.cause.object))
            .and(health.into(), format!(": {}", group.cause.says))
            .and(Style::Dim, same),
        Styled::of(Style::Dim, since),
    ];
    Item { id: id_of(group), cells }
}

impl View for All {
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
        match self.groups.len() {
            0 => "why: nothing is broken".to_owned(),
            causes => {
                let hits: usize = self.groups.iter().map(|group| group.hits.len()).sum();
                format!("why: {} broken by {}", counted(hits, "object"), counted(causes, "first cause"))
            }
        }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        self.selected().map(|group| group.cause.object.clone()).into_iter().collect()
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        if gesture != Gesture::Open {
            return self.picker.gesture(gesture, cx);
        }
        if let Some(group) = self.selected() {
            // from what is hit the whole way is seen; the cause alone would be its end
            let object = group.hits.last().unwrap_or(&group.cause.object).clone();
            cx.transit(Transition::Open(Screen::WHY, Subject::Object(object)));
        }
        true
    }

    fn refresh(&mut self, state: &State) {
        let cluster = state.cluster();
        let stamp = stamp(state);
        if self.made.as_ref().is_some_and(|made| holds(made, &stamp, state.clock)) {
            return;
        }
        self.made = Some((stamp, state.clock));
        let sight = Sight::new(&cluster.store, &cluster.forest, state.clock);
        let is_looked_at = |node| {
            let namespace = &cluster.store.reference(node).namespace;
            cluster.namespaces.as_ref().is_none_or(|some| some.contains(namespace))
        };
        self.groups = why::broken(&sight, is_looked_at);
        self.picker.fill(self.groups.iter().map(|group| item(group, state)).collect());
    }

    fn message(&self, _: &State) -> Option<Styled> {
        let group = self.selected()?;
        let names: Vec<_> = group.hits.iter().take(NAMES).map(short).collect();
        let more = if group.hits.len() > NAMES { ", …" } else { "" };
        Some(
            Styled::of(Style::Dim, format!("{}: ", counted(group.hits.len(), "object")))
                .and(Style::Text, format!("{}{more}", names.join(", "))),
        )
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        if self.made.as_ref().is_some_and(|(made, _)| *made != stamp(scene.state)) {
            scene.next_change.set(scene.next_change.get().min(LATEST.as_secs()));
        }
        let columns = [
            Column::new("HITS", 4, 6, 0).right(),
            Column::new("FIRST CAUSE", 24, u16::MAX, 0),
            Column::new("SINCE", 5, 7, 1).right(),
        ];
        if self.groups.is_empty() && self.picker.filter().is_empty() {
            let cluster = scene.state.cluster();
            if cluster.is_complete() && cluster.lost().is_none() {
                return super::say(area, buf, scene, "nothing is broken", "w on an object says how it is with that one");
            }
            return super::super::say_why_empty(area, buf, scene);
        }
        self.picker.render(area, buf, scene, &columns, "nothing is broken");
    }
}
