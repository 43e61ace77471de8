//! What each sort of field takes, and how forms are read.

use jiff::tz::TimeZone;

use super::{Answers, Choice, Choices, Clock, Field, FieldValue, Form, Hint, InputKind};

fn clock() -> Clock {
    Clock { now: "2026-01-01T10:00:00Z".parse().expect("a time"), zone: TimeZone::UTC }
}

fn field(input: InputKind) -> Field {
    Field::new("it", "value", "how it is written", input)
}

fn tags() -> Choices {
    Choices::Now(vec![Choice::new("1.2.3", "newest"), Choice::new("1.2.2", ""), Choice::new("0.9", "broken since 1.2")])
}

#[test]
fn every_sort_of_field_takes_what_it_should_and_nothing_else() {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let many = |all: &[&str]| FieldValue::Many(all.iter().map(|one| (*one).to_owned()).collect());
    let number = || InputKind::Number { least: 0, most: 9, what: "number of replicas" };
    let one = |free| InputKind::Choice { from: tags(), free };
    for (input, typed, expected) in [
        (InputKind::Text, " a b ", Ok(text("a b"))),
        (InputKind::Text, "a\nb", Err("value must be one line")),
        (number(), "3", Ok(FieldValue::Number(3))),
        (number(), "10", Err("`10` is not a valid number of replicas")),
        (number(), "-1", Err("`-1` is not a valid number of replicas")),
        (number(), "many", Err("`many` is not a valid number of replicas")),
        (InputKind::Quantity, "100m", Ok(text("100m"))),
        (InputKind::Quantity, "100 MB", Err("`100 MB` is not a valid quantity")),
        (one(false), "1.2.3", Ok(text("1.2.3"))),
        (one(false), "1.2", Err("`1.2` is not a valid value")),
        (one(true), "1.2", Ok(text("1.2"))),
        (InputKind::Choice { from: Choices::Later, free: false }, "1.2", Ok(text("1.2"))),
        (InputKind::Many { from: tags() }, "1.2.3, 0.9,", Ok(many(&["1.2.3", "0.9"]))),
        (InputKind::Many { from: tags() }, "1.2.3, 7", Err("`7` is not a valid value")),
        (InputKind::Moment, "2h", Ok(text("2026-01-01T12:00:00Z"))),
        (InputKind::Moment, "soon", Err("`soon` is not a valid time")),
        (InputKind::Span, "3d", Ok(text("3d"))),
        (InputKind::Span, "three days", Err("`three days` is not a valid duration")),
        (InputKind::YesNo, "Yes", Ok(FieldValue::Yes(true))),
        (InputKind::YesNo, "no", Ok(FieldValue::Yes(false))),
        (InputKind::YesNo, "perhaps", Err("`perhaps` is not a valid answer")),
        (InputKind::Code("yaml"), "a:\n  b: 1\n", Ok(text("a:\n  b: 1\n"))),
        (InputKind::Word("prod".to_owned()), "prod", Ok(text("prod"))),
        (InputKind::Word("prod".to_owned()), "prud", Err("type `prod`")),
    ] {
        let found = field(input).read(typed, &clock());
        let found =
            found.as_ref().map(|value| value.clone().expect("something was typed")).map_err(|error| error.message.as_str());
        assert_eq!(found, expected, "{typed:?}");
    }
    assert!(field(InputKind::Text).read(&"x".repeat(2000), &clock()).is_err_and(|error| error.message == "value is too long"));
}

#[test]
fn while_it_is_typed_a_field_says_what_it_is_for_then_what_it_means_or_what_is_wrong() {
    let hint = |field: &Field, text: &str| field.hint(text, &clock());
    let until = field(InputKind::Moment).optional();
    assert_eq!(hint(&until, ""), Some(Hint::Help("how it is written; may stay empty".to_owned())));
    assert_eq!(hint(&until, "14:00"), Some(Hint::Means("2026-01-01 14:00 UTC, in 4h".to_owned())));
    assert!(matches!(hint(&until, "soon"), Some(Hint::Wrong(why)) if why.starts_with("`soon` is not a valid time")));
    let later = field(InputKind::Choice { from: Choices::Later, free: false });
    assert_eq!(hint(&later, ""), Some(Hint::Help("looking up the choices …; how it is written".to_owned())));
    assert_eq!(hint(&field(InputKind::Word("prod".to_owned())), "pr"), None, "nobody is wrong in the middle of a word");
}

