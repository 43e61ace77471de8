//! Credentials that a git server, a registry or a bucket does not take.

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, host, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "authentication", doc: "a source refuses the credentials: missing, rotated or expired", find };

const REFUSED: &[&str] = &[
    "authentication required",
    "authentication failed",
    "unauthorized",
    "unable to authenticate",
    "permission denied (publickey)",
    "permission denied",
    "invalid credentials",
    "status code: 401",
    "bad credentials",
    "invalid username or password",
    "access denied",
    "accessdenied",
    "signaturedoesnotmatch",
    "authorization failed",
    "access to the resource is denied",
    "denied: ",
    "insufficient_scope",
    "could not read username",
    "status code: 403",
    "403 forbidden",
];

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|_| clue.kind.is_flux())?;
    let server = host(message).unwrap_or_else(|| "the server".to_owned());
    let text = if says(message, &["knownhosts: key is unknown", "key is unknown"]) {
        format!("known_hosts has no key of {server}: it is missing there, or this is not the server")
    } else if says(message, &["knownhosts", "host key", "hostkey"]) {
        format!("{server} shows another host key than known_hosts has: it was rotated, or this is not the server")
    } else if says(message, &["attempted methods", "publickey", "ssh: handshake failed"]) {
        format!("{server} refuses the deploy key: it was rotated or removed there")
    } else if clue.reason == "AuthenticationFailed" && !says(message, REFUSED) {
        // nobody was asked: they cannot even be made use of
        format!("its credentials are of no use: {}", brief(message))
    } else if says(message, REFUSED) {
        let why = message.rsplit(": ").find(|part| says(part, REFUSED)).unwrap_or(message);
        format!("{server} refuses the credentials, or wants some: {}", brief(why))
    } else {
        return None;
    };
    Some(clue.diagnose(text).press(&[Remedy::Reconcile, Remedy::File]))
}
