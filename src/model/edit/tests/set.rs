//! Scalars: only their bytes change.

use super::*;

/// Text, operation, text after.
fn all(cases: &[(&str, Operation, &str)]) {
    cases.iter().for_each(|(before, operation, after)| reads(before, std::slice::from_ref(operation), after));
}

#[test]
fn the_rest_of_the_line_stays() {
    let marker = r#"image: app:1.0 # {"$imagepolicy": "flux-system:app"}"#;
    all(&[
        ("a: 1 # why\n", number("a", 2), "a: 2 # why\n"),
        (marker, set("image", "app:1.1"), &marker.replace("1.0", "1.1")),
        ("a:   1   # why\n", number("a", 2), "a:   2   # why\n"),
        ("- 1 # one\n- 2 # two\n", number("#1", 3), "- 1 # one\n- 3 # two\n"),
        ("a: # why\nb: 1\n", set("a", "x"), "a: x # why\nb: 1\n"),
        ("a: \"x\" # \"x\"\n", set("a", "y"), "a: \"y\" # \"x\"\n"),
        ("a: |  # why\n  x\nb: 1\n", set("a", "y\n"), "a: |  # why\n  y\nb: 1\n"),
        ("a: x # why\n", set("a", "y\nz\n"), "a: | # why\n  y\n  z\n"),
    ]);
}

#[test]
fn several_on_one_line_are_set_apart() {
    reads("r: {cpu: 1, memory: 2}\n", &[number("r/cpu", 10), number("r/memory", 20)], "r: {cpu: 10, memory: 20}\n");
    reads("r: {cpu: 1, memory: 2}\n", &[number("r/memory", 20), number("r/cpu", 10)], "r: {cpu: 10, memory: 20}\n");
    let edited = apply(&source("r: {cpu: 1, memory: 2}\n"), &[number("r/cpu", 10), number("r/memory", 3)]).expect("made");
    assert_eq!(edited.splices(), [Splice::insert(10, "0"), Splice::new(20..21, "3")]);
}

#[test]
fn brackets_keep_what_is_in_them() {
    all(&[
        ("a: {b: 1, c: 2, d: 3}\n", number("a/c", 5), "a: {b: 1, c: 5, d: 3}\n"),
        ("a: [x, y, z]\n", set("a/#1", "w"), "a: [x, w, z]\n"),
        ("a: [x, y]\n", set("a/#0", "p,q"), "a: [\"p,q\", y]\n"),
        ("a: ['x', y]\n", set("a/#1", "p]q"), "a: ['x', 'p]q']\n"),
        ("a: {\n  b: 1, # one\n  c: 2,\n}\n", number("a/b", 5), "a: {\n  b: 5, # one\n  c: 2,\n}\n"),
        ("a:\n  b: [\n    x,\n  y\n]\n", set("a/b/#1", "z"), "a:\n  b: [\n    x,\n  z\n]\n"),
        ("{\"a\": \"b\", \"c\": 1}\n", set("a", "yes"), "{\"a\": \"yes\", \"c\": 1}\n"),
        ("{\n  \"a\": {\"b\": [\"x\"]}\n}\n", set("a/b/#0", "it's"), "{\n  \"a\": {\"b\": [\"it's\"]}\n}\n"),
    ]);
}

#[test]
fn block_texts_keep_their_way() {
    all(&[
        ("a: |\n  x\n  y\nb: 1\n", set("a", "x\nz\n"), "a: |\n  x\n  z\nb: 1\n"),
        ("a: |\n  x\nb: 1\n", set("a", "y"), "a: |-\n  y\nb: 1\n"),
        ("a: |-\n  x\n\nb: 1\n", set("a", "y"), "a: |-\n  y\n\nb: 1\n"),
        ("a: |+\n  x\n\nb: 1\n", set("a", "y\n\n"), "a: |+\n  y\n\nb: 1\n"),
        ("a: |\n    x\nb: 1\n", set("a", "y\n"), "a: |\n    y\nb: 1\n"),
        ("a: |2\n    x\nb: 1\n", set("a", "  y\n"), "a: |2\n    y\nb: 1\n"),
        ("a: |2-\n    x\n", set("a", "y"), "a: |-\n  y\n"),
        ("a: >\n  x\n  y\nb: 1\n", set("a", "x z\n"), "a: >\n  x z\nb: 1\n"),
        ("a: >-\n  x\nb: 1\n", set("a", "x\ny"), "a: >-\n  x\n\n  y\nb: 1\n"),
        ("- |\n  x\n- b\n", set("#0", "y\n"), "- |\n  y\n- b\n"),
        // what the block cannot hold is quoted
        ("a: |\n  x\nb: 1\n", set("a", "\ty\n"), "a: \"\\ty\\n\"\nb: 1\n"),
        ("a: |\n  x\nb: 1\n", set("a", "y\u{85}z\n"), "a: \"y\\u0085z\\n\"\nb: 1\n"),
        ("a: |\n  x\nb: 1\n", set("a", ""), "a: \"\"\nb: 1\n"),
        // the last one in a file without a last line end
        ("a: |-\n  x", set("a", "y"), "a: |-\n  y"),
        ("a: |\n  x", set("a", "y"), "a: |-\n  y"),
        ("a: 'x'", set("a", "y"), "a: 'y'"),
    ]);
}

