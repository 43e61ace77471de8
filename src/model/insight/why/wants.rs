//! What is worth asking for, once the way is known: about the cause, and about nothing else.

use super::{Explanation, Remedy};
use crate::domain::{Health, ObjectRef};
use crate::kinds::{self, Trait};

/// One thing to ask for about an object, besides its body and its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// The end of the log of the container that fails.
    Log,
    /// The node that it is on.
    Node,
    /// The claims that it mounts.
    Claims,
    /// The quotas of its namespace.
    Quotas,
}

/// Returns the object about which more is asked, and what. None where nothing is wrong, or where it is not there.
pub fn wants(explanation: &Explanation) -> Option<(ObjectRef, Vec<Want>)> {
    let cause = explanation.cause()?;
    if matches!(explanation.rule, Some("missing-object" | "unreadable" | "suspended" | "circular-dependency")) {
        return None;
    }
    let kind = kinds::of(&cause.object.gk);
    let mut wants = Vec::new();
    if kind == kinds::POD {
        wants.extend([Want::Log, Want::Node, Want::Claims]);
        if cause.health == Health::Terminating {
            wants.retain(|want| *want == Want::Node);
        }
    }
    let is_of_quota = explanation.rule == Some("quota")
        || kind.has(Trait::OwnsPods) && !explanation.presses.iter().any(|press| press.remedy == Remedy::Logs);
    if is_of_quota {
        wants.push(Want::Quotas);
    }
    Some((cause.object.clone(), wants))
}
