use serde_json::{Value, json};

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::insight::pulse::heads::SourceHead;
use fluxdeck_model::state::Effect;

fn failed() -> Value {
    json!({"status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed",
        "message": "no such file", "lastTransitionTime": "2026-01-01T00:06:00Z"}]}})
}

fn world() -> World {
    let mut world = World::default();
    world.put("ks", &failed());
    world.put(
        "ks",
        &json!({"metadata": {"name": "batch", "namespace": "jobs", "annotations": {"fluxdeck.dev/suspended-by": "ana"}},
        "spec": {"suspend": true}}),
    );
    world
}

#[test]
fn every_part_is_a_few_rows_and_the_worst_is_on_top() {
    let mut world = world();
    let mut view = Pulse::default();
    let lines = world.show(&mut view, 100, 5);
    assert!(lines[0].starts_with(" PART       WHAT") && lines[0].contains("SAYS"), "{lines:#?}");
    assert!(lines[1].starts_with(" broken     ✗ ks apps/web") && lines[1].contains("4m"), "{lines:#?}");
    assert!(lines[2].starts_with(" suspended  ‖ ks jobs/batch") && lines[2].contains("by ana, who gave no reason"), "{lines:#?}");
    assert!(lines[3].starts_with(" kinds      Kustomization  2") && lines[3].contains("✗ 1 ‖ 1"), "{lines:#?}");
    assert_eq!(view.title(world.state()), "pulse: 1 object broken by 1 first cause");
    assert_eq!(view.selection(world.state())[0].to_string(), "Kustomization apps/web", "keys act on it");
    let (_, opened) = world.act(|cx| view.gesture(Gesture::Open, cx));
    assert!(
        matches!(&opened[..], [Transition::Open(Screen::DETAILS, Subject::Object(object))] if &*object.name == "web"),
        "{opened:?}"
    );
    world.act(|cx| view.gesture(Gesture::Bottom, cx));
    assert!(view.selection(world.state()).is_empty(), "a kind is not an object");
    let (_, opened) = world.act(|cx| view.gesture(Gesture::Open, cx));
    assert!(
        matches!(&opened[..], [Transition::Go(Screen::OBJECTS, Subject::Kind(gk))] if &*gk.kind == "Kustomization"),
        "{opened:?}"
    );
}

#[test]
fn what_is_left_out_of_a_part_is_one_key_away_and_a_filter_shows_all() {
    let mut world = World::default();
    for number in 0..9 {
        let object = json!({"metadata": {"name": format!("job-{number}"), "namespace": "jobs"}, "spec": {"suspend": true}});
        world.put("ks", &object);
    }
    let mut view = Pulse::default();
    let lines = world.show(&mut view, 80, 24);
    assert!(lines.iter().any(|line| line.starts_with(" suspended  … 5 more")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("job-7")), "{lines:#?}");
    for _ in 0..4 {
        world.act(|cx| view.gesture(Gesture::Down, cx));
    }
    assert_eq!(view.word(Gesture::Open, "open", world.state()), Some("more, or fewer"));
    world.act(|cx| view.gesture(Gesture::Open, cx));
    let lines = world.show(&mut view, 80, 24);
    assert!(lines.iter().any(|line| line.contains("job-7")) && lines.iter().any(|line| line.contains("… fewer")), "{lines:#?}");
    assert_eq!(view.picker.selected(), Some("suspended rest"), "the cursor stays with its row");
    world.act(|cx| view.gesture(Gesture::Open, cx));
    assert!(!world.show(&mut view, 80, 24).iter().any(|line| line.contains("job-7")));
    world.act(|cx| view.set_filter("job-8", cx).expect("a filter"));
    assert!(world.show(&mut view, 80, 24)[1].contains("job-8"));
}

#[test]
fn remotes_are_asked_when_a_person_wants_it_and_each_answer_comes_by_itself() {
    let mut world = world();
    let ready = json!({"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded"}],
        "artifact": {"revision": "main@sha1:1"}});
    let fleet = world.put("gitrepo", &json!({"metadata": {"name": "fleet"}, "status": ready}));
    let other = world.put("gitrepo", &json!({"metadata": {"name": "other"}, "status": ready}));
    world.put("bucket", &json!({"metadata": {"name": "files"}, "status": ready}));
    let mut view = Pulse::default();
    world.show(&mut view, 80, 24);
    let (effects, _) = world.act(|cx| view.opened(cx));
    assert!(effects.is_empty(), "nothing is asked unasked: {effects:?}");
    let (effects, _) = world.act(|cx| view.gesture(Gesture::Heads, cx));
    let ticket = effects.iter().find_map(|effect| match effect {
        Effect::AskHeads { ticket, sources, .. } if *sources == [fleet.clone(), other.clone()] => Some(*ticket),
        _ => None,
    });
    let ticket = ticket.unwrap_or_else(|| panic!("{effects:?}"));
    assert!(view.title(world.state()).ends_with("0 of 2 remotes answered"));
    let head = |source: &ObjectRef, state: HeadState| Reply::Head(Box::new(SourceHead { source: source.clone(), state }));
    let behind = HeadState::Behind { fetched: "main@1".into(), head: "main@2".into() };
    world.act(|cx| view.reply(ticket, &head(&other, behind), cx));
    let lines = world.show(&mut view, 100, 24);
    assert!(
        lines.iter().any(|line| line.starts_with(" remotes    ◐ gitrepo apps/other") && line.contains("the remote has main@2")),
        "{lines:#?}"
    );
    assert!(view.title(world.state()).ends_with("1 of 2 remotes answered"));
    world.act(|cx| view.reply(ticket, &head(&fleet, HeadState::UpToDate("main@1".into())), cx));
    world.show(&mut view, 100, 24);
    assert!(view.title(world.state()).ends_with("1 source behind"));
    let (effects, _) = world.act(|cx| view.closed(cx));
    assert!(matches!(&effects[..], [Effect::Drop(dropped)] if *dropped == ticket), "{effects:?}");
}

#[test]
fn it_is_about_the_namespaces_that_are_looked_at() {
    let mut world = world();
    let mut view = Pulse::default();
    world.act(|cx| cx.intend(Intent::Namespaces(Some(["jobs".into()].into()))));
    assert!(world.show(&mut view, 100, 5).iter().any(|line| line.starts_with(" kinds") && line.contains("‖ 1")));
    assert_eq!(view.title(world.state()), "pulse: nothing is broken");
}

#[test]
fn nothing_is_made_again_while_nothing_changes() {
    let mut world = world();
    let mut view = Pulse::default();
    world.show(&mut view, 80, 24);
    let (stamp, laid) = (view.stamp.clone(), view.laid.clone());
    view.rows.clear();
    view.refresh(world.state());
    assert!(view.rows.is_empty() && view.stamp == stamp && view.laid == laid, "the same stamps: the same rows");
}

#[test]
fn no_size_is_too_small() {
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        world().show(&mut Pulse::default(), width, height);
    }
}
