//! A pattern of names, as people write it in the configuration: `prod-*`, `{eu,us}-prod`, `dev-[0-9]`.
//!
//! `*` stands for anything, a `/` too: names of contexts hold some. A name that is written out is itself, whatever signs are in it: a
//! context called `team[a]` is what `team[a]` means.

use globset::{Glob, GlobMatcher};

/// What a pattern is made of.
pub const SYNTAX: &str = "`*` stands for anything, `?` for one letter, `[a-z]` for one of these, `{a,b}` for one or the other";

/// A pattern that was read. Two are equal where they are written alike.
#[derive(Clone, Debug)]
pub struct Pattern(GlobMatcher);

impl Pattern {
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let glob = Glob::new(text).map_err(|error| format!("`{text}` is not a pattern: {}", error.kind()))?;
        Ok(Self(glob.compile_matcher()))
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        self.0.glob().glob()
    }

    pub fn matches(&self, name: &str) -> bool {
        self.text() == name || self.0.is_match(name)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_names() {
        for (pattern, name, expected) in [
            ("prod", "prod", true),
            ("prod", "prod-eu", false),
            ("prod-*", "prod-eu", true),
            ("*prod*", "eu-prod-1", true),
            ("*", "", true),
            ("a*c", "abd", false),
            ("*prod*", "arn:aws:eks:eu-1:12:cluster/prod", true),
            ("arn:*:cluster/prod", "arn:aws:eks:eu-1:12:cluster/prod", true),
            ("prod**", "prod/a/b", true),
            ("{eu,us}-prod", "us-prod", true),
            ("{eu,us}-prod", "ap-prod", false),
            ("dev-[0-9]", "dev-7", true),
            ("dev-?", "dev-10", false),
            ("PROD-*", "prod-eu", false),
            ("*", "größe/世", true),
            (".*", "prod", false),
        ] {
            assert_eq!(Pattern::parse(pattern).expect("a pattern").matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_name_that_is_written_out_is_itself() {
        for name in ["team[a]", "{x}", "a?b", "\\\\srv", "[!a]", "user@x/y:6443"] {
            assert!(Pattern::parse(name).expect("a pattern").matches(name), "{name}");
        }
    }

    #[test]
    fn what_is_not_a_pattern_says_why() {
        for (text, why) in [("prod-[", "unclosed character class"), ("{a", "unclosed alternate group"), ("a\\", "dangling")] {
            let error = Pattern::parse(text).expect_err("no pattern");
            assert!(error.starts_with(&format!("`{text}` is not a pattern: ")) && error.contains(why), "{error}");
        }
    }
}
