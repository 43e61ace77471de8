//! What is not edited, each with its reason.

use super::*;

fn refusal(text: &str, operation: &Operation) -> Refusal {
    match YamlSource::read(text.as_bytes()).and_then(|source| apply(&source, std::slice::from_ref(operation))) {
        Ok(edited) => panic!("made: {operation:?}\nin\n{text}\n→\n{}", String::from_utf8_lossy(edited.bytes())),
        Err(refusal) => refusal,
    }
}

fn unread(bytes: &[u8]) -> Refusal {
    YamlSource::read(bytes).expect_err("must be refused")
}

#[test]
fn whole_files_are_refused_for_what_they_are() {
    assert_eq!(unread(&[0xff, 0xfe, b'a', 0, b':', 0]), Refusal::Utf16);
    assert_eq!(unread(b"a: 1\nb: \xff\n"), Refusal::NotUtf8 { line: 2 });
    assert_eq!(unread(b"a: 1\rb: 2\n"), Refusal::CarriageReturn { line: 1 });
    assert_eq!(unread(b"a: 1\r\r\n"), Refusal::CarriageReturn { line: 1 });
    assert!(matches!(unread(b"a: 1\n\tb: 2\n"), Refusal::Tabs { line: 2 }));
    assert!(matches!(unread(b"a: x\n\t\nb: 1\n"), Refusal::Tabs { line: 2 }));
    assert!(matches!(unread(b"a: b: c\n"), Refusal::Malformed { line: 1, .. }));
    assert!(matches!(unread(b"a: 1\n--- b\nc: 1\n"), Refusal::Malformed { line: 2, .. }));
    assert!(matches!(unread(b"%YAML 1.1\n---\na: 1\n"), Refusal::Malformed { .. }));
    assert_eq!(unread(b"a: 1\n---"), Refusal::Documents { line: 2 });
    assert_eq!(unread(b"a: 1\nb: 2\na: 3\n"), Refusal::DuplicateKey { line: 3, key: "a".to_owned() });
    assert_eq!(unread(b"x: {a: 1, \"a\": 2}\n"), Refusal::DuplicateKey { line: 1, key: "a".to_owned() });
    assert!(matches!(unread(("[".repeat(300) + &"]".repeat(300)).as_bytes()), Refusal::TooDeep { .. }));
    assert!(matches!(unread(b"a: [!tag, b]\n"), Refusal::Malformed { .. }));
}

#[test]
fn what_something_else_fills_in_is_not_a_manifest() {
    for text in ["a: {{ x }}\n", "{{- if x }}\na: 1\n{{- end }}\n", "a: 1\n{% if x %}\nb: 2\n", "{{ x }}: 1\n", "a{{ x }}: 1\n"] {
        assert!(matches!(unread(text.as_bytes()), Refusal::Template { .. }), "{text}: {:?}", unread(text.as_bytes()));
    }
    // a text may hold braces that are for somebody else, as those of alerts and of external secrets do
    reads("a: \"{{ x }}\"\nb: 1\n", &[number("b", 2)], "a: \"{{ x }}\"\nb: 2\n");
    reads("a: is {{ $labels.x }} down\n", &[set("a", "{{ y }}")], "a: \"{{ y }}\"\n");
    reads("a: \"{{ x }}\"\n", &[set("a", "z")], "a: \"z\"\n");
    for comment in ["{{- if z }}", "{% if z %}"] {
        assert_eq!(refusal(&format!("# {comment}\na: x-{{{{ y }}}}\n"), &set("a", "z")), Refusal::Template { line: 2 });
    }
}

