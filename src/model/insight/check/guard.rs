//! Files that must not be edited: rule 5 of every change, asked of what somebody else changed.

use regex::Regex;

use super::{Finding, Level};
use crate::build::tree::{self, Entry, Tree, join, parent};
use crate::error::{Error, Result};

/// In a folder: nothing below it is edited.
const MARKER: &str = "DO_NOT_EDIT";
/// Lines of a file in which it may say that it was generated.
const HEAD: usize = 20;

/// What a repository forbids itself.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    deny: Vec<(String, Regex)>,
}

impl Policy {
    /// From globs: `*` within a name, `**` over folders; without a `/` they mean a name anywhere.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn new(deny: &[String]) -> Result<Self> {
        let one = |glob: &String| {
            let wrong = |_| Error::failed(format!("`{glob}` is no glob"), "write deny = [\"clusters/*/flux-system/**\"]");
            Ok((glob.clone(), Regex::new(&pattern(glob)).map_err(wrong)?))
        };
        Ok(Self { deny: deny.iter().map(one).collect::<Result<_>>()? })
    }
}

fn pattern(glob: &str) -> String {
    let glob = glob.trim_start_matches('/');
    let mut out = if glob.contains('/') { "^".to_owned() } else { "(^|/)".to_owned() };
    let mut rest = glob.strip_suffix('/').unwrap_or(glob);
    while !rest.is_empty() {
        let (word, taken) = match rest {
            _ if rest.starts_with("**/") => ("(.*/)?".to_owned(), 3),
            _ if rest.starts_with("**") => (".*".to_owned(), 2),
            _ if rest.starts_with('*') => ("[^/]*".to_owned(), 1),
            _ if rest.starts_with('?') => ("[^/]".to_owned(), 1),
            _ => {
                let letter = rest.chars().next().expect("it is not empty");
                (regex::escape(&letter.to_string()), letter.len_utf8())
            }
        };
        out.push_str(&word);
        rest = &rest[taken..];
    }
    out + "(/.*)?$"
}

/// What speaks against a change of a file. `before` is where it came from, for files that are gone.
pub fn guard(path: &str, now: &dyn Tree, before: Option<&dyn Tree>, policy: &Policy) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut refuse = |message: String, hint: &str| {
        let finding = Finding::new(Level::Error, "guard", message).hint(hint);
        found.push(Finding { file: path.to_owned(), ..finding });
    };
    if join("", path).is_none_or(|joined| joined != path) {
        refuse(format!("`{path}` leaves the repository"), "");
        return found;
    }
    for (glob, _) in policy.deny.iter().filter(|(_, pattern)| pattern.is_match(path)) {
        refuse(format!("`{path}` is denied by `{glob}`"), "`deny` in .fluxdeck.toml");
    }
    let trees: Vec<&dyn Tree> = std::iter::once(now).chain(before).collect();
    let folders = std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)));
    for folder in folders {
        let marker = if folder.is_empty() { MARKER.to_owned() } else { format!("{folder}/{MARKER}") };
        // a change that takes the marker away as well is still one of what it guards
        if path != marker && trees.iter().any(|tree| tree.entry(&marker).is_some()) {
            refuse(format!("`{path}` lies below `{marker}`"), "change what generates it");
        }
    }
    if let Some(Entry::Link(target)) = now.entry(path)
        && tree::resolve(now, "", path).is_err()
    {
        refuse(format!("`{path}` is a link to `{target}`, which is not in the repository"), "link to a file of the repository");
    }
    let texts = trees.iter().filter_map(|tree| tree.read(path).ok());
    let texts: Vec<String> = texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    if texts.iter().any(|text| is_encrypted(text)) {
        let is_open = texts.first().is_some_and(|text| !is_encrypted(text)) && now.entry(path).is_some();
        let told = if is_open { "was encrypted by SOPS and is no more" } else { "is encrypted by SOPS" };
        refuse(format!("`{path}` {told}"), "what it says cannot be reviewed here: edit it with sops");
    }
    if texts.iter().any(|text| is_generated(text)) {
        refuse(format!("`{path}` says that it was generated and must not be edited"), "change what generates it");
    }
    found
}

/// The block that SOPS writes, in YAML, JSON, or a .env file, or one of its values.
fn is_encrypted(text: &str) -> bool {
    let has_block =
        text.lines().any(|line| line.starts_with("sops:") || line.starts_with("sops_version=")) && text.contains("mac");
    has_block || text.contains("ENC[AES256_GCM,")
}

fn is_generated(text: &str) -> bool {
    let is_comment =
        |line: &str| line.starts_with('#') || line.starts_with("//") || line.starts_with("<!--") || line.starts_with("/*");
    text.lines().take(HEAD).map(str::trim).filter(|line| is_comment(line)).any(|line| {
        let upper = line.to_uppercase();
        upper.contains("DO NOT EDIT") || upper.contains(MARKER) || upper.contains("@GENERATED")
    })
}
