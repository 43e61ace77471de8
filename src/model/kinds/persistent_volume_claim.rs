//! PersistentVolumeClaim, by kstatus' rule (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `pvcConditions`).

use super::draft::string;
use super::{Column, Draft, Kind, Wire};
use crate::domain::health::{Health, kstatus};

pub(super) const KIND: Kind = Kind {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    short: &["pvc"],
    columns: &[Column::State, Column::Cell("CAPACITY", 0), Column::Cell("CLASS", 1), Column::Message, Column::Wide("VOLUME", 2)],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    draft.cells([string(status, &["capacity", "storage"]), string(spec, &["storageClassName"]), string(spec, &["volumeName"])]);
    if draft.settle(wire, kstatus::preamble) {
        return;
    }
    match string(status, &["phase"]) {
        "Bound" => draft.verdict(Health::Ready, "Bound", ""),
        // a step further than kstatus: the volume is gone, with its data
        "Lost" => draft.verdict(Health::Failed, "Lost", "its volume no longer exists"),
        // a class with volumeBindingMode WaitForFirstConsumer leaves it so until a pod uses it
        "" => draft.verdict(Health::Progressing, "NotBound", "not bound yet"),
        phase => draft.verdict(Health::Progressing, phase, "not bound yet"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::table;

    #[test]
    fn the_phase_decides() {
        table(
            &KIND,
            &[
                ("bound", json!({"status": {"phase": "Bound"}}), Ready, "Bound"),
                ("pending", json!({"status": {"phase": "Pending"}}), Progressing, "Pending"),
                ("lost", json!({"status": {"phase": "Lost"}}), Failed, "Lost"),
                ("new", json!({}), Progressing, "NotBound"),
            ],
        );
    }
}
