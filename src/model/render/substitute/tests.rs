use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::node::{Layer, Node, Origin};
use super::super::read::{self, TextPlace};
use super::super::trace::{Composition, Part};
use super::*;

/// What the library answered (`tests/live/oracle`).
#[derive(Deserialize)]
struct Answer {
    text: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    always: bool,
    result: Option<String>,
    #[serde(default)]
    error: String,
}

fn answers(lines: &str) -> Vec<Answer> {
    lines.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect()
}

fn origin(name: &str, layer: Layer) -> Origin {
    Origin::new(&name.into(), 1, 1, layer)
}

fn variables<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Variables {
    let mut found = Variables::default();
    for (name, value) in values {
        found.set(name, value, Trace::new(origin(name, Layer::Cluster)));
    }
    found
}

fn object_of(text: &str) -> Node {
    let place = TextPlace::file(&"object.yaml".into(), Layer::Resource);
    read::document(text.as_bytes(), &place).expect("YAML").expect("an object")
}

/// The variables of `oracle/substitute.go`.
const VALUES: [(&str, &str); 13] = [
    ("a", "alpha"),
    ("b", "Beta/gamma.tar.gz"),
    ("empty", ""),
    ("n", "42"),
    ("u", "straße-Ünï"),
    ("path", "/usr/local/lib"),
    ("x1", "x*y?[z]"),
    ("yes", "yes"),
    ("pos", "2"),
    ("aa", "aAaA"),
    ("_", "under"),
    ("star", "*"),
    ("dollar", "$a ${a} $${a}"),
];

