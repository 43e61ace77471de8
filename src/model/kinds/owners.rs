//! Who set which field: `metadata.managedFields` (structured-merge-diff's FieldsV1), read for the few fields that are asked for.

use serde_json::Value;

use super::draft::{list, string};
use crate::domain::text::sanitise;

/// A manager that owns a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOwner {
    /// `spec.suspend`, or `metadata.annotations.KEY`.
    pub field: String,
    pub manager: String,
}

/// Returns who owns which of these fields. A key of an annotation may hold dots: it is the rest of the path.
pub fn field_owners(object: &Value, fields: &[String]) -> Vec<FieldOwner> {
    let mut found = Vec::new();
    for entry in list(object, &["metadata", "managedFields"]) {
        for field in fields {
            if steps(field).iter().try_fold(&entry["fieldsV1"], |at, step| at.get(format!("f:{step}"))).is_some() {
                found.push(FieldOwner { field: field.clone(), manager: sanitise(string(entry, &["manager"])).into_owned() });
            }
        }
    }
    found
}

fn steps(field: &str) -> Vec<&str> {
    match field.strip_prefix("metadata.annotations.") {
        Some(key) => vec!["metadata", "annotations", key],
        None => field.split('.').collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn owners_are_found_by_field() {
        let object = json!({"metadata": {"managedFields": [
            {"manager": "kustomize-controller", "operation": "Apply", "fieldsV1": {"f:spec": {"f:suspend": {}, "f:interval": {}}}},
            {"manager": "fluxdeck", "operation": "Update",
             "fieldsV1": {"f:metadata": {"f:annotations": {"f:fluxcd.controlplane.io/reconcile": {}}}}}
        ]}});
        let owner = |field: &str, manager: &str| FieldOwner { field: field.into(), manager: manager.into() };
        let asked =
            ["spec.suspend".to_owned(), "spec.replicas".into(), "metadata.annotations.fluxcd.controlplane.io/reconcile".into()];

        assert_eq!(
            field_owners(&object, &asked),
            [
                owner("spec.suspend", "kustomize-controller"),
                owner("metadata.annotations.fluxcd.controlplane.io/reconcile", "fluxdeck")
            ]
        );
    }
}
