//! Names that change after everything else: hash suffixes, and the references that follow every new name.
//! Source: kustomize api v0.21.1 `internal/builtins/HashTransformer.go`, `filters/nameref`,
//! `internal/accumulator/namereferencetransformer.go`, `resmap/reswrangler.go` (SubsetThatCouldBeReferencedByResource).

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::config::NameReference;
use super::super::error::{BuildError, Result};
use super::super::field_spec::{FieldSpec, Make};
use super::super::fields;
use super::super::generate;
use super::super::id::{Gvk, Id, text_at};
use super::super::node::{Layer, Node, Tag, Text, Trace};
use super::super::remote::Lack;
use super::super::resource::{Resource, note};
use super::super::resources::Resources;
use super::super::schema::BuildSchemas;
use super::super::session::Session;
use super::super::trace::{Composition, Joint, PartRole};
use super::super::unproven::UNKNOWN_HASH;
use super::{Transform, TransformContext, Transforms};

/// Appends the hash of its content to the name of every object that asks for it.
pub struct Hashes;

pub(super) fn hash_from_file(_: TransformContext<'_>, _: &Node) -> Result<Transforms> {
    Ok(vec![Box::new(Hashes)])
}

impl Transform for Hashes {
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        let schemas = session.schemas.borrow();
        for resource in resources.list.iter_mut().filter(|resource| resource.is_enabled(note::NEEDS_HASH)) {
            let is_sealed = session.decrypts && generate::is_from_encrypted(&resource.node);
            let suffix = if is_sealed || resource.unproven.is_some() {
                UNKNOWN_HASH.to_owned()
            } else {
                generate::suffix(&resource.node)?
            };
            resource.store_previous_id(&schemas)?;
            let name = format!("{}-{suffix}", resource.name());
            let old = resource.node.at(&["metadata", "name"]).cloned();
            let origin = old.as_ref().unwrap_or(&resource.node).origin().as_layer(Layer::Reference);
            resource.set_name(&name, &origin)?;
            if let Some(old) = old
                && let Some(name) = resource.node.get_mut("metadata").and_then(|meta| meta.get_mut("name"))
            {
                name.trace = Trace::composed(origin, hashed(&old, &suffix), None);
            }
        }
        Ok(())
    }
}

/// A name with the hash of what it names.
fn hashed(name: &Node, hash: &str) -> Composition {
    let mut made = Composition::new(Joint::Hash);
    if let Some(text) = name.shared_text() {
        let own = made.scalar(name.trace.clone(), text, name.tag.clone());
        made.whole(PartRole::Text, own);
    }
    made.made(PartRole::Separator, "-");
    made.made(PartRole::Hash, hash);
    made
}

/// Everything about an object that the search for referrals asks, found out once.
struct Candidate {
    id: Id,
    previous: Vec<Id>,
    kind: Text,
    name: Text,
    /// Who set the name, and the namespace.
    traces: [Option<Trace>; 2],
    namespace: Text,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    original_namespace: Text,
}

/// Lets references follow the names of the objects that they mean.
///
/// A name that no object has may be that of one that is not here and is called otherwise by then: its object is not proven.
///
/// # Errors
/// A reference that may mean several objects.
pub fn follow(resources: &mut Resources, references: &[NameReference], session: &Session<'_>) -> Result<()> {
    let schemas = &*session.schemas.borrow();
    let originals = resources.list.iter().map(|resource| resource.original_id(schemas)).collect::<Result<Vec<_>>>()?;
    let candidates = resources.list.iter().map(|resource| candidate(resource, schemas)).collect::<Result<Vec<_>>>()?;
    let mut referred: Vec<(usize, String)> = Vec::new();
    let mut open = Vec::new();
    let lack = resources.lack.clone();
    for at in 0..resources.list.len() {
        let specs = references.iter().flat_map(|reference| {
            let selected = reference.referrers.iter().filter(|spec| originals[at].gvk.is_selected(&spec.gvk));
            selected.map(move |spec| (spec, &reference.target))
        });
        let specs: Vec<_> = specs.collect();
        if specs.is_empty() {
            continue;
        }
        let within = subset(&resources.list[at], at, &candidates)?;
        let hole = Node::null(Trace::new(resources.list[at].node.origin().clone()));
        let mut node = std::mem::replace(&mut resources.list[at].node, hole);
        let named = RefCell::default();
        for (spec, target) in specs {
            let search = Search { at, spec, target, within: &within, candidates: &candidates, lack: &lack, named: &named };
            let result = search.run(&mut node, &mut referred);
            if let Err(error) = result {
                let message =
                    format!("updating name reference in '{}' field of '{}': {}", spec.path, candidates[at].id, error.message);
                return Err(BuildError { message, ..error }.at(node.origin()));
            }
        }
        resources.list[at].node = node;
        if named.into_inner().values().any(|is_found| !is_found) {
            open.push(at);
        }
    }
    for (at, address) in open.into_iter().zip(lack.address.iter().cycle()) {
        resources.list[at].doubt(address);
        session.doubt();
    }
    for (at, by) in referred {
        resources.list[at].append(note::REF_BY, &by)?;
    }
    Ok(())
}

