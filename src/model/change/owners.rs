//! Who owns the files of a change, as a `CODEOWNERS` of the base branch has it: each forge looks in other places, and reads it in its own way.
//!
//! Sources: `docs.github.com/…/about-code-owners`; `docs.gitlab.com/user/project/codeowners/reference`; Gitea 1.24
//! `models/issues/pull.go` (`ParseCodeOwnersLine`) and `services/issue/pull.go`.

use globset::GlobBuilder;
use regex::Regex;

use crate::render::tree::{PathKind, Tree};

/// Larger ones count as none, in bytes (GitHub's limit).
const LARGEST: usize = 3 << 20;
/// Every place where a forge looks.
const PLACES: [&str; 5] = [".github/CODEOWNERS", ".gitlab/CODEOWNERS", ".gitea/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// The files of a tree that say who owns what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerFiles {
    found: Vec<(&'static str, String)>,
}

/// Who owns the files of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileOwners {
    /// The file that says so.
    pub said_by: String,
    /// As they are written, `@ops/platform`; each once.
    pub names: Vec<String>,
}

impl OwnerFiles {
    pub fn of(tree: &dyn Tree) -> Self {
        let read = |place: &'static str| {
            let is_file = matches!(tree.entry(place), Some(PathKind::File));
            let bytes = tree.read(place).ok().filter(|bytes| is_file && bytes.len() <= LARGEST)?;
            Some((place, String::from_utf8_lossy(&bytes).into_owned()))
        };
        Self { found: PLACES.into_iter().filter_map(read).collect() }
    }

    /// The owners of these paths at a forge, by the word for it; none where it has no such file, or nobody owns them.
    pub fn owners<'p>(&self, forge: &str, paths: impl IntoIterator<Item = &'p str>) -> Option<FileOwners> {
        let places: [&str; 3] = match forge {
            "gitlab" => ["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
            "gitea" => ["CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS"],
            _ => [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
        };
        let (place, text) = places.iter().find_map(|place| self.found.iter().find(|(known, _)| known == place))?;
        let mut names: Vec<String> = Vec::new();
        for path in paths {
            let owners = match forge {
                "gitlab" => of_gitlab(text, path),
                "gitea" => of_gitea(text, path),
                _ => of_github(text, path),
            };
            names.extend(owners);
        }
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        (!names.is_empty()).then(|| FileOwners { said_by: (*place).to_owned(), names })
    }
}

/// The words of a line without its comment; none where nothing is left.
fn words(line: &str) -> Option<(String, Vec<String>)> {
    let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#')).map(|word| word.replace("\\#", "#"));
    Some((words.next()?, words.collect()))
}

/// The last line that fits decides, also one without an owner.
fn of_github(text: &str, path: &str) -> Vec<String> {
    let found = text.lines().rev().filter_map(words).find(|(pattern, _)| fits(pattern, path, false));
    found.map(|(_, owners)| owners).unwrap_or_default()
}

/// The last line that fits in each section decides; a line without an owner has those of its section.
fn of_gitlab(text: &str, path: &str) -> Vec<String> {
    let (mut found, mut last, mut own): (Vec<String>, Vec<String>, Vec<String>) = Default::default();
    for line in text.lines().map(str::trim) {
        let head = line.strip_prefix('^').unwrap_or(line);
        if head.starts_with('[') {
            found.append(&mut last);
            let rest = head.rsplit_once(']').map(|(_, rest)| rest).unwrap_or_default();
            own = rest.split_whitespace().map(str::to_owned).collect();
        } else if let Some((_, owners)) = words(line).filter(|(pattern, _)| fits(pattern, path, true)) {
            last = if owners.is_empty() { own.clone() } else { owners };
        }
    }
    found.append(&mut last);
    found
}

/// Every line that fits counts: an expression for the whole path, or, with `!`, for what it must not be.
fn of_gitea(text: &str, path: &str) -> Vec<String> {
    let is_meant = |pattern: &str| {
        let (is_not, pattern) = pattern.strip_prefix('!').map_or((false, pattern), |rest| (true, rest));
        Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(path) != is_not)
    };
    text.lines().filter_map(words).filter(|(pattern, _)| is_meant(pattern)).flat_map(|(_, owners)| owners).collect()
}

