//! One line of an ignore file: fluxcd/pkg `sourceignore/gitignore/pattern.go`.

use super::super::substitute::glob;

/// What a pattern says of a path that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inclusion {
    In,
    Out,
}

#[derive(Clone, Debug)]
pub struct Pattern {
    /// The folder of the file with the pattern.
    domain: Vec<String>,
    parts: Vec<String>,
    verdict: Inclusion,
    is_folders_only: bool,
}

impl Pattern {
    pub fn read(line: &str, folder: &str) -> Self {
        let (verdict, line) = line.strip_prefix('!').map_or((Inclusion::Out, line), |rest| (Inclusion::In, rest));
        let line = if line.ends_with("\\ ") { line } else { line.trim_end_matches(' ') };
        let (is_folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        Self {
            domain: folder.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            parts: line.split('/').map(str::to_owned).collect(),
            verdict,
            is_folders_only,
        }
    }

    pub fn verdict(&self, path: &[&str], is_folder: bool) -> Option<Inclusion> {
        let is_below = path.len() >= self.domain.len() && self.domain.iter().zip(path).all(|(own, part)| own == part);
        let below = is_below.then(|| &path[self.domain.len()..])?;
        let is_match = match self.parts.as_slice() {
            _ if below.is_empty() => false,
            [name] => self.is_name(name, below, is_folder),
            _ => self.is_way(below, is_folder),
        };
        is_match.then_some(self.verdict)
    }

    /// A pattern without `/`: the name of the path, or of any folder above it.
    fn is_name(&self, name: &str, path: &[&str], is_folder: bool) -> bool {
        let found = path.iter().position(|part| matches(name, part));
        found.is_some_and(|at| !self.is_folders_only || is_folder || at < path.len() - 1)
    }

    /// A pattern with `/`: from the beginning, folder by folder; what is below a match is matched.
    fn is_way(&self, mut path: &[&str], is_folder: bool) -> bool {
        let (mut is_match, mut may_skip) = (false, false);
        for (at, part) in self.parts.iter().enumerate() {
            match part.as_str() {
                "" => may_skip = false,
                "**" if at == self.parts.len() - 1 => break,
                "**" => may_skip = true,
                part if part.contains("**") => return false,
                _ if path.is_empty() => return false,
                part if may_skip => {
                    may_skip = false;
                    match path.iter().position(|name| matches(part, name)) {
                        Some(found) => (is_match, path) = (true, &path[found + 1..]),
                        None => (is_match, path) = (false, &[]),
                    }
                }
                part => {
                    if !matches(part, path[0]) {
                        return false;
                    }
                    (is_match, path) = (true, &path[1..]);
                }
            }
        }
        is_match && !(self.is_folders_only && !is_folder && path.is_empty())
    }
}

/// A malformed pattern matches nothing.
fn matches(pattern: &str, name: &str) -> bool {
    glob::is_match(pattern.as_bytes(), name.as_bytes()) == Ok(true)
}
