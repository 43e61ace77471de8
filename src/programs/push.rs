//! What a push did, read from what `git push --porcelain` prints: one line for each reference, in a format meant for programs
//! (git-push(1), OUTPUT; git `transport.c`, `print_ref_status`). Running the push does *not* belong here.

use fluxdeck_model::domain::text::{redact, sanitise};

use super::failure::{Failure, Refuser};

/// What the push did to the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is there now, and was not before.
    Created,
    /// It has moved to what was pushed.
    Updated,
    /// It was there already.
    AsItWas,
}

/// Reads what happened to a reference, named in full. `printed` is standard output.
///
/// # Errors
/// It was rejected, or there is no line for it.
pub fn pushed(printed: &str, reference: &str) -> Result<Pushed, Failure> {
    let of_line = |line: &str| {
        let mut parts = line.splitn(3, '\t');
        let (flag, ends, summary) = (parts.next()?, parts.next()?, parts.next()?.to_owned());
        let to = ends.rsplit(':').next()?;
        (to == reference).then_some((flag.to_owned(), summary))
    };
    let Some((flag, summary)) = printed.lines().find_map(of_line) else {
        return Err(Failure::Lost(format!("git does not say what happened to {}", sanitise(reference))));
    };
    match flag.as_str() {
        "*" => Ok(Pushed::Created),
        " " | "+" | "-" => Ok(Pushed::Updated),
        "=" => Ok(Pushed::AsItWas),
        _ => Err(rejected(&summary)),
    }
}

/// Why it was rejected: `[who] (reason)`. The reasons of git itself are part of the format; those of a server are free text, except the
/// ones that git and the forges use for their hooks.
fn rejected(summary: &str) -> Failure {
    let (who, reason) = summary.split_once("] ").unwrap_or((summary, ""));
    let reason = reason.trim().trim_start_matches('(').trim_end_matches(')');
    let said = sanitise(&redact(reason)).into_owned();
    match (who, reason) {
        // git `transport.c`: decided on this side, before anything was sent
        ("[rejected", "fetch first" | "non-fast-forward" | "stale info" | "remote ref updated since checkout") => {
            Failure::Moved(said)
        }
        ("[rejected", "already exists" | "needs force") => Failure::Moved(said),
        // git `builtin/receive-pack.c`: somebody was faster
        ("[remote rejected", "fetch first" | "non-fast-forward" | "failed to update ref" | "incorrect old value provided") => {
            Failure::Moved(said)
        }
        ("[remote rejected", reason) if reason.starts_with("cannot lock ref") => Failure::Moved(said),
        ("[remote rejected", "pre-receive hook declined" | "hook declined" | "update hook declined") => {
            Failure::Refused { by: Refuser::Hook, said }
        }
        // GitHub's words for its own
        ("[remote rejected", "protected branch hook declined" | "push declined due to repository rule violations") => {
            Failure::Refused { by: Refuser::Protection, said }
        }
        // the server received everything, and did not report what it did
        ("[remote failure", _) => Failure::Lost(said),
        _ => Failure::Refused { by: Refuser::Server, said },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "refs/heads/main";

    fn of(line: &str) -> Result<Pushed, Failure> {
        pushed(&format!("To /srv/f.git\n{line}\nDone\n"), MAIN)
    }

    #[test]
    fn the_flag_says_what_was_pushed() {
        for (line, expected) in [
            ("*\trefs/heads/x:refs/heads/main\t[new branch]", Pushed::Created),
            (" \t0123456789:refs/heads/main\t1111111..2222222", Pushed::Updated),
            ("+\tHEAD:refs/heads/main\t1111111...2222222 (forced update)", Pushed::Updated),
            ("=\trefs/heads/main:refs/heads/main\t[up to date]", Pushed::AsItWas),
        ] {
            assert_eq!(of(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_rejection_is_classified_by_who_rejects_and_why() {
        let refused = |by, said: &str| Failure::Refused { by, said: said.to_owned() };
        for (summary, expected) in [
            ("[rejected] (fetch first)", Failure::Moved("fetch first".to_owned())),
            ("[rejected] (non-fast-forward)", Failure::Moved("non-fast-forward".to_owned())),
            ("[rejected] (stale info)", Failure::Moved("stale info".to_owned())),
            ("[remote rejected] (failed to update ref)", Failure::Moved("failed to update ref".to_owned())),
            ("[remote rejected] (pre-receive hook declined)", refused(Refuser::Hook, "pre-receive hook declined")),
            ("[remote rejected] (hook declined)", refused(Refuser::Hook, "hook declined")),
            (
                "[remote rejected] (protected branch hook declined)",
                refused(Refuser::Protection, "protected branch hook declined"),
            ),
            ("[remote rejected] (shallow update not allowed)", refused(Refuser::Server, "shallow update not allowed")),
            ("[remote failure] (remote failed to report status)", Failure::Lost("remote failed to report status".to_owned())),
            ("[remote rejected] (at https://me:PLANTED@h/)", refused(Refuser::Server, "at https://***@h/")),
        ] {
            assert_eq!(of(&format!("!\trefs/heads/x:refs/heads/main\t{summary}")), Err(expected), "{summary}");
        }
    }

    #[test]
    fn a_line_of_another_reference_or_none_at_all_proves_nothing() {
        for line in ["*\trefs/heads/x:refs/heads/main2\t[new branch]", "Everything up-to-date", "*\trefs/heads/main", ""] {
            assert!(matches!(of(line), Err(Failure::Lost(_))), "{line}");
        }
    }
}
