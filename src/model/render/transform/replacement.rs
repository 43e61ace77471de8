//! `replacements`: a value from one object's field into fields of others.
//! Source: kustomize api v0.21.1 `filters/replacement/replacement.go`.

use std::ops::Range;

use super::super::config::Config;
use super::super::decode::Mode;
use super::super::error::{BuildError, Result};
use super::super::fields;
use super::super::id::{self, Gvk, Id, meta_text};
use super::super::kustomization::{FieldOptions, Kustomization, Replacement, ReplacementSource, ReplacementTarget};
use super::super::node::{Layer, Node, Tag, Text, Trace, Value};
use super::super::resource::{Resource, annotations, labels};
use super::super::resources::Resources;
use super::super::selector::{Patterns, Selector};
use super::super::session::Session;
use super::super::trace::{Composition, Joint, PartRole};
use super::path_match::{COPY, Create, Matcher};
use super::{Transform, TransformContext, Transforms, Unknown, lenient, structured};

struct Replacements(Vec<Replacement>);

pub(super) fn from_field(setting: TransformContext<'_>, kustomization: &Kustomization, _: &Config) -> Result<Transforms> {
    if kustomization.replacements.is_empty() {
        return Ok(Vec::new());
    }
    all(setting, &kustomization.replacements)
}

pub(super) fn from_file(setting: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &["replacements"])?;
    all(setting, &fields.all("replacements", super::super::kustomization::replacement_or_path)?)
}

fn all(setting: TransformContext<'_>, items: &[(Option<Node>, Replacement)]) -> Result<Transforms> {
    let (mut found, mut transforms): (_, Transforms) = (Vec::new(), Vec::new());
    for (path, inline) in items {
        let Some(path) = path else {
            found.push(inline.clone());
            continue;
        };
        let read = setting.session.document(setting.folder, fields::value_of(path));
        let Some(file) = setting.session.known(read, path)? else {
            transforms.push(Box::new(Unknown { address: fields::value_of(path).into(), target: None }));
            continue;
        };
        let Some(file) = file.filter(|file| !file.is_scalar()) else {
            return Err(BuildError::invalid("unsupported replacement type encountered within replacement path").at(path.origin()));
        };
        let items = if file.is_list() { file.items() } else { std::slice::from_ref(&file) };
        for item in items {
            found.push(Replacement::read(item, Mode::Lenient)?);
        }
    }
    transforms.push(Box::new(Replacements(found)));
    Ok(transforms)
}

impl Transform for Replacements {
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        for replacement in &self.0 {
            run(replacement, resources, session).map_err(|error| error.at(&replacement.origin))?;
        }
        resources.drop_empty();
        Ok(())
    }
}

fn run(replacement: &Replacement, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
    let Some(targets) =
        replacement.targets.as_ref().filter(|_| replacement.source.is_some() || replacement.source_value.is_some())
    else {
        return Err(BuildError::invalid("replacements must specify a source and at least one target"));
    };
    let given = match (&replacement.source, &replacement.source_value) {
        (Some(_), Some(_)) => return Err(BuildError::invalid("value and resource selectors are mutually exclusive")),
        (None, Some(value)) => {
            let value = Node::scalar(fields::value_of(value), Tag::None, value.trace.clone());
            Given { from: value.clone(), range: 0..fields::value_of(&value).len(), role: PartRole::Copy, is_name: false, value }
        }
        // what it takes the value of is among what is not here
        (Some(source), None) => {
            let lacks = match selected(source, resources)? {
                Some(resource) => resource.unproven.clone(),
                None => resources.lack.address.clone(),
            };
            match (source_value(source, resources), lacks) {
                (Ok(given), _) => given,
                (Err(_), Some(address)) => {
                    session.doubt();
                    return doubt(targets, resources, &address);
                }
                (Err(error), None) => return Err(error),
            }
        }
        (None, None) => unreachable!("looked at above"),
    };
    for target in targets {
        apply(target, &given, resources, session)?;
    }
    Ok(())
}

/// A value that is put into fields: where it was taken from, and which bytes of that scalar it is.
pub(super) struct Given {
    pub value: Node,
    from: Node,
    range: Range<usize>,
    role: PartRole,
    is_name: bool,
}

impl Given {
    /// Adds it to what a field is composed of.
    pub fn part(&self, made: &mut Composition) {
        if let Some(text) = self.from.shared_text() {
            let at = made.scalar(self.from.trace.clone(), text, self.from.tag.clone());
            made.scalars[at].is_name = self.is_name;
            made.cut(self.role.clone(), at, self.range.clone());
        }
    }

