//! Kinds to choose from, with their names.
//!
//! ```text
//!  KIND           NAMES                  OBJECTS  STATE        GROUP                           VERSIONS  ROLE     NOTE
//!  Kustomization  kustomizations ks           24  ✗ 1 ● 23     kustomize.toolkit.fluxcd.io     v1        applier
//!  Bucket         buckets                      0               source.toolkit.fluxcd.io        v1        source   restricted in web
//! ```

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use crate::ui::widgets::picker::{Item, Picker};
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::health::Counts;
use fluxdeck_model::domain::{Coverage, GroupKind, Health};
use fluxdeck_model::kinds::{self, Role};
use fluxdeck_model::state::{Cluster, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::KINDS,
    doc: "all kinds that the cluster serves, with their names",
    scope: KeyScope::Picker,
    make: |_, _| Ok(Box::new(Kinds { picker: Picker::default(), rows: Vec::new(), stamp: None })),
};

pub struct Kinds {
    picker: Picker,
    rows: Vec<GroupKind>,
    /// What the rows were counted for.
    stamp: Option<(u64, usize)>,
}

fn role(gk: &GroupKind) -> &'static str {
    match kinds::find(&gk.group, &gk.kind).map(|kind| kind.role) {
        Some(Role::Source) => "source",
        Some(Role::Applier) => "applier",
        Some(Role::Image) => "image",
        Some(Role::Notification) => "notification",
        Some(Role::Operator) => "operator",
        Some(Role::Legacy) => "Flux v1",
        Some(Role::Workload) => "workload",
        Some(Role::Child) | None => "",
    }
}

/// What keeps objects of a kind from being seen.
fn note(cluster: &Cluster, gk: &GroupKind) -> String {
    let of_kind: Vec<_> = cluster.store.coverage().filter(|(scope, _)| scope.gk == *gk).collect();
    let refused = of_kind.iter().filter(|(_, coverage)| *coverage == Coverage::Restricted);
    let namespaces: BTreeSet<_> = refused.map(|(scope, _)| scope.namespace.as_deref().unwrap_or_default()).collect();
    let seconds = |coverage: &Coverage| if let Coverage::Polled(seconds) = coverage { Some(*seconds) } else { None };
    let polled = of_kind.iter().find_map(|(_, coverage)| seconds(coverage));
    match () {
        () if !namespaces.is_empty() && namespaces.contains("") => "restricted".to_owned(),
        () if !namespaces.is_empty() => format!("restricted in {}", namespaces.into_iter().collect::<Vec<_>>().join(", ")),
        () if of_kind.iter().any(|(_, coverage)| *coverage == Coverage::Listing) => "reading…".to_owned(),
        () if of_kind.iter().any(|(_, coverage)| *coverage == Coverage::Failing) => "cannot be read".to_owned(),
        () if of_kind.iter().any(|(_, coverage)| *coverage == Coverage::NotServed) => "not served".to_owned(),
        () => polled.map_or_else(String::new, |seconds| format!("listed every {seconds} s")),
    }
}

fn item(cluster: &Cluster, gk: &GroupKind, ascii: bool) -> Item {
    let kind = kinds::find(&gk.group, &gk.kind);
    let served = cluster.server.kinds.iter().find(|served| served.gk == *gk);
    let names: Vec<_> = match (kind, served) {
        (Some(kind), _) => std::iter::once(kind.plural).chain(kind.short.iter().copied()).collect(),
        (None, Some(served)) => std::iter::once(&*served.plural).chain(served.short.iter().map(|name| &**name)).collect(),
        (None, None) => Vec::new(),
    };
    let is_followed = cluster.store.coverage().any(|(scope, _)| scope.gk == *gk);
    let mut counts = Counts::default();
    let mut objects = 0;
    for node in cluster.store.of_kind(gk) {
        objects += 1;
        counts += cluster.forest.health(node).map_or_else(Counts::default, Counts::one);
    }
    let glyph = |health: Health| if ascii { health.ascii() } else { health.glyph() };
    let states = Health::ALL.into_iter().filter(|health| counts.of(*health) > 0);
    let states = states
        .fold(Styled::default(), |line, health| line.and(health.into(), format!("{} {} ", glyph(health), counts.of(health))));
    let cells = vec![
        Styled::of(if objects > 0 { Style::Text } else { Style::Dim }, &gk.kind),
        Styled::of(Style::Accent, names.join(" ")),
        // what is not followed is not counted
        Styled::of(Style::Text, if is_followed || kind.is_some() { objects.to_string() } else { String::new() }),
        states,
        Styled::of(Style::Dim, &gk.group),
        Styled::of(Style::Dim, kind.map_or_else(String::new, |kind| kind.versions.join(" "))),
        Styled::of(Style::Dim, role(gk)),
        Styled::of(Style::Unknown, note(cluster, gk)),
    ];
    Item { id: gk.to_string(), cells }
}

