//! A server that cannot be reached.

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, host, says};
use crate::insight::why::remedy::Remedy;

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
    "context deadline exceeded",
    "client.timeout exceeded",
];

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|message| clue.kind.is_flux() && says(message, UNREACHED))?;
    let server = host(message).unwrap_or_else(|| "the server".to_owned());
    let parts: Vec<_> = message.split(": ").collect();
    let from = parts.iter().rposition(|part| says(part, UNREACHED)).unwrap_or(0);
    let why = brief(&parts[from..].join(": "));
    let found = clue.diagnose(format!("{server} cannot be reached: {why}"));
    Some(found.keyed(format!("network {server}")).press(&[Remedy::Reconcile]))
}
