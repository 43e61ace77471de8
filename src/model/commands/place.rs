//! What follows a kind on the command line, in the words of k9s and of kubectl: `web`, `-n web`, `-A`, `/filter`, `-l app=a`, `app=a`,
//! `-f letters`, `@context`. What kubectl knows and has no meaning here is refused, never taken for a name.

use std::collections::{BTreeSet, VecDeque};

use crate::domain::{LabelSelector, Str};
use crate::error::{Error, Result};

/// Where to look, and for what.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `a,b`, or `all`.
    pub namespaces: Option<String>,
    pub filter: Option<String>,
    pub context: Option<String>,
}

const HINT: &str = "`web` or `-n web`, `-A`, `/text`, `-l app=a`, `-f letters`, `@context`";
/// The word for all namespaces.
const ALL: &str = "all";

impl Place {
    /// Reads what follows a kind.
    ///
    /// # Errors
    /// What has no meaning there, and what was said twice.
    pub fn parse(text: &str) -> Result<Self> {
        let mut place = Self::default();
        let mut words: VecDeque<_> = text.split_whitespace().collect();
        while let Some(word) = words.pop_front() {
            place.take(word, &mut words)?;
        }
        if let Some(names) = &place.namespaces {
            namespaces(names)?;
        }
        Ok(place)
    }

    fn take<'a>(&mut self, word: &'a str, rest: &mut VecDeque<&'a str>) -> Result<()> {
        if let Some(context) = word.strip_prefix('@') {
            return set(&mut self.context, context.to_owned(), "a context");
        }
        if word.starts_with('/') || word == "-f" {
            // a filter may hold blanks: it takes the rest, but for the context
            let end = rest.iter().position(|word| word.starts_with('@')).unwrap_or(rest.len());
            let words = std::iter::once(word.trim_start_matches('/')).chain(rest.drain(..end));
            let filter = words.collect::<Vec<_>>().join(" ");
            return set(&mut self.filter, filter, "a filter");
        }
        if matches!(word, "-A" | "--all-namespaces") {
            return set(&mut self.namespaces, ALL.to_owned(), "a namespace");
        }
        if let Some(name) = flag(word, "-n", "--namespace", rest)? {
            return set(&mut self.namespaces, name.to_owned(), "a namespace");
        }
        if let Some(name) = flag(word, "", "--context", rest)? {
            return set(&mut self.context, name.to_owned(), "a context");
        }
        if let Some(first) = flag(word, "-l", "--selector", rest)? {
            return set(&mut self.filter, format!("-l {}", selector(first, rest)?), "a filter");
        }
        match word {
            _ if word.starts_with('-') => Err(Error::usage(format!("`{word}` has no meaning here"), HINT)),
            _ if word.contains('=') => set(&mut self.filter, format!("-l {}", selector(word, rest)?), "a filter"),
            _ => set(&mut self.namespaces, word.to_owned(), "a namespace"),
        }
    }
}

fn set(place: &mut Option<String>, value: String, what: &str) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(before) => Err(Error::usage(format!("{what} was given already: `{before}`"), "several namespaces are `a,b`")),
    }
}

/// The value of a flag: behind it, behind `=`, or, of a short one, right there.
pub(super) fn flag<'a>(word: &'a str, short: &str, long: &str, rest: &mut VecDeque<&'a str>) -> Result<Option<&'a str>> {
    let behind = |value: &'a str| value.strip_prefix('=').unwrap_or(value);
    let is_bare = word == long || !short.is_empty() && word == short;
    if is_bare {
        let value = rest.pop_front().filter(|value| !value.starts_with('-'));
        return value.map(Some).ok_or_else(|| Error::usage(format!("`{word}` needs a value"), HINT));
    }
    let of_long = word.strip_prefix(long).filter(|value| value.starts_with('='));
    let of_short = word.strip_prefix(short).filter(|_| !short.is_empty() && !word.starts_with("--"));
    Ok(of_long.or(of_short).map(behind))
}

