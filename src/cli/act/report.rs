//! The output of an act: its side effects first, its progress on standard error, its outcome on standard output.

use serde_json::{Value, json};

use crate::cli::ReportFormat;
use crate::cli::output;
use fluxdeck_model::actions::{Confirmation, Grade, Request};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::redact;
use fluxdeck_model::error::Result;
use fluxdeck_model::state::jobs::{Item, Job, Phase};

/// Objects named of a long list.
const NAMED: usize = 10;

/// Prints the side effects of the act.
pub(super) fn consequences(confirmation: &Confirmation) {
    for (consequence, times) in confirmation.grouped() {
        let mark = match consequence.grade {
            Grade::Note => "note",
            Grade::Warning => "warning",
            Grade::Danger => "danger",
        };
        let times = if times > 1 { format!(" (each of {times})") } else { String::new() };
        output::beside(&format!("{mark}: {}{times}", consequence.text));
        for object in consequence.objects.iter().take(NAMED) {
            output::beside(&format!("  {object}"));
        }
        if consequence.objects.len() > NAMED {
            output::beside(&format!("  … and {} more", consequence.objects.len() - NAMED));
        }
    }
}

/// Whether everything that was left out is so already.
pub(super) fn only_already(confirmation: &Confirmation) -> bool {
    confirmation.skipped.iter().all(|(_, why)| why.is_already())
}

/// Prints what would be sent.
pub(super) fn dry_run(confirmation: &Confirmation, format: ReportFormat) -> Result<()> {
    let steps = confirmation.planned.iter().flat_map(|planned| planned.steps.iter());
    let requests: Vec<_> = steps
        .map(|step| {
            let method = if step.request == Request::Delete { "DELETE" } else { "PATCH" };
            (method, &step.object, step.request.body(step.uid))
        })
        .collect();
    match format {
        ReportFormat::Json => {
            let mut all: Vec<Value> = requests
                .iter()
                .map(|(method, id, body)| json!({"method": method, "kind": *id.gk.kind, "namespace": *id.namespace, "name": *id.name, "body": body}))
                .collect();
            all.extend(skipped(confirmation));
            output::json(&all)
        }
        ReportFormat::Text => {
            consequences(confirmation);
            let sent = requests.iter().map(|(method, id, body)| format!("{method} {id}\n  {body}\n"));
            let left = confirmation.skipped.iter().map(|(id, why)| format!("{id}: {why}\n"));
            output::write(&sent.chain(left).collect::<String>())
        }
    }
}

/// Prints the outcome.
pub(super) fn results(confirmation: &Confirmation, job: Option<&Job>, format: ReportFormat) -> Result<()> {
    let items = || job.into_iter().flat_map(|job| job.items().iter());
    match format {
        ReportFormat::Json => {
            let mut all: Vec<Value> = items()
                .map(|item| {
                    let mut line = entry(confirmation, &item.object, item.phase.word(), &redact(item.phase.message()));
                    line["line"] = item.line.as_str().into();
                    line["retries"] = matches!(item.phase, Phase::Failed { retries: true, .. }).into();
                    line
                })
                .collect();
            all.extend(skipped(confirmation));
            output::json(&all)
        }
        ReportFormat::Text => {
            let ended = items().map(outcome);
            let left = confirmation.skipped.iter().map(|(id, why)| format!("{id}: {why}\n"));
            output::write(&ended.chain(left).collect::<String>())
        }
    }
}

/// A line about one object's end.
pub(in crate::cli) fn outcome(item: &Item) -> String {
    let retries = if matches!(item.phase, Phase::Failed { retries: true, .. }) { " (its controller tries again)" } else { "" };
    match (&item.phase, item.phase.message()) {
        (Phase::Done { text }, _) => format!("{}: {}\n", item.object, redact(text)),
        (phase, "") => format!("{}: {}\n", item.object, phase.word()),
        (phase, message) => format!("{}: {}: {}{retries}\n", item.object, phase.word(), redact(message)),
    }
}

fn skipped(confirmation: &Confirmation) -> impl Iterator<Item = Value> {
    confirmation.skipped.iter().map(|(id, why)| {
        let result = if why.is_already() { "already" } else { "refused" };
        entry(confirmation, id, result, &why.to_string())
    })
}

fn entry(confirmation: &Confirmation, id: &ObjectRef, result: &str, message: &str) -> Value {
    json!({
        "action": confirmation.action.name, "group": *id.gk.group, "kind": *id.gk.kind, "namespace": *id.namespace,
        "name": *id.name, "result": result, "message": message,
    })
}

/// Prints each step of a job once.
#[derive(Default)]
pub(super) struct Progress {
    reported: Vec<usize>,
}

impl Progress {
    /// From here on: what an earlier run has printed is not printed again.
    pub fn after(job: Option<&Job>) -> Self {
        let reported = job.into_iter().flat_map(Job::items).map(|item| item.log.len());
        Self { reported: reported.collect() }
    }

    pub fn report(&mut self, job: &Job) {
        self.reported.resize(job.items().len(), 0);
        for (item, reported) in job.items().iter().zip(&mut self.reported) {
            // the end is printed as a result
            let until = item.log.len() - usize::from(item.phase.is_over() && !item.log.is_empty());
            for entry in item.log.iter().take(until).skip(*reported) {
                output::beside(&format!("► {}: {}", item.object, entry.text));
            }
            *reported = (*reported).max(until);
        }
    }
}
