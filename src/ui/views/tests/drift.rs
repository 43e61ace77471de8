use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::insight::drift::Drifted;
use fluxdeck_model::render::{Layer, Origin};
use fluxdeck_model::state::drift::Compared;
use fluxdeck_model::state::{Intent, News};

fn compared(world: &mut World) -> ObjectRef {
    let kustomization = world.put("ks", &json!({}));
    let object = world.put("deployments", &json!({}));
    let origin = Origin::new(&"base/web.yaml".into(), 6, 3, Layer::Resource);
    let field = Drifted { path: "spec.replicas".to_owned(), git: json!(3), live: Some(json!(5)), origin };
    let compared = Compared {
        kustomization,
        at: Commit { url: "https://forge.test/fleet".into(), id: "0123456789".into() },
        found: vec![(object.clone(), Drift::Fields(vec![field]))],
        compared: 7,
        skipped: vec![("Kustomization apps/other".to_owned(), "it has never applied anything".to_owned())],
    };
    world.act(|cx| cx.intend(Intent::Compare));
    let run = world.state().cluster().drifts.run;
    world.news(News::Compared(run, Box::new(compared)));
    object
}

#[test]
fn every_difference_is_a_row_that_leads_to_object_and_file() {
    let mut world = World::default();
    let mut view = (SPEC.make)(Subject::Nothing, world.state()).expect("a view");
    assert!(world.show(&mut *view, 80, 4).concat().contains("`:drift` compares the cluster with git"));
    let object = compared(&mut world);
    let shown = world.show(&mut *view, 120, 4);

    let words: Vec<_> = shown[1].split_whitespace().collect();
    assert_eq!(words, ["Deployment", "apps/web", "spec.replicas", "3", "5", "base/web.yaml:6"]);
    assert!(shown[2].contains("Kustomization apps/other") && shown[2].contains("not compared"), "{shown:?}");
    assert_eq!(view.title(world.state()), "drift · 1 drifted of 7 objects compared · 1 not compared");
    let (_, transitions) = world.act(|cx| view.gesture(Gesture::File, cx));
    assert!(
        matches!(&transitions[..], [Transition::Open(Screen::FILE, Subject::File(_, place))] if place.line == 6),
        "{transitions:?}"
    );
    let (_, transitions) = world.act(|cx| view.gesture(Gesture::Open, cx));
    assert_eq!(transitions, [Transition::Open(Screen::DETAILS, Subject::Object(object.clone()))]);
    assert_eq!(view.selection(world.state()), [object]);
}
