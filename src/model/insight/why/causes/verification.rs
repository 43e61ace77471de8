//! A signature that does not verify (source-controller `verifyCommitSignature`, `verifySignature`; fluxcd/pkg `git/signature`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "verification", doc: "a commit, artifact or chart is not signed, or not by a key that is trusted", find };

const UNVERIFIED: &[&str] = &[
    "failed to verify the signature",
    "signature verification of",
    "cannot verify signature",
    "no matching signatures",
    "unable to verify payload",
    "public keys found in secret",
];

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue
        .failed()
        .filter(|message| clue.kind.is_flux() && (clue.reason == "VerificationError" || says(message, UNVERIFIED)))?;
    let text = match () {
        () if says(message, &["no matching signatures", "no signatures found"]) => "it is not signed by a key that is trusted",
        () if says(message, &["with any of the given key rings", "with any of the given keys"]) => {
            "it is signed by a key that is not among the trusted ones"
        }
        () if says(message, &["it is not signed", "signature is empty", "payload as the provided signature is empty"]) => {
            "it is not signed"
        }
        () => "its signature could not be verified",
    };
    Some(clue.diagnose(format!("{text}: {}", brief(message))).press(&[Remedy::File, Remedy::Reconcile]))
}
