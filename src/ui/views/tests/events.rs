use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::domain::{ClusterId, GroupKind, Printed, PrintedChange, PrintedRow};
use fluxdeck_model::state::{Effect, News, ServerFacts};

fn about(kind: &str, name: &str) -> ObjectRef {
    let group = if kind == "Kustomization" { "kustomize.toolkit.fluxcd.io" } else { "" };
    ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), "apps", name)
}

fn event(key: &str, object: &ObjectRef, minute: i32, is_warning: bool, message: &str) -> PrintedRow {
    let at = |minute: i32| format!("2026-01-01T00:0{minute}:00Z").parse().ok();
    let row = EventRow {
        first: at(0),
        last: at(minute),
        is_warning,
        count: if is_warning { 3 } else { 1 },
        reason: if is_warning { "HealthCheckFailed" } else { "Succeeded" }.to_owned(),
        object: format!("{}/{}", object.gk.kind, object.name),
        message: message.to_owned(),
        from: "kustomize-controller".to_owned(),
    };
    let (since, event) = (row.last, Some(row.into()));
    PrintedRow { key: key.into(), object: object.clone(), since, labels: Labels::default(), cells: Vec::new(), event }
}

fn give(world: &mut World, view: &mut dyn View, ticket: Ticket, news: PrintedNews) {
    world.act(|cx| view.reply(ticket, &Reply::Printed(Box::new(news)), cx));
    view.refresh(world.state());
}

fn all(rows: Vec<PrintedRow>) -> PrintedNews {
    PrintedNews::All(Printed { rows, ..Printed::default() })
}

fn came(row: PrintedRow) -> PrintedNews {
    PrintedNews::Changed(vec![PrintedChange::Row(row)])
}

fn asked(effects: &[Effect]) -> (Ticket, PrintedQuery) {
    let print =
        |effect: &Effect| if let Effect::Print { ticket, query, .. } = effect { Some((*ticket, query.clone())) } else { None };
    effects.iter().find_map(print).unwrap_or_else(|| panic!("{effects:?}"))
}

