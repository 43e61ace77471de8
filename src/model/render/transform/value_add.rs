//! The transformer `ValueAddTransformer`: one value into many fields. Source: kustomize api v0.21.1
//! `internal/builtins/ValueAddTransformer.go`, `filters/valueadd/valueadd.go`.

use std::ops::Range;

use super::super::error::{BuildError, Result};
use super::super::fields;
use super::super::kustomization::selector;
use super::super::node::{Layer, Node, Tag, Trace, Value};
use super::super::resources::Resources;
use super::super::selector::Selector;
use super::super::session::Session;
use super::super::trace::{Composition, Joint, PartRole};
use super::namespace::{Namespace, Subjects};
use super::{Transform, TransformContext, Transforms, Unknown, lenient};

struct Target {
    selector: Option<Selector>,
    path: String,
    position: i64,
}

struct ValueAdd {
    value: Node,
    targets: Vec<Target>,
}

pub(super) fn from_file(setting: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &["value", "targets", "targetFilePath"])?;
    let mut value = fields.text("value")?.unwrap_or_else(|| Node::string("", node.trace.clone()));
    let text = fields::value_of(&value).trim();
    let text =
        if text.is_empty() { setting.folder.path.rsplit('/').next().unwrap_or_default().to_owned() } else { text.to_owned() };
    value.value = Value::Scalar(text.into());
    let read = |node: &Node, mode| {
        let fields = super::super::decode::Fields::of(node, &["selector", "fieldPath", "filePathPosition"], mode)?;
        let target = Target {
            selector: fields.one("selector", selector)?,
            path: fields.plain("fieldPath")?.to_string(),
            position: fields.int("filePathPosition")?,
        };
        if target.path.is_empty() {
            return Err(BuildError::invalid("fieldPath cannot be empty").at(node.origin()));
        }
        if target.position < 0 {
            return Err(BuildError::invalid(format!("value of FilePathPosition ({}) cannot be negative", target.position))
                .at(node.origin()));
        }
        Ok(target)
    };
    let mut targets = fields.all("targets", read)?;
    let path = fields.text("targetFilePath")?.filter(|path| path.text() != Some(""));
    let load = |path: Node| {
        let known = setting.session.known(setting.session.document(setting.folder, fields::value_of(&path)), &path)?;
        Ok(known.ok_or_else(|| fields::value_of(&path).into()))
    };
    let file = path.map(load).transpose()?.unwrap_or(Ok(None));
    let file = match file {
        Ok(file) => file,
        Err(address) => return Ok(vec![Box::new(Unknown { address, target: None })]),
    };
    if let Some(file) = file {
        targets.extend(lenient(&file, &["targets"])?.all("targets", read)?);
    }
    if targets.is_empty() {
        return Err(BuildError::invalid("must specify at least one target").at(node.origin()));
    }
    Ok(vec![Box::new(ValueAdd { value, targets })])
}

impl Transform for ValueAdd {
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        let schemas = session.schemas.borrow();
        for target in &self.targets {
            let selected = match &target.selector {
                Some(selector) => resources.select(selector, &schemas)?,
                None => (0..resources.list.len()).collect(),
            };
            for at in selected {
                let resource = &mut resources.list[at];
                if target.path == "metadata/namespace" {
                    let namespace = Namespace {
                        namespace: self.value.clone(),
                        specs: Vec::new(),
                        unset_only: false,
                        subjects: Subjects::NamedDefault,
                    };
                    namespace.apply(resource, &schemas)?;
                } else {
                    self.add(&mut resource.node, target)?;
                }
            }
        }
        Ok(())
    }
}

impl ValueAdd {
    fn add(&self, object: &mut Node, target: &Target) -> Result<()> {
        let origin = self.value.origin().as_layer(Layer::Transformer);
        let mut parts: Vec<String> = Vec::new();
        for part in target.path.split('/') {
            match parts.last_mut().filter(|last| last.ends_with('\\')) {
                Some(last) => {
                    last.pop();
                    last.push('/');
                    last.push_str(part);
                }
                None => parts.push(part.to_owned()),
            }
        }
        let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        let Some(node) = reach(object, &parts, &Trace::new(origin.clone()))? else { return Ok(()) };
        fields::expect_scalar(node)?;
        let text = fields::value_of(&self.value);
        if target.position == 0 {
            return fields::set_scalar(node, Node::scalar(text, Tag::None, Trace::new(origin)));
        }
        if text.is_empty() {
            let trace = node.trace.clone();
            return fields::compose_scalar(node, Node::scalar(fields::value_of(node), Tag::None, trace));
        }
        let made = self.inserted(node, target.position - 1);
        fields::compose_scalar(node, Node::scalar(made.text(), Tag::None, Trace::composed(origin, made, None)))
    }

    /// The value put into a path of files; an absolute path stays one.
    fn inserted(&self, node: &Node, position: i64) -> Composition {
        let old = node.shared_text().cloned().unwrap_or_default();
        let (before, after) = around(&old, position);
        let mut made = Composition::new(Joint::Path);
        let own = made.scalar(node.trace.clone(), &old, node.tag.clone());
        let added = made.scalar(self.value.trace.as_layer(Layer::Transformer), &fields::value_of(&self.value).into(), Tag::Str);
        if let Some(before) = before {
            made.cut(PartRole::Text, own, before);
            made.made(PartRole::Separator, "/");
        }
        made.whole(PartRole::Value, added);
        if let Some(after) = after {
            made.made(PartRole::Separator, "/");
            made.cut(PartRole::Text, own, after);
        }
        made
    }
}

/// The field at a path; fields that are missing are made, items of lists by position are not.
fn reach<'n>(node: &'n mut Node, path: &[&str], trace: &Trace) -> Result<Option<&'n mut Node>> {
    let Some((part, rest)) = path.split_first() else { return Ok(Some(node)) };
    if let Ok(at) = part.parse::<usize>() {
        fields::expect_list(node)?;
        return match node.items_mut().and_then(|items| items.get_mut(at)) {
            Some(item) => reach(item, rest, trace),
            None => Ok(None),
        };
    }
    if fields::is_item(part) || *part == "-" || *part == "*" {
        let Some(way) = fields::locate(node, &[part])? else {
            return Err(BuildError::refused(format!("`{part}` would have to be created"), "name a field that is there"));
        };
        return reach(fields::at_mut(node, &way), rest, trace);
    }
    let empty = match rest.first() {
        None => Node::scalar("", Tag::None, trace.clone()),
        Some(next) if fields::is_item(next) || next.parse::<usize>().is_ok() => Node::list(Vec::new(), trace.clone()),
        Some(_) => Node::map(Vec::new(), trace.clone()),
    };
    match fields::field_or_create(node, part, Node { tag: Tag::None, ..empty })? {
        Some(field) => reach(field, rest, trace),
        None => Ok(None),
    }
}

/// The text around a position of a file path; nothing can go before the beginning of an absolute one.
fn around(path: &str, position: i64) -> (Option<Range<usize>>, Option<Range<usize>>) {
    if path.is_empty() {
        return (None, None);
    }
    let trimmed = path.trim_end_matches('/');
    let parts: Vec<&str> = trimmed.split('/').collect();
    let mut at = usize::try_from(position).unwrap_or(0).min(parts.len());
    if parts[0].is_empty() && at < parts.len() {
        at += 1;
    }
    let end = parts[..at].iter().map(|part| part.len() + 1).sum::<usize>();
    (at.checked_sub(1).map(|_| 0..end - 1), (at < parts.len()).then_some(end..trimmed.len()))
}