#[test]
fn encrypted_files_are_left_alone() {
    for text in [
        "data:\n  a: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\n",
        "a: 1\nsops:\n  mac: x\n",
        "# ENC[AES256_GCM,data:x]\na: 1\n",
        "a: \"ENC[x]\"\n",
        "{\"a\": 1, \"sops\": {\"version\": \"3\"}}\n",
        "a: 1\n---\nb: 1\nsops: {mac: x}\n",
    ] {
        assert!(matches!(unread(text.as_bytes()), Refusal::Encrypted { .. }), "{text}");
    }
    // no file of SOPS' is one that only names it
    reads(
        "spec:\n  decryption: {provider: sops}\n",
        &[set("spec/decryption/provider", "x")],
        "spec:\n  decryption: {provider: x}\n",
    );
}

#[test]
fn what_others_use_is_not_changed_unasked() {
    let shared = "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 1\n";
    let anchor = Refusal::Anchor { line: 1, anchor: "x".to_owned(), uses: vec![3, 5] };
    assert_eq!(refusal(shared, &number("a/b", 2)), anchor);
    assert_eq!(refusal(shared, &add("a/f", text("g"))), anchor);
    assert_eq!(refusal(shared, &remove("a/b")), anchor);
    assert_eq!(refusal(shared, &remove("a")), anchor);
    let alias = |line| Refusal::Alias { line, anchor: "x".to_owned() };
    assert_eq!(refusal(shared, &set("c", "y")), alias(3));
    assert_eq!(refusal(shared, &number("c/b", 2)), alias(3));
    assert_eq!(refusal(shared, &add("c/f", text("g"))), alias(3));
    let merged = Refusal::MergeKey { line: 5, key: "b".to_owned() };
    assert_eq!(refusal(shared, &number("d/b", 2)), merged);
    assert_eq!(refusal(shared, &add("d/b", text("g"))), merged);
    reads(shared, &[number("d/e", 2), add("d/f", text("g"))], "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 2\n  f: g\n");
    // an anchor of that name that is made again would be used instead
    let again = "a: &x 1\n&x b: 2\nc: *x\n";
    assert_eq!(refusal(again, &remove("b")), Refusal::Anchor { line: 2, anchor: "x".to_owned(), uses: vec![3] });
    reads("a: &x 1\nb: 2\n---\na: &x 1\nc: *x\n", &[remove("a")], "b: 2\n---\na: &x 1\nc: *x\n");
    let twice = "a: &x {b: 1}\nc: &y\n  <<: *x\nd:\n  <<: [{z: 1}, *y]\n  b: 2\n";
    assert!(matches!(refusal(twice, &remove("d/b")), Refusal::MergeKey { .. }));
    assert!(matches!(refusal(twice, &number("d/z", 2)), Refusal::MergeKey { .. }));
}

#[test]
fn the_value_has_to_be_the_one_that_was_read() {
    let was = |was: &str| Operation::Set { at: at("a"), value: Scalar::string("z"), was: Some(was.to_owned()) };
    assert_eq!(refusal("a: x\n", &was("y")), Refusal::Moved { line: 1 });
    reads("a: x\n", &[was("x")], "a: z\n");
    assert_eq!(refusal("a: |\n  x\n", &was("x")), Refusal::Moved { line: 1 });
}

#[test]
fn readers_that_differ_stop_everything() {
    // line ends to libyaml only
    for text in ["a: 'x\u{85}y'\n", "# c\u{2028}b: 1\na: 1\n", "a: |\n  x\u{85}  y\n"] {
        assert!(matches!(unread(text.as_bytes()), Refusal::Readers { .. } | Refusal::Malformed { .. }), "{text:?}");
    }
}

