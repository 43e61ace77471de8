//! What helm-controller makes of what helm has rendered: the kustomizations of `spec.postRenderers`, one after the other, then the labels and
//! annotations of `spec.commonMetadata`, then the labels that name the release.
//!
//! CRDs of a chart's `crds` folder are applied beside the release, and get those last labels alone.
//!
//! Source: helm-controller v1.6.3 `internal/postrender/{build,kustomize,common_renderer}.go`, `internal/action/{post_render,crds}.go`;
//! helm.sh/helm v4.2 `pkg/action/action.go` (`renderResources`: what of hooks and manifests comes together).

use serde_json::{Map, Value as Json, json};

use crate::change::cautions::text_of;
use crate::kinds;
use crate::render::flux::{self, Applied};
use crate::render::id::{meta_text, text_at};
use crate::render::node::{Entry, Layer, Node, Trace};
use crate::render::read::{TextPlace, documents};
use crate::render::tree::Memory;
use crate::render::{Options, build, write};

/// What helm has rendered, as helm-controller names it for kustomize.
const INPUT: &str = "helm-output.yaml";
const FILE: &str = "kustomization.yaml";
/// What makes a manifest a hook.
const HOOK: &str = "helm.sh/hook";
/// Fields of a target and of an image, as a HelmRelease has them (fluxcd/pkg `apis/kustomize`).
const TARGET: &[&str] = &["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];
const IMAGE: &[&str] = &["name", "newName", "newTag", "digest"];

/// What follows helm for one release.
#[derive(Clone, Default, PartialEq)]
pub struct PostRender {
    /// Each as a kustomization file over [`INPUT`].
    kustomizations: Vec<String>,
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    /// The labels that name the release.
    origin: Vec<(String, String)>,
    hooks: Hooks,
}

/// How hooks are treated (`spec.postRenderStrategy`).
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Hooks {
    /// With the manifests: as of Flux 2.8, where nothing else is said.
    #[default]
    Combined,
    Separate,
    /// They are left as they are.
    Left,
}

/// Why there are no objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostFault {
    /// What helm has printed cannot be read.
    Unread(String),
    /// kustomize refuses it: Flux does not install the release.
    Refused(String),
}

impl PostRender {
    /// As a HelmRelease says it.
    ///
    /// # Errors
    /// It is not written as the kind has it.
    pub fn of(release: &Node) -> Result<Self, String> {
        let all = release.at(&["spec", "postRenderers"]).map(Node::items).unwrap_or_default().iter();
        let kustomize = all.filter_map(|one| one.get("kustomize")).filter(|one| !one.is_null());
        let pairs = |map: &str| {
            let entries = release.at(&["spec", "commonMetadata", map]).map(Node::entries).unwrap_or_default().iter();
            entries.filter_map(|entry| Some((entry.key.text()?.to_owned(), entry.value.text()?.to_owned()))).collect()
        };
        let named = |key: &str| (format!("{}/{key}", kinds::HELM_RELEASE.group), meta_text(release, key).to_owned());
        Ok(Self {
            kustomizations: kustomize.map(kustomization).collect::<Result<_, _>>()?,
            labels: pairs("labels"),
            annotations: pairs("annotations"),
            origin: vec![named("name"), named("namespace")],
            hooks: match text_of(release, &["spec", "postRenderStrategy"]) {
                "nohooks" => Hooks::Left,
                "separate" => Hooks::Separate,
                _ => Hooks::Combined,
            },
        })
    }

    /// What the cluster gets of what helm has printed.
    ///
    /// # Errors
    /// It cannot be read, or kustomize refuses it.
    pub fn applied(&self, printed: &str) -> Result<Vec<Applied>, PostFault> {
        let (crds, manifests) = parts(printed);
        let (mut crds, manifests) = (read(&crds)?, read(&manifests)?);
        crds.iter_mut().for_each(|node| mark(node, "labels", &self.origin));
        let is_apart = |node: &Node| self.hooks != Hooks::Combined && is_hook(node);
        let (hooks, manifests): (Vec<_>, Vec<_>) = manifests.into_iter().partition(is_apart);
        let manifests = self.rendered(manifests)?;
        let hooks = if self.hooks == Hooks::Left { hooks } else { self.rendered(hooks)? };
        Ok(crds.into_iter().chain(manifests).chain(hooks).map(Applied::plain).collect())
    }

