//! A field that somebody else has set and keeps (k8s.io/apimachinery `managedfields`, `NewConflictError`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::says;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "field-conflict", doc: "another program has set a field, and the API server leaves it to that one", find };

static CONFLICT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"conflicts? with "([^"]+)"[^:]*:\s*(?:- )?(\.[^\s,]+)?"#).expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|message| says(message, &["apply failed with"]))?;
    let found = CONFLICT.captures(message)?;
    let field = found.get(2).map_or("a field", |field| field.as_str().trim_start_matches('.'));
    let text = format!("{} has set {field}, and the API server leaves it to that one", &found[1]);
    Some(clue.diagnose(text).press(&[Remedy::File, Remedy::Reconcile]))
}
