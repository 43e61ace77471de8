//! Which fields of an object the API server refuses to change.
//!
//! Sources: [`super::fixed`]; kubernetes v1.36 `pkg/apis/core/validation/validation.go` (`ValidateConfigMapUpdate`, `ValidateSecretUpdate`,
//! `validateUpgradeDowngradeClusterIPs`, `ValidatePersistentVolumeClaimUpdate`), `pkg/apis/batch/validation/validation.go`
//! (`validateCompletions`, `validatePodTemplateUpdate`), `pkg/registry/core/service/storage/storage.go` (`patchAllocatedValues`: an address
//! that is no longer set stays), `plugin/pkg/admission/storage/persistentvolume/resize/admission.go`.

use serde_json::Value as Json;

use super::fixed::{FIXED, FixedField, UnsetValue};
use super::query::{CautionQuery, Placed, is, number_at, text_of};
use crate::change::compare::said;
use crate::domain::quantity;
use crate::insight::field::scalars;
use crate::insight::named::group;
use crate::kinds;
use crate::render::Node;
use crate::render::id::{meta_text, text_at};
use crate::render::substitute::has_variable;

/// What is refused of one object.
#[derive(Default)]
pub struct RefusedFields {
    pub fields: Vec<String>,
    /// Flux does not take it for a change of what cannot change: it does not create the object again.
    pub is_forbidden: bool,
}

/// What is refused of a change; nothing where it is made.
pub fn refusal(query: &CautionQuery<'_>, before: Placed<'_>, after: Placed<'_>) -> RefusedFields {
    let (node, mut found) = (after.node(), RefusedFields::default());
    let is_row = |row: &&FixedField| row.kind == text_at(node, "kind") && row.group == group(node);
    let rows = FIXED.iter().filter(is_row).filter(|row| differs(row, before, after) && !is_open(row, before, after));
    found.fields.extend(rows.map(|row| row.path.join(".")));
    if is(node, kinds::CONFIG_MAP) || is(node, kinds::SECRET) {
        found.fields.extend(sealed(before, after));
    }
    if is(node, kinds::SERVICE) {
        found.fields.extend(address(before, after));
    }
    if is(node, kinds::PERSISTENT_VOLUME_CLAIM) {
        size(query, before, after, &mut found);
    }
    found
}

/// Whether the cluster has another value then; not where a variable hides one of them.
fn differs(row: &FixedField, before: Placed<'_>, after: Placed<'_>) -> bool {
    if [before, after].into_iter().any(|of| is_hidden(of, row.path)) {
        return false;
    }
    let (old, new) = (before.json(row.path), after.json(row.path));
    match row.unset {
        UnsetValue::Nothing => old != new,
        UnsetValue::Default(value) => {
            let set = |json: Option<Json>| json.map_or_else(|| value.to_owned(), |json| said(&json));
            set(old) != set(new)
        }
        UnsetValue::Chosen => old.is_some() && old != new,
    }
}

/// Whether a variable that only the cluster knows is in a field.
fn is_hidden(of: Placed<'_>, path: &[&str]) -> bool {
    let has_variable = |(_, scalar): (String, &Node)| scalar.text().is_some_and(has_variable);
    !of.object.unknown.is_empty() && of.node().at(path).is_some_and(|node| scalars(node).into_iter().any(has_variable))
}

/// What may change all the same: of a Job that is suspended or goes by itself, and the number of an indexed one together with its parallelism.
fn is_open(row: &FixedField, before: Placed<'_>, after: Placed<'_>) -> bool {
    if !is(after.node(), kinds::JOB) {
        return false;
    }
    let is_gone = before.json(&["spec", "ttlSecondsAfterFinished"]).is_some();
    let is_waiting = row.path == ["spec", "template"] && text_of(before.node(), &["spec", "suspend"]) == "true";
    let number = |key: &str| number_at(after.node(), &["spec", key]);
    let is_indexed = text_of(after.node(), &["spec", "completionMode"]) == "Indexed";
    let is_both = row.path == ["spec", "completions"] && is_indexed && number("completions") == number("parallelism");
    is_gone || is_waiting || is_both
}

/// The content of a ConfigMap or Secret with `immutable: true`. What is encrypted differs in git whenever it is encrypted again.
fn sealed(before: Placed<'_>, after: Placed<'_>) -> Vec<String> {
    const MAPS: [&str; 3] = ["data", "binaryData", "stringData"];
    let is_sealed = |of: Placed<'_>| text_at(of.node(), "immutable") == "true";
    if !is_sealed(before) || before.object.is_encrypted || after.object.is_encrypted {
        return Vec::new();
    }
    let (maps, moved) = (
        MAPS.map(|map| (map, before.json(&[map]), after.json(&[map]))),
        MAPS.map(|map| before.json(&[map]).is_some() != after.json(&[map]).is_some()),
    );
    // the same content may be in another map then
    let is_moved = is(after.node(), kinds::SECRET) && moved.iter().filter(|is_moved| **is_moved).count() > 1;
    let changed =
        maps.into_iter().filter(|(_, old, new)| old != new && !is_moved).map(|(map, _, _)| format!("{map} (immutable: true)"));
    changed.chain((!is_sealed(after)).then(|| "immutable".to_owned())).collect()
}

/// An address that was set, or that the cluster chose and git wants to be none.
fn address(before: Placed<'_>, after: Placed<'_>) -> Option<String> {
    let path = ["spec", "clusterIP"];
    let (old, new) = (text_of(before.node(), &path), text_of(after.node(), &path));
    let is_external = |of: Placed<'_>| text_of(of.node(), &["spec", "type"]) == "ExternalName";
    let is_another = old != new && !new.is_empty() && (!old.is_empty() || new == "None");
    (is_another && !is_external(before) && !is_external(after)).then(|| path.join("."))
}

/// A claim never shrinks, and grows only where its class, as far as git declares it, expands volumes.
fn size(query: &CautionQuery<'_>, before: Placed<'_>, after: Placed<'_>, found: &mut RefusedFields) {
    let path = ["spec", "resources", "requests", "storage"];
    let (old, new) = (text_of(before.node(), &path), text_of(after.node(), &path));
    let (Some(from), Some(to)) = (quantity::parse(old), quantity::parse(new)) else { return };
    if to < from {
        found.fields.push(format!("{} (from {old} to {new}: claims do not shrink)", path.join(".")));
    }
    let name = text_of(after.node(), &["spec", "storageClassName"]);
    let is_class = |other: &Placed<'_>| is(other.node(), kinds::STORAGE_CLASS) && meta_text(other.node(), "name") == name;
    let class = query.beside(after.build, true).find(is_class);
    if to > from && class.is_some_and(|class| text_at(class.node(), "allowVolumeExpansion") != "true") {
        found.fields.push(format!("{} (StorageClass {name} does not expand volumes)", path.join(".")));
        found.is_forbidden = true;
    }
}
