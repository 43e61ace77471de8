//! The filter language of k9s: `/regex`, `/!inverse`, `/-l label`, `/-f fuzzy`.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use regex::{Regex, RegexBuilder};

use super::object::Labels;

/// What a filter asks for, parsed once.
#[derive(Clone, Debug)]
pub enum Query {
    /// A regular expression over all visible cells, without regard to case; `inverse` keeps what does not match.
    Text { pattern: Regex, inverse: bool },
    /// A label selector: all requirements must match.
    Labels(Vec<Requirement>),
    /// Letters in this order, with others between.
    Fuzzy(Pattern),
}

/// One requirement of a label selector (k8s.io/apimachinery `labels.Parse`, its equality and existence forms).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    Equals(String, String),
    Differs(String, String),
    Exists(String),
    Absent(String),
}

impl Query {
    /// Parses the text after `/`. An empty text is not a filter.
    ///
    /// # Errors
    /// Says what is wrong with the expression, for the prompt.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        if let Some(selector) = text.strip_prefix("-l") {
            return Self::labels(selector.trim());
        }
        if let Some(letters) = text.strip_prefix("-f") {
            let pattern = Pattern::parse(letters.trim(), CaseMatching::Ignore, Normalization::Smart);
            return Ok((!pattern.atoms.is_empty()).then_some(Self::Fuzzy(pattern)));
        }
        let (pattern, inverse) = text.strip_prefix('!').map_or((text, false), |rest| (rest, true));
        if pattern.is_empty() {
            return Ok(None);
        }
        // half-typed expressions are common: what is not a regular expression is taken literally
        let build = |pattern: &str| RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
        let pattern = build(pattern).or_else(|_| build(&regex::escape(pattern))).map_err(|error| error.to_string())?;
        Ok(Some(Self::Text { pattern, inverse }))
    }

    /// Reads a label selector: `app=web,tier!=cache,canary,!legacy`.
    ///
    /// # Errors
    /// Names the invalid requirement.
    pub fn labels(selector: &str) -> Result<Option<Self>, String> {
        let requirements: Vec<_> =
            selector.split(',').map(str::trim).filter(|part| !part.is_empty()).map(requirement).collect::<Result<_, _>>()?;
        Ok((!requirements.is_empty()).then_some(Self::Labels(requirements)))
    }

    /// Whether an object with these cells and labels matches. `matcher` keeps the fuzzy matcher's buffers between calls.
    pub fn matches(&self, cells: &str, labels: &Labels, matcher: &mut Fuzzy) -> bool {
        match self {
            Self::Text { pattern, inverse } => pattern.is_match(cells) != *inverse,
            Self::Labels(requirements) => requirements.iter().all(|requirement| requirement.holds(labels)),
            Self::Fuzzy(pattern) => pattern.score(Utf32Str::new(cells, &mut matcher.buffer), &mut matcher.matcher).is_some(),
        }
    }
}

/// The buffers of the fuzzy matcher.
pub struct Fuzzy {
    matcher: Matcher,
    buffer: Vec<char>,
}

/// Its buffers have no meaning.
impl std::fmt::Debug for Fuzzy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fuzzy")
    }
}

impl Default for Fuzzy {
    fn default() -> Self {
        Self { matcher: Matcher::new(Config::DEFAULT), buffer: Vec::new() }
    }
}

impl Requirement {
    fn holds(&self, labels: &Labels) -> bool {
        match self {
            Self::Equals(key, value) => labels.get(key) == Some(value),
            Self::Differs(key, value) => labels.get(key) != Some(value),
            Self::Exists(key) => labels.get(key).is_some(),
            Self::Absent(key) => labels.get(key).is_none(),
        }
    }
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let pair = |at: &str| text.split_once(at).map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    let requirement = if let Some((key, value)) = pair("!=") {
        Requirement::Differs(key, value)
    } else if let Some((key, value)) = pair("==").or_else(|| pair("=")) {
        Requirement::Equals(key, value)
    } else if let Some(key) = text.strip_prefix('!') {
        Requirement::Absent(key.trim().to_owned())
    } else {
        Requirement::Exists(text.to_owned())
    };
    let (Requirement::Equals(key, _) | Requirement::Differs(key, _) | Requirement::Exists(key) | Requirement::Absent(key)) =
        &requirement;
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if plain {
        Ok(requirement)
    } else {
        Err(format!("`{text}` is not a label requirement: write key=value, key!=value, key or !key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str, cells: &str) -> bool {
        let labels = Labels(Some([("app".into(), "web".into()), ("tier".into(), "front".into())].into()));
        let query = Query::parse(filter).expect("a filter").expect("not empty");
        query.matches(cells, &labels, &mut Fuzzy::default())
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
            ("-l app=web", true),
            ("-l app==web,tier!=back", true),
            ("-lapp", true),
            ("-l !app", false),
            ("-l app=api", false),
            ("-f wbfrnt", true),
            ("-f zzz", false),
        ] {
            assert_eq!(matches(filter, "ks web/front Ready main@86058ad"), expected, "{filter}");
        }
    }

    #[test]
    fn an_empty_filter_is_none_and_a_wrong_selector_is_named() {
        for empty in ["", "  ", "!", "-l", "-f "] {
            assert!(Query::parse(empty).expect("no error").is_none(), "{empty}");
        }
        assert!(Query::parse("-l a b=c").is_err_and(|error| error.contains("`a b=c`")));
    }
}
