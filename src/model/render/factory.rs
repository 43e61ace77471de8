//! Documents → objects: lists unpacked, everything checked for kind and name.
//! Source: kustomize api v0.21.1 `resource/factory.go`, kyaml v0.21.1 `kio/byteio_reader.go`.

use std::collections::VecDeque;

use super::error::{BuildError, Result};
use super::fields;
use super::id::text_at;
use super::node::{Node, Tag};
use super::read::{self, TextPlace};
use super::resource::Resource;
use super::write;

/// Objects of a text.
///
/// # Errors
/// Not YAML; an object without kind or name.
pub fn from_text(text: &[u8], place: &TextPlace) -> Result<Vec<Resource>> {
    from_documents(read::documents(text, place)?)
}

/// Objects of documents.
///
/// # Errors
/// An object without kind or name.
pub fn from_documents(documents: Vec<Node>) -> Result<Vec<Resource>> {
    let mut nodes: VecDeque<Node> = unwrapped(documents);
    nodes.retain(|node| !fields::is_empty(node));
    nodes.iter().try_for_each(check)?;
    let mut result = Vec::with_capacity(nodes.len());
    while let Some(node) = nodes.pop_front() {
        if !text_at(&node, "kind").ends_with("List") {
            result.push(Resource::new(node));
            continue;
        }
        write::value(&node)?;
        let Some(items) = node.get("items") else {
            result.push(Resource::new(node));
            continue;
        };
        if items.is_null() {
            continue;
        }
        if !items.is_list() {
            return Err(BuildError::invalid(format!("expected array in {}/items", text_at(&node, "kind"))).at(items.origin()));
        }
        // what a list holds comes after everything else in the file
        for item in items.items() {
            let inner = unwrapped(vec![item.clone()]);
            for node in inner.into_iter().filter(|node| !fields::is_empty(node)) {
                check(&node)?;
                nodes.push_back(node);
            }
        }
    }
    Ok(result)
}

/// A document of kind List alone in its file is its items.
fn unwrapped(documents: Vec<Node>) -> VecDeque<Node> {
    if let [list] = documents.as_slice() {
        let is_list = matches!(text_at(list, "kind"), "List" | "ResourceList");
        if is_list && (list.get("items").is_some() || list.get("functionConfig").is_some()) {
            return list.get("items").map(Node::items).unwrap_or_default().iter().cloned().collect();
        }
    }
    documents.into()
}

/// # Errors
/// No kind, or no name.
pub fn check(node: &Node) -> Result<()> {
    let is_given = |value: Option<&Node>| value.is_some_and(|value| !fields::is_empty(value) && value.tag != Tag::Null);
    let at =
        |message: &str, hint: &str| Err(BuildError { hint: hint.to_owned(), ..BuildError::invalid(message) }.at(node.origin()));
    if !node.is_map() {
        return at("not an object", "a manifest is a map with apiVersion, kind and metadata");
    }
    if !is_given(node.get("kind")) || text_at(node, "kind").is_empty() {
        return at("missing kind", "give the object a kind, or take the file out of `resources`");
    }
    if text_at(node, "kind").ends_with("List") {
        return Ok(());
    }
    let name = node.get("metadata").filter(|meta| !fields::is_empty(meta)).and_then(|meta| meta.get("name"));
    if !is_given(name) || name.and_then(Node::text).is_none_or(str::is_empty) {
        return at("missing metadata.name", "give the object a name");
    }
    Ok(())
}
