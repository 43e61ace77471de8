//! A push that the git server does not take (image-automation-controller; fluxcd/pkg `git/gogit`, `Push`).

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule {
    name: "push-refused",
    doc: "the git server does not take a push: no right to write, or a protected branch",
    find,
};

fn find(clue: &Clue) -> Option<Diagnosis> {
    const REFUSED: &[&str] = &["failed to push to remote", "failed to push", "hook declined", "non-fast-forward"];
    let message = clue.failed().filter(|message| clue.kind.is_flux() && says(message, REFUSED))?;
    let why = match () {
        () if says(message, &["protected branch", "hook declined", "gh006", "gh013"]) => "its rules for the branch forbid it",
        () if says(message, &["read only", "read-only", "deploy key"]) => "the deploy key may only read",
        () if says(message, &["non-fast-forward", "fetch first"]) => "the branch has other commits by now: it tries again",
        () if says(
            message,
            &["authorization failed", "authentication required", "403", "401", "permission denied", "denied to"],
        ) =>
        {
            "the credentials may not write"
        }
        () => "it does not say why",
    };
    let text =
        format!("the git server does not take its push: {why} ({})", brief(message.rsplit(": ").next().unwrap_or(message)));
    Some(clue.diagnose(text).press(&[Remedy::File, Remedy::Reconcile]))
}
