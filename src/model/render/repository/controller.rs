//! Which kustomize-controller a cluster has, as far as its repository says it: what that does with a variable that nothing sets.
//!
//! Sources: kustomize-controller `internal/features/features.go` and `CHANGELOG.md` (`StrictPostBuildSubstitutions`: off by default, on
//! since 1.9, which is Flux 2.9), fluxcd/pkg `runtime/features` and component-base `MapStringBool` (the flag `--feature-gates`), Flux's
//! own manifests (`gotk-components.yaml`), flux-operator (`spec.distribution.version` is a range, and `spec.kustomize.patches` reach
//! the controllers).

use super::super::decode::Mode;
use super::super::kustomization::{Kustomization, Patch};
use super::super::node::{Layer, Node};
use super::super::read::{self, TextPlace};
use super::super::substitute::Unset;
use super::super::tree::Memory;
use super::super::{Cache, Options, build_recorded, write};
use crate::domain::version::{Version, VersionRange};

const NAME: &str = "kustomize-controller";
const GATES: &str = "--feature-gates";
const GATE: &str = "StrictPostBuildSubstitutions";
/// The first versions of the controller and of Flux that refuse.
const CONTROLLER: (u64, u64) = (1, 9);
const FLUX: (u64, u64) = (2, 9);
/// The newest versions of Flux that a range is tried on: further than there will be any.
const MINORS: u64 = 60;
const PATCHES: u64 = 30;

/// The controller as Flux's own manifests have it, for the patches of an instance.
const MANIFEST: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: kustomize-controller
  namespace: flux-system
  labels: {app.kubernetes.io/component: kustomize-controller, app.kubernetes.io/part-of: flux}
spec:
  template:
    spec:
      containers:
      - name: manager
        args: [--events-addr=, --watch-all-namespaces=true, --log-level=info, --log-encoding=json, --enable-leader-election]
";
const FILE: &str = "controller.yaml";

/// What objects say of the controllers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Of each controller itself.
    controllers: Vec<Unset>,
    /// By the labels that everything has which belongs to Flux.
    labels: Vec<Unset>,
}

impl Said {
    /// What these objects say.
    pub fn of<'n>(nodes: impl Iterator<Item = &'n Node>) -> Self {
        let mut said = Self::default();
        for node in nodes {
            let kind = text(node, &["kind"]);
            said.controllers.extend(match kind {
                "Deployment" => of_deployment(node),
                _ => super::instance::spec_of(node).and_then(|spec| of_instance(&spec)),
            });
            said.labels.extend(of_label(node));
        }
        said
    }

    /// Takes what others say.
    pub fn extend(&mut self, other: &Self) {
        self.controllers.extend(&other.controllers);
        self.labels.extend(&other.labels);
    }

    /// Takes what an instance says.
    pub fn add(&mut self, controller: Option<Unset>) {
        self.controllers.extend(controller);
    }

    /// What is said in the end: not known where two say different things; none where nothing is said.
    pub fn unset(&self) -> Option<Unset> {
        let all = if self.controllers.is_empty() { &self.labels } else { &self.controllers };
        let first = *all.first()?;
        Some(if all.iter().all(|one| *one == first) { first } else { Unset::Open })
    }
}

fn text<'n>(node: &'n Node, path: &[&str]) -> &'n str {
    node.at(path).and_then(Node::text).unwrap_or_default()
}

/// What the controllers of an instance do, by its `spec`; none for a spec that is of something else. Without a version the chart's default
/// holds, which is any of Flux 2.
pub fn of_instance(spec: &Node) -> Option<Unset> {
    ["distribution", "sync", "kustomize"].iter().find_map(|key| spec.get(key))?;
    let range = text(spec, &["distribution", "version"]);
    let given = spec.at(&["kustomize", "patches"]).map(Node::items).unwrap_or_default();
    let patched = given.iter().filter_map(|node| Patch::read(node, Mode::Lenient).ok()).fold(deployment(), patched);
    let gate = patched.as_ref().and_then(|node| gate(container(node)?));
    Some(gate.unwrap_or_else(|| of_range(range)))
}

/// What a Deployment does, if it is one of the controller; also of a shard of it.
fn of_deployment(node: &Node) -> Option<Unset> {
    let container = container(node)?;
    let by_version = || of_image(text(container, &["image"])).or_else(|| of_label(node)).unwrap_or(Unset::Open);
    Some(gate(container).unwrap_or_else(by_version))
}

