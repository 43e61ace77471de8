//! Which fields of which kinds a transformer touches, and the walk to them.
//! Source: kustomize api v0.21.1 `types/fieldspec.go`, `filters/fieldspec/fieldspec.go`.

use super::decode::{Fields, Mode};
use super::error::{BuildError, Result};
use super::fields;
use super::id::Gvk;
use super::node::{Node, Origin, Tag, Text, Trace, Value};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSpec {
    pub gvk: Gvk,
    pub path: Text,
    pub create: bool,
}

/// What is made at the end of a path that may be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// Nothing: only what is there is visited.
    Nothing,
    Text,
    Number,
    Map,
}

impl FieldSpec {
    pub fn new(path: &str, create: bool) -> Self {
        Self { gvk: Gvk::default(), path: path.into(), create }
    }

    /// # Errors
    /// Not a field spec.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["group", "version", "kind", "path", "create"], mode)?;
        let gvk = Gvk { group: fields.plain("group")?, version: fields.plain("version")?, kind: fields.plain("kind")? };
        Ok(Self { gvk, path: fields.plain("path")?, create: fields.bool("create")? })
    }

    /// The objects of `self` are among those of `other`, and the field is the same.
    fn is_within(&self, other: &FieldSpec) -> bool {
        self.gvk.is_selected(&other.gvk) && self.path == other.path
    }

    /// Calls `visit` with every node that this spec means in an object. `origin` is where created nodes come from.
    ///
    /// # Errors
    /// A scalar where the path goes on, or what `visit` says.
    pub fn apply(
        &self,
        object: &mut Node,
        make: Make,
        origin: &Origin,
        visit: &mut dyn FnMut(&mut Node) -> Result<()>,
    ) -> Result<()> {
        let gvk = Gvk::from_node(object);
        if !gvk.is_selected(&self.gvk) {
            return Ok(());
        }
        let path = fields::split_path(&self.path, '/');
        let creates = self.create && make != Make::Nothing;
        if !creates && !leads_somewhere(object, &path) {
            return Ok(());
        }
        let walk = Walk { creates, make, origin, path: &path };
        walk.go(object, 0, visit)
    }
}

struct Walk<'w> {
    creates: bool,
    make: Make,
    origin: &'w Origin,
    path: &'w [String],
}

impl Walk<'_> {
    fn go(&self, node: &mut Node, depth: usize, visit: &mut dyn FnMut(&mut Node) -> Result<()>) -> Result<()> {
        let Some(part) = self.path.get(depth) else { return visit(node) };
        if node.is_null() {
            return Ok(());
        }
        match &mut node.value {
            Value::List(items) => {
                if !items.iter().any(|item| leads_somewhere(item, &self.path[depth..]) || self.creates) {
                    return Ok(());
                }
                for item in std::sync::Arc::make_mut(items) {
                    self.go(item, depth, visit)?;
                }
                Ok(())
            }
            Value::Map(_) => self.map(node, part, depth, visit),
            Value::Scalar(_) => {
                Err(BuildError::invalid(format!("expected sequence or mapping node on the way to `{}`", self.path.join("/")))
                    .at(node.origin()))
            }
        }
    }

    fn map(&self, node: &mut Node, part: &str, depth: usize, visit: &mut dyn FnMut(&mut Node) -> Result<()>) -> Result<()> {
        let (name, is_list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        if name.is_empty() {
            return Err(BuildError::invalid("cannot set or create an empty field name"));
        }
        let is_last = depth + 1 == self.path.len();
        let trace = Trace::new(self.origin.clone());
        let made = if !self.creates || is_list {
            is_list.then(|| Node { tag: Tag::None, ..Node::list(Vec::new(), trace) })
        } else if is_last {
            Some(self.leaf(&trace))
        } else {
            Some(Node::map(Vec::new(), trace))
        };
        if node.get(name).is_none() {
            match &made {
                Some(made) if self.creates && !is_list => {
                    // what kyaml creates has no tag yet, only what was null gets one
                    let fresh = Node { tag: Tag::None, ..made.clone() };
                    fields::field_or_create(node, name, fresh)?;
                }
                _ => return Ok(()),
            }
        }
        let field = node.get_mut(name).expect("there, or just created");
        if field.is_null()
            && let Some(made) = made
        {
            let text = field.shared_text().cloned();
            let old = std::mem::replace(field, made);
            if let (Value::Scalar(value), Some(text)) = (&mut field.value, text) {
                *value = text;
            }
            field.trace = old.trace;
        }
        self.go(field, depth + 1, visit)
    }

    fn leaf(&self, trace: &Trace) -> Node {
        match self.make {
            Make::Map => Node::map(Vec::new(), trace.clone()),
            Make::Number => Node::scalar("", Tag::Int, trace.clone()),
            Make::Text | Make::Nothing => Node::scalar("", Tag::Str, trace.clone()),
        }
    }
}

/// False when nothing can be visited and nothing can go wrong: saves copies of what is shared.
fn leads_somewhere(node: &Node, path: &[String]) -> bool {
    let Some(part) = path.first() else { return true };
    if node.is_null() {
        return false;
    }
    match &node.value {
        Value::List(items) => items.iter().any(|item| leads_somewhere(item, path)),
        Value::Map(_) => {
            let name = part.strip_suffix("[]").unwrap_or(part);
            name.is_empty()
                || node
                    .get(name)
                    .is_some_and(|field| field.is_null() && part.ends_with("[]") || leads_somewhere(field, &path[1..]))
        }
        Value::Scalar(_) => true,
    }
}

/// Adds a spec unless one like it is there.
///
/// # Errors
/// The same field, once to be created and once not.
pub fn merge_one(list: &mut Vec<FieldSpec>, spec: &FieldSpec) -> Result<()> {
    match list.iter().find(|existing| existing.is_within(spec)) {
        Some(existing) if existing.create != spec.create => {
            Err(BuildError::invalid(format!("conflicting fieldspecs for `{}`", spec.path)))
        }
        Some(_) => Ok(()),
        None => {
            list.push(spec.clone());
            Ok(())
        }
    }
}

/// Adds several specs.
///
/// # Errors
/// As [`merge_one`].
pub fn merge_all(list: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<()> {
    more.iter().try_for_each(|spec| merge_one(list, spec))
}
