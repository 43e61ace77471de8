//! What each sort of field takes, and how forms are read.

use jiff::tz::TimeZone;

use super::{Answers, Choice, Choices, Clock, Field, Form, Input, Told, Value};

fn clock() -> Clock {
    Clock { now: "2026-01-01T10:00:00Z".parse().expect("a time"), zone: TimeZone::UTC }
}

fn field(input: Input) -> Field {
    Field::new("it", "it", "how it is written", input)
}

fn tags() -> Choices {
    Choices::Now(vec![Choice::new("1.2.3", "newest"), Choice::new("1.2.2", ""), Choice::new("0.9", "broken since 1.2")])
}

#[test]
fn every_sort_of_field_takes_what_it_should_and_nothing_else() {
    let text = |text: &str| Value::Text(text.to_owned());
    let many = |all: &[&str]| Value::Many(all.iter().map(|one| (*one).to_owned()).collect());
    let number = || Input::Number { least: 0, most: 9, what: "number of replicas" };
    let one = |free| Input::Choice { from: tags(), free };
    for (input, typed, expected) in [
        (Input::Text, " a b ", Ok(text("a b"))),
        (Input::Text, "a\nb", Err("it is one line")),
        (number(), "3", Ok(Value::Number(3))),
        (number(), "10", Err("`10` is no number of replicas")),
        (number(), "-1", Err("`-1` is no number of replicas")),
        (number(), "many", Err("`many` is no number of replicas")),
        (Input::Quantity, "100m", Ok(text("100m"))),
        (Input::Quantity, "100 MB", Err("`100 MB` is no quantity")),
        (one(false), "1.2.3", Ok(text("1.2.3"))),
        (one(false), "1.2", Err("`1.2` is no it")),
        (one(true), "1.2", Ok(text("1.2"))),
        (Input::Choice { from: Choices::Later, free: false }, "1.2", Ok(text("1.2"))),
        (Input::Many { from: tags() }, "1.2.3, 0.9,", Ok(many(&["1.2.3", "0.9"]))),
        (Input::Many { from: tags() }, "1.2.3, 7", Err("`7` is no it")),
        (Input::Moment, "2h", Ok(text("2026-01-01T12:00:00Z"))),
        (Input::Moment, "soon", Err("`soon` is no time")),
        (Input::Span, "3d", Ok(text("3d"))),
        (Input::Span, "three days", Err("`three days` is no duration")),
        (Input::YesNo, "Yes", Ok(Value::Yes(true))),
        (Input::YesNo, "no", Ok(Value::Yes(false))),
        (Input::YesNo, "perhaps", Err("`perhaps` is no answer")),
        (Input::Code("yaml"), "a:\n  b: 1\n", Ok(text("a:\n  b: 1\n"))),
        (Input::Word("prod".to_owned()), "prod", Ok(text("prod"))),
        (Input::Word("prod".to_owned()), "prud", Err("type `prod`")),
    ] {
        let found = field(input).read(typed, &clock());
        let found =
            found.as_ref().map(|value| value.clone().expect("something was typed")).map_err(|error| error.message.as_str());
        assert_eq!(found, expected, "{typed:?}");
    }
    assert!(field(Input::Text).read(&"x".repeat(2000), &clock()).is_err_and(|error| error.message == "it is too long"));
}

#[test]
fn while_it_is_typed_a_field_says_what_it_is_for_then_what_it_means_or_what_is_wrong() {
    let told = |field: &Field, text: &str| field.told(text, &clock());
    let until = field(Input::Moment).optional();
    assert_eq!(told(&until, ""), Some(Told::Help("how it is written; may stay empty".to_owned())));
    assert_eq!(told(&until, "14:00"), Some(Told::Means("2026-01-01 14:00 UTC, in 4h".to_owned())));
    assert!(matches!(told(&until, "soon"), Some(Told::Wrong(why)) if why.starts_with("`soon` is no time")));
    let later = field(Input::Choice { from: Choices::Later, free: false });
    assert_eq!(told(&later, ""), Some(Told::Help("looking up what there is …; how it is written".to_owned())));
    assert_eq!(told(&field(Input::Word("prod".to_owned())), "pr"), None, "nobody is wrong in the middle of a word");
}

#[test]
fn choices_are_found_by_what_they_are_and_what_is_said_of_them() {
    let values = |field: &Field, text: &str| field.matching(text).iter().map(|choice| choice.value.clone()).collect::<Vec<_>>();
    let one = field(Input::Choice { from: tags(), free: false });
    assert_eq!(values(&one, ""), ["1.2.3", "1.2.2", "0.9"]);
    assert_eq!(values(&one, "1.2"), ["1.2.3", "1.2.2", "0.9"], "what begins so comes first");
    assert_eq!(values(&one, "NEW"), ["1.2.3"]);
    assert_eq!(field(Input::Many { from: tags() }).read(", ", &clock()), Ok(None), "nothing is chosen");
    assert_eq!(values(&field(Input::Many { from: tags() }), "0.9, 1.2.2"), ["1.2.2"]);
}

#[test]
fn choices_that_come_later_are_filled_in() {
    let tag = || field(Input::Choice { from: Choices::Later, free: false });
    let mut form = Form::of([tag()]);
    form.fill("it", Ok(vec![Choice::new("1.0", "")]));
    assert_eq!(form.fields[0].matching("").len(), 1);
    form.fill("it", Err("the registry does not answer".to_owned()));
    assert_eq!(form.fields[0].told("", &clock()), Some(Told::Help("the registry does not answer; how it is written".to_owned())));
}

#[test]
fn a_form_is_read_by_its_fields_names() {
    let count = || Field::new("replicas", "replicas", "how many", Input::Number { least: 0, most: 9, what: "number" });
    let form = Form::of([
        Field::new("reason", "why", "", Input::Text).optional(),
        count(),
        Field::new("force", "", "", Input::YesNo).flag_only(),
    ]);
    let read = |typed: &[(&'static str, &'static str)]| form.read(typed.iter().copied(), &clock());
    let three = Answers::default().with("replicas", Value::Number(3));
    assert_eq!(read(&[("replicas", "3"), ("reason", "  ")]), Ok(three.clone()));
    assert_eq!(read(&[("replicas", "3"), ("force", "true")]), Ok(three.clone().with("force", Value::Yes(true))));
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
    let answers = Answers::default().with("reason", Value::Text("db".to_owned())).with("replicas", Value::Number(3));
    let text = serde_json::to_string(&answers).expect("JSON");
    assert_eq!(text, r#"{"reason":"db","replicas":3}"#);
    assert_eq!(serde_json::from_str::<Answers>(&text).ok(), Some(answers));
    let earlier = r#"{"reason":null,"until":"2026-01-01T14:00:00Z","replicas":null,"force":true,"reset":false}"#;
    let earlier: Answers = serde_json::from_str(earlier).expect("answers");
    assert_eq!((earlier.text("reason"), earlier.number("replicas"), earlier.is_yes("force")), (None, None, true));
    assert!(earlier.moment("until").is_some());
}
