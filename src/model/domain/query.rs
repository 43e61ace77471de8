//! The filter language of k9s: `/regex`, `/!inverse`, `/-l label` or `/label=value`, `/-f fuzzy`.

use std::ops::Range;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use regex::{Regex, RegexBuilder};

use super::label_selector::LabelSelector;
use super::object::Labels;

/// What a filter asks for, parsed once.
#[derive(Clone, Debug)]
pub enum Query {
    /// A regular expression, without regard to case, over each visible cell by itself: `^` and `$` are the ends of a cell. `inverse` keeps
    /// what has no such cell.
    Text {
        pattern: Regex,
        inverse: bool,
    },
    Labels(LabelSelector),
    /// Letters of the name in this order, with others between.
    Fuzzy(Pattern),
}

/// What a filter looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visible<'a> {
    /// The visible cells, one a line.
    pub cells: &'a str,
    /// Namespace and name.
    pub name: &'a str,
}

impl Query {
    /// Parses the text after `/`. An empty text is not a filter.
    ///
    /// # Errors
    /// Says what is wrong with the expression, for the prompt.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        match text.strip_prefix("-l") {
            Some(selector) => Self::labels(selector.trim_start_matches([' ', '='])),
            None if are_labels(text) => Self::labels(text),
            None => Self::unlabelled(text),
        }
    }

    /// As [`Self::parse`], for what has no labels: lines of a log, contexts, kinds.
    ///
    /// # Errors
    /// As [`Self::parse`]; also for what only labels can answer.
    pub fn unlabelled(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        if text.starts_with("-l") {
            return Err("nothing here has labels".to_owned());
        }
        if let Some(letters) = text.strip_prefix("-f") {
            let pattern = Pattern::parse(letters.trim(), CaseMatching::Ignore, Normalization::Smart);
            return Ok((!pattern.atoms.is_empty()).then_some(Self::Fuzzy(pattern)));
        }
        let (pattern, inverse) = text.strip_prefix('!').map_or((text, false), |rest| (rest, true));
        Self::expression(pattern, inverse)
    }

    /// Reads a regular expression, whatever it begins with. An empty one is not a filter.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn expression(pattern: &str, inverse: bool) -> Result<Option<Self>, String> {
        if pattern.is_empty() {
            return Ok(None);
        }
        // half-typed expressions are common: what is not a regular expression is taken literally
        let build =
            |pattern: &str| RegexBuilder::new(pattern).case_insensitive(true).multi_line(true).size_limit(1 << 20).build();
        let pattern = build(pattern).or_else(|_| build(&regex::escape(pattern))).map_err(|error| error.to_string())?;
        Ok(Some(Self::Text { pattern, inverse }))
    }

    /// Reads a label selector. An empty one is not a filter.
    ///
    /// # Errors
    /// Says what was expected in it.
    pub fn labels(selector: &str) -> Result<Option<Self>, String> {
        let read = LabelSelector::parse(selector).map_err(|why| format!("`{selector}`: {why}"))?;
        Ok((!read.is_empty()).then_some(Self::Labels(read)))
    }

    /// Whether an object that shows this and has these labels matches. `matcher` keeps the fuzzy matcher's buffers between calls.
    pub fn matches(&self, visible: Visible, labels: &Labels, matcher: &mut Fuzzy) -> bool {
        match self {
            Self::Text { pattern, inverse } => pattern.is_match(visible.cells) != *inverse,
            Self::Labels(selector) => selector.matches(|key| labels.get(key)),
            Self::Fuzzy(pattern) => {
                let (matcher, letters) = matcher.buffers();
                pattern.score(Utf32Str::new(visible.name, letters), matcher).is_some()
            }
        }
    }

    /// The bytes of a text for which it is kept; none where it is kept for what it lacks, or for its labels.
    pub fn found_in(&self, text: &str, matcher: &mut Fuzzy) -> Vec<Range<usize>> {
        match self {
            Self::Text { pattern, inverse: false } => {
                pattern.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty()).collect()
            }
            // letters are counted in bytes where each is one
            Self::Fuzzy(pattern) if text.is_ascii() => {
                let (matcher, letters) = matcher.buffers();
                let mut found = Vec::new();
                pattern.indices(Utf32Str::new(text, letters), matcher, &mut found);
                found.sort_unstable();
                found.dedup();
                found.into_iter().map(|at| at as usize..at as usize + 1).collect()
            }
            Self::Text { .. } | Self::Labels(_) | Self::Fuzzy(_) => Vec::new(),
        }
    }
}

