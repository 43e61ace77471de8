//! `crds:`: OpenAPI definitions whose `x-kubernetes-…` marks say which fields are annotations, label selectors, names and references.
//! Source: kustomize api v0.21.1 `internal/accumulator/loadconfigfromcrds.go`.

use super::super::error::{BuildError, Result};
use super::super::field_spec::{FieldSpec, merge_one};
use super::super::id::{Gvk, text_at};
use super::super::node::{Entry, Node, Tag};
use super::{Config, NameReference};

/// Deeper than any definition: a reference to itself ends here.
const DEEPEST: usize = 64;

/// What one file says. Each definition is `name: {Schema: {properties: …}}`.
///
/// # Errors
/// What is no definition, definitions that contradict each other or never end.
pub fn from_crds(file: &Node) -> Result<Config> {
    if !file.is_map() {
        return Err(BuildError::invalid("expected a map of definitions").at(file.origin()));
    }
    file.entries().iter().try_for_each(|entry| check(&entry.value))?;
    let mut config = Config::default();
    for entry in file.entries() {
        let name = entry.key.text().unwrap_or_default();
        let properties = properties(&entry.value);
        let is_object = ["kind", "apiVersion", "metadata"].iter().all(|key| properties.is_some_and(|map| map.get(key).is_some()));
        if !is_object {
            continue;
        }
        let kind = name.rsplit('.').next().unwrap_or(name);
        let mut found = Config::default();
        read(&mut found, &Gvk::new("", "", kind), file, name, &[])?;
        config.merge(&found)?;
    }
    Ok(config)
}

/// What Go's decoder takes for a definition: a CustomResourceDefinition, which people list here, is none.
fn check(definition: &Node) -> Result<()> {
    let hint = "`crds:` lists files of OpenAPI definitions, not CustomResourceDefinitions";
    let fits = |node: &Node, is_it: bool| match is_it || node.is_null() {
        true => Ok(()),
        false => Err(BuildError { hint: hint.to_owned(), ..BuildError::invalid("not an OpenAPI definition") }.at(node.origin())),
    };
    fits(definition, definition.is_map())?;
    for Entry { key, value } in definition.entries() {
        match key.text().unwrap_or_default().to_ascii_lowercase().as_str() {
            "schema" => {
                fits(value, value.is_map())?;
                let Some(properties) = value.get("properties") else { continue };
                fits(properties, properties.is_map())?;
                properties.entries().iter().try_for_each(|property| fits(&property.value, property.value.is_map()))?;
            }
            "dependencies" => {
                fits(value, value.is_list())?;
                value.items().iter().try_for_each(|item| fits(item, item.is_null() || item.tag == Tag::Str))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn properties(definition: &Node) -> Option<&Node> {
    let schema =
        definition.entries().iter().find(|entry| entry.key.text().is_some_and(|key| key.eq_ignore_ascii_case("schema")))?;
    schema.value.get("properties")
}

fn read(config: &mut Config, gvk: &Gvk, file: &Node, name: &str, path: &[String]) -> Result<()> {
    let Some(properties) = file.get(name).and_then(properties) else { return Ok(()) };
    if path.len() > DEEPEST {
        return Err(BuildError::invalid(format!("the definition of {} refers to itself", gvk.kind)).at(properties.origin()));
    }
    for entry in properties.entries() {
        let key = entry.key.text().unwrap_or_default();
        let property = &entry.value;
        let mut here = path.to_vec();
        here.push(key.to_owned());
        let spec = |path: &[String]| FieldSpec { gvk: gvk.clone(), path: path.join("/").into(), create: false };
        let mark = |name: &str| property.get(name).and_then(Node::text);
        if mark("x-kubernetes-annotation").is_some() {
            merge_one(&mut config.common_annotations, &spec(&here))?;
        }
        if mark("x-kubernetes-label-selector").is_some() {
            merge_one(&mut config.common_labels, &spec(&here))?;
        }
        if mark("x-kubernetes-identity").is_some() {
            merge_one(&mut config.name_prefix, &spec(&here))?;
        }
        if let (Some(version), Some(kind)) = (mark("x-kubernetes-object-ref-api-version"), mark("x-kubernetes-object-ref-kind")) {
            let mut named = here.clone();
            named.push(mark("x-kubernetes-object-ref-name-key").unwrap_or("name").to_owned());
            config.add_reference(&NameReference { target: Gvk::new("", version, kind), referrers: vec![spec(&named)] })?;
        }
        let reference = text_at(property, "$ref");
        if !reference.is_empty() {
            read(config, gvk, file, reference, &here)?;
        }
    }
    Ok(())
}