/// The events of a Kustomization: two that say the same, and another.
fn opened(world: &mut World) -> (Box<dyn View>, Ticket, ObjectRef) {
    let id = world.put("ks", &json!({}));
    let mut view = (SPEC.make)(Subject::Object(id.clone()), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let (ticket, query) = asked(&effects);
    assert_eq!(query, PrintedQuery::events_of(&id));
    assert!(world.show(&mut *view, 40, 5).concat().contains("fetching…"));
    let rows = vec![
        event("1", &id, 2, true, "health check failed after 2m0s: [HelmRelease/web/web status: 'Failed']"),
        event("2", &id, 4, true, "health check failed after 3m0s: [HelmRelease/web/web status: 'Failed']"),
        event("3", &id, 3, false, "Reconciliation finished in 1.2s, next run in 10m"),
    ];
    give(world, &mut *view, ticket, all(rows));
    (view, ticket, id)
}

#[test]
fn what_says_the_same_is_a_line_with_how_often_and_since_when() {
    let mut world = World::default();
    let (mut view, ..) = opened(&mut world);
    assert_eq!(
        world.show(&mut *view, 120, 4),
        [
            " SEEN  TYPE     REASON             COUNT     MESSAGE",
            " 7m    Normal   Succeeded                    Reconciliation finished in 1.2s, next run in 10m",
            " 6m    Warning  HealthCheckFailed  ×6 in 4m  health check failed after 3m0s: [HelmRelease/web/web status: 'Failed']",
            "",
        ]
    );
    assert_eq!(view.count(world.state()), "2 lines, 3 events");
    assert!(view.message(world.state()).expect("a message").text.contains("after 3m0s"));
    world.act(|cx| view.gesture(Gesture::FoldAll, cx));
    view.refresh(world.state());
    assert_eq!(view.count(world.state()), "3 events");
    assert!(view.message(world.state()).expect("a message").text.contains("after 3m0s"), "the cursor stays with what is said");
    let narrow = world.show(&mut *view, 45, 5);
    assert!(narrow[0].contains("REASON") && narrow[0].contains("MESSAGE") && !narrow[0].contains("TYPE"), "{narrow:#?}");
}

#[test]
fn what_happens_is_at_the_bottom_and_moves_nobody_who_reads_elsewhere() {
    let mut world = World::default();
    let (mut view, ticket, id) = opened(&mut world);
    world.show(&mut *view, 90, 4);
    give(&mut world, &mut *view, ticket, came(event("4", &id, 5, false, "applied something")));
    assert!(view.message(world.state()).expect("a message").text.contains("applied something"), "it follows");
    assert!(view.title(world.state()).ends_with("following"));

    world.act(|cx| view.gesture(Gesture::Up, cx));
    let before = view.message(world.state());
    give(&mut world, &mut *view, ticket, came(event("5", &id, 6, false, "something else was applied")));
    assert_eq!(view.message(world.state()), before);
    assert!(view.title(world.state()).ends_with("stopped"));
    assert!(world.show(&mut *view, 90, 8).concat().contains("something else"));
    world.act(|cx| view.gesture(Gesture::Bottom, cx));
    assert!(view.message(world.state()).expect("a message").text.contains("something else"));
}

#[test]
fn a_key_adds_what_is_below_and_another_one_leaves_warnings_only() {
    let mut world = World::default();
    let (mut view, _, id) = opened(&mut world);
    let below = json!({"status": {"inventory": {"entries": [{"id": "apps_child__ConfigMap", "v": "v1"}]}}});
    world.put("ks", &below);
    world.put("cm", &json!({"metadata": {"name": "child"}}));
    let (effects, _) = world.act(|cx| assert!(view.gesture(Gesture::Below, cx)));
    let (ticket, query) = asked(&effects);
    assert_eq!((query.about, query.namespaces.map(|names| names.len())), (None, Some(1)));
    let rows = vec![
        event("6", &about("ConfigMap", "child"), 5, false, "of the child"),
        event("7", &about("ConfigMap", "other"), 6, false, "of a stranger"),
    ];
    give(&mut world, &mut *view, ticket, all(rows));
    let lines = world.show(&mut *view, 140, 8).concat();
    assert!(lines.contains("of the child") && lines.contains("OBJECT") && !lines.contains("of a stranger"), "{lines}");
    assert!(view.title(world.state()).contains("and below"));

    world.act(|cx| view.gesture(Gesture::Trouble, cx));
    view.refresh(world.state());
    let lines = world.show(&mut *view, 140, 8).concat();
    assert!(lines.contains("HealthCheckFailed") && !lines.contains("of the child"), "{lines}");
    world.act(|cx| view.gesture(Gesture::Trouble, cx));
    world.act(|cx| view.gesture(Gesture::Below, cx));
    view.refresh(world.state());
    let lines = world.show(&mut *view, 140, 8).concat();
    assert!(lines.contains("Reconciliation") && !lines.contains("of the child"), "{lines}");
    assert_eq!(view.selection(world.state()), [id]);
}

#[test]
fn events_are_filtered_and_open_what_they_happened_to() {
    let mut world = World::default();
    let gk = GroupKind::new("", "Event");
    let mut view = (SPEC.make)(Subject::Kind(gk), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let (ticket, query) = asked(&effects);
    assert_eq!((query.about, query.namespaces), (None, None));
    let rows = vec![
        event("1", &about("Pod", "web-1"), 2, true, "Back-off restarting failed container"),
        event("2", &about("Kustomization", "web"), 4, false, "Reconciliation finished"),
    ];
    give(&mut world, &mut *view, ticket, all(rows));
    for (filter, found) in [("back-off", "web-1"), ("^warning$", "web-1"), ("!warning", "web"), ("-f wb1", "web-1")] {
        world.act(|cx| view.set_filter(filter, cx).expect("a filter"));
        view.refresh(world.state());
        assert_eq!(view.selection(world.state()).first().map(|object| &*object.name), Some(found), "{filter}");
    }
    world.act(|cx| assert!(view.set_filter("-l a=b", cx).is_err()));
    let (_, opened) = world.act(|cx| view.gesture(Gesture::Open, cx));
    assert!(matches!(&opened[..], [Transition::Open(Screen::DETAILS, Subject::Object(object))] if &*object.name == "web-1"));
    let sheet = view.sheet(world.state()).expect("a table");
    assert_eq!((sheet.len(), &*sheet[1][5]), (2, "Pod apps/web-1"));
}

#[test]
fn other_namespaces_are_asked_for_and_a_refusal_says_what_to_do() {
    let mut world = World::default();
    world.news(News::Server(ServerFacts::default()));
    let mut view = (SPEC.make)(Subject::Kind(GroupKind::new("", "Event")), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let (ticket, _) = asked(&effects);
    let refused = Error::new(ErrorKind::Denied, "events is forbidden", "your role does not allow it");
    world.act(|cx| view.reply(ticket, &Reply::Failed(refused), cx));
    let lines = world.show(&mut *view, 90, 4).concat();
    assert!(lines.contains("events is forbidden") && lines.contains("restricted") && lines.contains("-n a,b"), "{lines}");

    world.act(|cx| cx.intend(Intent::Namespaces(Some(["web".into()].into()))));
    let (effects, _) = world.act(|cx| view.changed(cx));
    let (_, query) = asked(&effects);
    assert_eq!(query.namespaces.map(|names| names.len()), Some(1));
    assert!(world.act(|cx| view.changed(cx)).0.is_empty(), "once");
    assert!(matches!(world.act(|cx| view.closed(cx)).0[..], [Effect::Drop(_)]));
}

#[test]
fn none_and_a_failure_say_why_and_what_is_known_stays() {
    let mut world = World::default();
    let (mut view, ticket, _) = opened(&mut world);
    world.act(|cx| view.reply(ticket, &Reply::Failed(Error::failed("the server is away", "trying again in 1 s")), cx));
    assert!(world.show(&mut *view, 90, 4).concat().contains("Reconciliation"));
    assert!(view.message(world.state()).expect("a message").text.contains("the server is away"));

    let id = world.put("ks", &json!({}));
    let mut none = (SPEC.make)(Subject::Object(id), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| none.opened(cx));
    let (ticket, _) = asked(&effects);
    give(&mut world, &mut *none, ticket, all(Vec::new()));
    assert!(world.show(&mut *none, 80, 5).concat().contains(NONE));
}

#[test]
fn no_size_is_too_small() {
    let mut world = World::default();
    let (mut view, ..) = opened(&mut world);
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        world.show(&mut *view, width, height);
    }
}
