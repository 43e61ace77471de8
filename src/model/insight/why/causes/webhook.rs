//! An admission webhook that denies, or does not answer (k8s.io/apiserver `pkg/admission/plugin/webhook/errors/statuserror.go`), and
//! what the API server's own policies deny (`ValidatingAdmissionPolicy`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{after, brief};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "admission", doc: "an admission webhook or policy denies what is applied, or does not answer", find };

static DENIED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"admission webhook "([^"]+)" denied the request(?: without explanation)?(?:: ?([^;]*))?"#).expect("a pattern")
});
static SILENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"failed calling webhook "([^"]+)""#).expect("a pattern"));
/// k8s.io/apiextensions-apiserver `pkg/apiserver/conversion`.
static CONVERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"conversion webhook for ([^,]+), Kind=(\w+) failed").expect("a pattern"));
static POLICY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request: ?(.*)").expect("a pattern")
});

fn find(clue: &Clue) -> Option<Diagnosis> {
    let event = clue.warning(&["FailedCreate"]).map(|event| event.message.as_str());
    let message =
        [clue.failed(), event].into_iter().flatten().find(|text| text.contains("webhook") || text.contains("AdmissionPolicy"))?;
    let (name, says) = if let Some(found) = CONVERSION.captures(message) {
        let why = brief(message.rsplit(": ").next().unwrap_or_default());
        let text = format!("the webhook that converts {} of {} does not answer: {why}", &found[2], &found[1]);
        (format!("conversion {}", &found[2]), text)
    } else if let Some(found) = SILENT.captures(message) {
        let why = after(message, &[": context ", "dial tcp", ": no endpoints", "x509: "])
            .map_or_else(String::new, |_| format!(": {}", brief(message.rsplit(": ").next().unwrap_or_default())));
        (found[1].to_owned(), format!("admission webhook {} does not answer{why}", &found[1]))
    } else {
        let (found, what) = match DENIED.captures(message) {
            Some(found) => (found, "admission webhook"),
            None => (POLICY.captures(message)?, "admission policy"),
        };
        let why = found
            .get(2)
            .map(|why| brief(why.as_str()))
            .filter(|why| !why.is_empty())
            .unwrap_or_else(|| "without a reason".to_owned());
        (found[1].to_owned(), format!("{what} {} denies it: {why}", &found[1]))
    };
    Some(clue.diagnose(says).keyed(name).press(&[Remedy::File, Remedy::Reconcile]))
}
