//! Keys, items, documents and entries of a kustomization, where they belong.

use super::*;

fn all(cases: &[(&str, Operation, &str)]) {
    cases.iter().for_each(|(before, operation, after)| reads(before, std::slice::from_ref(operation), after));
}

fn map(entries: &[(&str, NewValue)]) -> NewValue {
    NewValue::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn list(items: &[NewValue]) -> NewValue {
    NewValue::List(items.to_vec())
}

fn whole(value: i64) -> NewValue {
    NewValue::Scalar(Scalar::Integer(value))
}

#[test]
fn keys_go_behind_the_others() {
    all(&[
        ("a: 1\n", add("b", whole(2)), "a: 1\nb: 2\n"),
        ("a: 1", add("b", whole(2)), "a: 1\nb: 2"),
        ("a: 1\r\n", add("b", map(&[("c", whole(2))])), "a: 1\r\nb:\r\n  c: 2\r\n"),
        ("\u{feff}a: 1\n", add("b", whole(2)), "\u{feff}a: 1\nb: 2\n"),
        ("a:\n    b: 1 # one\n    # end\nc: 1\n", add("a/d", whole(2)), "a:\n    b: 1 # one\n    d: 2\n    # end\nc: 1\n"),
        ("- a: 1\n  b: 2\n- c\n", add("#0/d", whole(3)), "- a: 1\n  b: 2\n  d: 3\n- c\n"),
        ("-   a: 1\n- c\n", add("#0/d", whole(3)), "-   a: 1\n    d: 3\n- c\n"),
        ("a:\n  b: |\n    x\n\nc: 1\n", add("a/d", whole(2)), "a:\n  b: |\n    x\n  d: 2\n\nc: 1\n"),
        ("a:\n  b: |+\n    x\n\nc: 1\n", add("a/d", whole(2)), "a:\n  b: |+\n    x\n\n  d: 2\nc: 1\n"),
        ("a:\n  b:\nc: 1\n", add("a/d", whole(2)), "a:\n  b:\n  d: 2\nc: 1\n"),
        ("a:\n  b: [\n    x\n  ]\nc: 1\n", add("a/d", whole(2)), "a:\n  b: [\n    x\n  ]\n  d: 2\nc: 1\n"),
        ("a:\n  b: one\n    two\nc: 1\n", add("a/d", whole(2)), "a:\n  b: one\n    two\n  d: 2\nc: 1\n"),
        ("a:\n  b: 1\n  c: 2\n  e: 4\n", add("a/d", whole(3)), "a:\n  b: 1\n  c: 2\n  d: 3\n  e: 4\n"),
        ("x:\n  b: 1\n  c: 2\n  e: 4\n", add("x/a", whole(3)), "x:\n  a: 3\n  b: 1\n  c: 2\n  e: 4\n"),
        ("- b: 1\n  c: 2\n  e: 4\n", add("#0/a", whole(3)), "- a: 3\n  b: 1\n  c: 2\n  e: 4\n"),
        ("apiVersion: v1\nkind: A\nmetadata: {}\n", add("data", map(&[])), "apiVersion: v1\nkind: A\nmetadata: {}\ndata: {}\n"),
        ("a: 1\n", add("y", text("yes")), "a: 1\n\"y\": \"yes\"\n"),
        ("a: 1\n", add("b.c~d", text("1")), "a: 1\nb.c/d: \"1\"\n"),
        ("a: 1\n", add("b", text("x\ny\n")), "a: 1\nb: |\n  x\n  y\n"),
    ]);
}

#[test]
fn parents_that_are_missing_are_made_in_the_habit_of_the_file() {
    all(&[
        ("a:\n    b: 1\n", add("c/d/e", whole(2)), "a:\n    b: 1\nc:\n    d:\n        e: 2\n"),
        (
            "a:\n- b: 1\n",
            add("c", list(&[text("x"), map(&[("y", whole(1)), ("z", whole(2))])])),
            "a:\n- b: 1\nc:\n- x\n- \"y\": 1\n  z: 2\n",
        ),
        ("a:\n  - b: 1\n", add("c/+", list(&[text("x"), text("w")])), "a:\n  - b: 1\nc:\n  - - x\n    - w\n"),
        ("a: 1\n", add("c/+/d", whole(1)), "a: 1\nc:\n  - d: 1\n"),
    ]);
}

#[test]
fn what_is_empty_gets_its_first_one() {
    let one = || add("a/b", whole(1));
    all(&[
        ("a:\nc: 1\n", one(), "a:\n  b: 1\nc: 1\n"),
        ("a: # why\nc: 1\n", one(), "a: # why\n  b: 1\nc: 1\n"),
        ("a:\n  # b: 0\nc: 1\n", one(), "a:\n  # b: 0\n  b: 1\nc: 1\n"),
        ("a:\n# c\nc: 1\n", one(), "a:\n  b: 1\n# c\nc: 1\n"),
        ("a: {}\nc: 1\n", one(), "a:\n  b: 1\nc: 1\n"),
        ("a: {} # why\nc: 1\n", one(), "a: # why\n  b: 1\nc: 1\n"),
        ("a: ~\nc: 1\n", one(), "a:\n  b: 1\nc: 1\n"),
        ("a: null", one(), "a:\n  b: 1"),
        ("a: &x {}\n", one(), "a: &x\n  b: 1\n"),
        ("a: &x\n", one(), "a: &x\n  b: 1\n"),
        ("- {}\n", add("#0/b", whole(1)), "- b: 1\n"),
        ("-\n- x\n", add("#0/b", whole(1)), "- b: 1\n- x\n"),
        ("a: []\n", add("a/+", text("x")), "a:\n  - x\n"),
        ("b:\n- x\na: []\n", add("a/+", text("x")), "b:\n- x\na:\n- x\n"),
        ("a:\n", add("a/+", map(&[("b", whole(1)), ("c", whole(2))])), "a:\n  - b: 1\n    c: 2\n"),
        ("x: {a: {}, b: []}\n", add("x/a/b", whole(1)), "x: {a: {b: 1}, b: []}\n"),
        ("x: {a: {}, b: []}\n", add("x/b/+", whole(1)), "x: {a: {}, b: [1]}\n"),
        ("{\"a\": {}}\n", one(), "{\"a\": {\"b\": 1}}\n"),
        ("{}\n", add("a", text("b")), "{\"a\": \"b\"}\n"),
        ("---\na:\n  b:\n", add("a/b/c", map(&[("d", text("e"))])), "---\na:\n  b:\n    c:\n      d: e\n"),
    ]);
}

#[test]
fn items_go_where_the_list_has_them() {
    let item = || add("a/+", text("x"));
    all(&[
        ("a:\n- b\nc: 1\n", item(), "a:\n- b\n- x\nc: 1\n"),
        ("a:\n  - z # why\n  # end\nc: 1\n", item(), "a:\n  - z # why\n  - x\n  # end\nc: 1\n"),
        ("a:\n  -   b\n", item(), "a:\n  -   b\n  -   x\n"),
        ("a:\n  - b", item(), "a:\n  - b\n  - x"),
        (
            "a:\n  - b: 1\n    c: 2\n",
            add("a/+", map(&[("b", whole(3)), ("c", whole(4))])),
            "a:\n  - b: 1\n    c: 2\n  - b: 3\n    c: 4\n",
        ),
        ("a:\n  - b\n  - w\n  - y\n", item(), "a:\n  - b\n  - w\n  - x\n  - y\n"),
        ("a:\n  - b\n  # of y\n  - y\n  - z\n", item(), "a:\n  - b\n  - x\n  # of y\n  - y\n  - z\n"),
        ("a:\n  - z\n  - b\n  - y\n", item(), "a:\n  - z\n  - b\n  - y\n  - x\n"),
        ("a:\n  - b\n  - c\n", add("a/#0", text("x")), "a:\n  - x\n  - b\n  - c\n"),
        ("a:\n  - b\n  - c\n", add("a/#1", text("x")), "a:\n  - b\n  - x\n  - c\n"),
        ("- - a\n  - b\n- c\n", add("#0/+", text("x")), "- - a\n  - b\n  - x\n- c\n"),
        ("- - a\n", add("#0/#0", text("x")), "- - x\n  - a\n"),
        (
            "a:\n  -\n    b: 1\n  -\n    b: 2\n",
            add("a/#1", map(&[("b", whole(3))])),
            "a:\n  -\n    b: 1\n  - b: 3\n  -\n    b: 2\n",
        ),
        ("a: [b, c]\n", item(), "a: [b, c, x]\n"),
        ("a: [b, c,]\n", item(), "a: [b, c, x,]\n"),
        ("a: [ b ]\n", add("a/+", text("x, y")), "a: [ b, \"x, y\" ]\n"),
        ("a: [b, c]\n", add("a/#0", text("x")), "a: [x, b, c]\n"),
        ("a: [\"b\"]\n", item(), "a: [\"b\", \"x\"]\n"),
        ("a: [\n  b, # one\n  c # two\n]\n", item(), "a: [\n  b, # one\n  c, # two\n  x\n]\n"),
        ("a: [\n  b,\n  c, # two\n]\n", item(), "a: [\n  b,\n  c, # two\n  x,\n]\n"),
        ("a: {b: 1}\n", add("a/c", map(&[("d", list(&[whole(1), text("yes")]))])), "a: {b: 1, c: {d: [1, \"yes\"]}}\n"),
        (
            "{\n  \"b\": 1,\n  \"c\": {\"d\": 1}\n}\n",
            add("e", text("x")),
            "{\n  \"b\": 1,\n  \"c\": {\"d\": 1},\n  \"e\": \"x\"\n}\n",
        ),
    ]);
}

#[test]
fn documents_come_and_go_with_one_separator() {
    let new = || map(&[("new", whole(1))]);
    let insert = |before: usize| Operation::InsertDocument { before, value: new() };
    let take = |document: usize| Operation::RemoveDocument { document };
    for (before, operation, after, back) in [
        ("a: 1\n", insert(9), "a: 1\n---\nnew: 1\n", 1),
        ("a: 1", insert(9), "a: 1\n---\nnew: 1", 1),
        ("a: 1\n", insert(0), "new: 1\n---\na: 1\n", 0),
        ("---\na: 1\n", insert(0), "---\nnew: 1\n---\na: 1\n", 0),
        ("\u{feff}a: 1\n", insert(0), "\u{feff}new: 1\n---\na: 1\n", 0),
        ("# top\na: 1\n--- # two\n# b\nb: 1\n", insert(1), "# top\na: 1\n---\nnew: 1\n--- # two\n# b\nb: 1\n", 1),
        ("a: 1\r\n---\r\nb: 1\r\n", insert(1), "a: 1\r\n---\r\nnew: 1\r\n---\r\nb: 1\r\n", 1),
        ("a: 1\n---\nb: 1\n---\n", insert(9), "a: 1\n---\nb: 1\n---\nnew: 1\n", 9),
    ] {
        reads(before, &[operation], after);
        if back < 9 {
            reads(after, &[take(back)], before);
        }
    }
    reads("a: 1\n---\nb: 1\n---\nc: 1", &[take(2)], "a: 1\n---\nb: 1");
    reads("---\na: 1\n---\nb: 1\n", &[take(0)], "---\nb: 1\n");
    reads("a: 1\n...\n", &[insert(1)], "a: 1\n...\n---\nnew: 1\n");
    reads("", &[insert(0)], "new: 1\n");
    reads("# nothing yet\n", &[insert(0)], "# nothing yet\nnew: 1\n");
}

#[test]
fn kustomizations_list_a_file_once() {
    let entry = |entry: &str| Operation::List { field: "resources".to_owned(), entry: entry.to_owned() };
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    for (before, after) in [
        ("resources:\n- a.yaml\n- z.yaml\n", "resources:\n- a.yaml\n- z.yaml\n- b.yaml\n"),
        ("resources:\n- a.yaml\n- c.yaml\n- d.yaml\n", "resources:\n- a.yaml\n- b.yaml\n- c.yaml\n- d.yaml\n"),
        ("resources:\n  - ./a.yaml # first\nnamePrefix: x\n", "resources:\n  - ./a.yaml # first\n  - b.yaml\nnamePrefix: x\n"),
        ("resources: [a.yaml]\n", "resources: [a.yaml, b.yaml]\n"),
        ("resources: []\n", "resources:\n  - b.yaml\n"),
        ("resources:\n", "resources:\n  - b.yaml\n"),
        ("patches:\n- path: x\n", "patches:\n- path: x\nresources:\n- b.yaml\n"),
        ("resources:\n- ./b.yaml\n", "resources:\n- ./b.yaml\n"),
        ("", "resources:\n  - b.yaml\n"),
    ] {
        reads(&format!("{head}{before}"), &[entry("b.yaml")], &format!("{head}{after}"));
    }
    reads("resources:\n- a\n", &[entry("b/")], "resources:\n- a\n- b/\n");
    reads("resources:\n- b/\n", &[entry("./b")], "resources:\n- b/\n");
    let edited = apply(&source("resources:\n- b/\n"), &[entry("./b")]).expect("made");
    assert!(edited.splices().is_empty());
}
