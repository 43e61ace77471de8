//! Every case of `fixtures/flux` becomes what kustomize-controller's own libraries make of it: `flux.yaml` is the Kustomization, with the
//! ConfigMaps and Secrets of its cluster below it, and `tree` is its source.

use std::path::Path;

use fluxdeck_model::render::flux::{self, Spec};
use fluxdeck_model::render::node::{Layer, Node};
use fluxdeck_model::render::read::{self, TextPlace};
use fluxdeck_model::render::remote::Remotes;
use fluxdeck_model::render::{Cache, Result, write};

use super::corpus::{cases, difference, name};
use super::disk::Disk;

fn built(case: &Path) -> Result<String> {
    let text = std::fs::read(case.join("flux.yaml")).expect("a Flux Kustomization");
    let objects = read::documents(&text, &TextPlace::file(&"flux.yaml".into(), Layer::Resource)).expect("YAML");
    let spec = Spec::read(&objects[0])?;
    let tree = Disk { root: case.join("tree") };
    let rendered = flux::render(&tree, &spec, &Cache::default(), &Remotes::default()).objects?;
    let is_called = |node: &Node, kind: &str, namespace: &str, name: &str| {
        let text = |path: &[&str]| node.at(path).and_then(Node::text);
        text(&["kind"]) == Some(kind)
            && text(&["metadata", "namespace"]) == Some(namespace)
            && text(&["metadata", "name"]) == Some(name)
    };
    let find = |kind: &str, namespace: &str, name: &str| {
        let found = objects.iter().find(|node| is_called(node, kind, namespace, name));
        // all of the cluster is in the case: what is not there is not there
        Some(found.and_then(flux::values).unwrap_or_default())
    };
    let applied = flux::applied(&rendered, &spec, &flux::variables(&spec, &find))?;
    write::all(applied.iter().map(|object| &object.node))
}

#[test]
fn every_flux_kustomization_becomes_what_the_controller_makes_of_it() {
    let cases = cases("tests/fixtures/flux");
    assert!(cases.len() >= 25, "{} cases", cases.len());
    let wrong: Vec<_> =
        cases.iter().filter_map(|case| Some(format!("{}: {}", name(case), difference(case, built(case))?))).collect();
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
