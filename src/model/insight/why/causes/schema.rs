//! Values that the schema of a chart does not allow (helm.sh/helm `pkg/chart/common/util/jsonschema.go`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{after, brief};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "values-schema", doc: "the schema of a chart does not allow the values", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed()?;
    let why = after(message, &["schema(s) in the following chart(s):"])?;
    Some(
        clue.diagnose(format!("the schema of the chart does not allow the values: {}", brief(why)))
            .press(&[Remedy::File, Remedy::Reset]),
    )
}
