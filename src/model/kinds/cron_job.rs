//! CronJob: always current for kstatus (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `alwaysReady`); its Jobs have the health.
//!
//! `spec.suspend` is its own switch, not Flux's: a cell, no suspension.

use super::draft::{list, string};
use super::{Column, Draft, Kind, Role, Trait, Wire, legacy};

pub(super) const KIND: Kind = Kind {
    kind: "CronJob",
    group: "batch",
    versions: &["v1", "v1beta1"],
    plural: "cronjobs",
    short: &["cj"],
    role: Role::Workload,
    columns: &[
        Column::State,
        Column::Cell("SCHEDULE", 0),
        Column::Cell("PAUSED", 1),
        Column::Cell("ACTIVE", 2),
        Column::Message,
        Column::Wide("LAST RUN", 3),
        Column::Wide(legacy::POLICY, 4),
    ],
    traits: &[Trait::MakesPods, Trait::Policies],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let policies = legacy::mark(draft);
    let paused = if wire.spec["suspend"].as_bool() == Some(true) { "True" } else { "False" };
    let active = list(&wire.status, &["active"]).len().to_string();
    draft.cells([string(&wire.spec, &["schedule"]), paused, &active, string(&wire.status, &["lastScheduleTime"]), &policies]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn it_is_ready_whatever_it_runs() {
        let object = json!({
            "metadata": {"annotations": {"fluxcd.io/locked": "true"}},
            "spec": {"schedule": "*/5 * * * *", "suspend": true},
            "status": {"active": [{"name": "web-1"}], "lastScheduleTime": "2026-01-01T00:05:00Z"}
        });
        let read = read(&KIND, &object);

        assert_eq!(cells(&read), ["*/5 * * * *", "True", "1", "2026-01-01T00:05:00Z", "locked"]);
        assert!(read.facts.legacy && read.suspension.is_none());
        table(&KIND, &[("suspended and running", object, Ready, "")]);
    }
}