/// The controller's own container: by its image, whatever registry it is from, or by the Deployment's name.
fn container(node: &Node) -> Option<&Node> {
    let containers = node.at(&["spec", "template", "spec", "containers"])?.items();
    let name = |image: &str| last(image.split('@').next().unwrap_or_default()).split(':').next() == Some(NAME);
    let is_it = |container: &&Node| name(text(container, &["image"]));
    let named = || containers.first().filter(|_| text(node, &["metadata", "name"]) == NAME);
    containers.iter().find(is_it).or_else(named)
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// By the tag of its image.
fn of_image(image: &str) -> Option<Unset> {
    let (_, tag) = last(image.split('@').next()?).split_once(':')?;
    Some(since(numbers(tag)?, CONTROLLER))
}

/// By the label that Flux's own manifests have, which is the version of Flux.
fn of_label(node: &Node) -> Option<Unset> {
    let label = |key: &str| text(node, &["metadata", "labels", key]);
    (label("app.kubernetes.io/part-of") == "flux").then(|| numbers(label("app.kubernetes.io/version")))?.map(|it| since(it, FLUX))
}

/// What that version of Flux does, unless a feature gate says otherwise; none for what is not a version.
pub fn of_version(flux: &str) -> Option<Unset> {
    numbers(flux).map(|it| since(it, FLUX))
}

/// Major and minor of `v2.9.4`.
fn numbers(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim_start_matches('v').split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

fn since(version: (u64, u64), first: (u64, u64)) -> Unset {
    if version >= first { Unset::Refused } else { Unset::Empty }
}

/// The operator installs the newest version of a range that it knows: only a range on one side of 2.9 decides.
fn of_range(range: &str) -> Unset {
    let Some(range) = VersionRange::of(range) else { return Unset::Open };
    let is_in = |minor: u64| (0..PATCHES).any(|patch| range.has(&Version::new(FLUX.0, minor, patch)));
    match ((0..FLUX.1).any(is_in), (FLUX.1..MINORS).any(is_in)) {
        (false, true) => Unset::Refused,
        (true, false) => Unset::Empty,
        _ => Unset::Open,
    }
}

/// What a container's arguments say of the feature; of several the last. A value that the controller would not start with says nothing.
fn gate(container: &Node) -> Option<Unset> {
    let args: Vec<_> = container.get("args").map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect();
    let mut said = None;
    for (at, arg) in args.iter().enumerate() {
        let gates = match arg.strip_prefix(GATES) {
            Some("") => args.get(at + 1).copied(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        for pair in gates.into_iter().flat_map(|gates| gates.split(',')) {
            let value = pair.split_once('=').filter(|(name, _)| name.trim() == GATE).map(|(_, value)| value.trim());
            said = value.and_then(boolean).or(said);
        }
    }
    said.map(|is_strict| if is_strict { Unset::Refused } else { Unset::Empty })
}

/// Go's `strconv.ParseBool`.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn deployment() -> Option<Node> {
    read::document(MANIFEST.as_bytes(), &TextPlace::file(&FILE.into(), Layer::Build)).ok()?
}

/// The controller after one patch; as it was where the patch is of something else.
fn patched(node: Option<Node>, patch: Patch) -> Option<Node> {
    let node = node?;
    let built = || {
        let text = write::all([&node]).ok()?;
        let tree = Memory::new([(FILE, text.as_str())]);
        let root = format!("resources: [{FILE}]\n");
        let root = Kustomization::read(root.as_bytes(), &"kustomization.yaml".into(), Mode::Lenient).ok()?;
        let root = Kustomization { patches: vec![patch], ..root };
        let options = Options { keeps_builtin_schemas: true, root: Some(root), ..Options::default() };
        let output = build_recorded(&tree, "", &options, &Cache::default()).1.ok()?;
        output.objects.into_iter().next().map(|built| built.node)
    };
    Some(built().unwrap_or(node))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        read::document(text.as_bytes(), &TextPlace::file(&"a.yaml".into(), Layer::Resource)).expect("YAML").expect("a document")
    }

    fn said(texts: &[String]) -> Option<Unset> {
        let nodes: Vec<_> = texts.iter().map(|text| node(text)).collect();
        Said::of(nodes.iter()).unset()
    }

    fn controller(image: &str, label: &str, args: &str) -> String {
        format!(
            "kind: Deployment\nmetadata:\n  name: kustomize-controller\n  labels: {{app.kubernetes.io/part-of: flux, \
             app.kubernetes.io/version: {label}}}\nspec: {{template: {{spec: {{containers: [{{image: {image}, args: [{args}]}}]}}}}}}\n"
        )
    }

    #[test]
    fn a_deployment_says_it_by_its_image_its_labels_and_its_arguments() {
        const OLD: &str = "ghcr.io/fluxcd/kustomize-controller:v1.8.2";
        const NEW: &str = "ghcr.io/fluxcd/kustomize-controller:v1.9.0";
        for (image, label, args, expected) in [
            (NEW, "v2.9.0", "", Unset::Refused),
            (OLD, "v2.8.3", "", Unset::Empty),
            ("registry.example.com:5000/mirror/kustomize-controller:v1.10.1@sha256:ab", "v2.8.0", "", Unset::Refused),
            ("ghcr.io/fluxcd/kustomize-controller@sha256:ab", "v2.9.1", "", Unset::Refused),
            ("ghcr.io/fluxcd/kustomize-controller:main", "v2.7.0", "", Unset::Empty),
            ("ghcr.io/fluxcd/kustomize-controller:main", "''", "", Unset::Open),
            (NEW, "v2.9.0", "--feature-gates=StrictPostBuildSubstitutions=false", Unset::Empty),
            (OLD, "v2.8.0", "'--feature-gates=GroupChangeLog=true, StrictPostBuildSubstitutions=T'", Unset::Refused),
            (NEW, "v2.9.0", "--feature-gates, StrictPostBuildSubstitutions=0", Unset::Empty),
            (
                NEW,
                "v2.9.0",
                "--feature-gates=StrictPostBuildSubstitutions=false, --feature-gates=GroupChangeLog=true",
                Unset::Empty,
            ),
            (NEW, "v2.9.0", "--feature-gates=StrictPostBuildSubstitutions=no", Unset::Refused),
        ] {
            assert_eq!(said(&[controller(image, label, args)]), Some(expected), "{image} {label} {args}");
        }
        assert_eq!(said(&["kind: Deployment\nmetadata: {name: web}\n".to_owned()]), None);
        let both = [controller(OLD, "v2.8.0", ""), controller(NEW, "v2.9.0", "").replace("name: k", "name: shard-k")];
        assert_eq!(said(&both), Some(Unset::Open), "which shard has a Kustomization is not looked at");
    }

    #[test]
    fn without_a_controller_the_labels_of_what_belongs_to_flux_say_it() {
        let namespace = |version: &str, part: &str| {
            format!(
                "kind: Namespace\nmetadata:\n  name: flux-system\n  labels: {{app.kubernetes.io/part-of: {part}, \
                 app.kubernetes.io/version: {version}}}\n"
            )
        };
        assert_eq!(said(&[namespace("v2.9.4", "flux")]), Some(Unset::Refused));
        assert_eq!(said(&[namespace("v2.8.4", "flux")]), Some(Unset::Empty));
        assert_eq!(said(&[namespace("v2.9.4", "web")]), None);
        let newer = controller("ghcr.io/fluxcd/kustomize-controller:v1.9.0", "v2.9.0", "");
        assert_eq!(said(&[namespace("v2.8.4", "flux"), newer]), Some(Unset::Refused), "the controller itself knows better");
    }

    #[test]
    fn an_instance_says_it_by_its_range_and_its_patches() {
        for (range, expected) in [
            ("2.9.x", Unset::Refused),
            ("v2.9.4", Unset::Refused),
            (">=2.9.0", Unset::Refused),
            ("2.8.x", Unset::Empty),
            ("~2.8.3", Unset::Empty),
            (">=2.7 <2.9", Unset::Empty),
            ("2.x", Unset::Open),
            ("2.8.x || 2.9.x", Unset::Open),
            ("*", Unset::Open),
            ("latest", Unset::Open),
        ] {
            let instance = |patches: &str| {
                format!("kind: FluxInstance\nmetadata: {{name: flux}}\nspec:\n  distribution: {{version: '{range}'}}\n{patches}")
            };
            assert_eq!(said(&[instance("")]), Some(expected), "{range}");
            let off = "  kustomize:\n    patches:\n    - target: {kind: Deployment, name: '(kustomize|helm)-controller'}\n      patch: |\n        \
                       - op: add\n          path: /spec/template/spec/containers/0/args/-\n          \
                       value: --feature-gates=StrictPostBuildSubstitutions=false\n";
            assert_eq!(said(&[instance(off)]), Some(Unset::Empty), "{range}");
            assert_eq!(said(&[instance(&off.replace("(kustomize|helm)", "helm"))]), Some(expected), "{range}, of another one");
        }
        assert_eq!(said(&["kind: HelmRelease\nspec: {values: {instance: {size: 3}}}\n".to_owned()]), None, "another chart's");
        let chart = "kind: HelmRelease\nspec: {values: {instance: {distribution: {version: 2.9.4}, sync: {path: a}}}}\n";
        assert_eq!(said(&[chart.to_owned()]), Some(Unset::Refused));
    }
}