impl View for Kinds {
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
        "kinds".to_owned()
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        if gesture != Gesture::Open {
            return self.picker.gesture(gesture, cx);
        }
        let chosen = self.picker.selected().and_then(|id| self.rows.iter().find(|gk| gk.to_string() == id));
        if let Some(gk) = chosen {
            cx.transit(Transition::Go(commands::table_of(gk, cx.state), Subject::Kind(gk.clone())));
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.picker.selected().map(|_| word),
            _ => Some(word),
        }
    }

    fn refresh(&mut self, state: &State) {
        let cluster = state.cluster();
        let stamp = (cluster.forest.stamp(), cluster.server.kinds.len());
        if self.stamp.replace(stamp) == Some(stamp) {
            return;
        }
        let known: Vec<_> = kinds::ALL.iter().map(|kind| GroupKind::new(kind.group, kind.kind)).collect();
        // kinds without rules of their own that inventories led to
        let seen: BTreeSet<_> =
            cluster.store.coverage().map(|(scope, _)| scope.gk.clone()).filter(|gk| !known.contains(gk)).collect();
        let served = cluster.server.kinds.iter().map(|kind| &kind.gk);
        let others: Vec<_> = served.filter(|gk| !known.contains(gk) && !seen.contains(gk)).cloned().collect();
        self.rows = known.into_iter().chain(seen).chain(others).collect();
        self.picker.fill(self.rows.iter().map(|gk| item(cluster, gk, state.settings.ascii)).collect());
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("KIND", 14, 34, 0),
            Column::new("NAMES", 8, 48, 1).whole_to(32),
            Column::new("OBJECTS", 7, 8, 2).right(),
            Column::new("STATE", 10, 40, 3),
            Column::new("GROUP", 12, 40, 5),
            Column::new("VERSIONS", 8, 20, 7),
            Column::new("ROLE", 6, 12, 6),
            Column::new("NOTE", 10, 40, 4),
        ];
        self.picker.render(area, buf, scene, &columns, "no kinds yet");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::widgets::testing::World;

    fn shown(world: &mut World, width: u16, height: u16) -> (Kinds, Vec<String>) {
        let mut view = Kinds { picker: Picker::default(), rows: Vec::new(), stamp: None };
        let lines = world.show(&mut view, width, height);
        (view, lines)
    }

    #[test]
    fn every_kind_is_listed_with_its_names_and_what_is_refused() {
        let mut world = World::default();
        world.put("ks", &json!({"spec": {"suspend": true}}));
        world.cover("bucket", Coverage::Restricted);
        let (_, lines) = shown(&mut world, 200, 80);
        for kind in kinds::ALL {
            assert!(
                lines.iter().any(|line| line.contains(&format!(" {} ", kind.kind)) && line.contains(kind.plural)),
                "{}",
                kind.kind
            );
        }
        assert!(lines.iter().any(|line| line.starts_with(" Kustomization") && line.contains("1  ‖ 1")));
        assert!(lines.iter().any(|line| line.contains("Bucket") && line.ends_with("restricted")));
    }

    #[test]
    fn a_kind_opens_its_table() {
        let mut world = World::default();
        let (mut view, _) = shown(&mut world, 80, 24);
        world.act(|cx| view.set_filter("helmrel", cx).expect("a filter"));
        let (_, transitions) = world.act(|cx| view.gesture(Gesture::Open, cx));
        assert!(
            matches!(&transitions[..], [Transition::Go(Screen::OBJECTS, Subject::Kind(gk))] if &*gk.kind == "HelmRelease"),
            "{transitions:?}"
        );
    }

    #[test]
    fn no_size_is_too_small() {
        let mut world = World::default();
        for (width, height) in [(0, 0), (1, 1), (20, 5)] {
            shown(&mut world, width, height);
        }
    }
}