#[test]
fn choices_are_found_by_what_they_are_and_what_is_said_of_them() {
    let values = |field: &Field, text: &str| field.matching(text).iter().map(|choice| choice.value.clone()).collect::<Vec<_>>();
    let one = field(InputKind::Choice { from: tags(), free: false });
    assert_eq!(values(&one, ""), ["1.2.3", "1.2.2", "0.9"]);
    assert_eq!(values(&one, "1.2"), ["1.2.3", "1.2.2", "0.9"], "what begins so comes first");
    assert_eq!(values(&one, "NEW"), ["1.2.3"]);
    assert_eq!(field(InputKind::Many { from: tags() }).read(", ", &clock()), Ok(None), "nothing is chosen");
    assert_eq!(values(&field(InputKind::Many { from: tags() }), "0.9, 1.2.2"), ["1.2.2"]);
}

#[test]
fn choices_that_come_later_are_filled_in() {
    let tag = || field(InputKind::Choice { from: Choices::Later, free: false });
    let mut form = Form::of([tag()]);
    form.fill("it", Ok(vec![Choice::new("1.0", "")]));
    assert_eq!(form.fields[0].matching("").len(), 1);
    form.fill("it", Err("the registry does not answer".to_owned()));
    assert_eq!(form.fields[0].hint("", &clock()), Some(Hint::Help("the registry does not answer; how it is written".to_owned())));
}

#[test]
fn a_form_is_read_by_its_fields_names() {
    let count = || Field::new("replicas", "replicas", "how many", InputKind::Number { least: 0, most: 9, what: "number" });
    let form = Form::of([
        Field::new("reason", "why", "", InputKind::Text).optional(),
        count(),
        Field::new("force", "", "", InputKind::YesNo).flag_only(),
    ]);
    let read = |typed: &[(&'static str, &'static str)]| form.read(typed.iter().copied(), &clock());
    let three = Answers::default().with("replicas", FieldValue::Number(3));
    assert_eq!(read(&[("replicas", "3"), ("reason", "  ")]), Ok(three.clone()));
    assert_eq!(read(&[("replicas", "3"), ("force", "true")]), Ok(three.clone().with("force", FieldValue::Yes(true))));
    assert!(read(&[("replicas", "3000000000")]).is_err_and(|error| error.hint == "the most is 9"));
    assert!(read(&[]).is_err_and(|error| error.message == "replicas is not answered"));
    assert!(read(&[("replicas", "3"), ("replicas", "4")]).is_err_and(|error| error.message.contains("twice")));
    assert!(read(&[("replica", "3")]).is_err_and(|error| error.hint == "did you mean `replicas`?"));
    assert_eq!(Form::of([count().default("3")]).read([], &clock()), Ok(three), "a default answers");
    assert_eq!(form.shown().count(), 2);
    assert_eq!(Form::assignment("a=b=c").ok(), Some(("a", "b=c")));
    assert!(Form::assignment("a").is_err());
}

#[test]
fn answers_are_written_as_plain_json_and_those_of_earlier_versions_are_read() {
    let answers = Answers::default().with("reason", FieldValue::Text("db".to_owned())).with("replicas", FieldValue::Number(3));
    let text = serde_json::to_string(&answers).expect("JSON");
    assert_eq!(text, r#"{"reason":"db","replicas":3}"#);
    assert_eq!(serde_json::from_str::<Answers>(&text).ok(), Some(answers));
    let earlier = r#"{"reason":null,"until":"2026-01-01T14:00:00Z","replicas":null,"force":true,"reset":false}"#;
    let earlier: Answers = serde_json::from_str(earlier).expect("answers");
    assert_eq!((earlier.text("reason"), earlier.number("replicas"), earlier.is_yes("force")), (None, None, true));
    assert!(earlier.moment("until").is_some());
}
