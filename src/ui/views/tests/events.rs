use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::state::Effect;

fn view(world: &mut World, rows: &Reply) -> Box<dyn View> {
    let id = world.put("ks", &json!({}));
    let mut view = (SPEC.make)(Subject::Object(id), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    assert!(world.show(&mut *view, 40, 5).concat().contains("fetching…"));
    world.act(|cx| view.reply(ticket, rows, cx));
    view
}

fn rows() -> Reply {
    let event = |at: i32, is_warning, reason: &str, message: &str| EventRow {
        last: format!("2026-01-01T00:0{at}:00Z").parse().ok(),
        is_warning,
        count: at,
        reason: reason.to_owned(),
        object: "Kustomization/web".to_owned(),
        message: message.to_owned(),
    };
    Reply::Events(vec![
        event(2, false, "Succeeded", "reconciliation finished"),
        event(6, true, "HealthCheckFailed", "health check failed after 2m: [HelmRelease/web/web status: 'Failed']"),
    ])
}

#[test]
fn events_are_shown_in_columns_with_their_whole_message() {
    let mut world = World::default();
    let mut view = view(&mut world, &rows());
    assert_eq!(
        world.show(&mut *view, 80, 5),
        [
            " SEEN    TYPE     REASON             COUNT  MESSAGE",
            " 8m      Normal   Succeeded              2  reconciliation finished",
            " 4m      Warning  HealthCheckFailed      6  health check failed after 2m:",
            "                                            [HelmRelease/web/web status:",
            "                                            'Failed']",
        ]
    );
    assert!(world.show(&mut *view, 120, 5)[0].contains("OBJECT"));
    assert_eq!(view.count(world.state()), "2 events");
}

#[test]
fn none_and_a_failure_say_why() {
    let mut world = World::default();
    let mut none = view(&mut world, &Reply::Events(Vec::new()));
    assert!(world.show(&mut *none, 80, 5).concat().contains(NONE));
    let mut failed = view(&mut world, &Reply::Failed(Error::failed("you may not list events", "ask for it")));
    assert!(world.show(&mut *failed, 80, 5).concat().contains("ask for it"));
}

#[test]
fn no_size_is_too_small() {
    let mut world = World::default();
    let mut view = view(&mut world, &rows());
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        world.show(&mut *view, width, height);
    }
}
