//! The objects of a build in their order. Source: kustomize api v0.21.1 `resmap/reswrangler.go`.

use std::collections::HashSet;

use super::error::{BuildError, Result};
use super::fields;
use super::id::Id;
use super::node::{Layer, Text, Trace};
use super::remote::Lack;
use super::resource::{Resource, annotations, edit_meta_map, labels, note, set_annotation};
use super::schema::BuildSchemas;
use super::selector::Selector;
use super::session::Session;

#[derive(Clone, Debug, Default)]
pub struct Resources {
    pub list: Vec<Resource>,
    /// What is not known of them.
    pub lack: Lack,
}

impl Resources {
    /// Appends objects; an id that is there already is an error.
    ///
    /// # Errors
    /// Two objects of the same id.
    pub fn append_all(&mut self, more: Vec<Resource>, schemas: &BuildSchemas) -> Result<()> {
        let mut known: HashSet<_> = self.list.iter().map(|resource| resource.id(schemas).key()).collect();
        for resource in more {
            let id = resource.id(schemas);
            if !known.insert(id.key()) {
                let message = format!("may not add resource with an already registered id: {id}");
                return Err(BuildError::invalid(message).at(resource.node.origin()));
            }
            self.list.push(resource);
        }
        Ok(())
    }

    /// A remote resource that is not here may change all of them, and add others.
    pub fn doubt_all(&mut self, address: &str) {
        let address = address.into();
        self.list.iter_mut().for_each(|resource| resource.doubt(&address));
        self.lack.join(Lack::of_kustomization(&address));
    }

    pub fn drop_empty(&mut self) {
        self.list.retain(|resource| !resource.is_empty());
    }

    /// Positions of the objects that have, or had, a matching id.
    ///
    /// # Errors
    /// Torn notes.
    pub fn matching_any_id(&self, matches: impl Fn(&Id) -> bool, schemas: &BuildSchemas) -> Result<Vec<usize>> {
        let mut found = Vec::new();
        for (at, resource) in self.list.iter().enumerate() {
            if !resource.is_empty() && resource.all_ids(schemas)?.iter().any(&matches) {
                found.push(at);
            }
        }
        Ok(found)
    }

    /// The one object that has, or had, this id.
    ///
    /// # Errors
    /// None, or several.
    pub fn by_id(&self, id: &Id, schemas: &BuildSchemas) -> Result<usize> {
        let found = self.matching_any_id(|other| id.is_same(other), schemas)?;
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(BuildError::invalid(format!("no matches for Id {id}; failed to find unique target for patch {id}"))),
            _ => Err(BuildError::invalid(format!("multiple matches for Id {id}; failed to find unique target for patch {id}"))),
        }
    }

    /// Positions of the objects that a selector selects.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn select(&self, selector: &Selector, schemas: &BuildSchemas) -> Result<Vec<usize>> {
        let patterns = selector.patterns()?;
        let mut found = Vec::new();
        for (at, resource) in self.list.iter().enumerate() {
            let (now, original) = (resource.id(schemas), resource.original_id(schemas)?);
            let (terms, annotation_terms) = (selector.label_terms()?, selector.annotation_terms()?);
            let (own_labels, own_annotations) = (labels(&resource.node), annotations(&resource.node));
            let is_selected = (patterns.is_namespace(original.effective_namespace())
                || patterns.is_namespace(now.effective_namespace()))
                && (patterns.is_name(&original.name) || patterns.is_name(&now.name))
                && patterns.is_gvk(&now.gvk)
                && terms.matches(|key| own_labels.get(key))
                && annotation_terms.matches(|key| own_annotations.get(key));
            if is_selected {
                found.push(at);
            }
        }
        Ok(found)
    }

    /// Takes in what a generator made: new, or merged into, or instead of what is there.
    ///
    /// # Errors
    /// A behaviour that does not fit what is there.
    pub fn absorb(&mut self, made: Resource, session: &Session<'_>) -> Result<()> {
        let schemas = &*session.schemas.borrow();
        let id = made.id(schemas);
        let found = self.matching_any_id(|other| id.is_same(other), schemas)?;
        let behavior = made.annotation(note::BEHAVIOR).unwrap_or_default().to_owned();
        let origin = made.node.origin().clone();
        let fail = |message: String| Err(BuildError::invalid(message).at(&origin));
        match (found.as_slice(), behavior.as_str()) {
            // what it is merged into is among what is not here
            ([], "merge" | "replace") if !self.lack.is_nothing() => {
                let made = Resource { unproven: made.unproven.or_else(|| self.lack.address.clone()), ..made };
                session.doubt();
                self.append_all(vec![made], schemas)
            }
            ([], "merge" | "replace") => fail(format!("id {id} does not exist; cannot merge or replace")),
            ([], _) => self.append_all(vec![made], schemas),
            ([old], "merge" | "replace") => {
                let mut made = made;
                let before = &self.list[*old];
                let source = before.annotation(note::ORIGIN).map(Text::from);
                take_metadata(&mut made, before)?;
                if behavior == "merge" {
                    merge_data(&mut made, before, "data")?;
                    merge_data(&mut made, before, "binaryData")?;
                    if let Some(source) = source {
                        let trace = made.own_trace();
                        made.edit_annotations(|annotations| annotations.set(note::ORIGIN, &source, trace))?;
                    }
                }
                self.list[*old] = made;
                Ok(())
            }
            ([_], _) => {
                fail(format!("id {id} exists; can not use behavior: '{}', behavior must be merge or replace", word(&behavior)))
            }
            _ => fail(format!("found multiple objects that could accept merge of {id}")),
        }
    }
}

