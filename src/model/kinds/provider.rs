//! Provider: where notifications go (notification-controller `api/v1beta3/provider_types.go`).
//!
//! Its address is not read: for many types it carries a token.

use super::draft::string;
use super::{Column, Draft, Kind, Role, Suspend, Trait, Wire, group};

pub(super) const KIND: Kind = Kind {
    kind: "Provider",
    group: group::NOTIFICATION,
    versions: &["v1beta3", "v1beta2", "v1beta1"],
    plural: "providers",
    flux: "alert-provider",
    role: Role::Notification,
    traits: &[Trait::Unasked],
    suspend: Suspend::Spec,
    columns: &[Column::State, Column::Suspended, Column::Cell("TYPE", 0), Column::Message, Column::Wide("CHANNEL", 1)],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    draft.cells([string(&wire.spec, &["type"]), string(&wire.spec, &["channel"])]);
    // v1beta3 has no status and no controller that would write one
    if draft.conditions.is_empty() {
        draft.fixed(wire, "Provider is Ready");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn the_address_stays_unread() {
        let object =
            read(&KIND, &json!({"spec": {"type": "slack", "channel": "ops", "address": "https://hooks.slack.com/services/T0"}}));

        assert_eq!(cells(&object), ["slack", "ops"]);
        assert!(!format!("{object:?}").contains("hooks.slack.com"));
    }

    #[test]
    fn it_is_ready_unless_an_old_api_says_otherwise() {
        table(
            &KIND,
            &[
                ("no status", json!({}), Ready, ""),
                ("suspended", json!({"spec": {"suspend": true}}), Suspended, ""),
                (
                    "conditions of v1beta2",
                    json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "ValidationFailed"}]}}),
                    Failed,
                    "ValidationFailed",
                ),
            ],
        );
    }
}
