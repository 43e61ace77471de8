//! `patches`, `patchesStrategicMerge`, `patchesJson6902`.
//! Source: kustomize api v0.21.1 `internal/builtins/Patch*Transformer.go`, `resmap/reswrangler.go` (ApplySmPatch).

use std::collections::HashSet;

use super::super::config::Config;
use super::super::decode::Mode;
use super::super::error::{BuildError, Result};
use super::super::factory;
use super::super::fields;
use super::super::kustomization::{Kustomization, Patch, selector};
use super::super::merge;
use super::super::node::{Layer, Node, Origin};
use super::super::read::{self, TextPlace};
use super::super::resource::{Resource, annotations, note};
use super::super::resources::{Resources, merge_metadata};
use super::super::schema::BuildSchemas;
use super::super::selector::Selector;
use super::super::session::Session;
use super::json_patch::{self, Operations};
use super::{Transform, TransformContext, Transforms, Unknown, lenient};

enum Content {
    Strategic(Vec<Resource>),
    Json(Operations),
    Nothing,
}

struct Patches {
    content: Content,
    target: Option<Selector>,
    /// `patchesJson6902` does not note the id that was before.
    notes_id: bool,
    /// `patchesStrategicMerge` looks again for objects that became the same.
    checks_ids: bool,
    origin: Origin,
}

pub(super) fn from_field(setting: TransformContext<'_>, kustomization: &Kustomization, _: &Config) -> Result<Transforms> {
    kustomization.patches.iter().map(|patch| from_settings(setting, patch)).collect()
}

pub(super) fn from_file(setting: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    Ok(vec![from_settings(setting, &Patch::read(node, Mode::Lenient)?)?])
}

/// The text of a patch's file and where it stands; none of a remote one that is not here.
fn text_of_file(setting: TransformContext<'_>, path: &Node) -> Result<Option<(Vec<u8>, TextPlace)>> {
    let loaded = setting.session.known(setting.session.load(setting.folder, fields::value_of(path)), path)?;
    Ok(loaded.map(|(file, bytes)| (bytes.to_vec(), TextPlace::file(&file, Layer::Patch))))
}

/// The same of a patch that is in a file or in the kustomization itself.
fn text_of(setting: TransformContext<'_>, path: Option<&Node>, inline: Option<&Node>) -> Result<Option<(Vec<u8>, TextPlace)>> {
    if let Some(path) = path {
        return text_of_file(setting, path);
    }
    let inline = inline.expect("one of both is there");
    let text = fields::value_of(inline);
    let mut place = TextPlace::inside(inline, Layer::Patch);
    let leading = &text[..text.len() - text.trim_start().len()];
    if place.is_exact {
        place.line += u32::try_from(leading.matches('\n').count()).unwrap_or(0);
    }
    Ok(Some((text.trim().as_bytes().to_vec(), place)))
}

fn from_settings(setting: TransformContext<'_>, patch: &Patch) -> Result<Box<dyn Transform>> {
    let given = |node: &Option<Node>| node.clone().filter(|node| !fields::value_of(node).trim().is_empty());
    let path = patch.path.clone().filter(|path| path.text() != Some(""));
    let inline = given(&patch.patch);
    let fail = |message: &str| Err(BuildError::invalid(message).at(&patch.origin));
    match (&path, &inline) {
        (None, None) => return fail("must specify one of patch and path"),
        (Some(_), Some(_)) => return fail("patch and path can't be set at the same time"),
        _ => {}
    }
    let Some((text, place)) = text_of(setting, path.as_ref(), inline.as_ref())? else {
        return Ok(unknown(path.as_ref(), patch.target.as_ref()));
    };
    let content = content(&text, &place, patch, path.is_some() && setting.session.decrypts)?;
    Ok(Box::new(Patches {
        content,
        target: patch.target.clone(),
        notes_id: true,
        checks_ids: false,
        origin: patch.origin.clone(),
    }))
}