fn word(behavior: &str) -> &str {
    if behavior.is_empty() { "unspecified" } else { behavior }
}

/// Labels and annotations of both (the new one wins, but for kustomize's notes, where the old one does), name and namespace of the old one.
fn take_metadata(made: &mut Resource, old: &Resource) -> Result<()> {
    merge_metadata(made, old)?;
    made.set_name(
        old.name(),
        &old.node.at(&["metadata", "name"]).map_or_else(|| old.node.origin().clone(), |name| name.origin().clone()),
    )?;
    made.set_namespace(old.namespace(), old.node.origin())?;
    made.variables.clone_from(&old.variables);
    made.unproven = made.unproven.take().or_else(|| old.unproven.clone());
    Ok(())
}

/// The part of [`take_metadata`] that a patch goes through as well.
///
/// # Errors
/// Metadata that is not a mapping.
pub fn merge_metadata(made: &mut Resource, old: &Resource) -> Result<()> {
    let old_labels = labels(&old.node);
    edit_meta_map(&mut made.node, "labels", |own| {
        for (key, entry) in old_labels.iter() {
            if own.get(key).is_none() {
                own.insert(entry.clone());
            }
        }
    })?;
    let old_annotations = annotations(&old.node);
    made.edit_annotations(|own| {
        let needs_hash = own.get(note::NEEDS_HASH).is_some();
        for (key, entry) in old_annotations.iter() {
            if own.get(key).is_none() || note::ALL.contains(&key.as_ref()) {
                own.insert(entry.clone());
            }
        }
        own.retain(|key| !note::ALL.contains(&key) || old_annotations.get(key).is_some());
        if !needs_hash {
            own.remove(note::NEEDS_HASH);
        }
    })
}

/// The entries of both, where the new ones win.
fn merge_data(made: &mut Resource, old: &Resource, key: &str) -> Result<()> {
    let mut entries = super::generate::data_of(&old.node, key);
    for (name, value) in super::generate::data_of(&made.node, key) {
        entries.insert(name, value);
    }
    fields::clear(&mut made.node, key)?;
    super::generate::put_data(&mut made.node, entries, key == "binaryData")
}

/// Takes kustomize's notes off an object.
///
/// # Errors
/// Metadata that is not a mapping.
pub fn strip_notes(resource: &mut Resource, keep_origin: bool, keep_transformations: bool) -> Result<()> {
    let is_dropped = |key: &str| {
        note::ALL.contains(&key) || key == note::ORIGIN && !keep_origin || key == note::TRANSFORMATIONS && !keep_transformations
    };
    // without any annotation kustomize still rewrites an empty map: `annotations: {}` goes
    resource.edit_annotations(|annotations| annotations.retain(|key| !is_dropped(key)))
}

/// Marks where an object comes from, for `buildMetadata`.
///
/// # Errors
/// Metadata that is not a mapping.
pub fn mark(resource: &mut Resource, key: &str, text: &str) -> Result<()> {
    let trace = Trace::new(resource.node.origin().as_layer(Layer::Build));
    set_annotation(&mut resource.node, key, text, trace)
}