    /// Who set a field that is composed of it.
    pub fn trace(&self, made: Composition, lost: Option<&Trace>) -> Trace {
        Trace::composed(self.value.origin().as_layer(Layer::Replacement), made, lost)
    }
}

/// The current id and the earlier ones, none of them asked for its scope.
fn ids(resource: &Resource) -> Result<Vec<Id>> {
    let current = Id {
        gvk: Gvk::from_node(&resource.node),
        name: resource.name().into(),
        namespace: meta_text(&resource.node, "namespace").into(),
        is_cluster_scoped: false,
    };
    let mut ids = vec![current];
    ids.extend(resource.previous_ids()?);
    Ok(ids)
}

/// Marks what would get a value that is not known.
fn doubt(targets: &[ReplacementTarget], resources: &mut Resources, address: &Text) -> Result<()> {
    for target in targets {
        let chosen = Chosen::by(target)?;
        for resource in &mut resources.list {
            if chosen.has(resource)? {
                resource.doubt(address);
            }
        }
    }
    Ok(())
}

/// The one object that a source names.
fn selected<'r>(source: &ReplacementSource, resources: &'r Resources) -> Result<Option<&'r Resource>> {
    let mut found = None;
    for resource in &resources.list {
        if ids(resource)?.iter().any(|id| id.is_selected_by(&source.id)) {
            if found.is_some() {
                return Err(BuildError::invalid(format!("multiple matches for selector {}", source.id)));
            }
            found = Some(resource);
        }
    }
    Ok(found)
}

fn source_value(source: &ReplacementSource, resources: &Resources) -> Result<Given> {
    let resource =
        selected(source, resources)?.ok_or_else(|| BuildError::invalid(format!("nothing selected by {}", source.id)))?;
    let path = if source.field_path.is_empty() { "metadata.name" } else { &source.field_path };
    let parts = fields::split_path_with_brackets(path, '.');
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let node = fields::lookup(&resource.node, &parts)?.filter(|node| !fields::is_empty(node));
    let node =
        node.ok_or_else(|| BuildError::invalid(format!("fieldPath `{path}` is missing for replacement source {}", source.id)))?;
    let is_name = id::is_identity(&parts);
    let Some(options) = source.options.as_ref().filter(|options| !options.delimiter.is_empty()) else {
        return Ok(Given {
            value: node.clone(),
            from: node.clone(),
            range: 0..fields::value_of(node).len(),
            role: PartRole::Copy,
            is_name,
        });
    };
    let text = node.text().ok_or_else(|| BuildError::invalid("delimiter option can only be used with scalar nodes"))?;
    let part = usize::try_from(options.index).ok().and_then(|index| split(text, &options.delimiter).into_iter().nth(index));
    let range =
        part.ok_or_else(|| BuildError::invalid(format!("options.index {} is out of bounds for value {text}", options.index)))?;
    let value = Node { value: Value::Scalar(text[range.clone()].into()), ..node.clone() };
    Ok(Given { value, from: node.clone(), range, role: PartRole::Piece(options.delimiter.clone()), is_name })
}

/// Where the pieces of a text stand.
fn split(text: &str, delimiter: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let piece = |piece: &str| {
        let range = at..at + piece.len();
        at = range.end + delimiter.len();
        range
    };
    text.split(delimiter).map(piece).collect()
}

fn apply(target: &ReplacementTarget, value: &Given, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
    let chosen = Chosen::by(target)?;
    for resource in &mut resources.list {
        if chosen.has(resource)? && !resource.attempt(|resource| copy_into(resource, target, value))? {
            session.doubt();
        }
    }
    Ok(())
}

/// What a target selects and does not reject.
struct Chosen<'t> {
    target: &'t ReplacementTarget,
    select: &'t Selector,
    patterns: Patterns,
    rejected: Vec<Patterns>,
}

impl<'t> Chosen<'t> {
    fn by(target: &'t ReplacementTarget) -> Result<Self> {
        let select = target
            .select
            .as_ref()
            .ok_or_else(|| BuildError::invalid("target must specify resources to select").at(&target.origin))?;
        let rejected = target.reject.iter().map(Selector::patterns).collect::<Result<Vec<_>>>()?;
        Ok(Self { target, select, patterns: select.patterns()?, rejected })
    }

