//! A hook or a test of a chart that fails (helm.sh/helm `pkg/action/hooks.go`, `pkg/kube/wait.go`; helm-controller `reconcile/test.go`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{after, brief, hooked, says as is_of};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule = CauseRule { name: "hook", doc: "a hook or a test of a chart fails", find };

static HOOK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:failed (pre-\w+|post-\w+)|((?:pre|post)-\w+) hooks failed|Hook ((?:pre|post)-\w+) )").expect("a pattern")
});

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue.failed().filter(|_| clue.kind.is_flux())?;
    let who = || {
        let (kind, name) = hooked(message)?;
        Some(format!(": {} {name} fails", kind.kind))
    };
    let says = if let Some(found) = HOOK.captures(message) {
        let stage = found.iter().skip(1).flatten().next().map_or("a", |stage| stage.as_str());
        let last = after(message, &["error occurred:", "hooks failed:", "failed pre-install:", "failed post-install:"]);
        let why = last.map_or_else(String::new, |why| format!(" ({})", brief(why.trim_start_matches(['*', ' ', '\n', '\t']))));
        format!("its {stage} hook fails{}{why}", who().unwrap_or_default())
    } else if clue.reason == "TestFailed" || is_of(message, &["helm test failed"]) {
        let why = after(message, &["error occurred:"]).unwrap_or(message);
        format!("its test fails{} ({})", who().unwrap_or_default(), brief(why.trim_start_matches(['*', ' ', '\n', '\t'])))
    } else {
        return None;
    };
    Some(clue.diagnose(says).press(&[Remedy::Events, Remedy::File, Remedy::Reset]))
}
