//! The lines of a job for the log of acts.

use super::item::Item;
use super::job::Job;
use crate::domain::Act;
use crate::domain::text::redact;

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
            last: item.so_far().unwrap_or_default(),
            ended: item.ended,
        }
    }
}
