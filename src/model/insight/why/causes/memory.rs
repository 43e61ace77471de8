//! A container that the kernel killed for want of memory.

use super::CauseRule;
use super::crash::times;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "out-of-memory", doc: "a container uses more memory than its limit, and is killed", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    let container = clue.container()?;
    if &*container.ended_by != "OOMKilled" && &*container.reason != "OOMKilled" {
        return None;
    }
    let says = format!("container {} uses more memory than its limit and is killed{}", container.name, times(container.restarts));
    Some(clue.diagnose(says).press(&[Remedy::File, Remedy::Logs]))
}