    fn rendered(&self, mut nodes: Vec<Node>) -> Result<Vec<Node>, PostFault> {
        if nodes.is_empty() {
            return Ok(nodes);
        }
        for kustomization in &self.kustomizations {
            let refused = |error: crate::render::BuildError| PostFault::Refused(format!("its postRenderers: {}", error.message));
            let mut files = Memory::new([(FILE, kustomization.as_str())]);
            files.insert(INPUT, write::all(&nodes).map_err(refused)?.as_bytes());
            let built = build(&files, "", &Options::default()).map_err(refused)?;
            nodes = built.objects.into_iter().map(|built| built.node).collect();
        }
        for node in &mut nodes {
            for (map, pairs) in [("labels", &self.labels), ("annotations", &self.annotations), ("labels", &self.origin)] {
                mark(node, map, pairs);
            }
        }
        Ok(nodes)
    }
}

/// A kustomization as a HelmRelease says it, as the file that helm-controller writes for it: no field of it names a file.
fn kustomization(node: &Node) -> Result<String, String> {
    let said = write::json(node).map_err(|error| format!("its postRenderers cannot be read: {}", error.message))?;
    let list = |key: &str| said[key].as_array().cloned().unwrap_or_default();
    let of = |value: &Json, keys: &[&str]| {
        let one = |key: &&str| value.get(*key).filter(|value| !value.is_null()).map(|value| ((*key).to_owned(), value.clone()));
        Json::Object(keys.iter().filter_map(one).collect())
    };
    let patch = |text: Json, target: &Json| {
        let mut patch = Map::from_iter([("patch".to_owned(), text)]);
        if target.is_object() {
            patch.insert("target".to_owned(), of(target, TARGET));
        }
        Json::Object(patch)
    };
    let mut file = json!({ "resources": [INPUT] });
    let mut add = |key: &str, list: Vec<Json>| {
        if !list.is_empty() {
            file[key] = Json::Array(list);
        }
    };
    add("images", list("images").iter().map(|image| of(image, IMAGE)).collect());
    add("patches", list("patches").iter().map(|one| patch(one["patch"].clone(), &one["target"])).collect());
    // HelmReleases before v2 have these as objects
    let text = |value: &Json| Json::String(value.to_string());
    add("patchesStrategicMerge", list("patchesStrategicMerge").iter().map(text).collect());
    add("patchesJson6902", list("patchesJson6902").iter().map(|one| patch(text(&one["patch"]), &one["target"])).collect());
    Ok(file.to_string())
}

/// The CRDs of `crds` folders, and the rest, of what helm has printed: it names the file before each part.
fn parts(printed: &str) -> (String, String) {
    let text = format!("\n{printed}");
    let mut all = text.split("\n---\n# Source: ");
    let (mut crds, mut rest) = (String::new(), all.next().unwrap_or_default().to_owned());
    for part in all {
        let (path, content) = part.split_once('\n').unwrap_or((part, ""));
        let into = if is_of_crds(path) { &mut crds } else { &mut rest };
        into.push_str("\n---\n");
        into.push_str(content);
    }
    (crds, rest)
}

/// `web/crds/a.yaml`, `web/charts/db/crds/a.yaml`.
fn is_of_crds(path: &str) -> bool {
    let mut rest = path.split_once('/').map_or("", |(_, rest)| rest);
    while let Some((_, below)) = rest.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
        rest = below;
    }
    rest.starts_with("crds/")
}

fn read(text: &str) -> Result<Vec<Node>, PostFault> {
    let nodes = documents(text.as_bytes(), &TextPlace::file(&"helm".into(), Layer::Resource));
    let nodes = nodes.map_err(|error| PostFault::Unread(format!("what helm prints cannot be read: {}", error.message)))?;
    Ok(nodes.into_iter().filter(|node| !text_at(node, "kind").is_empty()).collect())
}

fn is_hook(node: &Node) -> bool {
    node.at(&["metadata", "annotations", HOOK]).is_some()
}

fn mark(node: &mut Node, map: &str, pairs: &[(String, String)]) {
    let trace = Trace::new(node.origin().clone());
    let entry = |(key, value): &(String, String)| Entry {
        key: Node::string(key.as_str(), trace.clone()),
        value: Node::string(value.as_str(), trace.clone()),
    };
    let entries: Vec<_> = pairs.iter().map(entry).collect();
    flux::set(node, map, &entries, Layer::FluxMetadata);
}

#[cfg(test)]
#[path = "../tests/post_render.rs"]
mod tests;
