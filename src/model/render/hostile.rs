//! Malicious trees: each is refused, with its place, before it costs much.

use super::error::{BuildError, Cause};
use super::tree::Memory;
use super::{Options, build, write};

/// What building the root, or `overlay`, of a tree says.
fn refusal(tree: &Memory) -> BuildError {
    let path = if super::Tree::entry(tree, "overlay").is_some() { "overlay" } else { "" };
    let built = build(tree, path, &Options::default());
    let text = built.and_then(|output| write::all(output.objects.iter().map(|built| &built.node)));
    text.expect_err("it is refused")
}

/// A kustomization that lists one file, and the file.
fn listed(content: &[u8]) -> Memory {
    let mut tree = Memory::new([("kustomization.yaml", "resources: [a.yaml]\n")]);
    tree.insert("a.yaml", content);
    tree
}

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

#[test]
fn links_are_followed_inside_and_nowhere_else() {
    let linked = |target: &str| {
        let mut tree = Memory::new([("overlay/kustomization.yaml", "resources: [a.yaml, ../base]\n"), ("real/a.yaml", SETTINGS)]);
        tree.insert("real/base/kustomization.yaml", b"namePrefix: b-\nresources: [a.yaml]\n");
        tree.insert("real/base/a.yaml", SETTINGS.as_bytes());
        tree.link("base", "real/base");
        tree.link("overlay/a.yaml", target);
        tree
    };
    let built = build(&linked("../real/a.yaml"), "overlay", &Options::default()).expect("both links lead to files of the tree");
    assert_eq!(built.objects.len(), 2);

    for (target, cause) in [
        ("../../etc/passwd", Cause::Refused),
        ("/etc/passwd", Cause::Refused),
        ("a.yaml", Cause::Limit),
        ("../overlay/a.yaml", Cause::Limit),
        ("../gone.yaml", Cause::Missing),
    ] {
        let error = refusal(&linked(target));
        assert_eq!((error.cause, error.file.as_deref()), (cause, Some("overlay/kustomization.yaml")), "{target}: {error}");
    }
}

#[test]
fn no_field_reads_a_file_outside_of_the_tree() {
    for field in [
        "resources: [../../outside.yaml]",
        "resources: [/etc/passwd]",
        "resources: [../../outside]",
        "components: [../../outside]",
        "patches: [{path: ../../outside.yaml}]",
        "patchesStrategicMerge: [../../outside.yaml]",
        "patchesJson6902: [{path: ../../outside.yaml, target: {version: v1, kind: ConfigMap, name: a}}]",
        "configMapGenerator: [{name: a, files: [../../outside.yaml]}]",
        "configMapGenerator: [{name: a, envs: [../../outside.env]}]",
        "secretGenerator: [{name: a, files: [x=/etc/passwd]}]",
        "transformers: [../../outside.yaml]",
        "generators: [../../outside.yaml]",
        "configurations: [../../outside.yaml]",
        "crds: [../../outside.yaml]",
        "openapi: {path: ../../outside.json}",
        "replacements: [{path: ../../outside.yaml}]",
    ] {
        let mut tree = Memory::new([("overlay/a.yaml", SETTINGS)]);
        tree.insert("overlay/kustomization.yaml", format!("{field}\n").as_bytes());
        let error = refusal(&tree);
        assert!(matches!(error.cause, Cause::Refused | Cause::Missing), "{field}: {error}");
        assert!(error.file.is_some(), "{field}: {error}");
    }
}

#[test]
fn nothing_is_fetched_and_nothing_is_run() {
    for field in [
        "resources: ['https://example.test/a.yaml']",
        "resources: ['github.com/example/repo//path?ref=v1']",
        "resources: ['git@example.test:a/b.git']",
        "resources: ['ssh://git@example.test/a/b']",
        "components: ['https://example.test/repo//path']",
        "helmCharts: [{name: a, repo: 'https://example.test'}]",
        "generators: ['{apiVersion: example.test/v1, kind: Any, metadata: {name: a}}']",
        "transformers: ['{apiVersion: example.test/v1, kind: Any, metadata: {name: a}}']",
    ] {
        let mut tree = Memory::default();
        tree.insert("kustomization.yaml", format!("{field}\n").as_bytes());
        let error = refusal(&tree);
        let is_remote = field.starts_with("resources") || field.starts_with("components");
        assert_eq!(error.cause, if is_remote { Cause::NotHere } else { Cause::Refused }, "{field}: {error}");
        assert_eq!(error.file.as_deref(), Some("kustomization.yaml"), "{field}: {error}");
        assert!(!error.hint.is_empty(), "{field}: {error}");
    }
}

#[test]
fn bases_in_a_circle_end() {
    for files in [
        vec![("overlay/kustomization.yaml", "resources: [../overlay]")],
        vec![("overlay/kustomization.yaml", "resources: [..]"), ("kustomization.yaml", "resources: [overlay]")],
        vec![("overlay/kustomization.yaml", "resources: [../b]"), ("b/kustomization.yaml", "resources: [../overlay]")],
        vec![
            ("overlay/kustomization.yaml", "components: [../b]"),
            ("b/kustomization.yaml", "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncomponents: [../b]"),
        ],
        vec![("overlay/kustomization.yaml", "transformers: [../b]"), ("b/kustomization.yaml", "resources: [../overlay]")],
    ] {
        let error = refusal(&Memory::new(files.clone()));
        assert!(error.message.contains("cycle") && error.file.is_some(), "{files:?}: {error}");
    }
}

