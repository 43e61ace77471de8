//! The settings inside a kustomization file, which transformers' own files use as well.
//! Source: kustomize api v0.21.1 `types/*.go`.

use super::super::decode::{Fields, Mode};
use super::super::error::{BuildError, Result};
use super::super::field_spec::FieldSpec;
use super::super::id::{Gvk, Id};
use super::super::node::{Entry, Node, Notation, Origin, Text};
use super::super::selector::Selector;

#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub name: Text,
    pub new_name: Option<Node>,
    pub tag_suffix: Option<Node>,
    pub new_tag: Option<Node>,
    pub digest: Option<Node>,
    pub origin: Origin,
}

impl Image {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["name", "newName", "tagSuffix", "newTag", "digest"], mode)?;
        let given = |name: &str| -> Result<Option<Node>> { Ok(fields.text(name)?.filter(|node| node.text() != Some(""))) };
        Ok(Self {
            name: fields.plain("name")?,
            new_name: given("newName")?,
            tag_suffix: given("tagSuffix")?,
            new_tag: given("newTag")?,
            digest: given("digest")?,
            origin: node.origin().clone(),
        })
    }
}

#[derive(Clone, Debug)]
pub struct Replica {
    pub name: Text,
    pub count: i64,
    /// Where the count stands.
    pub origin: Origin,
}

impl Replica {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["name", "count"], mode)?;
        let origin = match fields.get("count") {
            Some(count) => count.origin().clone(),
            None => node.origin().as_form(Notation::Maker),
        };
        Ok(Self { name: fields.plain("name")?, count: fields.int("count")?, origin })
    }
}

#[derive(Clone, Debug)]
pub struct Label {
    pub pairs: Vec<Entry>,
    pub include_selectors: bool,
    pub include_templates: bool,
    pub fields: Vec<FieldSpec>,
    pub origin: Origin,
}

impl Label {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["pairs", "includeSelectors", "includeTemplates", "fields"], mode)?;
        Ok(Self {
            pairs: fields.pairs("pairs")?,
            include_selectors: fields.bool("includeSelectors")?,
            include_templates: fields.bool("includeTemplates")?,
            fields: fields.all("fields", FieldSpec::read)?,
            origin: node.origin().clone(),
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    pub path: Option<Node>,
    pub patch: Option<Node>,
    pub target: Option<Selector>,
    pub allow_name_change: bool,
    pub allow_kind_change: bool,
    pub origin: Origin,
}

impl Patch {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["path", "patch", "target", "options"], mode)?;
        let options = fields
            .get("options")
            .map(|options| Fields::of(options, &["allowNameChange", "allowKindChange"], mode))
            .transpose()?;
        let option = |name: &str| options.as_ref().map_or(Ok(false), |options| options.bool(name));
        Ok(Self {
            path: fields.text("path")?,
            patch: fields.text("patch")?,
            target: fields.one("target", selector)?,
            allow_name_change: option("allowNameChange")?,
            allow_kind_change: option("allowKindChange")?,
            origin: node.origin().clone(),
        })
    }
}

/// # Errors
/// Wrong fields or types.
pub fn selector(node: &Node, mode: Mode) -> Result<Selector> {
    let fields =
        Fields::of(node, &["group", "version", "kind", "name", "namespace", "annotationSelector", "labelSelector"], mode)?;
    Ok(Selector {
        gvk: gvk(&fields)?,
        name: fields.plain("name")?,
        namespace: fields.plain("namespace")?,
        labels: fields.plain("labelSelector")?,
        annotations: fields.plain("annotationSelector")?,
        origin: Some(node.origin().clone()),
    })
}

fn gvk(fields: &Fields<'_>) -> Result<Gvk> {
    Ok(Gvk { group: fields.plain("group")?, version: fields.plain("version")?, kind: fields.plain("kind")? })
}

#[derive(Clone, Debug, Default)]
pub struct GeneratorOptions {
    pub labels: Vec<Entry>,
    pub annotations: Vec<Entry>,
    pub disable_hash: bool,
    pub immutable: bool,
}

