//! Every sort of field, drawn, filled and read.

use super::*;
use crate::ui::widgets::testing::{World, lines};
use fluxdeck_model::forms::{Choice, Choices, FieldValue};

fn form() -> Form {
    let tags = Choices::Now(vec![Choice::new("1.2.3", "newest"), Choice::new("1.2.2", ""), Choice::new("0.9", "broken")]);
    Form::of([
        Field::new("reason", "why", "written on the object", InputKind::Text).optional(),
        Field::new("until", "until", "4h or a date", InputKind::Moment).optional(),
        Field::new("tag", "image", "", InputKind::Choice { from: tags, free: false }),
        Field::new("prune", "prune", "", InputKind::YesNo).default("no"),
        Field::new("patch", "patch", "", InputKind::Code("yaml")).optional(),
        Field::new("force", "", "", InputKind::YesNo).flag_only(),
    ])
}

fn clock() -> Clock {
    Clock { now: "2026-01-01T10:00:00Z".parse().expect("a time"), zone: jiff::tz::TimeZone::UTC }
}

fn press(filling: &mut Filling, keys: &[&str]) {
    for key in keys {
        filling.key(Key::parse(key).expect("a key"));
    }
}

fn type_in(filling: &mut Filling, text: &str) {
    for letter in text.chars() {
        filling.key(Key::plain(Code::Char(letter)));
    }
}

fn shown(filling: &Filling, width: u16) -> Vec<String> {
    let rows = filling.lines(width.into(), &clock());
    let buf = World::default().draw(width, u16::try_from(rows.len()).expect("few"), |area, buf, scene| {
        for (y, row) in (area.y..).zip(&rows) {
            filling.render(row, Rect { y, height: 1, ..area }, buf, scene, &clock());
        }
    });
    lines(&buf)
}

#[test]
fn every_sort_of_field_is_drawn_filled_and_read() {
    let mut filling = Filling::new(&form(), &Answers::default());
    assert_eq!(filling.len(), 5, "what is a flag only is not asked");
    type_in(&mut filling, "db");
    press(&mut filling, &["tab"]);
    type_in(&mut filling, "14:00");
    // enter chooses, and goes on
    press(&mut filling, &["tab", "down", "enter", "space", "tab"]);
    filling.paste("a: 1\nb: 2");
    let answers = filling.answers(&clock()).expect("all can be read");
    assert_eq!(answers.text("reason"), Some("db"));
    assert_eq!(answers.text("until"), Some("2026-01-01T14:00:00Z"));
    assert_eq!(answers.text("tag"), Some("1.2.2"));
    assert_eq!(answers.get("prune"), Some(&FieldValue::Yes(true)));
    assert_eq!(answers.text("patch"), Some("a: 1\nb: 2"));
    let shown = shown(&filling, 76);
    assert_eq!(shown[0].trim_end(), format!(" why      [db{}]", " ".repeat(62)));
    assert_eq!(shown[1], " until    [14:00                 ]  2026-01-01 14:00 UTC, in 4h");
    assert_eq!(shown[2], " image    [1.2.2                 ]");
    assert!(shown[4].starts_with(" patch    [a: 1") && shown[5].starts_with("          [b: 2"), "{shown:?}");
}

#[test]
fn choices_are_searched_and_the_one_that_is_left_is_taken() {
    let mut filling = Filling::new(&form(), &Answers::default());
    press(&mut filling, &["tab", "tab"]);
    assert_eq!(
        shown(&filling, 60)[4..7],
        ["           1.2.3                    newest", "           1.2.2", "           0.9                      broken"]
    );
    type_in(&mut filling, "bro");
    assert_eq!(filling.key(Key::plain(Code::Tab)), Taken::Changed);
    assert_eq!(filling.text("tag"), "0.9");
    press(&mut filling, &["backtab"]);
    assert_eq!(filling.key(Key::plain(Code::Enter)), Taken::No, "it is chosen: the dialog goes on");
}

#[test]
fn what_is_wrong_is_said_as_it_is_typed_beside_or_below() {
    let mut filling = Filling::new(&form(), &Answers::default());
    assert_eq!(shown(&filling, 60)[0], format!(" why      [ {:<46} ]", "written on the object; may stay empty"));
    press(&mut filling, &["tab"]);
    type_in(&mut filling, "soon");
    for width in [76, 140] {
        let shown = shown(&filling, width);
        let all = shown.join(" ");
        assert!(all.contains("`soon` is not a valid time") && all.contains("2026-12-01T14:00"), "{shown:?}");
    }
    assert!(filling.answers(&clock()).is_err_and(|error| error.message == "`soon` is not a valid time"));
    filling.at = 4;
    filling.go_to_fault(&clock());
    assert_eq!(filling.at, 1);
}

#[test]
fn the_first_typed_letter_replaces_a_default() {
    let count = InputKind::Number { least: 0, most: 99, what: "number" };
    let form = Form::of([Field::new("replicas", "replicas", "how many", count).default("3")]);
    for (keys, expected) in [
        (&["4"][..], "4"),
        (&["backspace"], ""),
        (&["backspace", "4"], "4"),
        (&["left", "4"], "43"),
        (&["4", "2"], "42"),
        (&["tab", "4"], "4"),
    ] {
        let mut filling = Filling::new(&form, &Answers::default());
        press(&mut filling, keys);
        assert_eq!(filling.text("replicas"), expected, "{keys:?}");
    }
    let mut answered = Filling::new(&form, &Answers::default().with("replicas", FieldValue::Number(4)));
    press(&mut answered, &["2"]);
    assert_eq!(answered.text("replicas"), "42", "an earlier answer is only added to");
}

#[test]
fn a_rebuilt_form_keeps_what_was_typed() {
    let mut filling = Filling::new(&form(), &Answers::default().with("reason", FieldValue::Text("before".to_owned())));
    type_in(&mut filling, "!");
    let mut fresh = form();
    fresh.fields.push(Field::new("word", "", "type prod", InputKind::Word("prod".to_owned())));
    filling.adopt(&fresh);
    assert_eq!((filling.text("reason"), filling.len()), ("before!", 6));
    assert!(shown(&filling, 60).iter().any(|line| line == " type prod"));
}

#[test]
fn no_width_is_too_small() {
    for width in [0, 1, 5, 12, 30] {
        let mut filling = Filling::new(&form(), &Answers::default());
        for _ in 0..5 {
            shown(&filling, width);
            press(&mut filling, &["x", "tab"]);
        }
    }
}