#[test]
fn bases_that_double_at_every_level_end() {
    let mut tree = Memory::new([("base0/kustomization.yaml", "resources: [a.yaml]"), ("base0/a.yaml", SETTINGS)]);
    for level in 1..=40 {
        let below = level - 1;
        for side in ["a", "b"] {
            tree.insert(
                &format!("{side}{level}/kustomization.yaml"),
                format!("namePrefix: {side}\nresources: [../base{below}]\n").as_bytes(),
            );
        }
        tree.insert(&format!("base{level}/kustomization.yaml"), format!("resources: [../a{level}, ../b{level}]\n").as_bytes());
    }
    tree.insert("overlay/kustomization.yaml", b"resources: [../base40]\n");
    let error = refusal(&tree);
    assert_eq!(error.cause, Cause::Limit, "{error}");
}

#[test]
fn bases_without_end_are_too_deep() {
    let mut tree = Memory::new([("overlay/kustomization.yaml", "resources: [../base0]")]);
    for level in 0..2000 {
        tree.insert(&format!("base{level}/kustomization.yaml"), format!("resources: [../base{}]\n", level + 1).as_bytes());
    }
    assert_eq!(refusal(&tree).cause, Cause::Limit);
}

#[test]
fn huge_files_are_not_looked_into() {
    let huge = vec![b'a'; 100 << 20];
    let error = refusal(&listed(&huge));
    assert_eq!((error.cause, error.file.as_deref()), (Cause::Limit, Some("a.yaml")), "{error}");

    let mut tree = Memory::new([("kustomization.yaml", "configMapGenerator: [{name: a, files: [a.bin]}]\n")]);
    tree.insert("a.bin", &huge);
    assert_eq!(refusal(&tree).cause, Cause::Limit);
    let mut tree = Memory::default();
    tree.insert("kustomization.yaml", &huge);
    assert_eq!(refusal(&tree).cause, Cause::Limit);
}

#[test]
fn what_is_nested_without_end_is_too_deep() {
    let block: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    for text in ["[".repeat(1000), "{a: ".repeat(1000), "[".repeat(1_000_000), "- ".repeat(100_000), "? ".repeat(100_000), block]
    {
        let text = format!("{SETTINGS}data:\n  a: {text}\n");
        let error = refusal(&listed(text.as_bytes()));
        assert_eq!(error.file.as_deref(), Some("a.yaml"), "{error}");
    }
    let json = format!("{{\"apiVersion\": \"v1\", \"a\": {}1{}}}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(refusal(&listed(json.as_bytes())).cause, Cause::Limit);
}

#[test]
fn aliases_that_multiply_are_counted() {
    let mut text = format!("{SETTINGS}x:\n- &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("- &a{level} [{below}]\n");
    }
    let error = refusal(&listed(text.as_bytes()));
    assert_eq!((error.cause, error.file.as_deref()), (Cause::Limit, Some("a.yaml")), "{error}");
    assert!(error.line > 0, "{error}");

    let mut tree = Memory::default();
    tree.insert("kustomization.yaml", text.as_bytes());
    assert_eq!(refusal(&tree).cause, Cause::Limit);
    let itself = format!("{SETTINGS}x: &x\n  y: *x\n");
    assert!(refusal(&listed(itself.as_bytes())).line > 0);
}

/// Comments are looked for among scalars, brackets and block texts: each by what is near it, or this would not end.
#[test]
fn a_hundred_thousand_comments_are_read_in_one_go() {
    let line = "k: [a, 'b # c'] # {\"x\": 1}\n";
    let lines: String = (0..100_000).map(|number| format!("  {number:06}{line}  # c\n")).collect();
    let signs = "#".repeat(1 << 20);
    let text = format!("{SETTINGS}{signs}\nspec:\n{lines}");
    let output = build(&listed(text.as_bytes()), "", &Options::default()).expect("it is long, not wrong");
    assert_eq!(output.objects.len(), 1);
}

#[test]
fn invalid_yaml_is_reported_with_its_place() {
    for (text, line) in [
        (&b"apiVersion: v1\nkind: \xff\xfe\n"[..], 2),
        (b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}-x\n", 4),
        (b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: \"1\"\n  a: \"2\"\n", 6),
        (b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n\ta: b\n", 5),
        (b"a: \"unclosed\nb: c\n", 3),
        (b"a: b\n\0\n", 2),
    ] {
        let error = refusal(&listed(text));
        let shown = String::from_utf8_lossy(text);
        assert_eq!(error.file.as_deref(), Some("a.yaml"), "{shown}: {error}");
        assert!(error.line.abs_diff(line) <= 1, "{shown}: {error}");
    }
    let template = refusal(&listed(b"a: {{ if .x }}\n  b: c\n{{ end }}\n"));
    assert!(template.hint.contains("template") || template.message.contains("template"), "{template}");
}

#[test]
fn patterns_and_numbers_without_measure_are_errors() {
    for field in [
        "patches: [{target: {name: '(a{1000}){1000}'}, patch: '[{\"op\": \"remove\", \"path\": \"/data\"}]'}]",
        "patches: [{target: {name: '(((((a*)*)*)*)*)*b{999999999}'}, patch: '[{\"op\": \"remove\", \"path\": \"/data\"}]'}]",
        "patches: [{target: {kind: ConfigMap}, patch: '[{\"op\": \"add\", \"path\": \"/x/99999999999999999999\", \"value\": 1}]'}]",
        "replicas: [{name: a, count: 99999999999999999999999}]",
        "replacements: [{source: {kind: ConfigMap}, targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.name], \
         options: {delimiter: a, index: 999999999999999}}]}]",
    ] {
        let mut tree = Memory::new([("a.yaml", SETTINGS)]);
        tree.insert("kustomization.yaml", format!("resources: [a.yaml]\n{field}\n").as_bytes());
        let built = build(&tree, "", &Options::default());
        assert!(built.as_ref().map_or_else(|error| error.file.is_some(), |output| output.objects.len() == 1), "{field}");
    }
}
