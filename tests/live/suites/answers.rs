//! What is committed as said by kustomize and the libraries of Flux is what they say today.

use crate::harness::trials;
use crate::oracle::ask;

/// `tests/live/oracle update` writes them again.
fn every_committed_answer_is_what_kustomize_and_flux_answer_today() {
    let checked = ask(&["check"], None);
    checked.unwrap_or_else(|stale| panic!("{stale}"));
}

trials![every_committed_answer_is_what_kustomize_and_flux_answer_today,];
