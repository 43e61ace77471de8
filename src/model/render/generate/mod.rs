//! ConfigMaps and Secrets from literals, files and env files.
//! Source: kustomize api v0.21.1 `internal/generators`, `kv/kv.go`, kyaml v0.21.1 `yaml/datamap.go`.

mod hash;
mod iam;
pub(super) mod pairs;

use std::collections::BTreeMap;

use super::error::{BuildError, Result};
use super::fields;
use super::flux::is_encrypted;
use super::kustomization::GeneratorArgs;
use super::node::{Entry, Layer, Node, Notation, Style, Tag, Text, Trace};
use super::resource::{Resource, note, set_annotation};
use super::session::{Folder, Session};
use super::write::base64_of;

pub use hash::suffix;
pub use iam::service_account;

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratedKind {
    ConfigMap,
    Secret,
}

impl GeneratedKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// Makes one object.
///
/// # Errors
/// No name, a key twice, a source that cannot be read.
pub fn make(session: &Session<'_>, folder: &Folder, args: &GeneratorArgs, kind: GeneratedKind) -> Result<Resource> {
    let trace = Trace::new(args.origin.as_layer(Layer::Generator).as_form(Notation::Maker));
    let Some(name) = args.name.as_ref().filter(|name| name.text() != Some("")) else {
        return Err(BuildError::invalid("a generator must have a name").at(&args.origin));
    };
    let mut node = Node::map(Vec::new(), trace.clone());
    fields::set(&mut node, "apiVersion", Node::string("v1", trace.clone()))?;
    fields::set(&mut node, "kind", Node::string(kind.word(), trace.clone()))?;
    let mut meta = Node::map(Vec::new(), trace.clone());
    fields::set(&mut meta, "name", given(name))?;
    if let Some(namespace) = args.namespace.as_ref().filter(|namespace| namespace.text() != Some("")) {
        fields::set(&mut meta, "namespace", given(namespace))?;
    }
    fields::set(&mut node, "metadata", meta)?;
    let (pairs, missing) = pairs::load(session, folder, args)?;
    let mut pairs = unique(name, pairs)?;
    if session.decrypts && kind == GeneratedKind::Secret {
        pairs::drop_sealing(&mut pairs);
    }
    match kind {
        GeneratedKind::ConfigMap => put_pairs(&mut node, pairs)?,
        GeneratedKind::Secret => {
            let type_of = args.kind.as_ref().map_or_else(|| Node::string("Opaque", trace.clone()), given);
            fields::set(&mut node, "type", type_of)?;
            let data = pairs.into_iter().map(|(key, pair)| (key, coded(&pair))).collect();
            fields::set(&mut node, "data", Node::map(Vec::new(), trace.clone()))?;
            put_data(&mut node, data, false)?;
        }
    }
    options(&mut node, args, &trace)?;
    let mut made = Resource { unproven: missing, ..Resource::new(node) };
    if args.options.as_ref().is_none_or(|options| !options.disable_hash) {
        made.enable(note::NEEDS_HASH)?;
    }
    let behavior = match args.behavior.as_ref() {
        known @ ("create" | "replace" | "merge") => known,
        _ => "unspecified",
    };
    made.edit_annotations(|annotations| annotations.set(note::BEHAVIOR, behavior, trace))?;
    Ok(made)
}

/// A Secret that is generated from what SOPS encrypted. A manifest that is encrypted as a whole is decrypted after the build.
pub fn is_from_encrypted(node: &Node) -> bool {
    node.get("kind").and_then(Node::text) == Some("Secret") && node.get("sops").is_none() && is_encrypted(node)
}

fn given(node: &Node) -> Node {
    let trace = Trace::new(node.origin().as_layer(Layer::Generator));
    Node::scalar(node.shared_text().cloned().unwrap_or_default(), Tag::Str, trace)
}

