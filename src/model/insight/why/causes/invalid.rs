//! An object that the API server does not take as it is.

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "refused-object", doc: "the API server does not take an object: a field is wrong or may not change", find };

/// k8s.io/apimachinery `NewInvalid`: `Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than …`.
static INVALID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z]+)(?:\.[a-z0-9.]+)? "([^"]+)" is invalid: (.+)"#).expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed()?;
    let Some(found) = INVALID.captures(message) else {
        if says(message, &["namespace not specified"]) {
            let what = message.split(" namespace not specified").next().map(brief).unwrap_or_default();
            let text = format!("{what} has no namespace: its manifest names none, nor does `targetNamespace`");
            return Some(clue.diagnose(text).press(&[Remedy::File]));
        }
        let is_refused = says(message, &["dry-run failed", "field is immutable", "strict decoding error", "unknown field"]);
        return is_refused.then(|| clue.diagnose(brief(message)).press(&[Remedy::File]));
    };
    let says = format!("the API server refuses {} {}: {}", &found[1], &found[2], brief(&found[3]));
    let remedies = [Remedy::File, Remedy::Reset];
    Some(clue.diagnose(says).press(&remedies[..if clue.kind.has(crate::kinds::Trait::CountsFailures) { 2 } else { 1 }]))
}
