//! A server that cannot be reached.

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, host, says};
use crate::insight::why::remedy::Remedy;
use crate::kinds::Role;

pub(super) const RULE: CauseRule =
    CauseRule { name: "network", doc: "a server cannot be reached: name, route, time or certificate", find };

const UNREACHED: &[&str] = &[
    "no such host",
    "connection refused",
    "i/o timeout",
    "no route to host",
    "network is unreachable",
    "connection reset",
    "tls handshake",
    "x509:",
    "unexpected eof",
    "server misbehaving",
    "bad gateway",
    "service unavailable",
    "gateway timeout",
];

/// The same of who fetches: what others wait for in vain is not a server.
const LATE: &[&str] = &["context deadline exceeded", "client.timeout exceeded"];

fn find(clue: &Clue) -> Option<Diagnosis> {
    let fetches = matches!(clue.kind.role, Role::Source | Role::Image);
    let is_of_network = |text: &str| says(text, UNREACHED) || fetches && says(text, LATE);
    let message = clue.failed().filter(|message| clue.kind.is_flux() && is_of_network(message))?;
    let server = host(message).unwrap_or_else(|| "the server".to_owned());
    let parts: Vec<_> = message.split(": ").collect();
    let from = parts.iter().rposition(|part| is_of_network(part)).unwrap_or(0);
    let why = brief(&parts[from..].join(": "));
    let found = clue.diagnose(format!("{server} cannot be reached: {why}"));
    Some(found.keyed(format!("network {server}")).press(&[Remedy::Reconcile]))
}