#[test]
fn line_ends_and_marks_stay() {
    all(&[
        ("a: 1\r\nb: 2 # c\r\n", number("b", 3), "a: 1\r\nb: 3 # c\r\n"),
        ("a: |\r\n  x\r\n  y\r\nb: 1\r\n", set("a", "x\nz\nw\n"), "a: |\r\n  x\r\n  z\r\n  w\r\nb: 1\r\n"),
        ("a: x\r\nb: 1\r\n", set("a", "y\nz\n"), "a: |\r\n  y\r\n  z\r\nb: 1\r\n"),
        ("a: 1\r\n---\r\nb: 2\r\n", number("1:b", 3), "a: 1\r\n---\r\nb: 3\r\n"),
        ("\u{feff}a: 1\n", number("a", 2), "\u{feff}a: 2\n"),
        ("\u{feff}a: 1\n---\nb: 1\n", number("1:b", 2), "\u{feff}a: 1\n---\nb: 2\n"),
        ("a: 1", number("a", 2), "a: 2"),
        ("größe: {ä: 'ö', ü: 1} # ß\n", number("größe/ü", 2), "größe: {ä: 'ö', ü: 2} # ß\n"),
        ("a: 'a\u{2028}b'\n".replace('\u{2028}', " ").as_str(), set("a", "x\u{2028}y"), "a: \"x\\u2028y\"\n"),
    ]);
}

#[test]
fn tabs_stay_where_yaml_takes_them() {
    all(&[
        ("a:\t1\t# c\nb: 2\n", number("a", 2), "a:\t2\t# c\nb: 2\n"),
        ("{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n", number("a/b", 2), "{\n\t\"a\": {\n\t\t\"b\": 2\n\t}\n}\n"),
        ("a: |\n  x\ty\n", set("a", "x\tz\n"), "a: |\n  x\tz\n"),
    ]);
}

#[test]
fn what_was_typed_keeps_the_type_that_is_there() {
    for (there, typed, is) in [
        ("3", "5", Scalar::Integer(5)),
        ("3", "1.5", Scalar::Number("1.5".to_owned())),
        ("3", "99999999999999999999", Scalar::Number("99999999999999999999".to_owned())),
        ("3", "0755", Scalar::string("0755")),
        ("3", "yes", Scalar::string("yes")),
        ("true", "false", Scalar::Bool(false)),
        ("true", "no", Scalar::string("no")),
        ("x", "5", Scalar::string("5")),
        ("x", "true", Scalar::string("true")),
        ("", "5", Scalar::string("5")),
    ] {
        assert_eq!(Scalar::Spelled(there.to_owned()).typed(typed), is, "{there} {typed}");
    }
    assert_eq!(Scalar::Quoted("3".to_owned(), Quoting::Double).typed("5"), Scalar::string("5"));
}

#[test]
fn values_of_several_lines_become_one() {
    all(&[
        ("a: one\n  two\nb: 1\n", set("a", "three"), "a: three\nb: 1\n"),
        ("a: \"one\n  two\"\nb: 1\n", set("a", "three"), "a: \"three\"\nb: 1\n"),
        ("a:\n  # why\n  one\nb: 1\n", set("a", "two"), "a:\n  # why\n  two\nb: 1\n"),
        ("a: !!str\n  one\n", set("a", "two"), "a: !!str\n  two\n"),
    ]);
}

