//! A Job that has given up (Kubernetes `pkg/controller/job`): its pods are gone, or end well by now.

use super::CauseRule;
use crate::domain::Health;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;
use crate::kinds;

pub(super) const RULE: CauseRule = CauseRule { name: "job", doc: "a Job has given up, and its pods say no more", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if clue.kind != kinds::JOB || clue.health != Health::Failed {
        return None;
    }
    let text = match clue.reason {
        "BackoffLimitExceeded" => "it has failed as often as it may, and gave up".to_owned(),
        "DeadlineExceeded" => "it has taken longer than its deadline, and was ended".to_owned(),
        "PodFailurePolicy" => "its pod failed in a way for which it gives up".to_owned(),
        _ => "it failed".to_owned(),
    };
    let why = if clue.message.is_empty() { String::new() } else { format!(" ({})", brief(clue.message)) };
    let witness = Witness::Condition { kind: "Failed".to_owned(), reason: clue.reason.to_owned() };
    Some(clue.diagnose(text + &why).by(witness).press(&[Remedy::Logs, Remedy::Events, Remedy::File]))
}