    fn has(&self, resource: &Resource) -> Result<bool> {
        let Self { target, select, patterns, rejected } = self;
        let ids = ids(resource)?;
        if !is_labelled(resource, select)? {
            return Ok(false);
        }
        let by_label = target.reject.iter().filter(|reject| !(reject.labels.is_empty() && reject.annotations.is_empty()));
        let mut is_rejected = false;
        for reject in by_label {
            is_rejected |= is_labelled(resource, reject)?;
        }
        let by_id = target.reject.iter().zip(rejected).filter(|(reject, _)| !reject.names_nothing());
        is_rejected |= by_id.into_iter().any(|(_, patterns)| ids.iter().any(|id| patterns.is_id(id)));
        Ok(!is_rejected && ids.iter().any(|id| patterns.is_id(id)))
    }
}

fn is_labelled(resource: &Resource, selector: &Selector) -> Result<bool> {
    let (labels, annotations) = (labels(&resource.node), annotations(&resource.node));
    let is_annotated = selector.annotation_terms()?.matches(|key| annotations.get(key));
    Ok(is_annotated && selector.label_terms()?.matches(|key| labels.get(key)))
}

fn copy_into(resource: &mut Resource, target: &ReplacementTarget, given: &Given) -> Result<()> {
    let value = &given.value;
    let origin = value.origin().as_layer(Layer::Replacement);
    let creates = target.options.as_ref().is_some_and(|options| options.create);
    let create = if creates { Create::like(value) } else { Create::Nothing };
    let matcher = Matcher { create, origin: &origin };
    let default = [Node::string("metadata.name", value.trace.clone())];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    for path in paths {
        let text = fields::value_of(path);
        let parts = fields::split_path_with_brackets(text, '.');
        if structured::set(&mut resource.node, given, &parts, &matcher)? {
            continue;
        }
        let missing = || {
            let action = if creates { "find or create" } else { "find" };
            BuildError::invalid(format!("unable to {action} field \"{text}\" in replacement target")).at(path.origin())
        };
        let ways = matcher
            .find(&mut resource.node, &parts)
            .map_err(|error| BuildError { message: format!("{}: {}", missing().message, error.message), ..missing() })?;
        let ways = ways.filter(|ways| !ways.is_empty()).ok_or_else(missing)?;
        for way in ways.iter().filter(|way| !way.ends_with(COPY)) {
            set(fields::at_mut(&mut resource.node, way), given, target.options.as_ref())?;
        }
    }
    Ok(())
}

/// Puts the value into a field: a scalar keeps its type and style and only gets another text.
fn set(field: &mut Node, given: &Given, options: Option<&FieldOptions>) -> Result<()> {
    let Given { value, .. } = given;
    let options = options.filter(|options| !options.delimiter.is_empty());
    let mut made = Composition::new(Joint::Replacement { delimiter: options.map(|options| options.delimiter.clone()) });
    let mut is_lost = true;
    match options {
        Some(options) => {
            let old = field.shared_text().cloned();
            let old = old.ok_or_else(|| BuildError::invalid("delimiter option can only be used with scalar nodes"))?;
            let own = made.scalar(field.trace.clone(), &old, field.tag.clone());
            let pieces = split(&old, &options.delimiter);
            let is_last = |index: usize| index + 1 >= pieces.len();
            match usize::try_from(options.index) {
                Err(_) => {
                    given.part(&mut made);
                    made.made(PartRole::Separator, &options.delimiter);
                    made.cut(PartRole::Text, own, 0..old.len());
                    is_lost = false;
                }
                Ok(index) if index >= pieces.len() => {
                    made.cut(PartRole::Text, own, 0..old.len());
                    made.made(PartRole::Separator, &options.delimiter);
                    given.part(&mut made);
                    is_lost = false;
                }
                Ok(index) => {
                    let begin = if index == 0 { 0 } else { pieces[index - 1].end };
                    made.cut(PartRole::Text, own, 0..begin);
                    if index > 0 {
                        made.made(PartRole::Separator, &options.delimiter);
                    }
                    given.part(&mut made);
                    if !is_last(index) {
                        made.made(PartRole::Separator, &options.delimiter);
                        made.cut(PartRole::Text, own, pieces[index + 1].start..old.len());
                    }
                }
            }
        }
        None => given.part(&mut made),
    }
    let text = made.text();
    let trace = given.trace(made, is_lost.then_some(&field.trace));
    if field.is_scalar() {
        field.value = Value::Scalar(text.into());
        field.trace = trace;
        return Ok(());
    }
    let mut new = value.clone();
    if value.is_scalar() {
        new.value = Value::Scalar(text.into());
        new.trace = trace;
    } else {
        new.trace = Trace::new(value.origin().as_layer(Layer::Replacement)).over(&field.trace);
    }
    *field = new;
    Ok(())
}