#[test]
fn keys_of_every_kind_are_found() {
    all(&[
        ("? a\n: 1\n? b\n: 2\n", number("b", 3), "? a\n: 1\n? b\n: 3\n"),
        ("\"a b\": 1\n'c': 2\n", number("c", 3), "\"a b\": 1\n'c': 3\n"),
        ("a.b~c: 1\n".replace('~', "/").as_str(), number("a.b~c", 3), "a.b/c: 3\n"),
        ("- - a\n  - b\n- - c\n", set("#0/#1", "d"), "- - a\n  - d\n- - c\n"),
        ("-   a: 1\n    b: 2\n", number("#0/b", 3), "-   a: 1\n    b: 3\n"),
        ("a:\n- name: x\n  v: 1\n- name: y\n  v: 2\n", number("a/name=y/v", 3), "a:\n- name: x\n  v: 1\n- name: y\n  v: 3\n"),
        ("a: 1\n--- # second\nb: 1\n...\n", number("1:b", 2), "a: 1\n--- # second\nb: 2\n...\n"),
        ("---\n---\n# none\n---\nb: 1\n", number("0:b", 2), "---\n---\n# none\n---\nb: 2\n"),
        (
            "kind: List\nitems:\n- metadata: {name: x}\n",
            set("items/#0/metadata/name", "w"),
            "kind: List\nitems:\n- metadata: {name: w}\n",
        ),
    ]);
}

#[test]
fn anchors_that_nobody_uses_stay() {
    all(&[
        ("a: &x 1\n", number("a", 2), "a: &x 2\n"),
        ("a: &x\n  b: 1\nc: 1\nd: *x\n", number("c", 2), "a: &x\n  b: 1\nc: 2\nd: *x\n"),
        ("a: !!str 5\n", set("a", "6"), "a: !!str \"6\"\n"),
        ("a: &x !!str b\n", set("a", "c"), "a: &x !!str c\n"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n", number("c/d", 2), "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n"),
    ]);
    let shared = Operation::SetShared { at: at("a"), value: Scalar::Integer(2), was: None };
    reads("a: &x 1\nb: *x\n", &[shared], "a: &x 2\nb: *x\n");
}

#[test]
fn a_string_stays_one_for_every_reader() {
    for word in [
        "yes",
        "on",
        "0755",
        "1e3",
        "1_000",
        "12:30",
        "null",
        "~",
        "*x",
        "&x",
        "!x",
        "%x",
        "@x",
        "`x",
        "a: b",
        "a #b",
        "",
        "2001-01-01",
        "1.10",
        "true",
        "- a",
        "? a",
        "a:",
        " a",
        "a ",
        "#a",
        "[a",
        "{a",
        "x: {",
        "'",
        "\"",
        "|",
        ">",
        "---",
        "=",
        "<<",
        ".5",
        "0x1f",
        "-",
    ] {
        let quoted = word.replace('\\', "\\\\").replace('"', "\\\"");
        all(&[
            ("a: b\n", set("a", word), &format!("a: \"{quoted}\"\n")),
            ("a: 'b'\n", set("a", word), &format!("a: '{}'\n", word.replace('\'', "''"))),
            ("a: \"b\"\n", set("a", word), &format!("a: \"{quoted}\"\n")),
            // the file's own quotes
            ("a: b\nc: 'd'\n", set("a", word), &format!("a: '{}'\nc: 'd'\n", word.replace('\'', "''"))),
        ]);
    }
    for word in ["b", "v1.2.3", "nginx:1.27", "--flag=1", "./a", "größe", "a b", "1.2.3", "a@b"] {
        all(&[("a: x\n", set("a", word), &format!("a: {word}\n"))]);
    }
}

#[test]
fn other_types_are_never_quoted() {
    let spelled = |value: Scalar| Operation::set(at("a"), value);
    all(&[
        ("a: \"1\"\n", number("a", 2), "a: 2\n"),
        ("a: x # c\n", spelled(Scalar::Bool(true)), "a: true # c\n"),
        ("a: 'x'\n", spelled(Scalar::Null), "a: null\n"),
        ("a: ~\n", spelled(Scalar::Null), "a: ~\n"),
        ("a:\n", spelled(Scalar::Null), "a:\n"),
        ("a: 1\n", spelled(Scalar::Number("1.5e3".to_owned())), "a: 1.5e3\n"),
        ("a: 1\n", number("a", 1), "a: 1\n"),
        ("a: \"x\"\n", set("a", "x"), "a: \"x\"\n"),
        ("a: yes\n", set("a", "yes"), "a: \"yes\"\n"),
        ("a: x\n", spelled(Scalar::Spelled(String::new())), "a:\n"),
        ("-\n- a\n", set("#0", "b"), "- b\n- a\n"),
    ]);
}
