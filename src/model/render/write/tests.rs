use super::super::error::Cause;
use super::super::node::Layer;
use super::super::read::{self, Remarks, TextPlace, documents};
use super::*;

fn written(text: &str) -> String {
    let nodes = documents(text.as_bytes(), &TextPlace::file(&"a.yaml".into(), Layer::Resource)).expect("valid");
    all(&nodes).expect("can be written")
}

/// Input and what kustomize 5.8.1 prints for it.
#[test]
fn scalars_are_spelled_as_kustomize_spells_them() {
    let wide = "x ".repeat(70);
    for (read, expected) in [
        ("a: yes", "a: \"yes\"\n"),
        ("a: 012", "a: 10\n"),
        ("a: 1.0", "a: 1\n"),
        ("a: 2020-01-01", "a: \"2020-01-01T00:00:00Z\"\n"),
        ("a: !!binary aGVsbG8=", "a: hello\n"),
        ("a: \"  x\\ny\"", "a: |2-\n    x\n  y\n"),
        ("a: \"x \\ny\"", "a: \"x \\ny\"\n"),
        ("a: \"a\\tb\"", "a: \"a\\tb\"\n"),
        ("a: \"é ☃ \\U0001F600\"", "a: \"é ☃ \\U0001F600\"\n"),
        ("n: ~", "\"n\": null\n"),
        ("a: 123456789012345678901234567890", "a: 1.2345678901234568e+29\n"),
        ("a: ''", "a: \"\"\n"),
        ("a: 'x: y'", "a: 'x: y'\n"),
        ("a: '#x'", "a: '#x'\n"),
        ("a: '12:30:45'", "a: \"12:30:45\"\n"),
        ("a: {}\nb: []", "a: {}\nb: []\n"),
        ("a10: 1\na2: 2", "a2: 2\na10: 1\n"),
        ("a:\n- - 1\n  - b: 2\n    c: [3]", "a:\n- - 1\n  - b: 2\n    c:\n    - 3\n"),
        (&format!("a: '{wide}'"), &format!("a: '{}\n  {}'\n", "x ".repeat(39).trim_end(), "x ".repeat(31))),
    ] {
        assert_eq!(written(read), expected, "{read}");
    }
}

#[test]
fn duplicate_keys_and_keys_that_are_not_strings_are_errors() {
    for text in ["a: 1\na: 2", "1: a", "true: a", "? [a]\n: b"] {
        let nodes = documents(text.as_bytes(), &TextPlace::file(&"a.yaml".into(), Layer::Resource)).expect("valid");
        assert!(yaml(&nodes[0]).is_err(), "{text}");
    }
}

/// A text, and what kyaml makes of it (`tests/live/oracle`); nothing where it cannot read or write it.
#[derive(serde::Deserialize)]
struct Rewritten {
    text: String,
    kept: Option<String>,
}

#[test]
fn a_text_is_written_again_as_kyaml_writes_it() {
    let answers = include_str!("../../../../tests/fixtures/rewrite/texts.answers");
    let answers: Vec<Rewritten> = answers.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect();
    let (mut equal, mut refused, mut wrong) = (0, 0, Vec::new());
    for Rewritten { text, kept: expected } in &answers {
        let place = TextPlace::file(&"".into(), Layer::Replacement);
        let got = read::document(text.as_bytes(), &place)
            .and_then(|node| node.map(|node| kept(&node, Remarks::of(text)?)).transpose())
            .transpose();
        match (got, expected) {
            (Some(Ok(got)), Some(expected)) if got == *expected => equal += 1,
            (Some(Err(error)), Some(_)) if error.cause == Cause::Refused => refused += 1,
            (None, _) | (Some(Err(_)), None) => {}
            (got, expected) => wrong.push(format!("{text}\n--- got\n{got:?}\n--- expected\n{expected:?}\n")),
        }
    }
    assert!(wrong.is_empty(), "{} of {} are different:\n{}", wrong.len(), answers.len(), wrong.join("\n"));
    // comments on their own lines are refused; most of these texts are full of them
    assert!(equal > 2 * refused, "{equal} equal, {refused} refused of {}", answers.len());
}
