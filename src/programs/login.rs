//! Passes the credential of a URL to git without showing it where other users could read it.

use std::path::Path;

use percent_encoding::percent_decode_str;
use tokio::process::Command;

use super::failure::Failure;

/// A URL without its credential, and the credential.
pub(super) struct Login {
    url: String,
    /// Where they are for, scheme and host with its port; user and password, as they are.
    credential: Option<(String, String, String)>,
}

/// Starts git with the pipe at its third descriptor, which it hands on to its helpers, and nothing to read at the first.
const START: &str = "exec \"$0\" \"$@\" 3<&0 </dev/null";
/// git's helper for this one run (gitcredentials(7)): says what comes out of the pipe, and keeps nothing.
const HELPER: &str = "!f() { test \"$1\" = get && cat <&3; }; f";

impl Login {
    /// Takes a URL apart. With SSH the user is part of the address, and a password is of no use.
    ///
    /// # Errors
    /// Its user or password cannot be given to git.
    pub fn of(url: &str) -> Result<Self, Failure> {
        let plain = || Self::none(url);
        let Some((scheme, rest)) = url.split_once("://") else { return Ok(plain()) };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let Some((information, host)) = rest[..end].rsplit_once('@') else { return Ok(plain()) };
        let (user, password) = information.split_once(':').unwrap_or((information, ""));
        if scheme.eq_ignore_ascii_case("ssh") {
            return Ok(Self { url: format!("{scheme}://{user}@{host}{}", &rest[end..]), credential: None });
        }
        let credential = (format!("{scheme}://{host}"), decoded(user)?, decoded(password)?);
        Ok(Self { url: format!("{scheme}://{host}{}", &rest[end..]), credential: Some(credential) })
    }

    /// A URL that git may have as it is.
    pub fn none(url: &str) -> Self {
        Self { url: url.to_owned(), credential: None }
    }

    /// The URL without a credential.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// git, with arguments to come.
    pub fn command(&self, git: &Path) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(START).arg(git);
        command
    }

    /// What git has to be configured with. The credential is for the host of the URL alone (gitcredentials(7), "Credential contexts"), not
    /// for a proxy or for where a redirect leads; no other helper is asked about that host, nor keeps it.
    pub fn settings(&self, remote: &str) -> Vec<(String, &str)> {
        let mut settings = vec![(format!("remote.{remote}.url"), self.url.as_str())];
        if let Some((origin, ..)) = &self.credential {
            let key = format!("credential.{origin}.helper");
            settings.extend([(key.clone(), ""), (key, HELPER)]);
        }
        settings
    }

    /// What the helper says.
    pub fn answer(&self) -> String {
        self.credential.as_ref().map_or_else(String::new, |(_, user, password)| format!("username={user}\npassword={password}\n"))
    }
}

/// What is written with `%` in a URL.
fn decoded(text: &str) -> Result<String, Failure> {
    let wrong = |why: &str| Failure::Call(format!("the user or password in its URL {why}"));
    let text = percent_decode_str(text).decode_utf8().map_err(|_| wrong("is not text"))?;
    if text.contains(['\n', '\r', '\0']) {
        // the protocol of git's helpers has lines
        return Err(wrong("has a line end in it"));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credential_of_a_url_goes_its_own_way() {
        for (url, bare, answer) in [
            ("https://me:hun%40ter%2F2@h.example.com/f.git", "https://h.example.com/f.git", "username=me\npassword=hun@ter/2\n"),
            ("http://token@h.example.com:3000/f", "http://h.example.com:3000/f", "username=token\npassword=\n"),
            ("https://me:pa@ss@h.example.com", "https://h.example.com", "username=me\npassword=pa@ss\n"),
            ("https://h.example.com/@scope/f", "https://h.example.com/@scope/f", ""),
            ("ssh://git:hunter2@h.example.com/f", "ssh://git@h.example.com/f", ""),
            ("ssh://git@h.example.com/f", "ssh://git@h.example.com/f", ""),
        ] {
            let login = Login::of(url).expect("a login");
            assert_eq!((login.url.as_str(), login.answer().as_str()), (bare, answer), "{url}");
            let keys: Vec<_> = login.settings("origin").into_iter().skip(1).map(|(key, _)| key).collect();
            let end = bare.find("://").and_then(|at| Some(at + 3 + bare[at + 3..].find('/')?)).unwrap_or(bare.len());
            let own = format!("credential.{}.helper", &bare[..end]);
            let expected = if answer.is_empty() { vec![] } else { vec![own.clone(), own] };
            assert_eq!(keys, expected, "of that host alone: {url}");
        }
        assert!(Login::of("https://me:hun%0Ahost=evil@h.example.com/f").is_err());
    }
}
