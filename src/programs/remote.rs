//! Where a fetch or a push goes, worked out before git is asked: git hands the whole URL of a remote to `git-remote-https` as an argument,
//! with the token that somebody wrote into it, for everybody on the machine to read.
//!
//! So git talks to a remote of ours, made of configuration variables for one run. Its URL is what git would have come to
//! (git `remote.c`, `alias_all_urls`: `pushurl`, `pushInsteadOf`, `insteadOf`) without a credential, which goes through a pipe (`login`); rules
//! of the URL for itself keep git from putting a token back in.

use std::path::Path;
use std::time::Duration;

use fluxdeck_model::domain::text::{redact, sanitise};
use tokio::process::Command;

use super::failure::Failure;
use super::login::Login;
use super::{quiet, said};

/// How long git may take to read its configuration.
const LIMIT: Duration = Duration::from_secs(30);
/// What is never the name of a remote: one of ours is.
pub(super) const OURS: &str = "fluxdeck-remote";
/// What Flux takes (source-controller `api/v1`, the pattern of `spec.url`), and what a user's own remotes may be besides.
const FLUX: &str = "http:https:ssh";
pub(super) const PROTOCOLS: &str = "file:git:http:https:ssh";
/// No name of a user is that long; tokens are.
const LONGEST_NAME: usize = 32;

/// Where to fetch from or push to.
#[derive(Clone, Copy, Debug)]
pub enum Remote<'r> {
    /// A remote of a checkout, by its name.
    Named(&'r str),
    /// The URL of a source, from a cluster, as the user: without a credential that it holds.
    Url(&'r str),
    /// The URL of a source, from a cluster, with the credential that it holds.
    Source(&'r str),
    /// A repository on this machine that is its own remote.
    Folder(&'r Path),
}

/// What is done at a remote: git has rules of its own for pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Fetch,
    Push,
}

/// A remote of ours for one run.
pub(super) struct Reached {
    pub login: Login,
    pub settings: Vec<(String, String)>,
}

/// git's configuration: keys as it prints them, in its order.
type Settings = Vec<(String, String)>;

/// Works out where a fetch or a push goes.
///
/// # Errors
/// There is no such remote, or it is of a protocol that is not spoken.
pub(super) async fn reach(repository: &Path, remote: Remote<'_>, direction: Direction) -> Result<Reached, Failure> {
    let known = settings(repository).await?;
    let (raw, name) = match remote {
        Remote::Named(name) => (None, name),
        // a cluster's credential is the cluster's: a person pushes as themselves
        Remote::Url(url) => (Some(login(url)?.url().to_owned()), OURS),
        Remote::Source(url) => (Some(url.to_owned()), OURS),
        Remote::Folder(folder) => return Ok(here(folder)),
    };
    let raw = raw.as_deref();
    let url = match direction {
        Direction::Fetch => fetch_url(&known, name, raw),
        Direction::Push => push_url(&known, name, raw),
    };
    let url = url.ok_or_else(|| Failure::Call(format!("there is no remote `{}`", sanitise(name))))?;
    let is_of = |protocols: &str, url: &str| protocols.split(':').any(|known| known == scheme(url));
    // where the user's own rules lead from a cluster's URL is theirs
    if raw.is_some_and(|raw| !is_of(FLUX, raw)) || !is_of(PROTOCOLS, &url) {
        return Err(Failure::Call(format!("{} is not asked: its protocol is not supported", sanitise(&redact(&url)))));
    }
    let login = login(&url)?;
    let bare = login.url().to_owned();
    let mut settings: Settings = login.settings(OURS).into_iter().map(|(key, value)| (key, value.to_owned())).collect();
    settings.extend([(format!("url.{bare}.insteadOf"), bare.clone()), (format!("url.{bare}.pushInsteadOf"), bare)]);
    for key in ["proxy", "proxyauthmethod", "receivepack", "uploadpack"] {
        let value = all(&known, &format!("remote.{name}.{key}")).pop();
        // other users may see a program's environment: a value with a password in it is left out
        let value = value.filter(|value| redact(value) == **value);
        settings.extend(value.map(|value| (format!("remote.{OURS}.{key}"), value.to_owned())));
    }
    Ok(Reached { login, settings })
}

/// A folder is reached as it is, whatever the user's rules make of other addresses.
fn here(folder: &Path) -> Reached {
    let folder = folder.display().to_string();
    let login = Login::none(&folder);
    let mut settings: Settings = login.settings(OURS).into_iter().map(|(key, value)| (key, value.to_owned())).collect();
    settings.extend([(format!("url.{folder}.insteadOf"), folder.clone()), (format!("url.{folder}.pushInsteadOf"), folder)]);
    Reached { login, settings }
}

fn login(url: &str) -> Result<Login, Failure> {
    if is_of_user(url) { Ok(Login::none(url)) } else { Login::of(url) }
}

/// `https`, or what git makes of an address without a scheme.
fn scheme(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, _)) => scheme.to_lowercase(),
        // git `connect.c`, `url_is_local_not_ssh`; `transport.c` takes `helper::address`
        None if url.contains("::") => "helper".to_owned(),
        None => {
            let is_ssh = url.find(':').is_some_and(|colon| url.find('/').is_none_or(|slash| colon < slash));
            if is_ssh { "ssh".to_owned() } else { "file".to_owned() }
        }
    }
}

