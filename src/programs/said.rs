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
    ("Host key verification failed", Failure::Question),
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
];

/// Why git failed, by what it said on standard error.
pub(super) fn failure(said: &[u8]) -> Failure {
    let all = String::from_utf8_lossy(said);
    let own: Vec<_> = all.lines().filter(|line| !line.starts_with("remote:")).collect();
    let class = WORDS.iter().find(|(words, _)| own.iter().any(|line| line.contains(words))).map(|(_, class)| *class);
    let last = last_words(said, &["fatal:", "error:"]);
    let last = last.strip_prefix("fatal: ").unwrap_or(&last);
    class.unwrap_or(Failure::Failed)(sanitise(&redact(last)).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_of_git_and_its_transports_decide_and_those_of_the_server_never_do() {
        let class = |said: &str| match failure(said.as_bytes()) {
            Failure::Question(_) => "question",
            Failure::Unauthorised(_) => "unauthorised",
            Failure::NotFound(_) => "not found",
            Failure::NoCommit(_) => "no commit",
            Failure::Unreachable(_) => "unreachable",
            Failure::Failed(_) => "failed",
            other => panic!("{said}: {other:?}"),
        };
        for (said, expected) in [
            ("fatal: could not read Username for 'https://h': terminal prompts disabled", "question"),
            ("Host key verification failed.\nfatal: Could not read from remote repository.", "question"),
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
            ("remote: terminal prompts disabled\nfatal: early EOF", "failed"),
            ("", "failed"),
        ] {
            assert_eq!(class(said), expected, "{said}");
        }
        let Failure::Failed(said) = failure(b"fatal: at https://me:PLANTED@h/f \x1b[31m") else { panic!("it is not known") };
        assert_eq!(said, "at https://***@h/f \u{fffd}[31m");
    }
}
