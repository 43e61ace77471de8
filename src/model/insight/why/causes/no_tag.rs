//! A policy that finds no tag (image-reflector-controller `internal/policy`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::says;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "no-matching-tag", doc: "no tag of an image matches the policy", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|_| clue.kind.is_flux())?;
    let text = match () {
        () if says(message, &["unable to determine latest version from provided list"]) => {
            "none of the tags of the image is in the range of its policy"
        }
        () if says(message, &["version list argument cannot be empty"]) => {
            "no tag of the image is left once its filter has been applied"
        }
        () if says(message, &["no tags in database"]) => "no tags of the image have been read yet, or it has none",
        () => return None,
    };
    Some(clue.diagnose(text).press(&[Remedy::File, Remedy::Reconcile]))
}
