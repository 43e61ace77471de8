//! What an entry of a kustomization file addresses outside of its own tree: a file on the web, or a folder of a git repository.
//!
//! Source: kustomize api v0.21.1 `internal/git/repospec.go` (NewRepoSpecFromURL) and `internal/loader/fileloader.go` (IsRemoteFile),
//! followed to the letter: what is not an address there is a path here. How long git may take (`timeout=`) is not the file's to say.

use percent::{decoded, is_escaped_well};

use super::super::node::Text;
use super::percent;
use crate::domain::text::redact;

/// An entry that is not a path of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteAddress {
    /// As it is written.
    pub text: Text,
    /// It is asked for by HTTP(S) first, and is a file if manifests are answered.
    pub is_web: bool,
    /// What git is asked for, unless it is a file.
    pub repository: Option<RepositoryAddress>,
}

/// A folder of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryAddress {
    /// What git clones.
    pub url: String,
    /// The folder with the kustomization file; empty for the root.
    pub folder: String,
    /// A branch, tag or commit; empty for the default branch.
    pub reference: String,
    /// Its submodules belong to it.
    pub submodules: bool,
}

impl RemoteAddress {
    /// None: it is a path.
    pub fn parse(text: &str) -> Option<Self> {
        let (is_web, repository) = (is_web(text), RepositoryAddress::parse(text));
        (is_web || repository.is_some()).then(|| Self { text: text.into(), is_web, repository })
    }

    /// Whether it is called as a file of manifests, and so no repository.
    pub fn is_manifest(&self) -> bool {
        let path = self.text.split(['?', '#']).next().unwrap_or_default();
        self.is_web && [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end))
    }

    /// Whether what is answered today may be something else than what was answered before. A version or a commit in the address says that
    /// it is not: tags and releases can be moved, and are not by convention.
    pub fn moves(&self) -> bool {
        let path = self.text.split(['?', '#']).next().unwrap_or_default();
        !path.split('/').skip(3).any(is_fixed)
    }
}

/// A whole commit, or a version of three numbers: `v1.2.3`, `kustomize-v5.8.1`. `release-1.2` is the name of a branch.
fn is_fixed(part: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let words = part.split(|c: char| !c.is_ascii_digit() && c != '.');
    is_commit(part) || words.into_iter().any(|word| word.split('.').filter(|number| is_number(number)).count() > 2)
}

/// The whole id of a commit.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An address that Go's `url.Parse` takes, of HTTP or HTTPS.
pub fn is_web(text: &str) -> bool {
    let rest = strip_prefix(text, HTTPS).or_else(|| strip_prefix(text, HTTP));
    let is_sound = |rest: &str| {
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let host = path.split('/').next().unwrap_or_default();
        is_escaped_well(path) && !host.contains(' ') && !rest.chars().any(|c| c.is_ascii_control())
    };
    rest.is_some_and(is_sound)
}

const SSH: &str = "ssh://";
const HTTPS: &str = "https://";
const HTTP: &str = "http://";
const FILE: &str = "file://";
/// By convention the repository is one folder below it (Azure DevOps).
const BELOW: &str = "_git/";
const SUFFIX: &str = ".git";

impl RepositoryAddress {
    /// None: git is not asked for it.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return None;
        }
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let (host, path) = host(place)?;
        let (repository, folder) = marked(path).or_else(|| counted(path, host.starts_with(FILE)))?;
        if repository.is_empty() || leaves(folder) {
            return None;
        }
        let (reference, submodules) = asked(query);
        let folder = folder.strip_prefix('/').unwrap_or(folder).to_owned();
        Some(Self { url: format!("{host}{repository}"), folder, reference, submodules })
    }

    /// A file of it, in the same notation.
    pub fn file(&self, path: &str) -> Text {
        let reference = if self.reference.is_empty() { String::new() } else { format!("?ref={}", self.reference) };
        format!("{}//{path}{reference}", redact(&self.url)).into()
    }
}

fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Scheme, user and host as git gets them, and the rest.
fn host(text: &str) -> Option<(String, &str)> {
    let text = strip_prefix(text, "git::").unwrap_or(text);
    let found = [SSH, HTTPS, HTTP, FILE].into_iter().find_map(|scheme| Some((scheme, strip_prefix(text, scheme)?)));
    let (scheme, rest) = found.unwrap_or(("", text));
    let (user, rest) = user(rest);
    let is_github = ["github.com/", "github.com:"].iter().any(|head| strip_prefix(rest, head).is_some());
    let may_be_scp = scheme.is_empty() && (!user.is_empty() || is_github);
    if scheme.is_empty() && !may_be_scp {
        return None;
    }
    if scheme == FILE {
        // what looks like a user is a part of the path
        return Some((FILE.to_owned(), &text[FILE.len()..]));
    }
    let (host, path) = rest.split_at(separator(rest, may_be_scp).map_or(rest.len(), |at| at + 1));
    if is_github {
        // normalised: scheme and user may get lost
        let is_ssh = scheme == SSH || !user.is_empty();
        return Some((if is_ssh { format!("{user}github.com:") } else { "https://github.com/".to_owned() }, path));
    }
    (!host.is_empty()).then(|| (format!("{scheme}{user}{host}"), path))
}

/// `name@`, and what comes after it.
fn user(text: &str) -> (&str, &str) {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    match text.find('@').filter(|at| is_name(&text[..*at])) {
        Some(at) => text.split_at(at + 1),
        None => ("", text),
    }
}

/// Where the host ends. In `user@host:path` a colon ends it that no `/` comes before.
fn separator(text: &str, may_be_scp: bool) -> Option<usize> {
    let slash = text.find('/');
    let colon = text.find(':').filter(|_| may_be_scp);
    match (slash, colon) {
        (None, colon) => colon,
        (Some(slash), Some(colon)) if colon > 0 && colon < slash => Some(colon),
        (slash, _) => slash,
    }
}

/// Repository and folder by a marker: `_git/`, `//` or `.git`.
fn marked(path: &str) -> Option<(&str, &str)> {
    if let Some(at) = path.find(BELOW) {
        let end = path[at + BELOW.len()..].find('/').map(|end| at + BELOW.len() + end);
        return Some(end.map_or((path, ""), |end| (&path[..end], &path[end + 1..])));
    }
    if let Some(at) = path.find("//") {
        return Some((&path[..at], &path[at + 2..]));
    }
    path.find(SUFFIX).map(|at| path.split_at(at + SUFFIX.len()))
}

/// Without a marker a repository has two parts; a local one is all of it.
fn counted(path: &str, is_local: bool) -> Option<(&str, &str)> {
    if is_local {
        return Some((path, ""));
    }
    let first = path.find('/')?;
    match path[first + 1..].find('/').map(|second| first + 1 + second) {
        Some(second) => Some((&path[..second], &path[second + 1..])),
        None => Some((path, "")),
    }
}

/// Whether a folder is outside of its repository (Go's `filepath.Clean`).
fn leaves(folder: &str) -> bool {
    let mut depth = 0_i32;
    let folder = folder.strip_prefix('/').unwrap_or(folder);
    // an absolute path has nothing above it
    let is_absolute = folder.starts_with('/');
    folder.split('/').any(|part| {
        match part {
            "" | "." => {}
            ".." if is_absolute && depth == 0 => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        depth < 0
    })
}

/// `ref` (or `version`) and `submodules` of a query; nothing of one that cannot be read.
fn asked(query: &str) -> (String, bool) {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decoded(key), decoded(value)) {
            (Some(key), Some(value)) if !pair.contains(';') => pairs.push((key, value)),
            _ => return (String::new(), true),
        }
    }
    let first = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let reference = Some(first("ref")).filter(|text| !text.is_empty()).unwrap_or_else(|| first("version"));
    let is_off = matches!(first("submodules").as_str(), "0" | "f" | "F" | "false" | "False" | "FALSE");
    (reference, !is_off)
}

#[cfg(test)]
#[path = "tests/address.rs"]
mod tests;