/// Whether the part before the `@` is only a user name, as some forges print it: then the user's own helpers know the password. A token in
/// that place does not count.
fn is_of_user(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return true };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    match authority.rsplit_once('@') {
        None => true,
        Some((user, _)) => !user.contains(':') && !user.contains('%') && user.len() < LONGEST_NAME && redact(user) == user,
    }
}

async fn settings(repository: &Path) -> Result<Settings, Failure> {
    let mut command = Command::new(quiet::git()?);
    quiet::into(&mut command, repository, &[]);
    command.args(["config", "-z", "--get-regexp", r"^(remote|url)\."]);
    let ended = quiet::run(command, &[], LIMIT).await?;
    // git-config(1): 1 where nothing is found
    if !matches!(ended.status.code(), Some(0 | 1)) {
        return Err(said::failure(&ended.said));
    }
    let printed = String::from_utf8_lossy(&ended.printed).into_owned();
    let pair = |entry: &str| Some(entry.split_once('\n')?).map(|(key, value)| (key.to_owned(), value.to_owned()));
    Ok(printed.split('\0').filter_map(pair).collect())
}

fn all<'s>(known: &'s Settings, key: &str) -> Vec<&'s str> {
    known.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
}

/// The URL that git would fetch from. `raw` is one that no remote has.
fn fetch_url(known: &Settings, remote: &str, raw: Option<&str>) -> Option<String> {
    let url = raw.or_else(|| all(known, &format!("remote.{remote}.url")).first().copied())?;
    Some(rewritten(known, "insteadof", url).unwrap_or_else(|| url.to_owned()))
}

/// The first URL that git would push to. `raw` is one that no remote has.
fn push_url(known: &Settings, remote: &str, raw: Option<&str>) -> Option<String> {
    if let (None, Some(url)) = (raw, all(known, &format!("remote.{remote}.pushurl")).first()) {
        return Some(rewritten(known, "insteadof", url).unwrap_or_else(|| (*url).to_owned()));
    }
    let url = raw.or_else(|| all(known, &format!("remote.{remote}.url")).first().copied())?;
    let instead = rewritten(known, "pushinsteadof", url).or_else(|| rewritten(known, "insteadof", url));
    Some(instead.unwrap_or_else(|| url.to_owned()))
}

