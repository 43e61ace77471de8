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

#[test]
fn block_scalars_end_where_the_indentation_does() {
    let yaml = "a: |\n  b: no key\n\n  - nor this\nc: 1\nlist:\n- d: >-\n    folded\n  e: x\n- |\n  text\n- f";
    let yaml = Yaml::new(yaml.lines().map(str::to_owned).collect());
    let block: Vec<_> =
        yaml.lines.iter().zip(&yaml.in_block).filter(|(_, in_block)| **in_block).map(|(line, _)| line.trim()).collect();
    assert_eq!(block, ["b: no key", "", "- nor this", "folded", "text"]);
}

#[test]
fn keys_values_and_comments_differ() {
    let scopes = |line: &str| {
        let mut from = 0;
        let parts = highlight(line).into_iter().filter_map(|(end, scope)| {
            let text = line[from..end].trim().to_owned();
            from = end;
            (!text.is_empty()).then_some((text, scope))
        });
        parts.collect::<Vec<_>>()
    };
    let part = |text: &str, scope| (text.to_owned(), scope);
    assert_eq!(scopes("  name: web"), [part("name", Style::Accent), part(":", Style::Dim), part("web", Style::Text)]);
    assert_eq!(
        scopes("- replicas: 3"),
        [part("-", Style::Dim), part("replicas", Style::Accent), part(":", Style::Dim), part("3", Style::Key)]
    );
    assert_eq!(scopes("'a:b': \"c\""), [part("'a:b'", Style::Accent), part(":", Style::Dim), part("\"c\"", Style::Header)]);
    assert_eq!(scopes("- http://host:80/x"), [part("-", Style::Dim), part("http://host:80/x", Style::Text)]);
    assert_eq!(scopes("# note: this"), [part("# note: this", Style::Dim)]);
    assert_eq!(scopes("spec:"), [part("spec", Style::Accent), part(":", Style::Dim)]);
}