/// A text is a strategic merge patch if it can be read as one, else a JSON patch.
/// `is_decrypted`: Flux decrypts the file before it is read, and takes SOPS' own part out of it.
fn content(text: &[u8], place: &TextPlace, patch: &Patch, is_decrypted: bool) -> Result<Content> {
    let strategic = factory::from_text(text, place);
    let json = json_patch::read(text, place);
    match (strategic, json) {
        (Ok(strategic), Ok(json)) if !strategic.is_empty() && !json.is_empty() => {
            Err(BuildError::invalid("illegally qualifies as both an SM and JSON patch").at(&patch.origin))
        }
        (Ok(strategic), _) if strategic.is_empty() => Ok(Content::Nothing),
        (Ok(mut strategic), _) => {
            for object in &mut strategic {
                if is_decrypted {
                    fields::clear(&mut object.node, "sops")?;
                }
                if patch.allow_name_change {
                    object.enable(note::ALLOW_NAME_CHANGE)?;
                }
                if patch.allow_kind_change {
                    object.enable(note::ALLOW_KIND_CHANGE)?;
                }
            }
            Ok(Content::Strategic(strategic))
        }
        (Err(_), Ok(json)) => Ok(Content::Json(json)),
        // of a list the second complaint is the better one
        (Err(first), Err(second)) => {
            let is_list = read::document(text, place).is_ok_and(|node| node.is_some_and(|node| node.is_list()));
            let error = if is_list { second } else { first };
            Err(BuildError { message: format!("unable to parse SM or JSON patch: {}", error.message), ..error.at(&patch.origin) })
        }
    }
}

pub(super) fn strategic_from_field(
    setting: TransformContext<'_>,
    kustomization: &Kustomization,
    _: &Config,
) -> Result<Transforms> {
    if kustomization.patches_strategic_merge.is_empty() {
        return Ok(Vec::new());
    }
    strategic(setting, &kustomization.patches_strategic_merge, None)
}

pub(super) fn strategic_from_file(setting: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &["paths", "patches"])?;
    let inline = fields.text("patches")?.filter(|inline| inline.text() != Some(""));
    let paths = fields.texts("paths")?;
    if paths.is_empty() && inline.is_none() {
        return Err(BuildError::invalid("empty file path and empty patch content").at(node.origin()));
    }
    strategic(setting, &paths, inline.as_ref())
}

fn strategic(setting: TransformContext<'_>, paths: &[Node], inline: Option<&Node>) -> Result<Transforms> {
    let (mut patches, mut all): (_, Transforms) = (Vec::new(), Vec::new());
    for path in paths {
        // each is a patch itself, or the file it is in
        let text = fields::value_of(path);
        match factory::from_text(text.as_bytes(), &TextPlace::inside(path, Layer::Patch)) {
            Ok(found) => patches.extend(found),
            Err(_) if text.contains('\n') => {
                patches.extend(factory::from_text(text.as_bytes(), &TextPlace::inside(path, Layer::Patch))?);
            }
            Err(_) => match text_of_file(setting, path)? {
                Some((bytes, place)) => patches.extend(factory::from_text(&bytes, &place)?),
                None => all.push(unknown(Some(path), None)),
            },
        }
    }
    if let Some(inline) = inline {
        patches.extend(factory::from_text(fields::value_of(inline).as_bytes(), &TextPlace::inside(inline, Layer::Patch))?);
    }
    let origin = paths.first().or(inline).expect("one of both is there").origin().clone();
    if patches.is_empty() && all.is_empty() {
        return Err(BuildError::invalid("patch appears to be empty").at(&origin));
    }
    if !patches.is_empty() {
        let content = Content::Strategic(patches);
        all.push(Box::new(Patches { content, target: None, notes_id: false, checks_ids: true, origin }));
    }
    Ok(all)
}

/// A patch that is not here.
fn unknown(path: Option<&Node>, target: Option<&Selector>) -> Box<dyn Transform> {
    Box::new(Unknown { address: path.map_or("", fields::value_of).into(), target: target.cloned() })
}

pub(super) fn json_from_field(setting: TransformContext<'_>, kustomization: &Kustomization, _: &Config) -> Result<Transforms> {
    let all = kustomization.patches_json6902.iter();
    all.map(|patch| json(setting, patch.target.clone(), patch.path.as_ref(), patch.patch.as_ref(), &patch.origin)).collect()
}

