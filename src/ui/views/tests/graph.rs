use serde_json::{Value, json};

use super::*;
use crate::ui::widgets::testing::World;

fn says(ready: &str, reason: &str) -> Value {
    json!({"observedGeneration": 1, "conditions": [{"type": "Ready", "status": ready, "reason": reason, "message": "so it is"}]})
}

#[expect(clippy::needless_pass_by_value, reason = "what `json!` makes is passed as it is")]
fn ks(world: &mut World, name: &str, needs: &[&str], status: Value) -> ObjectRef {
    let needs: Vec<_> = needs.iter().map(|name| json!({"name": name})).collect();
    let spec = json!({"sourceRef": {"kind": "GitRepository", "name": "fleet"}, "dependsOn": needs});
    world.put("ks", &json!({"metadata": {"name": name, "namespace": "flux"}, "spec": spec, "status": status}))
}

/// A source, two that need it, and one that needs both; one fails.
fn fleet() -> World {
    let mut world = World::default();
    world.put("gitrepo", &json!({"metadata": {"name": "fleet", "namespace": "flux"}, "status": says("True", "Succeeded")}));
    ks(&mut world, "infra", &[], says("True", "ReconciliationSucceeded"));
    ks(&mut world, "crds", &[], says("False", "BuildFailed"));
    ks(&mut world, "apps", &["infra", "crds"], says("False", "DependencyNotReady"));
    world
}

fn named(world: &World, view: &Graph) -> String {
    view.selection(world.state()).first().map(|object| object.name.to_string()).unwrap_or_default()
}

#[test]
fn layers_are_beside_each_other_and_lines_lead_from_what_is_needed() {
    let mut world = fleet();
    let mut view = Graph::of(None);
    let lines = world.show(&mut view, 80, 6);
    let row = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}: {lines:#?}"));
    let at = |text: &str| lines[row(text)].find(text).expect("it is there");
    assert!(at("gitrepo flux/fleet") < at("ks flux/infra") && at("ks flux/crds") < at("ks flux/apps"), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains('►') || line.contains("► ")), "{lines:#?}");
    assert_eq!(lines.iter().map(|line| line.matches('►').count()).sum::<usize>(), 3, "{lines:#?}");
    assert_eq!((view.title(world.state()), view.count(world.state())), ("graph".to_owned(), "4 objects · 1 blocked".to_owned()));
}

#[test]
fn a_blocked_line_is_red_and_an_open_one_is_not() {
    let mut world = fleet();
    let mut view = Graph::of(None);
    world.show(&mut view, 80, 6);
    let failed = world.theme.style(crate::ui::theme::Scope::Failed).fg;
    let buf = world.draw(80, 6, |area, buf, scene| view.render(area, buf, scene));
    let heads = || (0..6).flat_map(|y| (0..80).map(move |x| (x, y))).filter(|at| buf[*at].symbol() == "►");
    let red = heads().filter(|at| Some(buf[*at].fg) == failed).count();
    assert_eq!((heads().count(), red), (3, 1), "what leads to the one that waits");
}

#[test]
fn keys_follow_the_lines_and_stay_in_a_layer() {
    let mut world = fleet();
    let mut view = Graph::of(None);
    world.show(&mut view, 80, 6);
    assert_eq!(named(&world, &view), "fleet");
    let steps = [(Gesture::Left, "fleet"), (Gesture::Right, ""), (Gesture::Right, "apps"), (Gesture::Right, "apps")];
    for (gesture, expected) in steps {
        world.act(|cx| view.gesture(gesture, cx));
        assert!(expected.is_empty() || named(&world, &view) == expected, "{gesture:?}: {}", named(&world, &view));
    }
    world.act(|cx| view.gesture(Gesture::NextFailure, cx));
    assert_eq!(named(&world, &view), "crds");
    world.act(|cx| view.gesture(Gesture::Left, cx));
    assert_eq!(named(&world, &view), "fleet");
    let (_, opened) = world.act(|cx| view.gesture(Gesture::Open, cx));
    assert!(
        matches!(&opened[..], [Transition::Open(Screen::DETAILS, Subject::Object(object))] if &*object.name == "fleet"),
        "{opened:?}"
    );
}

#[test]
fn of_one_object_only_what_is_connected_with_it_is_drawn_until_everything_is() {
    let mut world = fleet();
    let infra = ks(&mut world, "infra", &[], says("True", "ReconciliationSucceeded"));
    let mut view = Graph::of(Some(infra.clone()));
    let lines = world.show(&mut view, 80, 6).join("\n");
    assert!(lines.contains("ks flux/apps") && !lines.contains("ks flux/crds"), "{lines}");
    assert_eq!(view.title(world.state()), "graph of Kustomization flux/infra");
    world.act(|cx| view.gesture(Gesture::UnfoldAll, cx));
    assert!(world.show(&mut view, 80, 6).join("\n").contains("ks flux/crds"));
    assert_eq!((named(&world, &view), view.target()), ("infra".to_owned(), Subject::Nothing), "the cursor stays on its object");
    world.act(|cx| view.gesture(Gesture::FoldAll, cx));
    assert_eq!(view.target(), Subject::Object(infra));
}

#[test]
fn a_hundred_objects_scroll_on_a_small_screen_and_the_cursor_is_always_seen() {
    let mut world = fleet();
    for at in 0..100usize {
        let needs = if at < 4 { "apps".to_owned() } else { format!("team-{:02}", at / 4) };
        ks(&mut world, &format!("team-{at:02}"), &[&needs], says("True", "ReconciliationSucceeded"));
    }
    let mut view = Graph::of(None);
    world.show(&mut view, 80, 20);
    for gesture in [
        Gesture::Bottom,
        Gesture::Left,
        Gesture::Left,
        Gesture::Top,
        Gesture::Right,
        Gesture::Right,
        Gesture::Right,
        Gesture::PageDown,
    ] {
        world.act(|cx| view.gesture(gesture, cx));
        let name = named(&world, &view);
        let lines = world.show(&mut view, 80, 20);
        assert!(lines.iter().any(|line| line.contains(&format!("flux/{name}"))), "{gesture:?} {name}: {lines:#?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
    }
    world.act(|cx| view.set_filter("TEAM-77", cx).expect("a search"));
    assert_eq!(named(&world, &view), "team-77");
}

#[test]
fn thousands_are_not_drawn_and_the_title_says_so() {
    let mut world = fleet();
    for at in 0..700 {
        ks(&mut world, &format!("team-{at:03}"), &[], says("True", "ReconciliationSucceeded"));
    }
    let mut view = Graph::of(None);
    world.show(&mut view, 180, 50);
    assert_eq!(view.title(world.state()), "graph: 600 of 704 objects, blocked ones first");
    assert!(view.graph.nodes.iter().any(|node| &*node.object.name == "apps"), "it is blocked");
}

#[test]
fn a_circle_is_marked_where_it_is_cut() {
    let mut world = World::default();
    ks(&mut world, "loop-a", &["loop-b"], says("False", "DependencyNotReady"));
    ks(&mut world, "loop-b", &["loop-a"], says("False", "DependencyNotReady"));
    let lines = world.show(&mut Graph::of(None), 80, 6).join("\n");
    assert_eq!(lines.matches('↻').count(), 1, "{lines}");
}

#[test]
fn no_size_is_too_small() {
    for (width, height) in [(0, 0), (1, 1), (2, 2), (20, 5)] {
        fleet().show(&mut Graph::of(None), width, height);
        World::default().show(&mut Graph::of(None), width, height);
    }
}