/// Whether a pattern names a path, or a folder above it. `is_anywhere`: only one that begins with `/` is bound to the root.
fn fits(pattern: &str, path: &str, is_anywhere: bool) -> bool {
    let plain = pattern.trim_start_matches('/').trim_end_matches('/');
    let is_bound = pattern.starts_with('/') || !is_anywhere && plain.contains('/');
    let named = if is_bound { plain.to_owned() } else { format!("**/{plain}") };
    let has = |glob: &str| {
        GlobBuilder::new(glob).literal_separator(true).build().is_ok_and(|glob| glob.compile_matcher().is_match(path))
    };
    let is_folder = pattern.ends_with('/');
    // `docs/*` is what is right in that folder
    let is_deep = !plain.ends_with("/*");
    !is_folder && has(&named) || is_deep && has(&format!("{named}/**"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::Memory;

    fn owners(forge: &str, place: &str, text: &str, path: &str) -> Vec<String> {
        let files = OwnerFiles::of(&Memory::new([(place, text)]));
        files.owners(forge, [path]).map(|owners| owners.names).unwrap_or_default()
    }

    #[test]
    fn at_github_the_last_line_that_fits_decides() {
        let text = "# all\n* @ops\n/apps/ @ana @ben # both\napps/*/secret.yaml\n*.md @docs\ninfra/* c@d.e\n";
        for (path, expected) in [
            ("x/y.yaml", vec!["@ops"]),
            ("apps/web/a.yaml", vec!["@ana", "@ben"]),
            ("x/apps/a.yaml", vec!["@ops"]),
            ("apps/web/secret.yaml", vec![]),
            ("apps/web/README.md", vec!["@docs"]),
            ("infra/a.yaml", vec!["c@d.e"]),
            ("infra/deep/a.yaml", vec!["@ops"]),
        ] {
            assert_eq!(owners("github", ".github/CODEOWNERS", text, path), expected, "{path}");
        }
    }

    #[test]
    fn at_gitlab_each_section_decides_for_itself() {
        let text = "* @ops\n[Apps] @ana\napps/\n^[Docs][2] @docs\n*.md @writer\n";
        assert_eq!(owners("gitlab", ".gitlab/CODEOWNERS", text, "x/apps/a.md"), ["@ops", "@ana", "@writer"]);
        assert_eq!(owners("gitlab", "CODEOWNERS", text, "a.yaml"), ["@ops"]);
    }

    #[test]
    fn at_gitea_lines_are_expressions_and_all_count() {
        let text = ".*\\.yaml @ana\napps/.* @ops/web\n!apps/.* @rest\n( @broken\n";
        assert_eq!(owners("gitea", "docs/CODEOWNERS", text, "apps/a.yaml"), ["@ana", "@ops/web"]);
        assert_eq!(owners("gitea", "CODEOWNERS", text, "x/a.yaml"), ["@ana", "@rest"]);
    }

    #[test]
    fn a_forge_looks_in_its_own_places_only() {
        assert!(owners("gitlab", ".github/CODEOWNERS", "* @a", "x").is_empty());
        assert!(owners("github", ".gitlab/CODEOWNERS", "* @a", "x").is_empty());
        let files = OwnerFiles::of(&Memory::new([("CODEOWNERS", "* @b"), (".github/CODEOWNERS", "* @a")]));
        let owners = files.owners("github", ["x", "y"]).expect("somebody");
        assert_eq!((&*owners.said_by, owners.names), (".github/CODEOWNERS", vec!["@a".to_owned()]));
    }
}