fn candidate(resource: &Resource, schemas: &BuildSchemas) -> Result<Candidate> {
    let list = |key: &str| resource.list_note(key).into_iter().map(str::to_owned).collect();
    Ok(Candidate {
        id: resource.id(schemas),
        previous: resource.previous_ids()?,
        kind: resource.kind().into(),
        name: resource.name().into(),
        traces: ["name", "namespace"].map(|key| resource.node.at(&["metadata", key]).map(|node| node.trace.clone())),
        namespace: resource.namespace().into(),
        prefixes: list(note::PREFIXES),
        suffixes: list(note::SUFFIXES),
        original_namespace: resource.original_id(schemas)?.effective_namespace().into(),
    })
}

/// The objects that this one could mean.
fn subset(referrer: &Resource, at: usize, candidates: &[Candidate]) -> Result<Vec<usize>> {
    let own = &candidates[at].id;
    if own.is_cluster_scoped {
        return Ok((0..candidates.len()).collect());
    }
    let accounts = account_namespaces(referrer)?;
    let is_near = |other: &Candidate| {
        other.id.is_cluster_scoped
            || other.id.is_same_namespace(own)
            || accounts.iter().any(|namespace| *namespace == other.namespace.as_ref())
    };
    Ok((0..candidates.len()).filter(|other| is_near(&candidates[*other])).collect())
}

/// The namespaces of the service accounts that a RoleBinding names.
fn account_namespaces(resource: &Resource) -> Result<Vec<&str>> {
    if resource.kind() != "RoleBinding" {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for subject in resource.node.get("subjects").map(Node::items).unwrap_or_default() {
        let Some(namespace) = subject.get("namespace") else { continue };
        if text_at(subject, "kind") != "ServiceAccount" {
            continue;
        }
        if namespace.is_null() || !namespace.is_scalar() {
            return Err(BuildError::invalid("namespace is blank for a subject").at(namespace.origin()));
        }
        found.push(fields::value_of(namespace));
    }
    Ok(found)
}

struct Search<'s> {
    at: usize,
    spec: &'s FieldSpec,
    target: &'s Gvk,
    within: &'s [usize],
    candidates: &'s [Candidate],
    lack: &'s Lack,
    /// The fields and names that were looked at, and whether an object was found for them.
    named: &'s RefCell<BTreeMap<(Text, String), bool>>,
}

/// Whether the same names are enough, or the namespaces have to be the same too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    Name,
    NameAndNamespace,
}

