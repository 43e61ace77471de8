//! A file that SOPS has encrypted and that cannot be decrypted (kustomize-controller `internal/decryptor`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule {
    name: "decryption",
    doc: "a file encrypted by SOPS cannot be decrypted: the key is missing or another one",
    find,
};

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed()?;
    let is_of_keys = says(
        message,
        &[
            "error getting data key",
            "cannot get sops data key",
            "no identity matched",
            "0 successful groups required",
            "no master keys",
        ],
    );
    let is_of_sops = is_of_keys || says(message, &["failed to decrypt", "decryption failed", "sops", "cannot decrypt"]);
    let text = if is_of_keys {
        "none of the keys that it has opens a file encrypted by SOPS: the key is missing, or another one".to_owned()
    } else {
        format!("a file cannot be decrypted: {}", brief(message))
    };
    is_of_sops.then(|| clue.diagnose(text).press(&[Remedy::File, Remedy::Reconcile]))
}
