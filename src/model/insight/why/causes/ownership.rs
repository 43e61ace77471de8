//! What a Helm release wants to make, and another one has made (helm.sh/helm `pkg/action/validate.go`, `install.go`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "ownership", doc: "an object or a release of that name exists already, and is not this release's", find };

static TAKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(\w+) "([^"]+)" in namespace "([^"]*)" (?:exists and cannot be imported|cannot be owned)"#).expect("a pattern")
});
static BY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"key "meta.helm.sh/release-name" must equal "[^"]*": current value is "([^"]+)""#).expect("a pattern")
});

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed()?;
    if says(message, &["cannot re-use a name that is still in use", "cannot reuse a name that is still in use"]) {
        let text = "a Helm release of that name exists already, and was not made by this object";
        return Some(clue.diagnose(text).press(&[Remedy::File, Remedy::Reset]));
    }
    if !says(message, &["invalid ownership metadata"]) {
        return None;
    }
    let of = BY
        .captures(message)
        .map_or_else(|| ", and was not made by Helm".to_owned(), |found| format!(", and belongs to release {}", &found[1]));
    let says = match TAKEN.captures(message) {
        Some(found) => {
            let path = if found[3].is_empty() { found[2].to_owned() } else { format!("{}/{}", &found[3], &found[2]) };
            format!("{} {} exists already{}", &found[1], path, of)
        }
        None => format!("an object exists already{of}: {}", brief(message)),
    };
    Some(clue.diagnose(says).press(&[Remedy::File, Remedy::Reset]))
}