/// A selector that may hold blanks (`app in (a, b)`): as many words as make one.
fn selector(first: &str, rest: &mut VecDeque<&str>) -> Result<String> {
    let mut longest = LabelSelector::parse(first).map(|_| (first.to_owned(), 0));
    let mut text = first.to_owned();
    for (at, word) in rest.iter().enumerate().take_while(|(_, word)| !word.starts_with(['-', '/', '@'])) {
        text = format!("{text} {word}");
        if LabelSelector::parse(&text).is_ok() {
            longest = Ok((text.clone(), at + 1));
        }
    }
    let (selector, taken) = longest.map_err(|why| Error::usage(format!("`{first}`: {why}"), "labels are `a=b,c!=d`"))?;
    rest.drain(..taken);
    Ok(selector)
}

/// Reads names of namespaces, apart by commas or blanks; none where all are meant.
///
/// # Errors
/// What cannot be the name of one (Kubernetes: an RFC 1123 label).
pub fn namespaces(text: &str) -> Result<Option<BTreeSet<Str>>> {
    let mut names = BTreeSet::new();
    for word in text.split([',', ' ']) {
        match word.trim_start_matches("--namespace=").trim_start_matches("-n=") {
            // as kubectl has them
            "" | "-n" | "--namespace" => {}
            ALL | "*" | "-A" | "--all-namespaces" => return Ok(None),
            name if is_namespace(name) => {
                names.insert(name.into());
            }
            other => {
                let hint = "names have small letters, digits and `-`: `web`, `a,b`; `all` or `-A` for all";
                return Err(Error::usage(format!("`{other}` cannot be the name of a namespace"), hint));
            }
        }
    }
    match names.is_empty() {
        true => Err(Error::usage("no namespace is named", "`:ns web`, `:ns a,b`; `all` or `-A` for all")),
        false => Ok(Some(names)),
    }
}

fn is_namespace(name: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 63 && !name.starts_with('-') && !name.ends_with('-') && name.chars().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> [Option<String>; 3] {
        let Place { namespaces, filter, context } = Place::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        [namespaces, filter, context]
    }

    #[test]
    fn kubectl_s_flags_mean_what_they_mean_there() {
        let some = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            ("", [None, None, None]),
            ("web", [some("web"), None, None]),
            ("a,b", [some("a,b"), None, None]),
            ("-A", [some("all"), None, None]),
            ("--all-namespaces", [some("all"), None, None]),
            ("-n web", [some("web"), None, None]),
            ("-nweb", [some("web"), None, None]),
            ("-n=web", [some("web"), None, None]),
            ("--namespace web", [some("web"), None, None]),
            ("--namespace=web", [some("web"), None, None]),
            ("-l app=a", [None, some("-l app=a"), None]),
            ("-lapp=a web", [some("web"), some("-l app=a"), None]),
            ("--selector=app=a,!b -n web", [some("web"), some("-l app=a,!b"), None]),
            ("-l app in (a, b) -A", [some("all"), some("-l app in (a, b)"), None]),
            ("app=a @prod", [None, some("-l app=a"), some("prod")]),
            ("--context prod", [None, None, some("prod")]),
            ("-f wb", [None, some("-f wb"), None]),
            ("web /!x -A @prod", [some("web"), some("!x -A"), some("prod")]),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused_and_named() {
        for (text, named) in [
            ("-o wide", "`-o`"),
            ("--watch", "`--watch`"),
            ("-n", "needs a value"),
            ("-n -A", "needs a value"),
            ("a b", "given already: `a`"),
            ("-n a -A", "given already"),
            ("-l a=b /c", "given already"),
            ("-l a=b=c", "`a=b=c`"),
            ("Web", "`Web`"),
            ("a,-b", "`-b`"),
        ] {
            let error = Place::parse(text).expect_err(text);
            assert!(error.message.contains(named), "{text}: {error}");
            assert_eq!(error.exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn names_of_namespaces_are_names() {
        let names = |text: &str| {
            namespaces(text).map(|names| names.map(|names| names.into_iter().map(|name| name.to_string()).collect::<Vec<_>>()))
        };
        assert_eq!(names("web, api").expect("names"), Some(vec!["api".to_owned(), "web".to_owned()]));
        assert_eq!(names("-n web").expect("names"), Some(vec!["web".to_owned()]));
        for all in ["all", "*", "-A", "a,all"] {
            assert_eq!(names(all).expect("names"), None, "{all}");
        }
        for none in ["-n", "-x", "a_b", "web/x", "a-", "Ä"] {
            assert!(names(none).is_err(), "{none}");
        }
    }
}
