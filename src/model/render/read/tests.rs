use super::super::error::Cause;
use super::super::node::{Style, Tag};
use super::*;

fn place() -> TextPlace {
    TextPlace::file(&"a.yaml".into(), Layer::Resource)
}

fn read(text: &str) -> Vec<Node> {
    documents(text.as_bytes(), &place()).expect("valid")
}

fn refused(text: &[u8]) -> BuildError {
    documents(text, &place()).expect_err("must be refused")
}

#[test]
fn every_node_knows_its_line_and_column() {
    let nodes = read("# c\n---\na: 1\nb:\n  - x\n---\nc: {d: e}\n");
    let [first, second] = nodes.as_slice() else { panic!("two documents") };
    let b = first.entry("b").expect("b");
    assert_eq!((b.key.origin().line, b.key.origin().column), (4, 1));
    assert_eq!((b.value.items()[0].origin().line, b.value.items()[0].origin().column), (5, 5));
    let d = second.get("c").and_then(|c| c.get("d")).expect("d");
    assert_eq!((d.origin().line, d.origin().column), (7, 8));
}

#[test]
fn lines_inside_a_literal_block_are_lines_of_the_file() {
    let nodes = read("patches:\n- patch: |\n    # note\n    spec:\n      replicas: 3\n");
    let patch = nodes[0].get("patches").expect("patches").items()[0].get("patch").expect("patch").clone();
    assert_eq!(patch.style, Style::Literal(5));
    let inner =
        document(patch.text().expect("text").as_bytes(), &TextPlace::inside(&patch, Layer::Patch)).expect("valid").expect("one");
    let replicas = inner.at(&["spec", "replicas"]).expect("replicas").origin().clone();
    assert_eq!((replicas.line, replicas.column, replicas.layer), (5, 17, Layer::Patch));
}

#[test]
fn aliases_and_merge_keys_are_expanded() {
    let nodes = read("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nmany:\n  <<: [{x: 9}, *b]\nagain: *b\n");
    let value = |path: &[&str]| nodes[0].at(path).and_then(Node::text).map(str::to_owned);
    assert_eq!(value(&["use", "x"]).as_deref(), Some("1"));
    assert_eq!(value(&["use", "y"]).as_deref(), Some("3"));
    assert_eq!(value(&["many", "x"]).as_deref(), Some("9"));
    assert_eq!(value(&["again", "y"]).as_deref(), Some("2"));
    assert!(nodes[0].at(&["use", "<<"]).is_none());
}

#[test]
fn hostile_texts_are_refused_with_their_place() {
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    assert_eq!(refused(deep.as_bytes()).cause, Cause::Limit);
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(refused(bomb.as_bytes()).cause, Cause::Limit);
    let invalid = refused(b"a: 1\nb: \xff\n");
    assert_eq!((invalid.cause, invalid.line), (Cause::Invalid, 2));
    let template = refused(b"a: 1\nb: {{ .Values.x }}: y\n");
    assert!(template.hint.contains("template") || template.line == 2, "{template}");
    assert_eq!(refused(b"a: &x [*x]\n").line, 1);
    assert_eq!(refused(b"a: 1\n--- b\nc: 1\n").line, 2);
    assert_eq!(refused(b"a: b: c\n").line, 1);
}

#[test]
fn tags_say_what_a_scalar_is() {
    let nodes = read("a: '1'\nb: 1\nc: !!str 1\nd: ~\ne: yes\n");
    let tag = |key: &str| nodes[0].get(key).map(|node| node.tag.clone());
    assert_eq!(tag("a"), Some(Tag::Str));
    assert_eq!(tag("b"), Some(Tag::Int));
    assert_eq!(tag("c"), Some(Tag::Str));
    assert_eq!(tag("d"), Some(Tag::Null));
    assert_eq!(tag("e"), Some(Tag::Str));
}

#[test]
fn empty_documents_are_left_out() {
    assert!(read("").is_empty());
    assert!(read("---\n---\n# only a comment\n").is_empty());
    assert_eq!(read("---\na: 1\n---\n").len(), 1);
}

#[test]
fn a_block_scalar_may_end_with_the_file() {
    for (text, expected) in [
        ("a: |\n  x", "x"),
        ("a: |\n  x\n", "x\n"),
        ("a: |-\n  x", "x"),
        ("a: |+\n  x\n\n", "x\n\n"),
        ("a: >\n  x\n  y", "x y"),
        ("a: |\n  x\n  ", "x\n"),
        ("a: |\n  x\n# c", "x\n"),
    ] {
        assert_eq!(read(text)[0].get("a").and_then(Node::text), Some(expected), "{text:?}");
    }
}

#[test]
fn what_an_anchor_holds_is_shared_with_its_aliases() {
    let nodes = read("base: &b {x: 1, y: &unused 2}\nuse:\n  <<: *b\n  y: 3\nagain: *b\nown: &o 4\n");
    let shared = |path: &[&str]| {
        let origin = nodes[0].at(path).expect("a value").origin();
        (origin.line, origin.column, origin.anchor().map(|anchor| (anchor.name.to_string(), anchor.aliases)))
    };
    let b = Some(("b".to_owned(), 2));
    assert_eq!(shared(&["base", "x"]), (1, 14, b.clone()));
    assert_eq!(shared(&["use", "x"]), (1, 14, b.clone()), "it is at its anchor");
    assert_eq!(shared(&["again", "y"]), (1, 20, b));
    assert_eq!(shared(&["use", "y"]), (4, 6, None));
    assert_eq!(shared(&["own"]), (6, 6, None), "nobody else has it");
}

#[test]
fn a_value_in_an_embedded_text_has_its_path_inside() {
    let text = "data:\n  a.yaml: |\n    x: 1\n    ---\n    list:\n    - {k.l: 2}\n  b: \"p:\\n  q: 3\\n\"\n";
    let data = read(text)[0].get("data").expect("data").clone();
    let inside = |key: &str| {
        let outer = data.get(key).expect("a text");
        documents(outer.text().expect("a text").as_bytes(), &TextPlace::inside(outer, Layer::Resource)).expect("valid")
    };
    let reported = |node: &Node| {
        let (origin, inner) = (node.origin(), node.origin().inner().expect("embedded").clone());
        ((origin.line, origin.column), (inner.line, inner.column, inner.document, inner.path.to_string()))
    };
    let exact = &inside("a.yaml")[1].get("list").expect("a list").items()[0].clone();
    assert_eq!(reported(exact.get("k.l").expect("a value")), ((6, 13), (2, 11, 1, "list[0]['k.l']".to_owned())));
    let quoted = &inside("b")[0];
    assert_eq!(reported(quoted.at(&["p", "q"]).expect("a value")), ((7, 6), (7, 6, 0, "p.q".to_owned())), "no line of the file");
}