impl Search<'_> {
    fn run(&self, node: &mut Node, referred: &mut Vec<(usize, String)>) -> Result<()> {
        let spec = FieldSpec { gvk: Gvk::default(), path: self.spec.path.clone(), create: false };
        let role = if spec.path.ends_with("roleRef/name") { role(node) } else { None };
        let origin = node.origin().clone();
        spec.apply(node, Make::Nothing, &origin, &mut |found| self.set(found, role.as_ref(), referred))
    }

    fn set(&self, node: &mut Node, role: Option<&Gvk>, referred: &mut Vec<(usize, String)>) -> Result<()> {
        if node.is_null() {
            return Ok(());
        }
        if node.is_list() {
            // look first: lists of strings are rarely names of anything
            let count = node.items().len();
            for at in 0..count {
                let item = &node.items()[at];
                if item.is_null() {
                    continue;
                }
                if item.is_list() {
                    return Err(BuildError::invalid("expected to be either a string or a map of string").at(item.origin()));
                }
                if item.is_map() || self.has_candidate(fields::value_of(item)) {
                    self.set(&mut node.items_mut().expect("a list")[at], role, referred)?;
                }
            }
            return Ok(());
        }
        if node.is_map() { self.map(node, role, referred) } else { self.scalar(node, role, referred) }
    }

    /// Several kinds of objects may be meant by one field: it is enough that one of them is found.
    fn note(&self, name: &str, may_differ: bool, is_found: bool) {
        if may_differ && !name.is_empty() {
            *self.named.borrow_mut().entry((self.spec.path.clone(), name.to_owned())).or_default() |= is_found;
        }
    }

    fn has_candidate(&self, name: &str) -> bool {
        self.within.iter().any(|at| self.candidates[*at].previous.iter().any(|id| id.name.as_ref() == name))
    }

    fn scalar(&self, node: &mut Node, role: Option<&Gvk>, referred: &mut Vec<(usize, String)>) -> Result<()> {
        let found = self.referral(fields::value_of(node), self.within, Same::Name, role)?;
        self.note(fields::value_of(node), self.lack.renames, found.is_some());
        let Some(found) = found else { return Ok(()) };
        referred.push((found, self.candidates[self.at].id.to_string()));
        let Candidate { name, traces: [trace, _], .. } = &self.candidates[found];
        if Some(name.as_ref()) == node.text() {
            return Ok(());
        }
        let trace = follows(node, name, trace.as_ref());
        fields::compose_scalar(node, Node::scalar(name.clone(), Tag::None, trace))
    }

    fn map(&self, node: &mut Node, role: Option<&Gvk>, referred: &mut Vec<(usize, String)>) -> Result<()> {
        let name_node = node
            .get("name")
            .ok_or_else(|| BuildError::invalid("path config error; no 'name' field in node").at(node.origin()))?;
        let (old, written) = (fields::value_of(name_node).to_owned(), name_node.clone());
        let within = match node.get("namespace") {
            None => self.within.to_vec(),
            Some(namespace) => self.in_namespace(fields::value_of(namespace)),
        };
        let found = self.referral(&old, &within, Same::NameAndNamespace, role)?;
        self.note(&old, self.lack.renames || self.lack.moves, found.is_some());
        let Some(found) = found else { return Ok(()) };
        referred.push((found, self.candidates[self.at].id.to_string()));
        let Candidate { name, namespace, traces: [of_name, of_namespace], .. } = &self.candidates[found];
        if name.as_ref() == old && namespace.is_empty() {
            return Ok(());
        }
        put(node, "name", name, follows(&written, name, of_name.as_ref()))?;
        if namespace.is_empty() {
            return Ok(());
        }
        let written = node.get("namespace").cloned().unwrap_or(written);
        put(node, "namespace", namespace, follows(&written, namespace, of_namespace.as_ref()))
    }

    /// The candidates that were in a namespace at first, else those that are in it now.
    fn in_namespace(&self, namespace: &str) -> Vec<usize> {
        let named = |name: fn(&Candidate) -> &str| -> Vec<usize> {
            self.within
                .iter()
                .copied()
                .filter(|at| name(&self.candidates[*at]) == namespace && namespace != super::super::id::NO_NAMESPACE)
                .collect()
        };
        let at_first = named(|candidate| &candidate.original_namespace);
        if at_first.is_empty() { named(|candidate| candidate.id.effective_namespace()) } else { at_first }
    }

    fn referral(&self, old: &str, within: &[usize], same: Same, role: Option<&Gvk>) -> Result<Option<usize>> {
        let all = self.candidates;
        let own = &all[self.at];
        let had = |at: &usize, is: &dyn Fn(&Id) -> bool| all[*at].previous.iter().any(is);
        let mut found: Vec<usize> = within
            .iter()
            .copied()
            .filter(|at| had(at, &|id| id.name.as_ref() == old))
            .filter(|at| had(at, &|id| id.gvk.is_selected(self.target)))
            .filter(|at| role.is_none_or(|role| had(at, &|id| id.gvk.is_selected(role))))
            .filter(|at| {
                let other = &all[*at];
                own.id.is_cluster_scoped
                    || other.id.is_cluster_scoped
                    || other.kind.as_ref() == "ServiceAccount"
                    || own.id.is_same_namespace(&other.id)
            })
            .collect();
        if found.len() == 1 {
            return Ok(found.pop());
        }
        found.retain(|at| has_same_affixes(&all[*at], own, true));
        if found.len() > 1 {
            found.retain(|at| has_same_affixes(&all[*at], own, false));
        }
        let Some(first) = found.first().copied() else { return Ok(None) };
        let is_same =
            |at: &usize| all[*at].name == all[first].name && (same == Same::Name || all[*at].namespace == all[first].namespace);
        if found.iter().all(is_same) {
            return Ok(Some(first));
        }
        let names: Vec<_> = found.iter().map(|at| all[*at].id.to_string()).collect();
        Err(BuildError::invalid(format!("found multiple possible referrals: {}", names.join(", "))))
    }
}

fn has_same_affixes(a: &Candidate, b: &Candidate, may_be_empty: bool) -> bool {
    let same = |a: &[String], b: &[String]| {
        let (short, long) = if a.len() > b.len() { (b, a) } else { (a, b) };
        may_be_empty && short.is_empty() || if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
    };
    same(&a.prefixes, &b.prefixes) && same(&a.suffixes, &b.suffixes)
}

/// Group and kind of the role that a binding binds.
fn role(node: &Node) -> Option<Gvk> {
    let role = node.get("roleRef")?;
    Some(Gvk {
        group: role.get("apiGroup")?.shared_text()?.clone(),
        version: "".into(),
        kind: role.get("kind")?.shared_text()?.clone(),
    })
}

/// What follows another object's name: it is set where the object is named, and composed as that name is.
fn follows(written: &Node, text: &Text, referent: Option<&Trace>) -> Trace {
    let mut made = Composition::new(Joint::Reference);
    made.scalar(written.trace.clone(), written.shared_text().unwrap_or(text), written.tag.clone());
    match referent {
        Some(referent) => {
            let name = made.scalar(referent.clone(), text, Tag::Str);
            made.whole(PartRole::Referent, name);
        }
        None => made.made(PartRole::Referent, text),
    }
    Trace::composed(written.origin().as_layer(Layer::Reference), made, None)
}

fn put(map: &mut Node, key: &str, text: &Text, trace: Trace) -> Result<()> {
    if map.get(key).and_then(Node::text) == Some(text.as_ref()) {
        return Ok(());
    }
    fields::set(map, key, Node::scalar(text.clone(), Tag::None, trace.clone()))?;
    if let Some(field) = map.get_mut(key) {
        field.trace = trace;
    }
    Ok(())
}
