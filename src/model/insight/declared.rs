//! What git has for one object: each field with the file, line and layer that set it. Plain data that a screen may keep.

use super::field::scalars;
use super::named::shown;
use super::setting;
use crate::domain::Str;
use crate::domain::text::sanitise;
use crate::kinds::masked::MASKED;
use crate::render::flux::Applied;
use crate::render::id::text_at;
use crate::render::node::{Layer, Location, Origin};

/// What a Kustomization's source holds for an object, at the revision that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// `Kind namespace/name`.
    pub object: String,
    /// The Flux Kustomization, `namespace/name`.
    pub applied_by: String,
    pub at: Commit,
    /// Where the object itself is written: the file and line that say of which kind it is. None for what is generated.
    pub origin: Option<Origin>,
    pub fields: Vec<Declaration>,
    /// Variables in it that only the cluster knows.
    pub unknown: Vec<String>,
    /// Its values are secret: files that set them are shown without values.
    pub is_secret: bool,
}

/// A commit of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// As the source names the repository. May hold a password: never shown as it is.
    pub url: Str,
    /// The commit's id.
    pub id: Str,
}

/// A field that git sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub path: String,
    /// Masked for the screen.
    pub value: String,
    /// Who set it: the winner first, then what it overrode. Never empty.
    pub layers: Vec<Origin>,
    /// What it is composed of; nothing where it was set as a whole.
    pub parts: Vec<PartOf>,
    /// Where the text with variables, or the reference to an object, is written.
    pub written: Option<Origin>,
}

/// A part of a composed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOf {
    /// What it is: `tag`, `variable zone`.
    pub what: String,
    /// Masked for the screen.
    pub value: String,
    /// Who set it, and what that overrode; nothing of a part that is made.
    pub layers: Vec<Origin>,
}

/// A line of a file of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePlace {
    pub at: Commit,
    pub path: Str,
    /// From 1; 0 for the file as a whole.
    pub line: u32,
    /// It sets something of a Secret: no value of it is shown.
    pub is_secret: bool,
}

/// Where a layer of a field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerPlace {
    File(FilePlace),
    /// In a remote resource, by its address.
    Remote(Str),
    /// In an object of the cluster: the Flux Kustomization itself, or a ConfigMap that variables come from.
    Object {
        kind: Str,
        namespace: Str,
        name: Str,
    },
}

impl LayerPlace {
    /// Where an origin stands, in a file at this commit or in an object.
    pub fn of(origin: &Origin, at: &Commit, is_secret: bool) -> Self {
        match &*origin.location {
            Location::File(path) => {
                Self::File(FilePlace { at: at.clone(), path: (&**path).into(), line: origin.line, is_secret })
            }
            Location::Remote(address) => Self::Remote((&**address).into()),
            Location::Object { kind, namespace, name } => {
                Self::Object { kind: (&**kind).into(), namespace: (&**namespace).into(), name: (&**name).into() }
            }
        }
    }
}

impl Commit {
    /// The short id.
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }
}

impl Declaration {
    pub fn winner(&self) -> &Origin {
        self.layers.first().expect("a field has a layer")
    }
}

