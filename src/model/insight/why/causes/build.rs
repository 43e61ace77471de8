//! Manifests from which nothing can be built.

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, captured, plain, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "build-failed", doc: "nothing can be built from the manifests: a file is missing or wrong", find };

static NO_FILE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"open ([^:']+): no such file or directory").expect("a pattern"));
static LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"((?:yaml|json): (?:line \d+: )?[^:]+)").expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message =
        clue.failed().filter(|message| matches!(clue.reason, "BuildFailed") || says(message, &["kustomize build failed"]))?;
    let text = plain(message);
    let says = match (captured(&NO_FILE, &text), captured(&LINE, &text)) {
        (Some(file), _) => format!("there is no file {file}, which its manifests name"),
        (None, Some(line)) if line.contains("line") => format!("its manifests cannot be read: {}", brief(&text)),
        _ => brief(&text),
    };
    Some(clue.diagnose(says).press(&[Remedy::File]))
}
