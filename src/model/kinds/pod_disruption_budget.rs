//! PodDisruptionBudget: current once its generation is observed (fluxcd/cli-utils `pkg/kstatus/status/core.go`, `pdbConditions`).

use super::draft::{number, scalar};
use super::{Column, Draft, Kind, Wire};

pub(super) const KIND: Kind = Kind {
    kind: "PodDisruptionBudget",
    group: "policy",
    versions: &["v1", "v1beta1"],
    plural: "poddisruptionbudgets",
    short: &["pdb"],
    columns: &[
        Column::State,
        Column::Replicas,
        Column::Cell("MIN AVAILABLE", 0),
        Column::Cell("MAX UNAVAILABLE", 1),
        Column::Cell("ALLOWED", 2),
        Column::Message,
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    let allowed = &status["disruptionsAllowed"];
    draft.cells([&scalar(&spec["minAvailable"]), &scalar(&spec["maxUnavailable"]), &scalar(allowed)]);
    if let (Some(healthy), Some(desired)) = (number(status, &["currentHealthy"]), number(status, &["desiredHealthy"])) {
        draft.replicas(healthy, desired);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, read, table};

    #[test]
    fn numbers_and_percentages_are_shown() {
        let object = read(
            &KIND,
            &json!({"spec": {"minAvailable": "50%"}, "status": {"currentHealthy": 2, "desiredHealthy": 1, "disruptionsAllowed": 1}}),
        );

        assert_eq!((object.facts.ready, cells(&object)), (Some((2, 1)), vec!["50%", "", "1"]));
    }

    #[test]
    fn observed_is_enough() {
        table(
            &KIND,
            &[
                ("observed", json!({"status": {"observedGeneration": 1, "currentHealthy": 0, "desiredHealthy": 1}}), Ready, ""),
                (
                    "not observed",
                    json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}}),
                    Progressing,
                    "LatestGenerationNotObserved",
                ),
            ],
        );
    }
}
