use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::state::{Effect, Terminal};

#[test]
fn a_document_is_fetched_searched_and_copied() {
    let mut world = World::default();
    let id = world.put("ks", &json!({}));
    let mut view = (SPEC.make)(Subject::Object(id), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, aspect: Aspect::Yaml, .. }] = effects[..] else { panic!("{effects:?}") };
    assert!(world.show(&mut *view, 40, 5).concat().contains("fetching…"));
    let lines = (0..30).map(|at| format!("key{at}: value")).collect();
    world.act(|cx| view.reply(ticket, &Reply::Document(lines), cx));
    assert_eq!(world.show(&mut *view, 40, 2), [" key0: value", " key1: value"]);
    world.act(|cx| view.set_filter("KEY2\\d", cx).expect("a search"));
    assert!(world.show(&mut *view, 40, 5).contains(&" key20: value".to_owned()));
    assert!(view.count(world.state()).starts_with("match 1/10"), "{}", view.count(world.state()));
    let (effects, _) = world.act(|cx| view.gesture(Gesture::Copy, cx));
    assert!(matches!(&effects[..], [Effect::Terminal(Terminal::Copy(text))] if text.lines().count() == 30));
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        world.show(&mut *view, width, height);
    }
}

#[test]
fn a_refusal_is_shown_in_the_pane_with_what_to_do() {
    let mut world = World::default();
    let id = world.put("ks", &json!({}));
    let mut view = (SPEC.make)(Subject::Object(id), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    world.act(|cx| view.reply(ticket, &Reply::Failed(Error::failed("it may not be read", "ask for `get`")), cx));
    assert_eq!(world.show(&mut *view, 40, 4), ["", " it may not be read", " ask for `get`", ""]);
}
