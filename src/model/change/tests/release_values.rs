use serde_json::json;

use super::*;

fn from(text: &str, target: &str) -> ValuesPart {
    ValuesPart::From { text: text.to_owned(), target: target.to_owned(), is_literal: false }
}

#[test]
fn references_are_merged_in_their_order_and_inline_values_last() {
    for (parts, expected) in [
        (vec![ValuesPart::Inline(json!({}))], json!({})),
        (
            vec![
                from("a: {x: 1, w: 1}\nl: [1, 2]\n", ""),
                from("a: {w: 2}\nl: [3]\n", ""),
                ValuesPart::Inline(json!({"a": {"z": 3}})),
            ],
            json!({"a": {"x": 1, "w": 2, "z": 3}, "l": [3]}),
        ),
        (vec![from("a: 1\n", ""), ValuesPart::Inline(json!({"a": null}))], json!({"a": null})),
        (
            vec![from("a: {b: 1}\n", ""), from("2", "a.b"), ValuesPart::Inline(json!({"a": {"c": 3}}))],
            json!({"a": {"b": 2, "c": 3}}),
        ),
        (vec![from("2", "a.b"), from("a: {b: 1}\n", "")], json!({"a": {"b": 1}})),
        (vec![from("", ""), from("# nothing\n", "")], json!({})),
        // into a map of the inline values: what is set there stays (`insight::values` has the whole table)
        (vec![from("2", "a.b"), ValuesPart::Inline(json!({"a": {"b": 3}}))], json!({"a": {"b": 2}})),
    ] {
        assert_eq!(composed(&parts), Ok(expected), "{parts:?}");
    }
}

#[test]
fn a_value_for_a_path_is_read_as_set_reads_it() {
    for (text, target, expected) in [
        ("true", "a", json!({"a": true})),
        ("null", "a", json!({"a": null})),
        ("12", "a", json!({"a": 12})),
        ("0", "a", json!({"a": 0})),
        ("0755", "a", json!({"a": "0755"})),
        ("1.5", "a", json!({"a": "1.5"})),
        ("\"12\"", "a", json!({"a": "12"})),
        ("'true'", "a", json!({"a": "true"})),
        ("x", "a.b\\.c/d", json!({"a": {"b.c/d": "x"}})),
        ("x", "a[1].b", json!({"a": [null, {"b": "x"}]})),
        ("x", "a[0][1]", json!({"a": [[null, "x"]]})),
        ("{1,b}", "a", json!({"a": [1, "b"]})),
        ("a,b=c", "a", json!({"a": "a", "b": "c"})),
    ] {
        assert_eq!(composed(&[from(text, target)]), Ok(expected), "{text} {target}");
    }
    let literal = ValuesPart::From { text: "a, {b}\n".to_owned(), target: "a".to_owned(), is_literal: true };
    assert_eq!(composed(&[literal]), Ok(json!({"a": "a, {b}\n"})));
}

#[test]
fn what_helm_controller_refuses_is_refused() {
    for (text, target) in [("a,b", "a"), ("{a", "a"), ("x", "a[99999]"), ("x", "a[x]"), ("x", "a,b")] {
        assert!(composed(&[from(text, target)]).is_err(), "{text} {target}");
    }
    for part in [from("a: [\n", ""), from("[1]\n", ""), ValuesPart::Inline(json!([1]))] {
        assert!(composed(&[part]).is_err());
    }
    assert!(composed(&[from("a: text\n", ""), from("1", "a.b")]).is_err());
}
