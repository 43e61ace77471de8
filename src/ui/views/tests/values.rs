use serde_json::{Value, json};

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::insight::values::{ReferenceData, StoredRelease, StoredReleases, ValuesSpec};
use fluxdeck_model::state::Effect;

fn release(number: u64, config: &Value, replicas: u32) -> StoredRelease {
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: {replicas}}}\n---\nkind: Secret\napiVersion: v1\nmetadata: {{name: web}}\nstringData: {{pw: hidden-{number}-word}}\n"
    );
    let release = json!({
        "name": "web", "namespace": "apps", "version": number, "config": config, "manifest": manifest,
        "info": {"status": if number == 2 { "deployed" } else { "superseded" }, "last_deployed": "2026-01-01T00:00:00Z"},
        "chart": {"metadata": {"name": "web", "version": format!("1.{number}.0"), "appVersion": "9"}, "values": {"replicas": 1, "tag": "a"}},
    });
    StoredRelease::read(&release, &[]).expect("a release")
}

/// Two releases; a key of a Secret, one inline, one of the chart.
fn values() -> ReleaseValues {
    let spec = ValuesSpec::read(&json!({"spec": {
        "values": {"replicas": 3},
        "valuesFrom": [{"kind": "Secret", "name": "db", "valuesKey": "pw", "targetPath": "pw"}],
    }}));
    let all = vec![
        release(2, &json!({"replicas": 3, "pw": "hidden-2-word"}), 3),
        release(1, &json!({"replicas": 2, "pw": "hidden-1-word"}), 2),
    ];
    ReleaseValues::of(&spec, &[ReferenceData::Text("hidden-2-word".to_owned())], StoredReleases { all, gaps: Vec::new() })
}

fn opened() -> (World, Box<dyn View>) {
    let mut world = World::default();
    let id = world.put("hr", &json!({}));
    let mut view = (SPEC.make)(Subject::Object(id), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, aspect: Aspect::Values, .. }] = effects[..] else { panic!("{effects:?}") };
    world.act(|cx| view.reply(ticket, &Reply::Values(Box::new(values())), cx));
    (world, view)
}

fn shown(world: &mut World, view: &mut dyn View) -> String {
    world.show(view, 100, 30).join("\n")
}

#[test]
fn keys_have_layers_and_secrets_are_shown_after_the_second_key() {
    let (mut world, mut view) = opened();
    let first = shown(&mut world, &mut *view);
    for words in ["replicas", "spec.values", "<masked>", "Secret db (pw) at pw", "chart default"] {
        assert!(first.contains(words), "{words}: {first}");
    }
    assert!(!first.contains("hidden"), "{first}");
    world.act(|cx| view.gesture(Gesture::Down, cx));
    let about = view.message(world.state()).expect("a message").text;
    assert_eq!(about, "replicas = 3  spec.values  over chart default: 1");

    world.act(|cx| view.gesture(Gesture::Defaults, cx));
    assert!(!shown(&mut world, &mut *view).contains("chart default"));
    for (gesture, is_shown) in [
        (Gesture::Unmask, false),
        (Gesture::Up, false),
        (Gesture::Unmask, false),
        (Gesture::Unmask, true),
        (Gesture::Unmask, false),
    ] {
        world.act(|cx| view.gesture(gesture, cx));
        assert_eq!(shown(&mut world, &mut *view).contains("hidden-2-word"), is_shown, "{gesture:?}");
    }
}

#[test]
fn two_releases_are_compared_in_keys_and_objects() {
    let (mut world, mut view) = opened();
    world.act(|cx| view.gesture(Gesture::NextPane, cx));
    let text = shown(&mut world, &mut *view);
    for words in [
        "release 1 superseded web 1.1.0 → release 2 deployed web 1.2.0",
        "~ replicas  2 → 3",
        "<masked> (another value)",
        "1 object of",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("hidden"), "{text}");
    world.act(|cx| view.gesture(Gesture::Newer, cx));
    assert!(shown(&mut world, &mut *view).contains("what is there now is what was released last"));
    world.act(|cx| view.gesture(Gesture::Older, cx));
    assert!(shown(&mut world, &mut *view).contains("~ replicas"));

    world.act(|cx| view.gesture(Gesture::NextPane, cx));
    let list = shown(&mut world, &mut *view);
    assert!(list.contains("superseded") && list.contains("web 1.2.0") && list.contains("2026-01-01 00:00:00"), "{list}");
    world.act(|cx| view.gesture(Gesture::Mark, cx));
    world.act(|cx| view.gesture(Gesture::Bottom, cx));
    world.act(|cx| view.gesture(Gesture::Open, cx));
    assert!(shown(&mut world, &mut *view).contains("~ replicas  2 → 3"));
}

#[test]
fn a_key_leads_to_what_sets_it() {
    let (mut world, mut view) = opened();
    // the key of the Secret is the first
    let (_, transitions) = world.act(|cx| view.gesture(Gesture::Open, cx));
    let [Transition::Open(Screen::YAML, Subject::Object(object))] = &transitions[..] else { panic!("{transitions:?}") };
    assert_eq!(object.to_string(), "Secret apps/db");
}