/// A URL by the rule with the longest beginning that fits.
fn rewritten(known: &Settings, rule: &str, url: &str) -> Option<String> {
    let base =
        |key: &'_ str| -> Option<String> { Some(key.strip_prefix("url.")?.strip_suffix(rule)?.strip_suffix('.')?.to_owned()) };
    let fits = known.iter().filter_map(|(key, beginning)| Some((base(key)?, url.strip_prefix(beginning.as_str())?)));
    // of two that are as long, git takes the first
    let mut best: Option<(String, &str)> = None;
    for (base, rest) in fits {
        if best.as_ref().is_none_or(|(_, known)| rest.len() < known.len()) {
            best = Some((base, rest));
        }
    }
    best.map(|(base, rest)| base + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_url_of_a_push_is_what_git_itself_comes_to() {
        let origin = ("remote.origin.url", "https://h.example.com/team/fleet");
        for (rules, expected) in [
            (vec![], "https://h.example.com/team/fleet"),
            (vec![("url.https://t@h.example.com/.insteadof", "https://h.example.com/")], "https://t@h.example.com/team/fleet"),
            (vec![("url.ssh://git@h/.pushinsteadof", "https://h.example.com/")], "ssh://git@h/team/fleet"),
            (
                vec![("url.a/.insteadof", "https://h.example.com/"), ("url.b/.insteadof", "https://h.example.com/team/")],
                "b/fleet",
            ),
            (
                vec![("url.a/.insteadof", "https://h.example.com/"), ("url.b/.pushinsteadof", "https://h")],
                "b/.example.com/team/fleet",
            ),
            (vec![("remote.origin.pushurl", "x:y"), ("url.b/.pushinsteadof", "x:"), ("url.a/.insteadof", "x:")], "a/y"),
            (vec![("remote.other.pushurl", "x:y"), ("url.a.insteadof", "http://h")], "https://h.example.com/team/fleet"),
        ] {
            let mut pairs = vec![origin];
            pairs.extend(rules);
            assert_eq!(push_url(&known(&pairs), "origin", None).as_deref(), Some(expected), "{pairs:?}");
        }
        assert_eq!(push_url(&known(&[origin]), "upstream", None), None);
        let rule = known(&[("url.git@h:.pushinsteadof", "https://h/")]);
        assert_eq!(push_url(&rule, OURS, Some("https://h/f")).as_deref(), Some("git@h:f"));
        assert_eq!(fetch_url(&rule, OURS, Some("https://h/f")).as_deref(), Some("https://h/f"), "a rule of pushes alone");
        let rule = known(&[("url.https://mirror/.insteadof", "https://h/"), ("remote.origin.url", "https://h/f")]);
        assert_eq!(fetch_url(&rule, "origin", None).as_deref(), Some("https://mirror/f"));
    }

    #[test]
    fn a_token_in_the_place_of_a_user_is_not_taken_for_a_name() {
        for url in ["https://h/f", "https://ana@h/f", "ssh://git@h/f", "git@h:f", "/srv/f.git", "https://h/@scope/f"] {
            assert!(is_of_user(url), "{url}");
        }
        for url in [
            "https://ana:x@h/f",
            "https://ghp_0123456789abcdefghijABCDEFGHIJ012345@github.com/f",
            "https://glpat-0123456789abcdefghij@gitlab.com/f",
            "https://0123456789abcdef0123456789abcdef01234567@gitea.example.com/f",
            "https://a%40b@h/f",
        ] {
            assert!(!is_of_user(url), "{url}");
        }
    }

    #[test]
    fn a_protocol_is_known_as_git_knows_it() {
        for (url, expected) in [
            ("https://h/f", "https"),
            ("SSH://h/f", "ssh"),
            ("git@h:f", "ssh"),
            ("h:f", "ssh"),
            ("/srv/f", "file"),
            ("./a:b", "file"),
            ("ext::sh -c id", "helper"),
            ("ext::sh -c id://", "ext::sh -c id"),
        ] {
            assert_eq!(scheme(url), expected, "{url}");
        }
    }
}
