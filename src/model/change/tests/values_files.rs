use super::*;
use crate::render::node::Layer;
use crate::render::read::{TextPlace, documents};

fn spec(text: &str) -> Option<ValuesFiles> {
    let node = documents(text.as_bytes(), &TextPlace::file(&"a".into(), Layer::Resource)).expect("YAML").remove(0);
    ValuesFiles::of(&node, &["spec"])
}

const FILES: &[(&str, &str)] = &[
    ("charts/web/values.yaml", "size: 1\nimage: {name: web, tag: a}\nlist: [1, 2]\n"),
    ("charts/web/prod.yaml", "image: {tag: b}\nlist: [3]\nsize: null\n"),
    ("empty.yaml", "# nothing\n"),
    ("list.yaml", "[1]\n"),
    ("broken.yaml", "a: [\n"),
];

fn content(path: &str) -> Option<Vec<u8>> {
    FILES.iter().find(|(known, _)| *known == path).map(|(_, text)| text.as_bytes().to_vec())
}

#[test]
fn files_are_laid_over_each_other_in_their_order_and_the_charts_own_only_where_it_is_named() {
    for (listed, expected) in [
        ("[./charts/web/values.yaml, charts/web/prod.yaml]", Ok(r#"{"image":{"name":"web","tag":"b"},"list":[3],"size":null}"#)),
        ("[charts/web/prod.yaml, charts/web/values.yaml]", Ok(r#"{"image":{"name":"web","tag":"a"},"list":[1,2],"size":1}"#)),
        ("[charts/web/prod.yaml]", Ok(r#"{"image":{"tag":"b"},"list":[3],"size":null}"#)),
        ("[empty.yaml]", Ok("")),
        ("[charts/web/values.yaml, none.yaml]", Err("there is no values file none.yaml")),
        ("[../../charts/web/prod.yaml]", Ok(r#"{"image":{"tag":"b"},"list":[3],"size":null}"#)),
        ("[list.yaml]", Err("the values file list.yaml is not a map")),
        ("[broken.yaml]", Err("the values file broken.yaml: they are not YAML")),
    ] {
        let files = spec(&format!("spec: {{valuesFiles: {listed}}}")).expect("there are some");
        match (files.merged(content), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{listed}"),
            (Err(found), Err(expected)) => assert!(found.starts_with(expected), "{listed}: {found}"),
            (found, _) => panic!("{listed}: {found:?}"),
        }
    }
}

#[test]
fn a_missing_file_is_left_out_only_where_the_chart_says_so() {
    let files = spec("spec: {valuesFiles: [none.yaml, charts/web/prod.yaml], ignoreMissingValuesFiles: true}").expect("some");
    assert_eq!(files.merged(content).as_deref(), Ok(r#"{"image":{"tag":"b"},"list":[3],"size":null}"#));
    assert_eq!(spec("spec: {valuesFiles: [], chart: a}"), None);
    let old = spec("spec: {valuesFiles: [a.yaml], valuesFile: b.yaml}").expect("before v1");
    assert_eq!(old.paths, ["a.yaml", "b.yaml"], "the single one comes last");
}
