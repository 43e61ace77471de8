//! A field that may not change once an object is there (k8s.io/apimachinery `ValidateImmutableField`; `pkg/apis/apps/validation`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::says;
use crate::insight::why::remedy::Remedy;
use crate::kinds::Trait;

pub(super) const RULE: CauseRule = CauseRule {
    name: "immutable-field",
    doc: "a field that may not change is to be changed: the object has to be made again",
    find,
};

const FIXED: &[&str] =
    &["field is immutable", "may not change once set", "updates to statefulset spec", "is immutable after creation"];
static OF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"([A-Za-z]+)(?:\.[a-z0-9.]+)? "([^"]+)" is invalid: \[?([A-Za-z0-9_.\[\]]+):"#).expect("a pattern")
});

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|message| says(message, FIXED))?;
    let what = match OF.captures(message) {
        Some(found) => format!("{} of {} {} may not change", &found[3], &found[1], &found[2]),
        None => {
            let path = message.split(" dry-run failed").next().filter(|path| path.len() < message.len() && path.contains('/'));
            format!("a field of {} may not change", path.unwrap_or("an object"))
        }
    };
    let text = format!("{what} once it is there: the object has to be deleted and made again, by hand or with force");
    let remedies = [Remedy::File, Remedy::Reset];
    Some(clue.diagnose(text).press(&remedies[..if clue.kind.has(Trait::CountsFailures) { 2 } else { 1 }]))
}
