//! What a controller, or the account that it acts as, may not do.

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "access", doc: "the controller, or the account it acts as, may not do what is asked of it", find };

/// k8s.io/apiserver `pkg/endpoints/handlers/responsewriters/errors.go`.
static FORBIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"User "([^"]+)" cannot (\w+) resource "([^"]+)" in API group "[^"]*"(?: in the namespace "([^"]+)"| at the cluster scope)?"#).expect("a pattern")
});

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed()?;
    if let Some(found) = FORBIDDEN.captures(message) {
        let who = found[1]
            .strip_prefix("system:serviceaccount:")
            .map_or_else(|| found[1].to_owned(), |account| format!("service account {}", account.replace(':', "/")));
        let place =
            found.get(4).map_or_else(|| " in the whole cluster".to_owned(), |namespace| format!(" in {}", namespace.as_str()));
        let key = format!("{} {} {}", &found[1], &found[2], &found[3]);
        return Some(
            clue.diagnose(format!("{who} may not {} {}{place}", &found[2], &found[3]))
                .keyed(key)
                .press(&[Remedy::File, Remedy::Reconcile]),
        );
    }
    if says(message, &["the server has asked for the client to provide credentials"]) {
        return Some(
            clue.diagnose("the API server does not take the credentials that it has for the cluster").press(&[Remedy::File]),
        );
    }
    let is_refused =
        clue.reason == "AccessDenied" || says(message, &["cross-namespace references have been blocked", "cannot impersonate"]);
    is_refused.then(|| clue.diagnose(format!("access is denied: {}", brief(message))).press(&[Remedy::File]))
}
