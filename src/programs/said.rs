//! What git says when it fails, as a [`Failure`]. The only place where words of another program decide.
//!
//! git has no other way to say it: whatever goes wrong, `git fetch` and `git push` end with 128 (git `usage.c`, `die`), and the transports
//! below them, curl and ssh, pass on nothing but text. git runs with `LC_ALL=C`, and these phrases have been stable for more than ten
//! years. What the server says (`remote: …`) is left out: it may say anything. What is not recognised is [`Failure::Failed`].

use fluxdeck_model::domain::text::{redact, sanitise};

use super::failure::Failure;
use super::last_words;

type Class = fn(String) -> Failure;

/// Phrases and what they mean; the first that is found decides.
const WORDS: &[(&str, Class)] = &[
    // git `credential.c`, `prompt.c`; ssh `sshconnect.c`, where nobody can confirm an unknown host key
    ("terminal prompts disabled", Failure::Question),
    ("could not read Username", Failure::Question),
    ("could not read Password", Failure::Question),
    ("Host key verification failed", Failure::HostKey),
    // git `remote-curl.c`, `http.c`; ssh `sshconnect2.c`
    ("Authentication failed", Failure::Unauthorised),
    ("The requested URL returned error: 401", Failure::Unauthorised),
    ("The requested URL returned error: 403", Failure::Unauthorised),
    ("Permission denied (", Failure::Unauthorised),
    // git `remote-curl.c`, `upload-pack.c`; what GitHub says over ssh
    ("The requested URL returned error: 404", Failure::NotFound),
    ("' not found", Failure::NotFound),
    ("does not appear to be a git repository", Failure::NotFound),
    ("ERROR: Repository not found", Failure::NotFound),
    // git `fetch-pack.c`, `remote.c`, `upload-pack.c`
    ("couldn't find remote ref", Failure::NoCommit),
    ("does not allow request for unadvertised object", Failure::NoCommit),
    ("not our ref", Failure::NoCommit),
    // curl; ssh `sshconnect.c`, `misc.c`; git `http.c`, where none of the above says more
    ("Could not resolve host", Failure::Unreachable),
    ("Failed to connect to", Failure::Unreachable),
    ("ssh: connect to host", Failure::Unreachable),
    ("Connection closed by", Failure::Unreachable),
    ("kex_exchange_identification", Failure::Unreachable),
    ("unable to access '", Failure::Unreachable),
    ("RPC failed;", Failure::Unreachable),
];

/// What says more than the last line: git `remote-curl.c` has the status of the server, and its last words are of what it missed then; the
/// system says why something cannot be written (`strerror`), and git what it could not do.
const CAUSES: &[&str] = &["RPC failed;", "No space left on device", "Disk quota exceeded"];

/// The last words of git where the program that it reaches the remote by has failed: git `pkt-line.c`.
const UNREAD: &str = "Could not read from remote repository";

/// Why git failed, by what it said on standard error.
pub(super) fn failure(said: &[u8]) -> Failure {
    let all = String::from_utf8_lossy(said);
    let own: Vec<_> = all.lines().filter(|line| !line.starts_with("remote:")).collect();
    let class = WORDS.iter().find(|(words, _)| own.iter().any(|line| line.contains(words))).map(|(_, class)| *class);
    let cause = own.iter().find(|line| CAUSES.iter().any(|cause| line.contains(cause))).map(|line| redact(line).into_owned());
    let last = cause.unwrap_or_else(|| last_words(said, &["fatal:", "error:"]));
    // of ssh git says no more than that; what ssh said is above it
    let of_ssh = own.iter().find(|line| WORDS.iter().any(|(words, _)| line.contains(words))).filter(|_| last.contains(UNREAD));
    let last = of_ssh.map_or(last, |line| redact(line).into_owned());
    let last = last.strip_prefix("fatal: ").or_else(|| last.strip_prefix("error: ")).unwrap_or(&last);
    class.unwrap_or(Failure::Failed)(sanitise(&redact(last)).into_owned())
}

/// What git says where another one works in the same repository at that moment: it holds a lock (git `lockfile.c`, `unable_to_lock_message`),
/// has made the clone deeper (`shallow.c`, `check_shallow_file_for_update`), or has moved the reference (`refs/files-backend.c`,
/// `verify_lock`).
const MET: &[&str] = &[".lock': File exists", "shallow file has changed since we read it", " but expected "];

