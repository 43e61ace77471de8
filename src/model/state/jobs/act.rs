//! What of a job goes into the log of acts.

use super::item::{Item, Phase};
use super::job::Job;
use crate::domain::text::redact;
use crate::domain::{Act, ActEnd};

/// How the act of an item in this phase has ended.
fn end(phase: &Phase) -> ActEnd {
    match phase {
        Phase::Done { .. } => ActEnd::Done,
        Phase::Unknown { .. } | Phase::Left { .. } => ActEnd::Unknown,
        _ => ActEnd::Failed,
    }
}

impl Act {
    pub(super) fn of(job: &Job, item: &Item) -> Self {
        let phase = &item.phase;
        let outcome = phase.is_over().then(|| match phase.message() {
            "" => phase.word().to_owned(),
            message => redact(&format!("{}: {message}", phase.word())).into_owned(),
        });
        Self {
            at: job.started,
            context: job.context.clone(),
            user: job.user.clone(),
            action: job.name().to_owned(),
            object: item.object.to_string(),
            line: redact(&item.line).into_owned(),
            outcome,
            end: phase.is_over().then(|| end(phase)),
            last: item.so_far().unwrap_or_default(),
            ended: item.ended,
        }
    }
}
