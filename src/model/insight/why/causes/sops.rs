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
    let text = if says(message, &["verify sops data integrity"]) {
        "an encrypted file was changed by hand after it was encrypted: its MAC does not match".to_owned()
    } else if says(message, &["configuring decryption is required"]) {
        let what = message.split(" is SOPS encrypted").next().map(|what| brief(what.rsplit(": ").next().unwrap_or(what)));
        format!("{} is encrypted by SOPS, and no decryption is set for it", what.unwrap_or_else(|| "an object".to_owned()))
    } else if says(message, &["failed to import"]) {
        format!("a key that was given for decryption is of no use: {}", brief(message))
    } else if is_of_keys {
        "none of the keys that it has opens a file encrypted by SOPS: the key is missing, or another one".to_owned()
    } else {
        format!("a file cannot be decrypted: {}", brief(message))
    };
    is_of_sops.then(|| clue.diagnose(text).press(&[Remedy::File, Remedy::Reconcile]))
}
