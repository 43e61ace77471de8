//! A variable of postBuild that has no value (fluxcd/pkg `envsubst`, strict since kustomize-controller 1.9).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, captured, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "variable", doc: "a variable of postBuild has no value", find };

static UNSET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"variable not set \(strict mode\): "([^"]+)""#).expect("a pattern"));
static WHERE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"post build failed for '([^']+)'").expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed()?;
    // `ConfigMap.v1.[noGrp]/unset-variable`: kustomize's own way of writing a kind
    let place = captured(&WHERE, message).map(|place| format!(" in {}", place.replace(".[noGrp]", ""))).unwrap_or_default();
    let says = match captured(&UNSET, message) {
        Some(name) => format!("variable ${{{name}}}{place} has no value: postBuild sets none"),
        None if says(message, &["variable substitution failed", "envsubst error", "var substitution failed"]) => {
            format!("variables cannot be replaced{place}: {}", brief(message))
        }
        None => return None,
    };
    Some(clue.diagnose(says).press(&[Remedy::File]))
}
