//! Namespace: current until it is deleted, since kstatus has no rule for it. While it terminates, its conditions say what blocks
//! it.

use super::{Column, Draft, Kind, Wire};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "Namespace",
    plural: "namespaces",
    short: &["ns"],
    namespaced: false,
    columns: &[Column::State, Column::Message],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    draft.verdict = Some(kstatus::exists(&draft.inputs(wire)));
    // Kubernetes 1.16: NamespaceContentRemaining, NamespaceFinalizersRemaining and the *Failure conditions
    let holding = draft.conditions.iter().find(|condition| &*condition.status == "True" && !condition.message.is_empty());
    let message = holding.map(|condition| condition.message.clone());
    if let (Some(verdict), Some(message)) =
        (draft.verdict.as_mut().filter(|verdict| verdict.health == Health::Terminating), message)
    {
        verdict.message = message;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{read, table};

    #[test]
    fn what_holds_a_namespace_is_said() {
        let going = json!({
            "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"},
            "status": {"phase": "Terminating", "conditions": [
                {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "all content deleted"},
                {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "finalizers.fluxcd.io in 1 resource instances"}
            ]}
        });

        assert_eq!(&*read(&KIND, &going).verdict.message, "finalizers.fluxcd.io in 1 resource instances");
        table(
            &KIND,
            &[("active", json!({"status": {"phase": "Active"}}), Ready, ""), ("going", going, Terminating, "Terminating")],
        );
    }
}
