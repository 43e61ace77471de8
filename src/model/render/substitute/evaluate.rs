//! Parts → text, with the variables' values.

use std::collections::BTreeSet;

use super::super::error::{BuildError, Cause, Result};
use super::super::node::Text;
use super::parse::{self, Call, Segment, SyntaxError};
use super::{Unset, Variables, functions};

/// Larger than any object that an API server takes.
const LARGEST: usize = 16 << 20;

/// A text after substitution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    pub text: String,
    /// Variables whose values are in it.
    pub used: Vec<Text>,
    /// Variables that only the cluster knows; they stand as they are written.
    pub unknown: BTreeSet<Text>,
    /// Variables that nothing sets and that have no default.
    pub unset: BTreeSet<Text>,
}

/// Substitutes in a text.
///
/// # Errors
/// A `${` that is not an expression, a variable without value in strict mode, a result that is not text.
pub fn fill(text: &str, variables: &Variables, is_strict: bool) -> Result<Filled> {
    filled(text, variables, is_strict, false)
}

/// The same, but a variable that only the cluster knows counts as unset where it has a default. It is reported all the same.
///
/// # Errors
/// As [`fill`].
pub(super) fn fill_by_default(text: &str, variables: &Variables, is_strict: bool) -> Result<Filled> {
    filled(text, variables, is_strict, true)
}

fn filled(text: &str, variables: &Variables, is_strict: bool, takes_defaults: bool) -> Result<Filled> {
    let parts = parse::parts(text).map_err(|refusal| match refusal {
        SyntaxError::Depth => BuildError::new(Cause::Limit, refusal.message(), ""),
        _ => BuildError::new(Cause::Invalid, refusal.message(), "write `$${` where no variable is meant"),
    })?;
    let mut evaluation = Evaluation { variables, is_strict, takes_defaults, size: 0, filled: Filled::default() };
    let mut out = Vec::with_capacity(text.len());
    for part in &parts {
        match evaluation.part(part)? {
            Some(bytes) => out.extend(bytes),
            None => out.extend(raw(part).bytes()),
        }
    }
    let mut filled = evaluation.filled;
    filled.text = String::from_utf8(out).map_err(|_| BuildError::invalid("a substitution cuts a character in two"))?;
    Ok(filled)
}

/// How a part is written, for what stays as it is.
fn raw(part: &Segment) -> &str {
    match part {
        Segment::Text(text) => text,
        Segment::Call(call) => &call.raw,
    }
}

struct Evaluation<'v> {
    variables: &'v Variables,
    is_strict: bool,
    takes_defaults: bool,
    size: usize,
    filled: Filled,
}

impl Evaluation<'_> {
    /// Bytes, because a substring may end inside of a character and the next one continue it; `None` where only the cluster knows.
    fn part(&mut self, part: &Segment) -> Result<Option<Vec<u8>>> {
        let found = match part {
            Segment::Text(text) => Some(text.clone().into_bytes()),
            Segment::Call(call) => self.call(call)?,
        };
        self.size += found.as_ref().map_or(0, Vec::len);
        if self.size > LARGEST {
            return Err(BuildError::new(Cause::Limit, "substitution makes more than 16 MiB of it", ""));
        }
        Ok(found)
    }

    fn call(&mut self, call: &Call) -> Result<Option<Vec<u8>>> {
        // arguments come first, even those of a default that is not needed: a variable that is missing there is missing
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.part(argument)?);
        }
        let is_default = call.operator.ends_with(['-', '+', '=', '?']);
        let value = match self.variables.text(&call.name) {
            Some(value) => value.to_owned(),
            None if self.variables.has_unknown => {
                self.filled.unknown.insert(call.name.as_str().into());
                if !(self.takes_defaults && is_default) {
                    return Ok(None);
                }
                String::new()
            }
            None if self.is_strict && !is_default => {
                let message = format!("the variable `{}` is not set", call.name);
                let hint = "set it under postBuild, or give a default: `${NAME:=value}`";
                return Err(BuildError::new(Cause::Invalid, message, hint));
            }
            None if is_default => String::new(),
            None => {
                self.filled.unset.insert(call.name.as_str().into());
                if self.variables.unset == Unset::Open {
                    self.filled.unknown.insert(call.name.as_str().into());
                    return Ok(None);
                }
                String::new()
            }
        };
        if self.variables.text(&call.name).is_some() && !self.filled.used.iter().any(|used| **used == *call.name) {
            self.filled.used.push(call.name.as_str().into());
        }
        if is_default && !value.is_empty() {
            return Ok(Some(value.into_bytes()));
        }
        let Some(arguments) = arguments.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        functions::apply(&call.operator, &value, &arguments).map(Some)
    }
}
