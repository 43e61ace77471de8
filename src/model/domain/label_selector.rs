//! Label selectors as texts: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>5`. Filters, `-l`, the targets of patches and of `spec.ignore` are read
//! here, and nowhere else. Source: k8s.io/apimachinery v0.36 `pkg/labels/selector.go` (`Parse`).

type Result<T> = std::result::Result<T, String>;

/// All of its terms have to fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSelector(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    key: String,
    is: Is,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    In(Vec<String>),
    NotIn(Vec<String>),
    There,
    Missing,
    Above(i64),
    Below(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(&'static str),
    End,
}

const SIGNS: &[&str] = &["!=", "==", "=", "!", "(", ")", ",", ">", "<"];

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if rest.is_empty() {
            found.push(Token::End);
            return found;
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
            continue;
        }
        let end = rest.find(|c: char| "=!(),><".contains(c) || matches!(c, ' ' | '\t' | '\r' | '\n')).unwrap_or(rest.len());
        found.push(Token::Word(rest[..end].to_owned()));
        rest = &rest[end..];
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Token::Sign(found) if *found == sign);
        if is {
            self.at += 1;
        }
        is
    }

    fn term(&mut self) -> Result<Term> {
        let is_not = self.takes("!");
        let Token::Word(key) = self.next() else { return Err(unexpected("a label")) };
        check_key(&key)?;
        if is_not {
            // what follows a `!key` is the next term, or an error
            return Ok(Term { key, is: Is::Missing });
        }
        if matches!(self.peek(), Token::End | Token::Sign(",")) {
            return Ok(Term { key, is: Is::There });
        }
        let is = match self.next() {
            Token::Word(word) if word == "in" => Is::In(self.list()?),
            Token::Word(word) if word == "notin" => Is::NotIn(self.list()?),
            Token::Sign("=" | "==") => Is::In(vec![self.value()?]),
            Token::Sign("!=") => Is::NotIn(vec![self.value()?]),
            Token::Sign(">") => Is::Above(self.bound()?),
            Token::Sign("<") => Is::Below(self.bound()?),
            _ => return Err(unexpected("=, !=, ==, >, <, in or notin")),
        };
        if let Is::In(values) | Is::NotIn(values) = &is {
            values.iter().try_for_each(|value| check_value(value))?;
        }
        Ok(Term { key, is })
    }

    fn bound(&mut self) -> Result<i64> {
        let value = self.value()?;
        check_value(&value)?;
        value.parse().map_err(|_| "for > and < the value must be an integer".to_owned())
    }

    fn value(&mut self) -> Result<String> {
        if matches!(self.peek(), Token::End | Token::Sign(",")) {
            return Ok(String::new());
        }
        match self.next() {
            Token::Word(word) => Ok(word),
            _ => Err(unexpected("a value")),
        }
    }

    fn list(&mut self) -> Result<Vec<String>> {
        if !self.takes("(") {
            return Err(unexpected("("));
        }
        let mut values = Vec::new();
        let mut is_open = true;
        loop {
            match self.next() {
                Token::Word(word) if is_open => {
                    values.push(word);
                    is_open = false;
                }
                Token::Sign(",") => {
                    if is_open {
                        values.push(String::new());
                    }
                    is_open = true;
                }
                Token::Sign(")") => {
                    if is_open {
                        values.push(String::new());
                    }
                    return Ok(values);
                }
                _ => return Err(unexpected(", or )")),
            }
        }
    }
}

