use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::domain::Coverage;

/// A cluster that is still being read: its first sources have come, and are sorted after those that come next.
fn world() -> World {
    let mut world = World::default();
    world.cover("ks", Coverage::Listing);
    world.put("helmrepo", &json!({"metadata": {"name": "later"}}));
    world
}

fn top(world: &mut World, view: &mut dyn View) -> String {
    world.show(view, 60, 6)[1].clone()
}

fn selected(world: &World, view: &dyn View) -> String {
    view.selection(world.state()).first().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn while_the_picture_grows_and_nobody_has_moved_the_first_row_is_the_one_that_is_chosen() {
    let mut world = world();
    let mut view = (SPEC.make)(Subject::Nothing, world.state()).expect("a view");
    assert!(top(&mut world, &mut *view).contains("apps/later"));
    world.put("gitrepo", &json!({"metadata": {"name": "first"}}));

    assert!(top(&mut world, &mut *view).contains("apps/first"));
    assert_eq!(selected(&world, &*view), "GitRepository apps/first");
}

#[test]
fn who_has_moved_stays_where_he_is() {
    let mut world = world();
    let mut view = (SPEC.make)(Subject::Nothing, world.state()).expect("a view");
    top(&mut world, &mut *view);
    world.act(|cx| view.gesture(Gesture::Top, cx));
    world.put("gitrepo", &json!({"metadata": {"name": "first"}}));
    top(&mut world, &mut *view);

    assert_eq!(selected(&world, &*view), "HelmRepository apps/later");
}

#[test]
fn once_everything_was_read_the_row_that_is_chosen_stays_it() {
    let mut world = world();
    let mut view = (SPEC.make)(Subject::Nothing, world.state()).expect("a view");
    world.cover("ks", Coverage::Complete);
    top(&mut world, &mut *view);
    world.put("gitrepo", &json!({"metadata": {"name": "first"}}));
    top(&mut world, &mut *view);

    assert_eq!(selected(&world, &*view), "HelmRepository apps/later");
}