impl GeneratorOptions {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["labels", "annotations", "disableNameSuffixHash", "immutable"], mode)?;
        Ok(Self {
            labels: fields.pairs("labels")?,
            annotations: fields.pairs("annotations")?,
            disable_hash: fields.bool("disableNameSuffixHash")?,
            immutable: fields.bool("immutable")?,
        })
    }

    /// The generator's own options and, where it says nothing, those of all.
    #[must_use]
    pub fn over(own: Option<Self>, all: Option<&Self>) -> Self {
        let mut own = own.unwrap_or_default();
        let Some(all) = all else { return own };
        let add = |own: &mut Vec<Entry>, all: &[Entry]| {
            for entry in all {
                if !own.iter().any(|existing| existing.key.text() == entry.key.text()) {
                    own.push(entry.clone());
                }
            }
        };
        add(&mut own.labels, &all.labels);
        add(&mut own.annotations, &all.annotations);
        own.disable_hash |= all.disable_hash;
        own.immutable |= all.immutable;
        own
    }
}

#[derive(Clone, Debug)]
pub struct GeneratorArgs {
    pub name: Option<Node>,
    pub namespace: Option<Node>,
    pub behavior: Text,
    pub literals: Vec<Node>,
    pub files: Vec<Node>,
    pub envs: Vec<Node>,
    pub options: Option<GeneratorOptions>,
    /// The type of a Secret.
    pub kind: Option<Node>,
    pub origin: Origin,
}

impl GeneratorArgs {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode, is_secret: bool) -> Result<Self> {
        let mut known = vec!["namespace", "name", "behavior", "literals", "files", "envs", "env", "options"];
        if is_secret {
            known.push("type");
        }
        if mode == Mode::Lenient {
            known.push("metadata");
        }
        let fields = Fields::of(node, &known, mode)?;
        let mut envs = fields.texts("envs")?;
        // a generator's own file does not know the singular
        envs.extend(fields.text("env")?.filter(|env| env.text() != Some("") && mode == Mode::Strict));
        let meta = fields.get("metadata").map(|meta| Fields::of(meta, &["name", "namespace"], mode)).transpose()?;
        let named = |name: &str| -> Result<Option<Node>> {
            let own = fields.text(name)?.filter(|node| node.text() != Some(""));
            match (own, &meta) {
                (None, Some(meta)) => meta.text(name),
                (own, _) => Ok(own),
            }
        };
        Ok(Self {
            name: named("name")?,
            namespace: named("namespace")?,
            behavior: fields.plain("behavior")?,
            literals: fields.texts("literals")?,
            files: fields.texts("files")?,
            envs,
            options: fields.one("options", GeneratorOptions::read)?,
            kind: if is_secret { fields.text("type")?.filter(|kind| kind.text() != Some("")) } else { None },
            origin: node.origin().clone(),
        })
    }
}

#[derive(Clone, Debug, Default)]
pub struct FieldOptions {
    pub delimiter: Text,
    pub index: i64,
    pub create: bool,
}

impl FieldOptions {
    fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["delimiter", "index", "encoding", "create"], mode)?;
        fields.plain("encoding")?;
        Ok(Self { delimiter: fields.plain("delimiter")?, index: fields.int("index")?, create: fields.bool("create")? })
    }
}

#[derive(Clone, Debug)]
pub struct ReplacementSource {
    pub id: Id,
    pub field_path: Text,
    pub options: Option<FieldOptions>,
}

#[derive(Clone, Debug)]
pub struct ReplacementTarget {
    pub select: Option<Selector>,
    pub reject: Vec<Selector>,
    pub field_paths: Vec<Node>,
    pub options: Option<FieldOptions>,
    pub origin: Origin,
}

#[derive(Clone, Debug)]
pub struct Replacement {
    pub source: Option<ReplacementSource>,
    pub source_value: Option<Node>,
    pub targets: Option<Vec<ReplacementTarget>>,
    pub origin: Origin,
}

const REPLACEMENT: &[&str] = &["source", "targets", "sourceValue", "path"];