fn unique(name: &Node, pairs: Vec<pairs::Pair>) -> Result<BTreeMap<Text, pairs::Pair>> {
    let mut found = BTreeMap::new();
    for pair in pairs {
        let (key, origin) = (pair.key.clone(), pair.trace.origin.clone());
        if found.insert(key.clone(), pair).is_some() {
            let message = format!("configmap {} illegally repeats the key `{key}`", name.text().unwrap_or_default());
            return Err(BuildError::invalid(message).at(&origin));
        }
    }
    Ok(found)
}

fn put_pairs(node: &mut Node, pairs: BTreeMap<Text, pairs::Pair>) -> Result<()> {
    let (mut data, mut binary) = (BTreeMap::new(), BTreeMap::new());
    for (key, pair) in pairs {
        match std::str::from_utf8(&pair.value) {
            Ok(text) => data.insert(key, block(text, pair.trace.clone())),
            Err(_) => binary.insert(key, coded(&pair)),
        };
    }
    put_data(node, data, false)?;
    put_data(node, binary, true)
}

fn block(text: &str, trace: Trace) -> Node {
    let mut node = Node::string(text, trace);
    if text.contains('\n') {
        node.style = Style::Literal(0);
    }
    node
}

/// Base64 in lines of 70, as kyaml writes it.
fn coded(pair: &pairs::Pair) -> Node {
    const LINE: usize = 70;
    let plain = base64_of(&pair.value);
    // one line has no line end, several have one each
    let text = if plain.len() / LINE + 1 > 1 {
        let mut text = String::with_capacity(plain.len() + plain.len() / LINE + 1);
        for line in plain.as_bytes().chunks(LINE) {
            text.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
            text.push('\n');
        }
        text
    } else {
        plain
    };
    // the text there is different
    block(&text, Trace::new(pair.trace.origin.as_form(Notation::Maker)))
}

fn options(node: &mut Node, args: &GeneratorArgs, trace: &Trace) -> Result<()> {
    let Some(options) = &args.options else { return Ok(()) };
    let quoted = |entry: &Entry| Node { style: Style::Single, ..given(&entry.value) };
    if !options.labels.is_empty() {
        let meta = node.get_mut("metadata").expect("just made");
        fields::set(meta, "labels", Node::map(Vec::new(), trace.clone()))?;
        let labels = meta.get_mut("labels").expect("just made");
        for entry in &options.labels {
            fields::set(labels, entry.key.text().unwrap_or_default(), quoted(entry))?;
        }
    }
    for entry in &options.annotations {
        let trace = Trace::new(entry.value.origin().as_layer(Layer::Generator));
        set_annotation(node, entry.key.text().unwrap_or_default(), entry.value.text().unwrap_or_default(), trace)?;
    }
    if options.immutable {
        fields::set(node, "immutable", Node::scalar("true", Tag::Bool, trace.clone()))?;
    }
    Ok(())
}

/// The texts of `data` or `binaryData`, by key.
pub fn data_of(node: &Node, field: &str) -> BTreeMap<Text, Node> {
    let entries = node.get(field).map(Node::entries).unwrap_or_default();
    let text = |value: &Node| if value.is_null() { String::new() } else { fields::value_of(value).to_owned() };
    let pair = |entry: &Entry| {
        (entry.key.shared_text().cloned().unwrap_or_default(), block(&text(&entry.value), entry.value.trace.clone()))
    };
    entries.iter().map(pair).collect()
}

/// Writes `data` or `binaryData`; nothing when there is nothing.
///
/// # Errors
/// A field of that name that is not a mapping.
pub fn put_data(node: &mut Node, data: BTreeMap<Text, Node>, is_binary: bool) -> Result<()> {
    if data.is_empty() {
        return Ok(());
    }
    let field = if is_binary { "binaryData" } else { "data" };
    let empty = Node { tag: Tag::None, ..Node::map(Vec::new(), Trace::new(node.origin().clone())) };
    let Some(map) = fields::field_or_create(node, field, empty)? else { return Ok(()) };
    data.into_iter().try_for_each(|(key, value)| fields::set(map, &key, value))
}
