//! How strategic merge sees an object: which lists are merged, by which keys, and which kinds are namespaced.
//!
//! kustomize does not ask a cluster: it uses the Kubernetes 1.21.2 schema inside kyaml v0.21.1, here `kubernetes.txt` (written by
//! `tests/live/oracle schema`), and the schemas under `openapi:` of a kustomization. Anything else is a mapping of unknown
//! fields: its lists are replaced as a whole. `crds:` do not affect merging in kustomize and do not belong here.

mod given;
mod shape;
mod table;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use shape::Definitions;

pub use shape::FieldSchema;

/// References that are followed from one field before it counts as unknown: a schema that is given may refer in circles.
const LONGEST_CHAIN: usize = 100;

/// The schemas that one build sees.
#[derive(Clone, Debug)]
pub struct BuildSchemas {
    has_builtin: bool,
    given: Definitions,
}

impl Default for BuildSchemas {
    fn default() -> Self {
        Self { has_builtin: true, given: Definitions::default() }
    }
}

impl BuildSchemas {
    /// Adds what a file under `openapi:` defines, read as JSON. It hides definitions of the same name.
    ///
    /// # Errors
    /// Says what in it is not a schema.
    pub fn add(&mut self, file: &serde_json::Value) -> Result<(), String> {
        given::read(file, &mut self.given)
    }

    /// Leaves Kubernetes' own definitions away: with a schema of its own, kustomize knows no other (kyaml `openapi.go`, `initSchema`),
    /// scopes excepted.
    pub fn without_builtin(&mut self) {
        self.has_builtin = false;
    }

    /// The schema of a kind, if it is known.
    pub fn of(&self, api_version: &str, kind: &str) -> Option<Schema<'_>> {
        let name = self.layers().find_map(|layer| layer.kind(api_version, kind))?;
        self.definition(name)
    }

    /// Whether objects of this kind live in a namespace; `None` where nobody says so (kyaml `openapi.go`, `IsNamespaceScoped`).
    pub fn is_namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        builtin().scope(api_version, kind).or_else(|| self.given.scope(api_version, kind))
    }

    /// True for Node, Namespace and the like; false for what is not known.
    pub fn is_certainly_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        self.is_namespaced(api_version, kind) == Some(false)
    }

    fn layers(&self) -> impl Iterator<Item = &Definitions> {
        std::iter::once(&self.given).chain(self.has_builtin.then(builtin))
    }

    fn definition(&self, name: &str) -> Option<Schema<'_>> {
        let shape = self.layers().find_map(|layer| layer.named(name))?;
        self.resolve(shape)
    }

    /// What a shape, or what it refers to, is among these definitions; a reference to nothing is unknown.
    pub fn resolve<'a>(&'a self, mut shape: &'a FieldSchema) -> Option<Schema<'a>> {
        for _ in 0..LONGEST_CHAIN {
            let Some(name) = shape.refers_to() else { return Some(Schema { schemas: self, shape }) };
            shape = self.layers().find_map(|layer| layer.named(name))?;
        }
        None
    }
}

/// A comment's text as a schema, if it is one (kyaml `fieldmeta/fieldmeta.go`, Read). Flux' `{"$imagepolicy": …}` is one that says nothing.
pub fn of_comment(text: &str) -> Option<FieldSchema> {
    let value = serde_json::from_str(text.trim_start_matches('#')).ok()?;
    let is_empty = serde_json::Value::as_object(&value).is_none_or(serde_json::Map::is_empty);
    if is_empty { None } else { given::alone(&value) }
}

/// What is known of one object, field or list item.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'a> {
    schemas: &'a BuildSchemas,
    shape: &'a FieldSchema,
}

impl<'a> Schema<'a> {
    /// A field by its name, else what any field of this map is.
    pub fn field(self, name: &str) -> Option<Self> {
        self.schemas.resolve(self.shape.field(name)?)
    }

    /// The items of a list.
    pub fn items(self) -> Option<Self> {
        self.schemas.resolve(self.shape.items()?)
    }

    /// A list whose items are found again by key, or by value where there are no keys.
    pub fn is_merged(self) -> bool {
        self.shape.merge().is_some_and(|merge| merge.strategy.split(',').any(|strategy| strategy == "merge"))
    }

    /// The fields that identify an item of a list; none for lists of texts.
    pub fn keys(self) -> &'a [Box<str>] {
        self.shape.merge().map_or(&[], |merge| &merge.keys)
    }
}

fn builtin() -> &'static Definitions {
    static BUILTIN: OnceLock<Definitions> = OnceLock::new();
    BUILTIN.get_or_init(|| table::read(include_str!("kubernetes.txt")))
}
