//! A quota that is used up, or a limit that forbids what is asked for (Kubernetes `plugin/pkg/admission/resourcequota`, `limitranger`).

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "quota", doc: "a quota of the namespace is used up, or a limit forbids what is asked for", find };

static EXCEEDED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"exceeded quota: ([^,]+), requested: ([^ ]+(?:,[^ ]+)*), used: ([^ ]+(?:,[^ ]+)*), limited: ([^ ]+)")
        .expect("a pattern")
});
static UNSAID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"failed quota: ([^:]+): must specify (.+)").expect("a pattern"));
static LIMIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"((?:(?:maximum|minimum) [a-z-]+ (?:usage|size)|[a-z-]+ max limit to request ratio) per \w+ is .+?)(?:\]|\.  | \.|\.$|$)").expect("a pattern")
});

fn find(clue: &Clue) -> Option<Diagnosis> {
    let event = clue.warning(&["FailedCreate"]).map(|event| event.message.as_str());
    let is_of_quota = |text: &&str| text.contains("quota") || text.contains(" usage per ") || text.contains(" ratio per ");
    let message = [clue.failed(), event].into_iter().flatten().find(is_of_quota)?;
    let namespace = &clue.reference().namespace;
    let clean = |text: &str| text.trim_end_matches([',', '.']).to_owned();
    let (name, says) = if let Some(found) = EXCEEDED.captures(message) {
        let (asked, used, limit) = (clean(&found[2]), clean(&found[3]), clean(&found[4]));
        (
            found[1].to_owned(),
            format!("quota {} of namespace {namespace} is used up: {used} of {limit}, {asked} more are asked for", &found[1]),
        )
    } else if let Some(found) = UNSAID.captures(message) {
        (found[1].to_owned(), format!("quota {} of namespace {namespace} asks for {}", &found[1], brief(&found[2])))
    } else {
        let found = LIMIT.captures(message)?;
        (String::new(), format!("a limit of namespace {namespace} forbids it: {}", brief(&found[1])))
    };
    let found = clue.diagnose(says).keyed(format!("{namespace}/{name}"));
    let is_by_event = event == Some(message) && clue.failed() != Some(message);
    Some(if is_by_event { found.by(Witness::Event("FailedCreate".to_owned())) } else { found }.press(&[Remedy::File]))
}
