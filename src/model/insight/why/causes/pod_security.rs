//! A pod that the security level of its namespace forbids (k8s.io/pod-security-admission `admission/admission.go`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "pod-security", doc: "the security level of a namespace forbids a pod", find };

static VIOLATES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"violates PodSecurity "([^"]+)": (.+)"#).expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let event = clue.warning(&["FailedCreate"]).map(|event| event.message.as_str());
    let message = [clue.failed(), event].into_iter().flatten().find(|text| VIOLATES.is_match(text))?;
    let found = VIOLATES.captures(message)?;
    let namespace = &clue.reference().namespace;
    let text = format!("pod security {} of namespace {namespace} forbids its pods: {}", &found[1], brief(&found[2]));
    Some(clue.diagnose(text).press(&[Remedy::File, Remedy::Events]))
}
