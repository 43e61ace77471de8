//! Places that `render` names are found again.

use super::*;
use crate::render::node::{Layer, Node, Value as Rendered};
use crate::render::read::{TextPlace as Where, document, documents};

/// Every scalar of a text as `render` reads it: line, column, text.
fn rendered(node: &Node, found: &mut Vec<(u32, u32, String)>) {
    match &node.value {
        Rendered::Scalar(text) => found.push((node.origin().line, node.origin().column, text.to_string())),
        Rendered::List(items) => items.iter().for_each(|item| rendered(item, found)),
        Rendered::Map(entries) => entries.iter().for_each(|entry| rendered(&entry.value, found)),
    }
}

fn agree(text: &str) {
    let source = source(text);
    let mut found = Vec::new();
    for node in documents(text.as_bytes(), &Where::file(&"a.yaml".into(), Layer::Resource)).expect("valid") {
        rendered(&node, &mut found);
    }
    assert!(!found.is_empty());
    for (line, column, is) in found {
        let place = source.located(line, column).unwrap_or_else(|| panic!("nothing at {line}:{column} of {text:?}"));
        match source.at(&place) {
            Ok(Shape::Scalar(scalar)) => assert_eq!(scalar.text(), is, "{place} at {line}:{column} of {text:?}"),
            // what an alias stands for is named where it is written
            other => panic!("{other:?} at {place}, {line}:{column} of {text:?}"),
        }
    }
}

#[test]
fn every_origin_is_a_place() {
    for text in [
        "a: 1\nb:\n  - x\n  - {c: d, e: [f, g]}\n---\n# c\nh: |\n  i\nj: 'k'\n",
        "\u{feff}a: 1\n---\nb: 1\n",
        "a: 1\r\n---\r\nb:\r\n- c: 'ä' \r\n  d: {ö: ü, x: 1}\r\n",
        "a: &x 1\nb: !!str 2\nc: &y !!str\n  d\ne:\nf: ~\n- x: 1\n".split("- x").next().expect("a text"),
        "- - a\n  - b\n-   c: 1\n    d: 2\n",
        "--- # one\na: 1\n--- \nb: 1\n...\n",
        "? a\n: b\n? c\n: d\n",
        "größe: {ä: 'ö', ü: 1}\n",
        "a: one\n  two\nb: \"x\n  y\"\nc: >\n  z\n",
    ] {
        agree(text);
    }
}

#[test]
fn lines_of_a_text_inside_are_places_in_it() {
    for (line_end, head) in [("\n", ""), ("\r\n", ""), ("\n", "\u{feff}a: 1\n---\n")] {
        let text = format!("{head}patches:\n- patch: |\n    # note\n\n    spec:\n      replicas: 3\n").replace('\n', line_end);
        let nodes = documents(text.as_bytes(), &Where::file(&"a.yaml".into(), Layer::Resource)).expect("valid");
        let patch = nodes.last().expect("one").get("patches").expect("patches").items()[0].get("patch").expect("patch").clone();
        let inner = document(patch.text().expect("a text").as_bytes(), &Where::inside(&patch, Layer::Patch)).expect("valid");
        let origin = inner.expect("one").at(&["spec", "replicas"]).expect("replicas").origin().clone();
        let place = source(&text).located(origin.line, origin.column).expect("a place");
        let number = if head.is_empty() { 0 } else { 1 };
        assert_eq!(place, at(&format!("{number}:patches/#0/patch/|/spec/replicas")), "{text:?}");
        let edited = apply(&source(&text), &[Operation::set(place, Scalar::Integer(5))]).expect("made");
        assert_eq!(edited.bytes(), text.replace(": 3", ": 5").as_bytes());
    }
}

/// libyaml, and so `render`, takes it for the end of a line; git does not, and lines that users see are git's.
#[test]
fn line_ends_that_git_does_not_know_are_counted_as_render_does() {
    let text = "a: \"x\u{2028}y\"\nb: 1\n";
    agree(text);
    assert_eq!(source(text).located(3, 1), Some(at("b")));
    assert_eq!(source(text).line_of_place(&at("b")), Ok(2));
    reads(text, &[number("b", 2)], "a: \"x\u{2028}y\"\nb: 2\n");
}

#[test]
fn places_show_what_is_there() {
    let source = source("a:\n  - name: x\n    v: &y 1\nb: *y\nc: {d: 'e'}\n");
    assert_eq!(source.at(&at("a")), Ok(Shape::List(1)));
    assert_eq!(source.at(&at("a/name=x")), Ok(Shape::Map(vec!["name".to_owned(), "v".to_owned()])));
    assert_eq!(source.at(&at("b")), Ok(Shape::Alias("y".to_owned())));
    assert_eq!(source.at(&at("c/d")), Ok(Shape::Scalar(Scalar::Quoted("e".to_owned(), Quoting::Single))));
    assert_eq!(source.line_of_place(&at("a/name=x/v")), Ok(3));
    assert_eq!(source.located(9, 1), None);
    assert_eq!(at("a/name=x/b.c/#0/|/d").to_string(), "a[name=x]['b.c'][0]|.d");
}
