//! Text with expressions → its parts, by the scanner's rules of fluxcd/pkg `envsubst/parse`, oddities included: an expression may
//! span many lines until its end is found, and `$$` is an escape outside of expressions and in the arguments of `/` only.

use std::ops::Range;

/// Expressions inside expressions; nobody writes more.
const DEEPEST: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    Call(Call),
}

/// `${name}`, or `${name` followed by an operator and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    /// Empty for the bare variable.
    pub operator: String,
    pub arguments: Vec<Segment>,
    /// As it is written.
    pub raw: String,
}

/// Why a `${` is not an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    Name,
    Brace,
    Argument,
    Operator,
    Depth,
}

impl SyntaxError {
    pub fn message(self) -> &'static str {
        match self {
            Self::Name => "`${` without the name of a variable",
            Self::Brace => "`${` without its `}` after the name of the variable",
            Self::Argument => "`${` with an operator that lacks its argument",
            Self::Operator => "`${` that is not a substitution",
            Self::Depth => "`${` nested too deep",
        }
    }
}

type Parsed<T> = Result<T, SyntaxError>;
/// Whether a character belongs to the token, and the token's length with it.
type Accept = fn(char, usize) -> bool;

const NAME: Accept = |c, _| c.is_alphabetic() || is_go_digit(c) || c == '_';
const TO_BRACE: Accept = |c, _| c != '}';

/// Go's `unicode.IsDigit`: decimal digits of any script, here of the common ones.
fn is_go_digit(c: char) -> bool {
    const ZEROS: [u32; 13] = [0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xE50, 0xED0, 0xFF10];
    ZEROS.iter().any(|zero| (*zero..zero + 10).contains(&u32::from(c)))
}

/// All parts of a text.
pub fn parts(text: &str) -> Parsed<Vec<Segment>> {
    Ok(spans(text)?.into_iter().map(|(_, part)| part).collect())
}

