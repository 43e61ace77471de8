//! A certificate that is not trusted, has expired, or is of another host (Go `crypto/x509`, `verify.go`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{after, brief, host, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule {
    name: "certificate",
    doc: "the certificate of a server is not trusted, has expired, or is of another host",
    find,
};

/// What is wrong with the certificate that a text is about.
pub(super) fn trouble(text: &str) -> Option<&'static str> {
    Some(match () {
        () if !says(text, &["x509:"]) => return None,
        () if says(text, &["unknown authority", "authority with name"]) => {
            "is signed by an authority that is not trusted: its CA belongs into a certificate Secret"
        }
        () if says(text, &["expired or is not yet valid"]) => "has expired, or is not valid yet",
        () if says(text, &["is valid for", "not valid for any names", "doesn't contain any ip sans"]) => "is of another host",
        () => "is not accepted",
    })
}

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|_| clue.kind.is_flux())?;
    let trouble = trouble(message)?;
    let server = host(message).unwrap_or_else(|| "the server".to_owned());
    let why = after(message, &["x509:"]).unwrap_or(message);
    let found = clue.diagnose(format!("the certificate of {server} {trouble} ({})", brief(why)));
    Some(found.keyed(format!("certificate {server}")).press(&[Remedy::File, Remedy::Reconcile]))
}
