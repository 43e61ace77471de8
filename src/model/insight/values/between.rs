//! What differs between two releases of the history: keys of the values, and the objects that the chart was rendered to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ValuesLayer;
use super::list::{KeyList, ReleaseValues, ValueKey};
use super::stored::StoredRelease;
use crate::domain::aligned::patch;
use crate::domain::text::sanitise;
use crate::kinds::masked;
use crate::render::node::Layer;
use crate::render::read::{TextPlace, document, documents};
use crate::render::write;

/// A key that two releases have with other values, or only one of them has.
#[derive(Clone, Debug, PartialEq)]
pub struct ValuesChange {
    pub path: String,
    pub before: Option<ValueKey>,
    pub after: Option<ValueKey>,
}

impl ValuesChange {
    /// `+` new, `-` gone, `~` other.
    pub fn sign(&self) -> char {
        match (&self.before, &self.after) {
            (None, _) => '+',
            (_, None) => '-',
            _ => '~',
        }
    }

    /// `2 → 3`; of a secret only that it is another one.
    pub fn shown(&self, reveals: bool) -> String {
        let side = |key: &Option<ValueKey>| key.as_ref().map(|key| key.shown(reveals));
        match (side(&self.before), side(&self.after)) {
            (Some(before), Some(after)) if before == after => format!("{after} (another value)"),
            (Some(before), Some(after)) => format!("{before} → {after}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => String::new(),
        }
    }

    /// Where it comes from: the later of both.
    pub fn layer(&self) -> Option<&ValuesLayer> {
        self.after.as_ref().or(self.before.as_ref()).map(|key| &key.layer)
    }
}

/// What two releases were rendered to, as a patch; masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestPatch {
    pub text: String,
    /// Objects that differ.
    pub objects: usize,
    /// What of a manifest is not readable.
    pub gap: Option<String>,
}

impl ReleaseValues {
    /// The keys that differ between two releases; with what the chart gives by default.
    pub fn changes(&self, before: u64, after: u64) -> Vec<ValuesChange> {
        let keys = |number| self.of_release(number).unwrap_or_default();
        changes(keys(before), keys(after))
    }

    /// The keys that differ between the newest release and what would be released now.
    pub fn pending_changes(&self) -> Vec<ValuesChange> {
        let newest = self.releases.first().and_then(|release| self.of_release(release.number));
        newest.map(|newest| changes(newest, self.now.clone())).unwrap_or_default()
    }

    /// What differs in the objects that two releases were rendered to. Costs a look at all of both manifests.
    pub fn manifests(&self, before: u64, after: u64) -> ManifestPatch {
        let read = |number| self.release(number).map(|release| self.objects(release)).unwrap_or_default();
        let ((old, lost), (new, gap)) = (read(before), read(after));
        let mut found = ManifestPatch { gap: lost.or(gap), ..ManifestPatch::default() };
        for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let text = patch(name, old.get(name).map(String::as_str), new.get(name).map(String::as_str));
            found.objects += usize::from(!text.is_empty());
            found.text.push_str(&text);
        }
        found
    }

    /// What a release was rendered to, masked; empty where it is not readable.
    pub fn manifest(&self, number: u64) -> String {
        let objects = self.release(number).map(|release| self.objects(release).0).unwrap_or_default();
        objects.into_values().map(|text| format!("{text}\n")).collect::<Vec<_>>().join("---\n")
    }

    /// The objects of a release by name, as masked texts; and what is not readable.
    fn objects(&self, release: &StoredRelease) -> (BTreeMap<String, String>, Option<String>) {
        let place = TextPlace::file(&"manifest".into(), Layer::Resource);
        let nodes = match documents(release.manifest.0.as_bytes(), &place) {
            Ok(nodes) => nodes,
            Err(error) => {
                let why = sanitise(&error.message).into_owned();
                return (BTreeMap::new(), Some(format!("the manifest of release {} is not readable: {why}", release.number)));
            }
        };
        let mut found = BTreeMap::new();
        for node in &nodes {
            let Ok(mut object) = write::json(node) else { continue };
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let namespace = match text(&object["metadata"]["namespace"]) {
                empty if empty.is_empty() => release.namespace.clone(),
                namespace => namespace,
            };
            let name = format!("{}/{namespace}/{}.yaml", text(&object["kind"]), text(&object["metadata"]["name"]));
            masked::for_screen(&mut object);
            let mut yaml = as_yaml(&object);
            self.without_secrets(release.number, &mut yaml);
            let lines = yaml.lines().map(sanitise).collect::<Vec<_>>();
            found.insert(sanitise(&name).into_owned(), lines.join("\n"));
        }
        (found, None)
    }
}

fn changes(before: KeyList, after: KeyList) -> Vec<ValuesChange> {
    let by_path = |list: KeyList| list.keys.into_iter().map(|key| (key.steps.clone(), key)).collect::<BTreeMap<_, _>>();
    let (mut old, mut new) = (by_path(before), by_path(after));
    let paths: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    let change = |path| {
        let (before, after) = (old.remove(&path), new.remove(&path));
        let is_same = before.as_ref().map(|key| &key.value) == after.as_ref().map(|key| &key.value);
        let named = after.as_ref().or(before.as_ref()).map(|key| key.path.clone()).unwrap_or_default();
        (!is_same).then_some(ValuesChange { path: named, before, after })
    };
    paths.into_iter().filter_map(change).collect()
}

/// JSON is YAML; what is read is written as kustomize writes it.
pub(super) fn as_yaml(json: &Value) -> String {
    let place = TextPlace::file(&"values".into(), Layer::Resource);
    let text = json.to_string();
    let node = document(text.as_bytes(), &place).ok().flatten();
    node.and_then(|node| write::yaml(&node).ok()).unwrap_or(text)
}
