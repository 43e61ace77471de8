//! A chart whose templates cannot be rendered (helm.sh/helm `pkg/engine/engine.go`, `cleanupExecError`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule {
    name: "template",
    doc: "a template of a chart cannot be rendered with the values, or what comes out is not YAML",
    find,
};

/// `execution error at (web/templates/deployment.yaml:12:4): image is required`; in Helm 4 also without lines.
static AT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:execution|parse) error (?:at|in) \(([^():]+)(?::(\d+))?(?::\d+)?\): ?(.+)").expect("a pattern")
});
/// `template: web/templates/deployment.yaml:12:4: executing "…" at <…>: nil pointer evaluating …`.
static GO: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"template: ([^:\s]+):(\d+)(?::\d+)?: (.+)").expect("a pattern"));
static YAML: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"YAML parse error on ([^:\s]+): (.+)").expect("a pattern"));

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|_| clue.kind.is_flux())?;
    let says = if let Some(found) = AT.captures(message) {
        let line = found.get(2).map(|line| format!(" line {}", line.as_str())).unwrap_or_default();
        format!("template {}{line} cannot be rendered: {}", &found[1], brief(&found[3]))
    } else if let Some(found) = YAML.captures(message) {
        format!("what template {} makes is not YAML: {}", &found[1], brief(&found[2]))
    } else {
        let found = GO.captures(message)?;
        format!("template {} line {} cannot be rendered: {}", &found[1], &found[2], brief(&found[3]))
    };
    Some(clue.diagnose(says).press(&[Remedy::File, Remedy::Reset]))
}
