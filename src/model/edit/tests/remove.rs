//! What is taken out goes with its lines, and nothing else does.

use super::*;

fn all(cases: &[(&str, &str, &str)]) {
    cases.iter().for_each(|(before, place, after)| reads(before, &[remove(place)], after));
}

#[test]
fn keys_go_with_their_lines() {
    all(&[
        ("a: 1\nb: 2 # two\nc: 3\n", "b", "a: 1\nc: 3\n"),
        ("a: 1\nb: 2\n", "b", "a: 1\n"),
        ("a: 1\nb: 2", "b", "a: 1"),
        ("a: 1\r\nb: 2", "b", "a: 1"),
        ("# top\na: 1\nb: 2\n", "a", "# top\nb: 2\n"),
        ("a: 1\n# of b\n# and more\nb: 2\nc: 3\n", "b", "a: 1\n# of b\n# and more\nc: 3\n"),
        ("a: 1\n# of a group\n\nb: 2\nc: 3\n", "b", "a: 1\n# of a group\n\nc: 3\n"),
        ("a: 1\nb:\n  c: 1\n  # end\n# of d\nd: 1\n", "b", "a: 1\n# of d\nd: 1\n"),
        ("a: 1\nb: |\n  x\n\n  y\n\nc: 1\n", "b", "a: 1\n\nc: 1\n"),
        ("a: 1\nb:\nc: 1\n", "b", "a: 1\nc: 1\n"),
        ("a: 1\nb: one\n  two\nc: 1\n", "b", "a: 1\nc: 1\n"),
        ("- a: 1\n  b: 2\n", "#0/a", "- b: 2\n"),
        ("- a: 1\n  # of b\n  b: 2\n", "#0/a", "- \n  # of b\n  b: 2\n"),
        ("- a: 1\n  b: 2\n- c\n", "#0/b", "- a: 1\n- c\n"),
        ("a: 1\nb: &x 2\nc: 3\n", "b", "a: 1\nc: 3\n"),
        ("a: 1\nb: {c: &x 2, d: *x}\nc: 3\n", "b", "a: 1\nc: 3\n"),
    ]);
}

#[test]
fn the_last_key_leaves_an_empty_map() {
    all(&[
        ("a:\n  b: 1\nc: 2\n", "a/b", "a: {}\nc: 2\n"),
        ("a: # why\n  b: 1 # one\nc: 2\n", "a/b", "a: {} # why\nc: 2\n"),
        ("a:\n  # of b\n  b: 1\nc: 2\n", "a/b", "a: {}\n  # of b\nc: 2\n"),
        ("a: &x\n  b: 1\n", "a/b", "a: &x {}\n"),
        ("a: &x # why\n  b: 1\n", "a/b", "a: &x {} # why\n"),
        ("a:\n  b: 1", "a/b", "a: {}"),
        ("a:\n  b:\n    c: 1\n    # end\nd: 1\n", "a/b", "a: {}\nd: 1\n"),
        ("- a: 1 # one\n- b\n", "#0/a", "- {} # one\n- b\n"),
        ("-\n  a: 1\n- b\n", "#0/a", "- {}\n- b\n"),
        ("a: 1\n", "a", "{}\n"),
        ("a:\n- b\nc: 1\n", "a/=b", "a: []\nc: 1\n"),
        ("a:\n  - b: 1\n    c: 2\n", "a/#0", "a: []\n"),
        ("- - a\n- b\n", "#0/#0", "- []\n- b\n"),
        ("a: {b: 1}\n", "a/b", "a: {}\n"),
        ("a: [ b ]\n", "a/#0", "a: []\n"),
    ]);
}

#[test]
fn items_go_by_name_by_text_or_by_number() {
    let env = "env:\n  - name: A\n    value: 1\n  # why B\n  - name: B\n    value: 2\n  - name: C\n    value: 3\n";
    all(&[
        (env, "env/name=B", "env:\n  - name: A\n    value: 1\n  # why B\n  - name: C\n    value: 3\n"),
        (env, "env/name=C", "env:\n  - name: A\n    value: 1\n  # why B\n  - name: B\n    value: 2\n"),
        (env, "env/#0", "env:\n  # why B\n  - name: B\n    value: 2\n  - name: C\n    value: 3\n"),
        ("resources:\n- a\n- b # two\n- c\n", "resources/=b", "resources:\n- a\n- c\n"),
        ("- - a\n  - b\n- c\n", "#0/#0", "- - b\n- c\n"),
        ("- - a\n  - b\n- c\n", "#0", "- c\n"),
        ("-\n- a\n", "#0", "- a\n"),
        ("- a\n-\n  b: 1\n- c\n", "#1", "- a\n- c\n"),
    ]);
}

#[test]
fn brackets_keep_their_commas_right() {
    all(&[
        ("a: {b: 1, c: 2, d: 3}\n", "a/b", "a: {c: 2, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "a/c", "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "a/d", "a: {b: 1, c: 2}\n"),
        ("a: [b, c,]\n", "a/=c", "a: [b,]\n"),
        ("a: [\n  b, # one\n  c # two\n]\n", "a/=b", "a: [\n  c # two\n]\n"),
        ("a: [\n  b, # one\n  c # two\n]\n", "a/=c", "a: [\n  b # one\n]\n"),
        ("a: [\n  b, # one\n  c, # two\n]\n", "a/=c", "a: [\n  b, # one\n]\n"),
        ("a: [b,\n  c]\n", "a/=b", "a: [c]\n"),
        ("{\n  \"b\": 1,\n  \"c\": 2\n}\n", "c", "{\n  \"b\": 1\n}\n"),
        ("{\n  \"b\": 1,\n  \"c\": 2\n}\n", "b", "{\n  \"c\": 2\n}\n"),
        ("{\r\n  \"b\": 1,\r\n  \"c\": 2\r\n}\r\n", "c", "{\r\n  \"b\": 1\r\n}\r\n"),
    ]);
    for (text, place) in [("a: [b, # one\n  c]\n", "a/=b"), ("a: [ # one\n  b\n]\n", "a/=b")] {
        assert_eq!(made(text, &[remove(place)]), Err(Refusal::Comment { line: 1 }), "{text}");
    }
}

#[test]
fn what_was_added_is_taken_out_again_byte_for_byte() {
    for (before, place) in [
        ("a: 1\n", "b"),
        ("a: 1", "b"),
        ("a: {}\n", "a/b"),
        ("a: {} # why\nb: 1\n", "a/b"),
        ("a: []\r\nb: 1\r\n", "a/#0"),
        ("a:\n- x # one\n# end\n", "a/#1"),
        ("a: [x, y]\n", "a/#2"),
        ("a: [x, y]\n", "a/#0"),
        ("a: {x: 1}\n", "a/y"),
        ("a: [\n  x,\n  y\n]\n", "a/#2"),
        ("- {}\n", "#0/a"),
        ("- a: 1\n  b: 2\n", "#0/c"),
        ("x:\n  b: |+\n    x\n\nc: 1\n", "x/d"),
        ("x: {a: {}}\n", "x/a/b"),
    ] {
        let added = made(before, &[add(place, text("new"))]).expect(before);
        reads(&added, &[remove(place)], before);
        assert_ne!(added, before);
    }
}