#[test]
fn places_have_to_fit() {
    let missing = |place: &str| Refusal::Missing { place: place.to_owned() };
    let text = "a:\n  b: [1, 2]\n  c: x\n";
    assert_eq!(refusal(text, &number("a/d", 1)), missing("a.d"));
    assert_eq!(refusal(text, &number("a/b/#2", 1)), missing("a.b[2]"));
    assert_eq!(refusal(text, &number("1:a", 1)), missing("a"));
    assert_eq!(refusal(text, &remove("a/x")), missing("a.x"));
    assert_eq!(refusal(text, &number("a/b/name=x/y", 1)), missing("a.b[name=x].y"));
    assert!(matches!(refusal(text, &number("a/b", 1)), Refusal::Shape { line: 2, .. }));
    assert!(matches!(refusal(text, &remove("")), Refusal::Shape { .. }));
    assert!(matches!(refusal(text, &add("a/c/d", super::text("x"))), Refusal::Shape { .. }));
    assert!(matches!(refusal(text, &add("a/+", super::text("x"))), Refusal::Shape { .. }));
    assert_eq!(refusal(text, &add("a/c", super::text("x"))), Refusal::Exists { place: "a.c".to_owned() });
    assert!(matches!(refusal("a: {b, c: 1}\n", &set("a/b", "x")), Refusal::ExplicitKey { .. }));
    assert!(matches!(refusal("? a\n? b\n", &set("a", "x")), Refusal::ExplicitKey { .. }));
    assert!(matches!(refusal("? a\n: 1\nb: 2\n", &remove("a")), Refusal::ExplicitKey { .. }));
    assert!(matches!(refusal("a: !!int 5\n", &set("a", "x")), Refusal::Tagged { .. }));
    assert!(matches!(refusal("a: !mine 5\n", &number("a", 6)), Refusal::Tagged { .. }));
    assert!(matches!(refusal("a: 1\n", &Operation::RemoveDocument { document: 0 }), Refusal::LastDocument));
    let wrong = Operation::set(at("a"), Scalar::Number("0x1".to_owned()));
    assert!(matches!(refusal("a: 1\n", &wrong), Refusal::Value { .. }));
    let list = Operation::List { field: "resources".to_owned(), entry: "x.yaml".to_owned() };
    for text in ["kind: Deployment\n", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n", "- a\n", ""] {
        assert_eq!(refusal(text, &list), Refusal::NotKustomization);
    }
}

#[test]
fn an_edit_without_the_wanted_effect_is_not_made() {
    let spelled = |text: &str| Operation::set(at("a"), Scalar::Spelled(text.to_owned()));
    for wanted in ["x: y", "x #y", "[1", "*x", "- x", "'x'", "x: ", "# x", "!t x", "&x y", "|", "x\ty: z"] {
        assert!(matches!(refusal("a: b\nc: 1\n", &spelled(wanted)), Refusal::Guard { .. }), "{wanted}");
    }
    assert!(matches!(refusal("a: b\n", &spelled("x\ny: z")), Refusal::Value { .. }));
    assert!(matches!(
        refusal("c: [a, b]\n", &Operation::set(at("c/#0"), Scalar::Spelled("x, y".to_owned()))),
        Refusal::Guard { .. }
    ));
    // one line more would end in the text that ends with the file
    let document = Operation::InsertDocument { before: 9, value: NewValue::entry("b", text("y")) };
    for text in ["a: |\n  x", "a: >\n  x", "a: | # -\n  x", "a: |+\n  x", "a:\n- |\n x"] {
        assert!(matches!(refusal(text, &add("b", super::text("y"))), Refusal::Unended { .. }), "{text}");
        assert!(matches!(refusal(text, &document), Refusal::Unended { .. }), "{text}");
    }
    reads("a: |-\n  x", &[add("b", text("y"))], "a: |-\n  x\nb: \"y\"");
}

#[test]
fn reasons_are_said_without_values() {
    let refused = refusal("password: &x hunter2\nb: *x\n", &set("password", "hunter3"));
    assert!(!refused.to_string().contains("hunter"), "{refused}");
    let moved = Operation::Set { at: at("a"), value: Scalar::string("b"), was: Some("hunter2".to_owned()) };
    let error = crate::error::Error::from(refusal("a: hunter3\n", &moved));
    assert_eq!(
        (error.message.as_str(), error.hint.as_str()),
        ("the file holds another value than was read (line 1)", "read the file again")
    );
}
