//! A kind that the cluster does not know: its CustomResourceDefinition is not there (k8s.io/apimachinery `NoKindMatchError`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "unknown-kind", doc: "the cluster does not know a kind: its CustomResourceDefinition is missing", find };

static UNKNOWN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"no matches for kind "([^"]+)" in version "([^"]+)""#).expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let found = UNKNOWN.captures(clue.failed()?)?;
    let (kind, version) = (&found[1], &found[2]);
    let says = format!("the cluster does not know {kind} of {version}: its CustomResourceDefinition is not there");
    Some(clue.diagnose(says).keyed(format!("{kind} {version}")).press(&[Remedy::File, Remedy::Reconcile]))
}
