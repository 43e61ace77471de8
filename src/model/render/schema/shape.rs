//! Schema definitions and their parts, from any source.

use rustc_hash::FxHashMap;

/// Definitions by name, kinds by their definition, and scopes.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    shapes: FxHashMap<Box<str>, FieldSchema>,
    kinds: FxHashMap<Kind, Box<str>>,
    /// `true` in a namespace
    scopes: FxHashMap<Kind, bool>,
}

/// apiVersion and kind.
type Kind = (Box<str>, Box<str>);

impl Definitions {
    pub fn insert(&mut self, name: &str, shape: FieldSchema) {
        self.shapes.insert(name.into(), shape);
    }

    pub fn insert_kind(&mut self, api_version: &str, kind: &str, definition: &str) {
        self.kinds.insert((api_version.into(), kind.into()), definition.into());
    }

    pub fn insert_scope(&mut self, api_version: &str, kind: &str, is_namespaced: bool) {
        self.scopes.insert((api_version.into(), kind.into()), is_namespaced);
    }

    pub fn named(&self, name: &str) -> Option<&FieldSchema> {
        self.shapes.get(name)
    }

    pub fn named_mut(&mut self, name: &str) -> Option<&mut FieldSchema> {
        self.shapes.get_mut(name)
    }

    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&str> {
        self.kinds.get(&(api_version.into(), kind.into())).map(AsRef::as_ref)
    }

    pub fn scope(&self, api_version: &str, kind: &str) -> Option<bool> {
        self.scopes.get(&(api_version.into(), kind.into())).copied()
    }
}

/// What is known of one place in an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldSchema {
    /// stands for this definition, and nothing else here counts
    pub reference: Option<Box<str>>,
    pub fields: FxHashMap<Box<str>, FieldSchema>,
    /// fields that are not named
    pub any: Option<Box<FieldSchema>>,
    pub items: Option<Box<FieldSchema>>,
    pub merge: Option<ListMerge>,
}

/// How a list is merged: `x-kubernetes-patch-strategy` and its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct ListMerge {
    pub strategy: Box<str>,
    pub keys: Box<[Box<str>]>,
}

impl FieldSchema {
    pub fn refers_to(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    pub fn field(&self, name: &str) -> Option<&Self> {
        self.fields.get(name).or(self.any.as_deref())
    }

    pub fn items(&self) -> Option<&Self> {
        self.items.as_deref()
    }

    pub fn merge(&self) -> Option<&ListMerge> {
        self.merge.as_ref()
    }
}