impl Declared {
    /// Reads the fields of a built object, without those that name it.
    pub fn of(object: &Applied, applied_by: String, at: Commit) -> Self {
        let node = &object.node;
        let is_secret = object.is_encrypted || text_at(node, "kind") == "Secret";
        let is_masked = |path: &str| match path.split(['.', '[']).next().unwrap_or_default() {
            "data" | "stringData" | "binaryData" => is_secret,
            "metadata" => false,
            _ => object.is_encrypted,
        };
        let is_name = |path: &str| matches!(path, "apiVersion" | "kind" | "metadata.name" | "metadata.namespace");
        let field = |(path, node): (String, &crate::render::Node)| {
            let text = node.text().map_or_else(|| if node.is_map() { "{}".into() } else { "[]".into() }, sanitise);
            let is_masked = is_masked(&path);
            let value = if is_masked { MASKED.to_owned() } else { text.into_owned() };
            let setting = setting::of(node);
            let part = |given: &setting::Given<'_>| PartOf {
                what: sanitise(&given.part.role.word()).into_owned(),
                value: if is_masked { MASKED.to_owned() } else { sanitise(&given.part.text).into_owned() },
                layers: given.layers.iter().map(|origin| (*origin).clone()).collect(),
            };
            Declaration {
                path,
                value,
                layers: setting.layers.iter().map(|origin| (*origin).clone()).collect(),
                parts: setting.parts.iter().map(part).collect(),
                written: setting.written.cloned(),
            }
        };
        let mut fields: Vec<_> = scalars(node).into_iter().filter(|(path, _)| !is_name(path)).map(field).collect();
        // every object has these two labels: fields that were written come first
        fields.sort_by_key(|field: &Declaration| field.winner().layer == Layer::FluxOwner);
        let unknown = object.unknown.iter().map(|name| name.to_string()).collect();
        // what overrides a name writes no object: the lowest layer does
        let origin = node.get("kind").and_then(|kind| setting::of(kind).layers.last().map(|origin| (*origin).clone()));
        Self { object: shown(node), applied_by, at, origin, fields, unknown, is_secret }
    }

    /// Where a layer of a field stands.
    pub fn place(&self, origin: &Origin) -> LayerPlace {
        LayerPlace::of(origin, &self.at, self.is_secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::read::{TextPlace as Reading, documents};

    fn declared(text: &str) -> Declared {
        let node = documents(text.as_bytes(), &Reading::file(&"a.yaml".into(), Layer::Resource)).expect("YAML").remove(0);
        let object = Applied { unknown: ["zone".into()].into(), is_substituted: true, ..Applied::plain(node) };
        Declared::of(&object, "flux-system/apps".to_owned(), Commit { url: "https://h/r".into(), id: "0123456789".into() })
    }

    #[test]
    fn fields_are_listed_with_their_lines_and_names_are_not_fields() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: apps\nspec:\n  replicas: 3\n  paused: \"a\\e[31mb\"\n";
        let found = declared(text);
        let fields: Vec<_> =
            found.fields.iter().map(|field| (field.path.as_str(), field.value.as_str(), field.winner().line)).collect();

        assert_eq!(fields, [("spec.replicas", "3", 7), ("spec.paused", "a\u{fffd}[31mb", 8)]);
        assert_eq!((found.object.as_str(), found.at.short()), ("Deployment apps/web", "0123456"));
        assert_eq!(found.unknown, ["zone"]);
    }

    #[test]
    fn the_labels_of_every_object_come_last() {
        let text = "kind: ConfigMap\nmetadata: {name: a, labels: {owner: apps}}\ndata: {a: b}\n";
        let mut node = documents(text.as_bytes(), &Reading::file(&"a.yaml".into(), Layer::Resource)).expect("YAML").remove(0);
        let label = node.get_mut("metadata").and_then(|node| node.get_mut("labels")).and_then(|node| node.get_mut("owner"));
        label.expect("a label").trace.origin.layer = Layer::FluxOwner;
        let object = Applied::plain(node);
        let fields = Declared::of(&object, String::new(), Commit::default()).fields;
        assert_eq!(fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["data.a", "metadata.labels.owner"]);
    }

    #[test]
    fn a_value_in_an_object_of_the_cluster_has_no_file() {
        let first = |reading: Reading| {
            let node = documents(b"a: b\n", &reading).expect("YAML").remove(0);
            LayerPlace::of(node.get("a").expect("a field").origin(), &Commit::default(), false)
        };
        let object = Reading::object("ConfigMap", "flux-system", "apps", Layer::Cluster);
        let named = LayerPlace::Object { kind: "ConfigMap".into(), namespace: "flux-system".into(), name: "apps".into() };
        assert_eq!(first(object), named);
        // a file may be called as it likes
        for file in ["apps/web.yaml", "my files/web.yaml", "Kustomization", "ConfigMap flux-system/apps"] {
            let found = first(Reading::file(&file.into(), Layer::Resource));
            assert!(
                matches!(found, LayerPlace::File(FilePlace { ref path, line: 1, .. }) if &**path == file),
                "{file}: {found:?}"
            );
        }
    }

    #[test]
    fn no_value_of_a_secret_is_shown() {
        let text = "kind: Secret\nmetadata: {name: web, labels: {app: web}}\nstringData: {password: hunter2}\ntype: Opaque\n";
        let fields: Vec<_> = declared(text).fields.into_iter().map(|field| (field.path, field.value)).collect();
        let expected = [("metadata.labels.app", "web"), ("stringData.password", MASKED), ("type", "Opaque")];
        assert_eq!(fields, expected.map(|(path, value)| (path.to_owned(), value.to_owned())));
    }
}