/// Whether a text without a sign before it is a label selector, as in k9s (`internal/helpers.go`, `IsLabelSelector`): `a=b,c!=d`.
fn are_labels(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && !text.is_empty()
        && text.split(',').all(|term| term.contains('='))
        && LabelSelector::parse(text).is_ok()
}

/// The buffers of the fuzzy matcher: made when letters are looked for first, since they are large.
#[derive(Default)]
pub struct Fuzzy {
    matcher: Option<Matcher>,
    letters: Vec<char>,
}

impl Fuzzy {
    fn buffers(&mut self) -> (&mut Matcher, &mut Vec<char>) {
        (self.matcher.get_or_insert_with(|| Matcher::new(Config::DEFAULT)), &mut self.letters)
    }
}

/// Its buffers have no meaning.
impl std::fmt::Debug for Fuzzy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fuzzy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str, cells: &str) -> bool {
        let labels = Labels(Some([("app".into(), "web".into()), ("tier".into(), "front".into())].into()));
        let query = Query::parse(filter).expect("a filter").expect("not empty");
        query.matches(Visible { cells, name: "apps/web-front" }, &labels, &mut Fuzzy::default())
    }

    #[test]
    fn filters_mean_what_they_mean_in_k9s() {
        for (filter, expected) in [
            ("web", true),
            ("WEB", true),
            ("w.b/front", true),
            ("!web", false),
            ("!nothing", true),
            ("crash|front", true),
            ("(", false),
            ("^web/front$", true),
            ("^ready$", true),
            ("^front$", false),
            ("^ks$", false),
            ("!^web$", true),
            ("front.*Ready", false),
            ("-l app=web", true),
            ("-l app==web,tier!=back", true),
            ("-lapp", true),
            ("-l !app", false),
            ("-l app=api", false),
            ("-l app in (api, web),tier notin (back)", true),
            ("-l app notin (web)", false),
            ("app=web", true),
            ("app=web,tier!=back", true),
            ("app=api", false),
            ("exit code=1", false),
            ("app=", false),
            ("-f wbfrnt", true),
            ("-f rdymain", false),
            ("-f zzz", false),
        ] {
            assert_eq!(matches(filter, "ks web/front\nweb/front\nReady\nmain@86058ad"), expected, "{filter}");
        }
    }

    #[test]
    fn an_empty_filter_is_none_and_a_wrong_selector_is_named() {
        for empty in ["", "  ", "!", "-l", "-f "] {
            assert!(Query::parse(empty).expect("no error").is_none(), "{empty}");
        }
        assert!(Query::parse("-l a b=c").is_err_and(|error| error.contains("`a b=c`")));
    }

    #[test]
    fn what_has_no_labels_is_searched_for_the_text() {
        let query = Query::unlabelled("exit=1").expect("a filter").expect("not empty");
        assert!(query.matches(Visible { cells: "exit=1, 7 restarts", name: "" }, &Labels::default(), &mut Fuzzy::default()));
        assert!(Query::unlabelled("-l a=b").is_err());
    }

    #[test]
    fn what_was_looked_for_is_found_in_the_cell() {
        let found = |filter: &str, text: &str| {
            let query = Query::parse(filter).expect("a filter").expect("not empty");
            query.found_in(text, &mut Fuzzy::default()).into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("web", "web/web-front"), ["web", "web"]);
        assert_eq!(found("-f wft", "web/front"), ["w", "f", "t"]);
        for nothing in ["!web", "app=web", "^front$", "x*"] {
            assert_eq!(found(nothing, "web/front"), [""; 0], "{nothing}");
        }
    }
}
