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
/// What is not a definition, definitions that contradict each other or never end.
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

/// What Go's decoder takes for a definition: a CustomResourceDefinition, which is often listed here, is none.
fn check(definition: &Node) -> Result<()> {
    fits(definition, definition.is_map())?;
    definition.entries().iter().try_for_each(|Entry { key, value }| {
        match key.text().unwrap_or_default().to_ascii_lowercase().as_str() {
            "schema" => schema(value),
            "dependencies" => all(value, value.is_list(), value.items(), text),
            _ => Ok(()),
        }
    })
}

fn fits(node: &Node, is_it: bool) -> Result<()> {
    if is_it || node.is_null() {
        return Ok(());
    }
    let hint = "`crds:` lists files of OpenAPI definitions, not CustomResourceDefinitions";
    Err(BuildError { hint: hint.to_owned(), ..BuildError::invalid("not an OpenAPI definition") }.at(node.origin()))
}

/// The types of a schema's fields; what is not named here may be anything (kube-openapi `pkg/validation/spec/schema.go`).
fn schema(node: &Node) -> Result<()> {
    fits(node, node.is_map())?;
    node.entries().iter().try_for_each(|Entry { key, value }| match key.text().unwrap_or_default() {
        "id" | "description" | "format" | "title" | "pattern" | "discriminator" => text(value),
        "nullable" | "exclusiveMaximum" | "exclusiveMinimum" | "uniqueItems" | "readOnly" => flag(value),
        "maximum" | "minimum" | "multipleOf" => fits(value, matches!(value.tag, Tag::Int | Tag::Float)),
        "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" => whole(value),
        "type" if value.is_list() => all(value, true, value.items(), text),
        "type" => text(value),
        "required" => all(value, value.is_list(), value.items(), text),
        "enum" => fits(value, value.is_list()),
        "allOf" | "oneOf" | "anyOf" => all(value, value.is_list(), value.items(), schema),
        "items" if value.is_list() => all(value, true, value.items(), schema),
        "items" if value.is_scalar() => Ok(()),
        "items" | "not" => schema(value),
        "additionalProperties" | "additionalItems" if value.is_scalar() => flag(value),
        "additionalProperties" | "additionalItems" => schema(value),
        "properties" | "patternProperties" | "definitions" => {
            fits(value, value.is_map())?;
            value.entries().iter().try_for_each(|property| schema(&property.value))
        }
        "dependencies" | "externalDocs" => fits(value, value.is_map()),
        _ => Ok(()),
    })
}

fn all(node: &Node, is_it: bool, items: &[Node], each: fn(&Node) -> Result<()>) -> Result<()> {
    fits(node, is_it)?;
    items.iter().try_for_each(each)
}

fn text(node: &Node) -> Result<()> {
    fits(node, node.tag == Tag::Str)
}

fn flag(node: &Node) -> Result<()> {
    fits(node, node.tag == Tag::Bool)
}

fn whole(node: &Node) -> Result<()> {
    let is_whole = || node.text().and_then(|text| text.parse::<f64>().ok()).is_some_and(|number| number.fract() == 0.0);
    fits(node, node.tag == Tag::Int || node.tag == Tag::Float && is_whole())
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
