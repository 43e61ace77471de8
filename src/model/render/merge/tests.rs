use super::super::node::Layer;
use super::super::read::{TextPlace, document};
use super::super::write;
use super::*;

fn node(text: &str, layer: Layer) -> Node {
    document(text.as_bytes(), &TextPlace::file(&"a.yaml".into(), layer)).expect("valid").expect("one")
}

const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n";

fn merged(containers: &str, patch: &str) -> String {
    let object = node(&format!("{DEPLOYMENT}{containers}"), Layer::Resource);
    let patch = node(&format!("{DEPLOYMENT}{patch}"), Layer::Patch);
    let result = strategic(patch, object, &BuildSchemas::default()).expect("merges").expect("is not deleted");
    let list = result.at(&["spec", "template", "spec", "containers"]).expect("containers").clone();
    write::yaml(&list).expect("can be written")
}

#[test]
fn lists_are_merged_by_their_key_and_the_patch_comes_first() {
    let merged = merged(
        "      - {name: a, image: x}\n      - {name: b, image: y}\n",
        "      - {name: c, image: z}\n      - {name: b, image: w}\n",
    );
    assert_eq!(merged, "- image: z\n  name: c\n- image: w\n  name: b\n- image: x\n  name: a\n");
}

#[test]
fn directives_delete_and_replace() {
    assert_eq!(merged("      - {name: a, image: x}\n      - {name: b}\n", "      - {name: a, $patch: delete}\n"), "- name: b\n");
    assert_eq!(merged("      - {name: a, image: x}\n", "      - {name: b}\n      - $patch: replace\n"), "- name: b\n");
}

#[test]
fn null_removes_and_nothing_is_removed() {
    let object = node("a: 1\nb: 2\nc:\nd: null\n", Layer::Resource);
    let patch = node("a: null\n", Layer::Patch);
    let result = strategic(patch, object, &BuildSchemas::default()).expect("merges").expect("there");
    assert_eq!(write::yaml(&result).expect("written"), "b: 2\nd: null\n");
}

#[test]
fn what_was_overridden_stays_known() {
    let object = node("a: 1\n", Layer::Resource);
    let patch = node("# note\na: 2\n", Layer::Patch);
    let result = strategic(patch, object, &BuildSchemas::default()).expect("merges").expect("there");
    let lines: Vec<_> = result.get("a").expect("a").trace.chain().map(|origin| (origin.layer, origin.line)).collect();
    assert_eq!(lines, [(Layer::Patch, 2), (Layer::Resource, 1)]);
}
