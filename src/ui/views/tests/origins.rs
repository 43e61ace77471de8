use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::render::Layer;
use fluxdeck_model::render::node::{Anchor, Detail, Inner, Location};
use fluxdeck_model::state::Effect;

fn field(path: &str, value: &str, places: &[(&str, u32, Layer)]) -> Declaration {
    let layers = places.iter().map(|(file, line, layer)| Origin::new(&(*file).into(), *line, 1, *layer)).collect();
    Declaration { path: path.to_owned(), value: value.to_owned(), layers, parts: Vec::new(), written: None }
}

fn declared() -> Declared {
    Declared {
        origin: None,
        object: "Deployment apps/web".to_owned(),
        applied_by: "flux-system/apps".to_owned(),
        at: Commit { url: "https://forge.test/fleet".into(), id: "0123456789abcdef".into() },
        fields: vec![
            field("spec.replicas", "3", &[("over/k.yaml", 6, Layer::Replicas), ("base/web.yaml", 5, Layer::Resource)]),
            field("spec.paused", "true", &[("base/web.yaml", 7, Layer::Resource)]),
        ],
        unknown: vec!["zone".to_owned()],
        is_secret: false,
    }
}

#[test]
fn fields_show_who_set_them_and_lead_to_the_file() {
    let mut world = World::default();
    let parent = json!({"metadata": {"name": "apps", "namespace": "flux-system"},
        "status": {"inventory": {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}]}}});
    world.put("ks", &parent);
    let id = world.put("deployments", &json!({"spec": {"replicas": 3}}));
    let mut view = (SPEC.make)(Subject::Object(id.clone()), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, aspect: Aspect::Declared { applied_by, fetches: true }, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(applied_by.to_string(), "Kustomization flux-system/apps");
    world.act(|cx| view.reply(*ticket, &Reply::Declared(Box::new(declared())), cx));

    let shown = world.show(&mut *view, 100, 3);
    assert!(
        shown[1].contains("spec.replicas") && shown[1].contains("over/k.yaml:6") && shown[1].contains("replicas"),
        "{shown:?}"
    );
    assert_eq!(
        view.message(world.state()).map(|line| line.text).as_deref(),
        Some(
            "spec.replicas = 3  over/k.yaml:6 (replicas)  over base/web.yaml:5 (resource)  only the cluster knows ${zone}  applied by flux-system/apps"
        )
    );
    let (_, transitions) = world.act(|cx| view.gesture(Gesture::Open, cx));
    let [Transition::Open(Screen::FILE, Subject::File(of, place))] = &transitions[..] else { panic!("{transitions:?}") };
    assert_eq!((of, &*place.path, place.line, place.is_secret), (&id, "over/k.yaml", 6, false));
}

#[test]
fn what_nobody_applies_says_so() {
    let mut world = World::default();
    let id = world.put("deployments", &json!({}));
    let mut view = (SPEC.make)(Subject::Object(id), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    assert_eq!(effects, []);
    assert!(world.show(&mut *view, 80, 4).concat().contains("no Flux Kustomization is known to apply"));
}

#[test]
fn a_value_in_an_object_of_the_cluster_has_no_line() {
    let in_file = |file: &str, line| place(&Origin::new(&file.into(), line, 1, Layer::Resource));
    assert_eq!(in_file("base/web.yaml", 7), "base/web.yaml:7");
    assert_eq!(in_file("base/web.yaml", 0), "base/web.yaml");
    let object = Location::Object { kind: "Kustomization".into(), namespace: "flux-system".into(), name: "apps".into() };
    assert_eq!(place(&Origin::at(&object.into(), 1, 1, Layer::Flux)), "Kustomization flux-system/apps");
}

#[test]
fn a_composed_field_names_its_parts_and_who_shares_them() {
    let origin = |line, layer| Origin::new(&"over/k.yaml".into(), line, 1, layer);
    let detail = Detail {
        anchor: Some(Anchor { name: "tag".into(), aliases: 2 }),
        inner: Some(Inner { line: 3, column: 9, document: 0, path: "[0].value".into(), within: None }.into()),
    };
    let winner = Origin { detail: Some(detail.into()), ..origin(9, Layer::Image) };
    let part = |what: &str, value: &str, layers| PartOf { what: what.to_owned(), value: value.to_owned(), layers };
    let composed = Declaration {
        parts: vec![part("name", "web", vec![origin(8, Layer::Image)]), part("hash", "abc", Vec::new())],
        written: Some(origin(4, Layer::Resource)),
        ..field("image", "web:1", &[])
    };
    let layers = vec![winner, origin(5, Layer::Resource)];

    assert_eq!(
        notes(&Declaration { layers, ..composed }),
        [
            "composed of name `web` over/k.yaml:8 (images) + hash `abc`",
            "written at over/k.yaml:4 (resource)",
            "inside the text at line 3: [0].value",
            "shared with 2 others (anchor &tag)",
            "over over/k.yaml:5 (resource)"
        ]
    );
}

#[test]
fn a_field_is_changed_in_git_with_its_present_value_in_the_form_and_a_secret_one_is_not() {
    let mut world = World::default();
    let parent = json!({"metadata": {"name": "apps", "namespace": "flux-system"},
        "status": {"inventory": {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}]}}});
    world.put("ks", &parent);
    let id = world.put("deployments", &json!({"spec": {"replicas": 3}}));
    let mut opened = |declared: Declared| {
        let mut view = (SPEC.make)(Subject::Object(id.clone()), world.state()).expect("a view");
        let (effects, _) = world.act(|cx| view.opened(cx));
        let [.., Effect::Look { ticket, .. }] = &effects[..] else { panic!("{effects:?}") };
        world.act(|cx| view.reply(*ticket, &Reply::Declared(Box::new(declared)), cx));
        let (_, transitions) = world.act(|cx| view.gesture(Gesture::Edit, cx));
        (transitions, world.state().notice.as_ref().map(|notice| notice.text.clone()))
    };
    let (transitions, _) = opened(declared());
    let [Transition::Open(Screen::FORM, Subject::ChangeForm(form))] = &transitions[..] else { panic!("{transitions:?}") };
    let texts = ["field", "value"].map(|field| form.answers.text(field).unwrap_or_default());
    assert_eq!((texts, &form.object), (["spec.replicas", "3"], &id));
    assert_eq!(form.applier.as_ref().map(ToString::to_string).as_deref(), Some("Kustomization flux-system/apps"));

    let mut secret = declared();
    secret.is_secret = true;
    secret.fields = vec![field("data.key", "<masked>", &[("base/web.yaml", 7, Layer::Resource)])];
    let (transitions, notice) = opened(secret);
    assert_eq!(transitions, []);
    assert!(notice.is_some_and(|text| text.contains("its value is neither shown nor set")));
}
