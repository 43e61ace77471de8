//! YAML and JSON in texts, edited where they lie.

use super::*;

fn all(cases: &[(&str, Operation, &str)]) {
    cases.iter().for_each(|(before, operation, after)| reads(before, std::slice::from_ref(operation), after));
}

const PATCH: &str = "patches:\n- target: {kind: Deployment}\n  patch: |\n    # note\n    spec:\n      replicas: 3 # three\n\n      paused: no\nx: 1\n";

#[test]
fn a_line_of_a_patch_is_edited_in_the_file() {
    let inner = |rest: &str| format!("patches/#0/patch/|/{rest}");
    reads(PATCH, &[number(&inner("spec/replicas"), 5)], &PATCH.replace("3 #", "5 #"));
    reads(PATCH, &[add(&inner("spec/new"), text("a"))], &PATCH.replace("paused: no\n", "paused: no\n      new: a\n"));
    reads(PATCH, &[remove(&inner("spec/replicas"))], &PATCH.replace("      replicas: 3 # three\n", ""));
    let crlf = PATCH.replace('\n', "\r\n");
    reads(&crlf, &[number(&inner("spec/replicas"), 5)], &crlf.replace("3 #", "5 #"));
    reads(&crlf, &[add(&inner("spec/new"), text("a"))], &crlf.replace("paused: no\r\n", "paused: no\r\n      new: a\r\n"));
    all(&[
        ("a: |-\n  b: 1", number("a/|/b", 2), "a: |-\n  b: 2"),
        ("a: |-\n  b: 1\nx: 1\n", add("a/|/c", text("d")), "a: |-\n  b: 1\n  c: d\nx: 1\n"),
        ("a: |2\n   b: 1\n", number("a/|/b", 2), "a: |2\n   b: 2\n"),
        (
            "a:\n  b.yaml: |\n    c: |\n      d: 1\n    e: 1\n",
            number("a/b.yaml/|/c/|/d", 2),
            "a:\n  b.yaml: |\n    c: |\n      d: 2\n    e: 1\n",
        ),
        ("a: |\n  b: 1\n  \n  c: 1\n", number("a/|/c", 2), "a: |\n  b: 1\n  \n  c: 2\n"),
    ]);
}

#[test]
fn json_patches_are_edited_as_json() {
    let quoted = r#"patch: '[{"op": "replace", "path": "/spec/replicas", "value": 3}]'"#;
    let lines = "patch: |-\n  [\n    {\"op\": \"replace\", \"path\": \"/a\", \"value\": \"x\"}\n  ]\n";
    let escaped = r#"patch: "{\"a\": {\"b\": \"c\"}}""#;
    let folded = "patch: >-\n  [{\"op\": \"replace\", \"value\": 3}]\nx: 1\n";
    all(&[
        (quoted, number("patch/|/#0/value", 5), &quoted.replace('3', "5")),
        (quoted, set("patch/|/#0/value", "it's"), &quoted.replace('3', "\"it''s\"")),
        (lines, set("patch/|/#0/value", "yes"), &lines.replace("\"x\"", "\"yes\"")),
        (lines, add("patch/|/#0/from", text("/b")), &lines.replace("\"x\"}", "\"x\", \"from\": \"/b\"}")),
        (escaped, set("patch/|/a/b", "d\"e"), r#"patch: "{\"a\": {\"b\": \"d\\\"e\"}}""#),
        (folded, number("patch/|/#0/value", 5), &folded.replace('3', "5")),
        (
            "patch: |\n  - op: replace\n    path: /a\n    value: 1\n",
            number("patch/|/path=~a/value", 2),
            "patch: |\n  - op: replace\n    path: /a\n    value: 2\n",
        ),
        ("patch: '{\"a\": 1}'\r\n", number("patch/|/a", 2), "patch: '{\"a\": 2}'\r\n"),
    ]);
}

#[test]
fn a_text_that_would_be_written_otherwise_is_left_alone() {
    for (text, place) in
        [("a: \"b: 1\\nc: \\x41\\n\"\n", "a/|/b"), ("a: 'b: 1\n\n  c: 2'\n", "a/|/b"), ("a: >\n  b: 1\n\n\n  c: 2\n", "a/|/b")]
    {
        assert!(
            matches!(made(text, &[number(place, 5)]), Err(Refusal::Codec { line: 1 })),
            "{text:?} {:?}",
            made(text, &[number(place, 5)])
        );
    }
    let inside = |text: &str| match made(text, &[number("a/|/b", 5)]) {
        Err(Refusal::Inside { line, refusal }) => (line, *refusal),
        other => panic!("{other:?}"),
    };
    assert_eq!(inside("x: 1\na: |\n  b: {{ x }}\n"), (2, Refusal::Template { line: 1 }));
    assert_eq!(inside("a: |\n  b: 1\n  b: 2\n"), (1, Refusal::DuplicateKey { line: 2, key: "b".to_owned() }));
    assert_eq!(inside("a: |\n  c: 1\n"), (1, Refusal::Missing { place: "b".to_owned() }));
    assert!(matches!(made("a: {b: 1}\n", &[number("a/|/b", 5)]), Err(Refusal::Shape { .. })));
}