impl Replacement {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, REPLACEMENT, mode)?;
        let source = |node: &Node, mode| {
            let fields = Fields::of(node, &["group", "version", "kind", "name", "namespace", "fieldPath", "options"], mode)?;
            let id = Id {
                gvk: gvk(&fields)?,
                name: fields.plain("name")?,
                namespace: fields.plain("namespace")?,
                is_cluster_scoped: false,
            };
            Ok(ReplacementSource {
                id,
                field_path: fields.plain("fieldPath")?,
                options: fields.one("options", FieldOptions::read)?,
            })
        };
        let target = |node: &Node, mode| {
            let fields = Fields::of(node, &["select", "reject", "fieldPaths", "options"], mode)?;
            Ok(ReplacementTarget {
                select: fields.one("select", selector)?,
                reject: fields.all("reject", selector)?,
                field_paths: fields.texts("fieldPaths")?,
                options: fields.one("options", FieldOptions::read)?,
                origin: node.origin().clone(),
            })
        };
        Ok(Self {
            source: fields.one("source", source)?,
            source_value: fields.text("sourceValue")?,
            targets: if fields.has("targets") { Some(fields.all("targets", target)?) } else { None },
            origin: node.origin().clone(),
        })
    }
}

/// An item of `replacements`: the replacement, or the file it is in.
///
/// # Errors
/// Wrong fields or types, or both.
pub fn replacement_or_path(node: &Node, mode: Mode) -> Result<(Option<Node>, Replacement)> {
    let fields = Fields::of(node, REPLACEMENT, mode)?;
    let path = fields.text("path")?.filter(|path| path.text() != Some(""));
    let inline = Replacement::read(node, mode)?;
    if path.is_some() && (inline.source.is_some() || inline.targets.as_ref().is_some_and(|targets| !targets.is_empty())) {
        return Err(BuildError::invalid("cannot specify both path and inline replacement").at(node.origin()));
    }
    Ok((path, inline))
}

#[derive(Clone, Debug)]
pub struct Var {
    pub name: Text,
    pub gvk: Gvk,
    pub object: Text,
    pub namespace: Text,
    pub field_path: Text,
    pub origin: Origin,
}

impl Var {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["name", "objref", "fieldref"], mode)?;
        let null = Node::null(node.trace.clone());
        let object = Fields::of(
            fields.get("objref").unwrap_or(&null),
            &["apiVersion", "group", "version", "kind", "name", "namespace"],
            mode,
        )?;
        let field = Fields::of(fields.get("fieldref").unwrap_or(&null), &["fieldPath"], mode)?;
        let mut gvk = gvk(&object)?;
        let api_version = object.plain("apiVersion")?;
        match api_version.split('/').collect::<Vec<_>>().as_slice() {
            [""] => {}
            [version] => gvk.version = (*version).into(),
            [group, version] => (gvk.group, gvk.version) = ((*group).into(), (*version).into()),
            _ => {}
        }
        let field_path = field.plain("fieldPath")?;
        Ok(Self {
            name: fields.plain("name")?,
            gvk,
            object: object.plain("name")?,
            namespace: object.plain("namespace")?,
            field_path: if field_path.is_empty() { "metadata.name".into() } else { field_path },
            origin: node.origin().clone(),
        })
    }
}

#[derive(Clone, Debug)]
pub struct SortOptions {
    pub order: Text,
    /// Kinds that come first and last.
    pub legacy: Option<(Vec<Node>, Vec<Node>)>,
    pub origin: Origin,
}

impl SortOptions {
    /// # Errors
    /// Wrong fields or types.
    pub fn read(node: &Node, mode: Mode) -> Result<Self> {
        let fields = Fields::of(node, &["order", "legacySortOptions"], mode)?;
        let legacy = |node: &Node, mode| {
            let fields = Fields::of(node, &["orderFirst", "orderLast"], mode)?;
            Ok((fields.texts("orderFirst")?, fields.texts("orderLast")?))
        };
        Ok(Self {
            order: fields.plain("order")?,
            legacy: fields.one("legacySortOptions", legacy)?,
            origin: node.origin().clone(),
        })
    }
}
