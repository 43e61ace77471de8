use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::state::Effect;

fn opened(world: &mut World, line: u32, text: FileText) -> Box<dyn View> {
    let id = world.put("ks", &json!({}));
    let at = Commit { url: "https://forge.test/fleet".into(), id: "0123456789abcdef".into() };
    let place = FilePlace { at, path: "base/web.yaml".into(), line, is_secret: false };
    let mut view = (SPEC.make)(Subject::File(id, Box::new(place)), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, aspect: Aspect::File(_), .. }] = effects[..] else { panic!("{effects:?}") };
    world.act(|cx| view.reply(ticket, &Reply::File(Box::new(text)), cx));
    view
}

fn text(disk: Option<&str>, is_same: bool) -> FileText {
    FileText { lines: (1..=30).map(|at| format!("line{at}: x")).collect(), disk: disk.map(str::to_owned), is_same }
}

#[test]
fn the_line_that_was_asked_for_is_in_sight_and_marked() {
    let mut world = World::default();
    let mut view = opened(&mut world, 12, text(None, false));
    let shown = world.show(&mut *view, 40, 8);
    assert_eq!(shown[4], " > 12  line12: x");
    assert_eq!(shown[0], "    8  line8: x");
    assert!(view.title(world.state()).contains("base/web.yaml:12 at 0123456"));
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        world.show(&mut *view, width, height);
    }
}

#[test]
fn the_editor_is_asked_for_where_a_checkout_has_the_file() {
    for (file, wanted, message) in [
        (text(Some("/src/base/web.yaml"), true), true, None),
        (text(Some("/src/base/web.yaml"), false), true, Some("lines may differ")),
        (text(None, false), false, Some("none of your checkouts")),
    ] {
        let mut world = World::default();
        let mut view = opened(&mut world, 3, file);
        let (effects, _) = world.act(|cx| view.gesture(Gesture::Edit, cx));
        let edit = Effect::Terminal(Terminal::Edit { path: "/src/base/web.yaml".to_owned(), line: 3, answers: None });
        assert_eq!(effects, if wanted { vec![edit] } else { Vec::new() });
        let notice = world.state().notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
        assert!(message.map_or(notice.is_empty(), |message| notice.contains(message)), "{notice}");
    }
}
