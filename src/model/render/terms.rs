//! Label selectors as texts: `a=b,c!=d,e in (f,g),!h,i>5`. Source: Kubernetes `labels/selector.go` (as in kyaml v0.21.1).

use super::error::{BuildError, Result};
use super::resource::Labelled;

#[derive(Debug)]
pub struct Terms(Vec<Term>);

#[derive(Debug)]
struct Term {
    key: String,
    is: Is,
}

#[derive(Debug)]
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
        if matches!(self.peek(), Token::End) || matches!(self.peek(), Token::Sign(",")) {
            return Ok(Term { key, is: if is_not { Is::Missing } else { Is::There } });
        }
        if is_not {
            // Kubernetes takes `!a` as a whole and then reads on as if there had been no sign
            let operator = self.next();
            return self.comparison(key, &operator);
        }
        let operator = self.next();
        self.comparison(key, &operator)
    }

    fn comparison(&mut self, key: String, operator: &Token) -> Result<Term> {
        let is = match operator {
            Token::Word(word) if word == "in" => Is::In(self.list()?),
            Token::Word(word) if word == "notin" => Is::NotIn(self.list()?),
            Token::Sign("=" | "==") => Is::In(vec![self.value()?]),
            Token::Sign("!=") => Is::NotIn(vec![self.value()?]),
            Token::Sign(sign @ (">" | "<")) => {
                let bound = self.value()?.parse().map_err(|_| BuildError::invalid("for > and < the value must be an integer"))?;
                if *sign == ">" { Is::Above(bound) } else { Is::Below(bound) }
            }
            _ => return Err(unexpected("=, !=, ==, in or notin")),
        };
        if let Is::In(values) | Is::NotIn(values) = &is {
            for value in values {
                check_value(value)?;
            }
        }
        Ok(Term { key, is })
    }

    fn value(&mut self) -> Result<String> {
        if matches!(self.peek(), Token::End) || matches!(self.peek(), Token::Sign(",")) {
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

impl Terms {
    /// # Errors
    /// Not a label selector.
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

    pub fn matches(&self, labels: &impl Labelled) -> bool {
        self.0.iter().all(|term| {
            let value = labels.label(&term.key);
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

fn unexpected(wanted: &str) -> BuildError {
    BuildError::invalid(format!("not a label selector: expected {wanted}"))
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
    Err(BuildError::invalid(format!("invalid label key `{key}`")))
}

fn check_value(value: &str) -> Result<()> {
    if value.is_empty() || value.len() <= 63 && is_qualified(value) {
        return Ok(());
    }
    Err(BuildError::invalid(format!("invalid label value `{value}`")))
}

fn is_qualified(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(name.chars().next()) && edge(name.chars().last()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Labels(&'static [(&'static str, &'static str)]);

    impl Labelled for Labels {
        fn label(&self, key: &str) -> Option<&str> {
            self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
        }
    }

    #[test]
    fn selectors_match_as_in_kubernetes() {
        let labels = Labels(&[("a", "b"), ("n", "5"), ("e", "")]);
        for (text, expected) in [
            ("", true),
            ("a=b", true),
            ("a==b,n", true),
            ("a!=b", false),
            ("x!=b", true),
            ("a in (c, b)", true),
            ("a notin (b)", false),
            ("!a", false),
            ("!x", true),
            ("n>4,n<6", true),
            ("e=", true),
            ("e in ()", true),
        ] {
            assert_eq!(Terms::parse(text).expect("a selector").matches(&labels), expected, "{text}");
        }
        for text in ["a=b,", "=b", "a in b", "a b", "a=b=c", "-a=b", "a=-"] {
            assert!(Terms::parse(text).is_err(), "{text}");
        }
    }
}