impl LabelSelector {
    /// # Errors
    /// Not a label selector: what was expected.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        let mut terms = Vec::new();
        while *parser.peek() != Token::End {
            terms.push(parser.term()?);
            match parser.next() {
                Token::End => break,
                Token::Sign(",") if *parser.peek() != Token::End => {}
                _ => return Err(unexpected(", or the end")),
            }
        }
        Ok(Self(terms))
    }

    /// Reads the same as an object: `matchLabels`, `matchExpressions`. Source: k8s.io/apimachinery v0.36
    /// `pkg/apis/meta/v1/helpers.go` (`LabelSelectorAsSelector`).
    ///
    /// # Errors
    /// An unknown operator.
    pub fn of_object(selector: &serde_json::Value) -> Result<Self> {
        let labels = selector["matchLabels"].as_object().into_iter().flatten();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut terms: Vec<_> = labels.map(|(key, value)| Term { key: key.clone(), is: Is::In(vec![text(value)]) }).collect();
        for one in selector["matchExpressions"].as_array().into_iter().flatten() {
            let values = || one["values"].as_array().into_iter().flatten().map(text).collect();
            let is = match one["operator"].as_str().unwrap_or_default() {
                "In" => Is::In(values()),
                "NotIn" => Is::NotIn(values()),
                "Exists" => Is::There,
                "DoesNotExist" => Is::Missing,
                other => return Err(format!("`{other}` is not an operator of a label selector")),
            };
            terms.push(Term { key: text(&one["key"]), is });
        }
        Ok(Self(terms))
    }

    /// Asks for nothing: everything fits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object with these labels fits.
    pub fn matches<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|term| {
            let value = label(&term.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &term.is {
                Is::In(values) => value.is_some_and(|value| values.iter().any(|wanted| wanted == value)),
                Is::NotIn(values) => value.is_none_or(|value| values.iter().all(|wanted| wanted != value)),
                Is::There => value.is_some(),
                Is::Missing => value.is_none(),
                Is::Above(bound) => number().is_some_and(|value| value > *bound),
                Is::Below(bound) => number().is_some_and(|value| value < *bound),
            }
        })
    }
}

fn unexpected(wanted: &str) -> String {
    format!("not a label selector: expected {wanted}")
}

fn check_key(key: &str) -> Result<()> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_prefix = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|part| {
                let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
                edge(part.chars().next())
                    && edge(part.chars().last())
                    && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            })
    });
    if is_prefix && !name.is_empty() && name.len() <= 63 && is_qualified(name) {
        return Ok(());
    }
    Err(format!("invalid label key `{key}`"))
}

fn check_value(value: &str) -> Result<()> {
    if value.is_empty() || value.len() <= 63 && is_qualified(value) {
        return Ok(());
    }
    Err(format!("invalid label value `{value}`"))
}

fn is_qualified(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(name.chars().next()) && edge(name.chars().last()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_as_an_object_is_the_same() {
        use serde_json::json;
        let label = |key: &str| (key == "a").then_some("b");
        let one = |operator: &str, key: &str| json!({"matchExpressions": [{"key": key, "operator": operator, "values": ["b"]}]});
        for (selector, expected) in [
            (json!({}), Some(true)),
            (json!({"matchLabels": {"a": "b"}}), Some(true)),
            (json!({"matchLabels": {"a": "b", "c": "d"}}), Some(false)),
            (one("In", "a"), Some(true)),
            (one("NotIn", "a"), Some(false)),
            (one("NotIn", "c"), Some(true)),
            (one("Exists", "c"), Some(false)),
            (one("DoesNotExist", "c"), Some(true)),
            (one("Near", "a"), None),
        ] {
            let found = LabelSelector::of_object(&selector).ok().map(|found| found.matches(label));
            assert_eq!(found, expected, "{selector}");
        }
    }

    #[test]
    fn selectors_match_as_in_kubernetes() {
        let label = |key: &str| {
            [("a", "b"), ("n", "5"), ("e", ""), ("in", "x")].into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
        };
        for (text, expected) in [
            ("", true),
            ("a=b", true),
            ("a==b,n", true),
            (" a = b , n ", true),
            ("a!=b", false),
            ("x!=b", true),
            ("a in (c, b)", true),
            ("a in (c,d)", false),
            ("a notin (b)", false),
            ("a notin (c)", true),
            ("x notin (b)", true),
            ("in in (x)", true),
            ("!a", false),
            ("! x", true),
            ("n>4,n<6", true),
            ("n>5", false),
            ("a>1", false),
            ("e=", true),
            ("e=,a", true),
            ("e in ()", true),
            ("e in (,x)", true),
            ("example.com/a", false),
        ] {
            assert_eq!(LabelSelector::parse(text).expect("a selector").matches(label), expected, "{text}");
        }
        for text in [
            "a=b,",
            ",a",
            "a,,b",
            "=b",
            "a in b",
            "a in (b",
            "a in (b c)",
            "a b",
            "a=b=c",
            "!a=b",
            "!a b",
            "-a=b",
            "a=-",
            "n>x",
            "n>-5",
            "a/b/c",
            "Ä=b",
        ] {
            assert!(LabelSelector::parse(text).is_err(), "{text}");
        }
    }
}
