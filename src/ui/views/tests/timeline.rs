use serde_json::{Value, json};

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::state::{Beginning, Message, News};

fn ready(status: &str, revision: &str, message: &str) -> Value {
    let reason = if status == "True" { "ReconciliationSucceeded" } else { "HealthCheckFailed" };
    json!({"status": {
        "observedGeneration": 1, "lastAppliedRevision": revision,
        "inventory": {"entries": [{"id": "apps_child_apps_Deployment", "v": "v1"}]},
        "conditions": [{"type": "Ready", "status": status, "reason": reason, "message": message, "observedGeneration": 1}],
    }})
}

/// A Kustomization that has failed and come back, and another that nothing happened to.
fn world() -> (World, ObjectRef) {
    let mut world = World::with(Beginning::default());
    let id = world.put("ks", &ready("True", "main@sha1:aaa", "applied"));
    world.put("ks", &json!({"metadata": {"name": "other"}}));
    let seen = world.state().cluster().timeline.count();
    world.put("ks", &ready("False", "main@sha1:bbb", "health check failed after 2m"));
    world.put("ks", &ready("True", "main@sha1:ccc", "Applied revision"));
    assert_eq!(world.state().cluster().timeline.count(), seen + 2);
    (world, id)
}

fn opened(world: &mut World, target: Subject) -> Box<dyn View> {
    let mut view = (SPEC.make)(target, world.state()).expect("a view");
    world.act(|cx| view.opened(cx));
    view
}

#[test]
fn each_change_is_a_line_with_the_state_that_it_led_to_and_its_revision() {
    let (mut world, id) = world();
    let mut view = opened(&mut world, Subject::Object(id));
    world.act(|cx| view.set_filter("→", cx).expect("a filter"));
    let lines = world.show(&mut *view, 120, 4);
    assert!(lines[0].starts_with(" WHEN (UTC)  STATE") && lines[0].contains("REVISION"), "{lines:#?}");
    assert!(lines[1].contains("✗ Ready → Failed") && lines[1].contains("main@sha1:bbb"), "{lines:#?}");
    assert!(lines[1].contains("health check failed after 2m"), "{lines:#?}");
    assert!(lines[2].contains("● Failed → Ready") && lines[2].contains("00:10:00"), "{lines:#?}");
    assert_eq!(view.count(world.state()), "2 turns");
    let message = view.message(world.state()).expect("a message").text;
    assert!(message.contains("Failed → Ready with main@sha1:ccc: Applied revision"), "{message}");
    let narrow = world.show(&mut *view, 80, 4);
    assert!(narrow[1].contains("Ready → Failed") && narrow[1].contains("ks apps/web"), "{narrow:#?}");
}

#[test]
fn it_is_of_an_object_with_what_is_below_or_of_all_and_of_failures_alone() {
    let (mut world, id) = world();
    world.put("deploy", &json!({"metadata": {"name": "child"}, "spec": {"replicas": 1}, "status": {"readyReplicas": 0}}));
    world.put("deploy", &json!({"metadata": {"name": "stranger"}}));
    let mut view = opened(&mut world, Subject::Object(id));
    let lines = world.show(&mut *view, 120, 12).concat();
    assert!(lines.contains("apps/web") && lines.contains("child") && !lines.contains("stranger"), "{lines}");
    world.act(|cx| view.gesture(Gesture::Below, cx));
    let lines = world.show(&mut *view, 120, 12).concat();
    assert!(lines.contains("apps/web") && !lines.contains("child"), "{lines}");
    world.act(|cx| view.gesture(Gesture::Trouble, cx));
    let lines = world.show(&mut *view, 120, 12);
    assert!(lines[1].contains("Ready → Failed") && lines[2].is_empty(), "{lines:#?}");

    let mut all = opened(&mut world, Subject::Nothing);
    assert!(world.show(&mut *all, 120, 12).concat().contains("stranger"));
    let (_, opened) = world.act(|cx| all.gesture(Gesture::Open, cx));
    let [Transition::Open(Screen::DETAILS, Subject::Object(object))] = &opened[..] else { panic!("{opened:?}") };
    assert_eq!(&*object.name, "stranger");
    let sheet = all.sheet(world.state()).expect("a table");
    assert!(sheet.len() > 4 && sheet[0][2] == "STATE");
}

#[test]
fn what_happens_is_at_the_bottom_and_moves_nobody_who_reads_elsewhere() {
    let (mut world, _) = world();
    let mut view = opened(&mut world, Subject::Nothing);
    world.put("ks", &ready("False", "main@sha1:ddd", "failed again"));
    view.refresh(world.state());
    assert!(view.message(world.state()).expect("a message").text.contains("failed again"), "it follows");
    world.act(|cx| view.gesture(Gesture::Up, cx));
    let before = view.message(world.state());
    world.put("ks", &ready("True", "main@sha1:eee", "well again"));
    view.refresh(world.state());
    assert_eq!(view.message(world.state()), before);
    world.act(|cx| view.gesture(Gesture::Follow, cx));
    assert!(view.message(world.state()).expect("a message").text.contains("well again"));
}

#[test]
fn where_nothing_has_changed_it_says_so_and_no_size_is_too_small() {
    let mut world = World::default();
    world.news(News::Note(String::new()));
    world.update(Message::Clock);
    let mut view = opened(&mut world, Subject::Nothing);
    assert!(world.show(&mut *view, 80, 4).concat().contains("nothing has changed since this session began"));
    let (mut world, id) = self::world();
    let mut view = opened(&mut world, Subject::Object(id));
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        world.show(&mut *view, width, height);
    }
}