pub(super) fn json_from_file(setting: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &["target", "path", "jsonOp"])?;
    let (path, inline) = (fields.text("path")?, fields.text("jsonOp")?);
    Ok(vec![json(setting, fields.one("target", selector)?, path.as_ref(), inline.as_ref(), node.origin())?])
}

fn json(
    setting: TransformContext<'_>,
    target: Option<Selector>,
    path: Option<&Node>,
    inline: Option<&Node>,
    origin: &Origin,
) -> Result<Box<dyn Transform>> {
    let fail = |message: &str| Err(BuildError::invalid(message).at(origin));
    if target.as_ref().is_none_or(|target| target.name.is_empty()) {
        return fail("must specify the target name");
    }
    let given = |node: Option<&Node>| node.filter(|node| node.text() != Some("")).cloned();
    let (path, inline) = (given(path), given(inline));
    let (text, place) = match (&path, &inline) {
        (None, None) => return fail("empty file path and empty jsonOp"),
        (Some(_), Some(_)) => return fail("must specify a file path or jsonOp, not both"),
        (Some(path), None) => match text_of_file(setting, path)? {
            Some(found) => found,
            None => return Ok(unknown(Some(path), target.as_ref())),
        },
        (None, Some(inline)) => (fields::value_of(inline).as_bytes().to_vec(), TextPlace::inside(inline, Layer::Patch)),
    };
    let operations = json_patch::read(&text, &place)?;
    if operations.is_empty() {
        return fail("patch appears to be empty");
    }
    Ok(Box::new(Patches {
        content: Content::Json(operations),
        target,
        notes_id: false,
        checks_ids: false,
        origin: origin.clone(),
    }))
}

impl Transform for Patches {
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        match &self.content {
            Content::Nothing => Ok(()),
            Content::Strategic(patches) => {
                session.uses_builtin.set(true);
                self.strategic(patches, resources, session)
            }
            Content::Json(operations) => self.json(operations, resources, session),
        }
    }
}

impl Patches {
    fn strategic(&self, patches: &[Resource], resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        let schemas = &*session.schemas.borrow();
        if let Some(target) = &self.target {
            let [patch] = patches else {
                let message =
                    "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field";
                return Err(BuildError::invalid(message).at(&self.origin));
            };
            let selected = resources.select(target, schemas)?;
            return apply_to(resources, &selected, patch, session);
        }
        for patch in patches {
            let id = patch.original_id(schemas)?;
            // what it patches is among what is not here
            let is_gone = || Ok(resources.matching_any_id(|other| id.is_same(other), schemas)?.is_empty());
            if !resources.lack.is_nothing() && is_gone()? {
                session.doubt();
                continue;
            }
            let at = resources.by_id(&id, schemas).map_err(|error| {
                let message = format!("no resource matches strategic merge patch \"{id}\": {}", error.message);
                BuildError { message, ..error }.at(patch.node.origin())
            })?;
            if self.checks_ids {
                apply_to(resources, &[at], patch, session)?;
            } else {
                attempt(&mut resources.list[at], session, |resource| apply(resource, patch, schemas))?;
            }
        }
        Ok(())
    }

    fn json(&self, operations: &Operations, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        let schemas = &*session.schemas.borrow();
        let Some(target) = &self.target else {
            return Err(BuildError {
                hint: "add `target:` to the patch".to_owned(),
                ..BuildError::invalid("must specify a target for JSON patch")
            }
            .at(&self.origin));
        };
        for at in resources.select(target, schemas)? {
            let resource = &mut resources.list[at];
            if self.notes_id {
                resource.store_previous_id(schemas)?;
            }
            let before = annotations(&resource.node);
            attempt(resource, session, |resource| json_patch::apply(operations, &mut resource.node))?;
            resource.edit_annotations(|annotations| {
                for (_, entry) in before.iter().filter(|(key, _)| note::is_internal(key)) {
                    annotations.insert(entry.clone());
                }
            })?;
        }
        Ok(())
    }
}

