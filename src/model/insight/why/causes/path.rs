//! A path that the source does not have.

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{captured, plain};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "missing-path", doc: "the source has no such path", find };

static GONE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"path not found: stat ([^:]+)").expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = plain(clue.failed()?);
    let path = captured(&GONE, &message)?;
    Some(clue.diagnose(format!("its source has no path {path}")).press(&[Remedy::File]))
}