/// All parts of a text, and the bytes at which they stand.
pub fn spans(text: &str) -> Parsed<Vec<(Range<usize>, Segment)>> {
    // Go's scanner takes this character for the end
    let text = text.split('\0').next().unwrap_or_default();
    let mut scanner = Scanner { text, at: 0, depth: 0 };
    let mut found = Vec::new();
    while scanner.peek().is_some() {
        let begin = scanner.at;
        let part = match scanner.opens() {
            true => Some(scanner.call()?),
            false => scanner.token(|_, _| true, true, Escapes::Dollar).map(Segment::Text),
        };
        found.extend(part.map(|part| (begin..scanner.at, part)));
    }
    Ok(found)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    None,
    /// `$$`
    Dollar,
    /// `$$`, `\/` and `\\`
    All,
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes `${`, if it is next.
    fn opens(&mut self) -> bool {
        let is_next = self.rest().starts_with("${");
        self.at += if is_next { 2 } else { 0 };
        is_next
    }

    /// At least one character that is accepted; `None` where there is none.
    fn token(&mut self, accept: Accept, stops_at_call: bool, escapes: Escapes) -> Option<String> {
        let mut token = String::new();
        while let Some(next) = self.peek() {
            if stops_at_call && self.rest().starts_with("${") {
                break;
            }
            let after = self.rest()[next.len_utf8()..].chars().next();
            let is_escape = match (next, after) {
                ('$', Some('$')) => escapes != Escapes::None,
                ('\\', Some('/' | '\\')) => escapes == Escapes::All,
                _ => false,
            };
            let taken = if is_escape {
                self.at += 1;
                after.expect("an escape has a second character")
            } else if accept(next, token.len() + next.len_utf8()) {
                next
            } else {
                break;
            };
            self.at += taken.len_utf8();
            token.push(taken);
        }
        (!token.is_empty()).then_some(token)
    }

    fn expect(&mut self, accept: Accept, refusal: SyntaxError) -> Parsed<String> {
        self.token(accept, false, Escapes::None).ok_or(refusal)
    }

    fn close(&mut self) -> Parsed<()> {
        if self.peek() != Some('}') {
            return Err(SyntaxError::Operator);
        }
        self.at += 1;
        Ok(())
    }

    /// After `${`.
    fn call(&mut self) -> Parsed<Segment> {
        let begin = self.at - 2;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SyntaxError::Depth);
        }
        let mut call = Call { name: String::new(), operator: String::new(), arguments: Vec::new(), raw: String::new() };
        if self.peek() == Some('#') {
            call.operator = self.expect(|c, length| c == '#' && length == 1, SyntaxError::Operator)?;
            call.name = self.expect(NAME, SyntaxError::Operator)?;
            self.close()?;
        } else {
            call.name = self.expect(NAME, SyntaxError::Name)?;
            self.operation(&mut call)?;
        }
        self.depth -= 1;
        call.raw = self.text[begin..self.at].to_owned();
        Ok(Segment::Call(call))
    }

    fn operation(&mut self, call: &mut Call) -> Parsed<()> {
        match self.peek() {
            Some(':') => match self.rest()[1..].chars().next() {
                Some('=' | '-' | '?' | '+') => {
                    self.default(call, |c, at| matches!((at, c), (1, ':') | (2, '=' | '-' | '?' | '+')))
                }
                // Go steps back by the width of the character after the colon, and so loses its place
                Some(next) if next.is_ascii() => self.substring(call),
                _ => Err(SyntaxError::Operator),
            },
            Some('=') => self.default(call, |_, at| at == 1),
            Some(',' | '^') => {
                call.operator = self.expect(|c, at| matches!(c, ',' | '^') && at < 3, SyntaxError::Operator)?;
                self.close()
            }
            Some('/') => self.replacement(call),
            Some('#') => self.removal(call, |c, at| c == '#' && at < 3),
            Some('%') => self.removal(call, |c, at| c == '%' && at < 3),
            Some('}') => self.close(),
            _ => Err(SyntaxError::Brace),
        }
    }

    /// An argument: one expression, or text up to where it ends.
    fn argument(&mut self, accept: Accept, escapes: Escapes) -> Parsed<Segment> {
        if self.opens() {
            return self.call();
        }
        self.token(accept, true, escapes).map(Segment::Text).ok_or(SyntaxError::Argument)
    }

    /// The one operation whose argument may have several parts, or none.
    fn default(&mut self, call: &mut Call, operator: Accept) -> Parsed<()> {
        call.operator = self.expect(operator, SyntaxError::Operator)?;
        while self.peek() != Some('}') {
            let argument = self.argument(TO_BRACE, Escapes::None)?;
            call.arguments.push(argument);
        }
        self.close()
    }

    fn substring(&mut self, call: &mut Call) -> Parsed<()> {
        call.operator = self.expect(|c, at| c == ':' && at == 1, SyntaxError::Operator)?;
        call.arguments.push(self.argument(|c, _| c != ':' && c != '}', Escapes::None)?);
        if self.peek() == Some('}') {
            return self.close();
        }
        self.expect(|c, _| c == ':', SyntaxError::Operator)?;
        call.arguments.push(self.argument(TO_BRACE, Escapes::None)?);
        self.close()
    }

    fn removal(&mut self, call: &mut Call, operator: Accept) -> Parsed<()> {
        call.operator = self.expect(operator, SyntaxError::Operator)?;
        call.arguments.push(self.argument(TO_BRACE, Escapes::None)?);
        self.close()
    }

    fn replacement(&mut self, call: &mut Call) -> Parsed<()> {
        call.operator = self.expect(|c, at| matches!((at, c), (1, '/') | (2, '/' | '#' | '%')), SyntaxError::Operator)?;
        call.arguments.push(self.argument(|c, _| c != '/', Escapes::All)?);
        self.expect(|c, _| c == '/', SyntaxError::Operator)?;
        if self.peek() != Some('}') {
            call.arguments.push(self.argument(TO_BRACE, Escapes::All)?);
        }
        self.close()
    }
}