/// Changes an object; a change that needs what is not here is a doubt.
fn attempt(resource: &mut Resource, session: &Session<'_>, change: impl FnOnce(&mut Resource) -> Result<()>) -> Result<()> {
    if !resource.attempt(change)? {
        session.doubt();
    }
    Ok(())
}

/// Applies a patch to all objects that have the id of a selected one.
fn apply_to(resources: &mut Resources, selected: &[usize], patch: &Resource, session: &Session<'_>) -> Result<()> {
    let schemas = &*session.schemas.borrow();
    let ids: HashSet<_> = selected.iter().map(|at| exact_key(&resources.list[*at], schemas)).collect();
    let list = std::mem::take(&mut resources.list);
    let mut kept = Vec::with_capacity(list.len());
    for mut resource in list {
        if ids.contains(&exact_key(&resource, schemas)) {
            let mut copy = patch.clone();
            merge_metadata(&mut copy, patch)?;
            let origin = patch.node.origin().clone();
            let (name, namespace) = (patch.name().to_owned(), patch.namespace().to_owned());
            copy.set_name(&name, &origin)?;
            copy.set_namespace(&namespace, &origin)?;
            let own = resource.node.get("apiVersion").map_or_else(|| resource.node.origin().clone(), |own| own.origin().clone());
            copy.set_api_version(&resource.gvk().api_version(), &own)?;
            attempt(&mut resource, session, |resource| apply(resource, &copy, schemas))?;
        }
        if !resource.is_empty() {
            kept.push(resource);
        }
    }
    resources.append_all(kept, schemas)
}

fn exact_key(resource: &Resource, schemas: &BuildSchemas) -> (super::super::id::Gvk, String, String) {
    let id = resource.id(schemas);
    (id.gvk, id.name.to_string(), id.namespace.to_string())
}

/// Lays a patch over one object; name, namespace and kind stay unless the patch may change them.
fn apply(resource: &mut Resource, patch: &Resource, schemas: &BuildSchemas) -> Result<()> {
    let (name, namespace, kind) = (resource.name().to_owned(), resource.namespace().to_owned(), resource.kind().to_owned());
    let origin_of =
        |path: &[&str]| resource.node.at(path).map_or_else(|| resource.node.origin().clone(), |node| node.origin().clone());
    let (name_origin, namespace_origin, kind_origin) = (
        resource.node.at(&["metadata", "name"]).map(|node| node.trace.clone()),
        origin_of(&["metadata", "namespace"]),
        origin_of(&["kind"]),
    );
    let (may_rename, may_change_kind) = (patch.is_enabled(note::ALLOW_NAME_CHANGE), patch.is_enabled(note::ALLOW_KIND_CHANGE));
    if may_rename || may_change_kind {
        resource.store_previous_id(schemas)?;
    }
    let hole = Node::null(resource.node.trace.clone());
    let object = std::mem::replace(&mut resource.node, hole);
    if let Some(node) = merge::strategic(patch.node.clone(), object, schemas)? {
        resource.node = node;
    }
    if resource.is_empty() {
        return Ok(());
    }
    if !may_change_kind {
        resource.set_kind(&kind, &kind_origin)?;
        put_trace(&mut resource.node, &["kind"], &kind_origin);
    }
    if !may_rename {
        let origin = name_origin.as_ref().map_or_else(|| resource.node.origin().clone(), |trace| trace.origin.clone());
        resource.set_name(&name, &origin)?;
        if let (Some(trace), Some(meta)) = (name_origin, resource.node.get_mut("metadata"))
            && let Some(node) = meta.get_mut("name")
        {
            node.trace = trace;
        }
    }
    resource.set_namespace(&namespace, &namespace_origin)
}

/// What the patch only repeats was set by the object.
fn put_trace(node: &mut Node, path: &[&str], origin: &Origin) {
    if let Ok(Some(way)) = fields::locate(node, path) {
        fields::at_mut(node, &way).trace = super::super::node::Trace::new(origin.clone());
    }
}