/// Whether git did nothing because another one works in the same repository: the same can be tried again.
pub(super) fn is_locked(said: &[u8]) -> bool {
    let all = String::from_utf8_lossy(said);
    all.lines().any(|line| !line.starts_with("remote:") && MET.iter().any(|words| line.contains(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_another_git_is_known_from_other_failures() {
        for (said, expected) in [
            ("fatal: Unable to create '/c/x.git/shallow.lock': File exists.\n\nAnother git process seems to be running", true),
            ("error: cannot lock ref 'refs/a': Unable to create '/c/x.git/refs/a.lock': File exists.", true),
            ("fatal: shallow file has changed since we read it", true),
            ("error: cannot lock ref 'refs/a': is at 1111 but expected 2222", true),
            ("remote: Unable to create '/srv/shallow.lock': File exists.", false),
            ("remote: fatal: shallow file has changed since we read it", false),
            ("fatal: Unable to create '/c/x.git/shallow.lock': Permission denied", false),
            ("", false),
        ] {
            assert_eq!(is_locked(said.as_bytes()), expected, "{said}");
        }
    }

    #[test]
    fn phrases_of_git_and_its_transports_decide_and_those_of_the_server_never_do() {
        let class = |said: &str| match failure(said.as_bytes()) {
            Failure::Question(_) => "question",
            Failure::HostKey(_) => "host key",
            Failure::Unauthorised(_) => "unauthorised",
            Failure::NotFound(_) => "not found",
            Failure::NoCommit(_) => "no commit",
            Failure::Unreachable(_) => "unreachable",
            Failure::Failed(_) => "failed",
            other => panic!("{said}: {other:?}"),
        };
        for (said, expected) in [
            ("fatal: could not read Username for 'https://h': terminal prompts disabled", "question"),
            ("Host key verification failed.\nfatal: Could not read from remote repository.", "host key"),
            ("remote: Invalid username or token.\nfatal: Authentication failed for 'https://h/f/'", "unauthorised"),
            ("fatal: unable to access 'https://h/f/': The requested URL returned error: 403", "unauthorised"),
            ("git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.", "unauthorised"),
            ("remote: Repository not found.\nfatal: repository 'https://h/f/' not found", "not found"),
            ("ERROR: Repository not found.\nfatal: Could not read from remote repository.", "not found"),
            ("fatal: '/x' does not appear to be a git repository", "not found"),
            ("fatal: couldn't find remote ref 1111", "no commit"),
            ("error: Server does not allow request for unadvertised object 1111", "no commit"),
            ("fatal: remote error: upload-pack: not our ref 1111", "no commit"),
            ("fatal: unable to access 'https://h/f/': Could not resolve host: h", "unreachable"),
            ("fatal: unable to access 'https://h/f/': The requested URL returned error: 502", "unreachable"),
            ("fatal: unable to access 'https://h/f/': SSL certificate problem: certificate has expired", "unreachable"),
            ("ssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.", "unreachable"),
            ("error: RPC failed; HTTP 500 curl 22 The requested URL returned error: 500\nfatal: early EOF", "unreachable"),
            ("error: RPC failed; HTTP 403 curl 22 The requested URL returned error: 403\nfatal: early EOF", "unauthorised"),
            ("remote: terminal prompts disabled\nfatal: early EOF", "failed"),
            ("", "failed"),
        ] {
            assert_eq!(class(said), expected, "{said}");
        }
        for (said, expected) in [
            ("error: RPC failed; HTTP 500 curl 22 x\nfatal: expected flush after ref listing", "RPC failed; HTTP 500 curl 22 x"),
            ("fatal: write error: No space left on device\nfatal: index-pack failed", "write error: No space left on device"),
            ("remote: No space left on device\nfatal: early EOF", "early EOF"),
        ] {
            assert_eq!(failure(said.as_bytes()).to_string(), expected);
        }
        let Failure::Failed(said) = failure(b"fatal: at https://me:PLANTED@h/f \x1b[31m") else { panic!("it is not known") };
        assert_eq!(said, "at https://***@h/f \u{fffd}[31m");
    }
}
