//! An API server that cannot answer for now (k8s.io/apimachinery `pkg/api/errors`, etcd `api/v3/v3rpc/rpctypes`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "api-server", doc: "the API server, or its etcd, could not answer", find };

const OVERLOADED: &[&str] = &[
    "etcdserver:",
    "the server is currently unable to handle the request",
    "unable to return a response in the time allotted",
    "apiserver not ready",
    "the server has received too many requests",
    "kubernetes cluster unreachable",
];

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|message| clue.kind.is_flux() && says(message, OVERLOADED))?;
    // that of another cluster is another one
    let of = clue.object.filter(|object| object.facts.remote).map(|_| clue.reference().to_string()).unwrap_or_default();
    let found = clue.diagnose(format!("the API server could not answer: {}", brief(message)));
    Some(found.keyed(format!("API server {of}")).press(&[Remedy::Reconcile]))
}