#[test]
fn texts_are_filled_as_envsubst_fills_them() {
    let all = answers(include_str!("../../../../tests/fixtures/substitute/texts.answers"));
    assert!(all.len() > 2000, "{}", all.len());
    let wrong: Vec<String> = all
        .iter()
        .filter_map(|asked| {
            let got = fill(&asked.text, &variables(VALUES), asked.strict).map(|filled| filled.text);
            let is_right = match (&got, &asked.result) {
                (Ok(got), Some(wanted)) => got == wanted,
                (Err(_), None) => true,
                _ => false,
            };
            (!is_right).then(|| format!("{:?} {}: {got:?}, not {:?} {}", asked.text, asked.strict, asked.result, asked.error))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn objects_become_what_flux_makes_of_them() {
    let all = answers(include_str!("../../../../tests/fixtures/substitute/objects.answers"));
    assert!(all.len() > 100, "{}", all.len());
    let wrong: Vec<String> = all
        .iter()
        .filter_map(|asked| {
            let values = asked.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let mut values = variables(values);
            values.unset = if asked.strict { Unset::Refused } else { Unset::Empty };
            let got = object(&object_of(&asked.text), &values, Switches { is_always: asked.always })
                .and_then(|done| write::yaml(&done.node));
            let is_right = match (&got, &asked.result) {
                (Ok(got), Some(wanted)) => got == wanted,
                (Err(_), None) => true,
                _ => false,
            };
            (!is_right).then(|| format!("{:?}\n  got  {got:?}\n  want {:?} {}", asked.text, asked.result, asked.error))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: ${where}
  labels:
    ${key}: plain
spec:
  replicas: ${count}
  paused: ${paused:=false}
  image: ${registry}/web:${tag}
  extra: ${extra}
";

#[test]
fn what_a_variable_sets_says_so_and_what_the_value_is_composed_of() {
    let values =
        [("where", "ns"), ("key", "k"), ("count", "3"), ("registry", "example.test"), ("tag", "v1"), ("extra", "{a: [b]}")];
    let done = object(&object_of(WEB), &variables(values), Switches::default()).expect("it is right").node;
    let place = |origin: &Origin| format!("{}:{} {}", origin.location, origin.line, origin.layer.word());
    // the place that decides, then each part with the scalar that it is cut of
    let reported = |path: &[&str]| {
        let trace = &done.at(path).expect("a field").trace;
        let parts = trace.composition().into_iter().flat_map(|made| made.parts.iter().map(move |part| (made, part)));
        let part = |(made, part): (&Composition, &Part)| {
            let cut = part.cut.as_ref().map(|(at, _)| place(&made.scalars[*at].trace.origin)).unwrap_or_default();
            format!("{} {} {cut}", part.role.word(), part.text)
        };
        trace.chain().map(place).chain(parts.map(part)).collect::<Vec<_>>()
    };
    assert_eq!(reported(&["metadata", "name"]), ["object.yaml:4 resource"]);
    assert_eq!(reported(&["metadata", "namespace"]), ["where:1 cluster", "variable where ns where:1 cluster"]);
    assert_eq!(reported(&["metadata", "labels", "k"]), ["object.yaml:7 resource"], "the value did not change");
    let labels = done.at(&["metadata", "labels"]).expect("labels");
    assert_eq!(labels.entry("k").map(|entry| place(entry.key.origin())).as_deref(), Some("key:1 cluster"));
    assert_eq!(reported(&["spec", "replicas"]), ["count:1 cluster", "variable count 3 count:1 cluster"]);
    assert_eq!(
        reported(&["spec", "paused"]),
        ["object.yaml:10 substitution", "default of paused false object.yaml:10 resource"],
        "a default is in the file"
    );
    assert_eq!(
        reported(&["spec", "image"]),
        [
            "registry:1 cluster",
            "variable registry example.test registry:1 cluster",
            "text /web: object.yaml:11 resource",
            "variable tag v1 tag:1 cluster"
        ]
    );
    assert_eq!(reported(&["spec", "extra", "a"])[0], "extra:1 cluster", "a part that came with the value");
}

#[test]
fn a_variable_that_only_the_cluster_knows_stays_as_written_and_is_reported() {
    let mut values = variables([("count", "3"), ("where", "ns")]);
    values.may_miss_some();
    let done = object(&object_of(WEB), &values, Switches::default()).expect("it is right");
    let text = |path: &[&str]| done.node.at(path).and_then(Node::text).expect("a text").to_owned();

    assert_eq!(text(&["spec", "replicas"]), "3");
    assert_eq!(text(&["spec", "paused"]), "${paused:=false}");
    assert_eq!(text(&["spec", "image"]), "${registry}/web:${tag}");
    assert_eq!(done.unknown.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["extra", "key", "paused", "registry", "tag"]);
}

#[test]
fn an_error_has_the_place_of_the_value() {
    let fails = |text: &str| {
        object(&object_of(text), &variables([("a", "{"), ("b", "*x")]), Switches::default()).expect_err("it is wrong")
    };
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  good: fine ${a}\n";

    let error = fails(&format!("{head}  bad: ${{missing}}\n"));
    assert_eq!(error.line, 7, "{error}");
    assert!(error.message.contains("`missing` is not set") && error.message.contains("ConfigMap settings"), "{error}");
    let error = fails(&format!("{head}  bad: ${{a.b}}\n"));
    assert_eq!((error.line, error.column), (7, 8), "{error}");
    let error = fails(&format!("{head}  bad: ${{b}}\n"));
    assert!(error.message.contains("after substitution") && error.line > 0, "{error}");
    let error = object(&object_of(head), &variables([("a-b", "x")]), Switches::default()).expect_err("no name");
    assert_eq!(error.file.as_deref(), Some("a-b"), "{error}");
}

#[test]
fn expressions_without_end_take_bounded_time_and_memory() {
    let deep = format!("{}x{}", "${a:=".repeat(5000), "}".repeat(5000));
    assert!(fill(&deep, &Variables::default(), false).is_err());
    let wide = "${none:=".repeat(99) + &"x".repeat(1 << 20) + &"}".repeat(99);
    assert!(fill(&wide, &Variables::default(), false).is_err(), "more than 16 MiB on the way");
    let long = "ab/".repeat(100_000);
    assert!(fill("${long##*/*/*x}", &variables([("long", long.as_str())]), true).is_err(), "too long to trim");
    let stars = "a".repeat(8000);
    let _ = fill("${long##a*a*a*a*a*a*a*b}", &variables([("long", stars.as_str())]), true);
}

#[test]
fn a_default_is_taken_where_without_it_the_text_would_be_no_yaml() {
    let mut known = variables([("list", "[{ name: a }]")]);
    known.may_miss_some();
    let node = object_of("kind: A\nmetadata: {name: a}\nspec:\n  list: ${q:='}${list}${q:='}\n  other: ${other:=x}\n");
    let got = object(&node, &known, Switches::default()).expect("YAML with the default");
    assert_eq!(got.node.at(&["spec", "list"]).and_then(Node::text), Some("[{ name: a }]"));
    assert_eq!(got.unknown.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["other", "q"], "and neither is proven");

    let node = object_of("kind: A\nmetadata: {name: a}\nspec: {list: 'x: ${list}', other: \"${other:=x}\"}\n");
    let got = object(&node, &known, Switches::default()).expect("YAML as it is");
    assert_eq!(got.node.at(&["spec", "other"]).and_then(Node::text), Some("${other:=x}"));
}

#[test]
fn a_variable_that_nothing_sets_is_what_that_flux_makes_of_it() {
    let node = object_of("kind: A\nmetadata: {name: a}\nspec: {a: 'x-${none}', b: '${other:=w}', c: '${known}'}\n");
    let done = |unset| {
        let mut values = variables([("known", "z")]);
        values.unset = unset;
        object(&node, &values, Switches::default()).map(|done| {
            let text = |key: &str| done.node.at(&["spec", key]).and_then(Node::text).unwrap_or_default().to_owned();
            let names = |names: BTreeSet<Text>| names.into_iter().map(|name| name.to_string()).collect::<Vec<_>>();
            ([text("a"), text("b"), text("c")].join(" "), names(done.unknown.clone()), names(done.unset.clone()))
        })
    };
    let none = || vec!["none".to_owned()];
    assert!(done(Unset::Refused).expect_err("refused").message.contains("`none` is not set"));
    assert_eq!(done(Unset::Empty).expect("empty"), ("x- w z".to_owned(), vec![], none()));
    assert_eq!(done(Unset::Open).expect("as written"), ("x-${none} w z".to_owned(), none(), none()), "a default is a default");
}
