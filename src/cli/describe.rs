//! `fluxdeck describe KIND/NAME`: everything about one object as text: state, conditions, containers, spec, history, events. What the screen
//! shows by `d`, without what takes the whole graph.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::command::{self, Command, Run};
use super::headless::Headless;
use super::one::{self, HINT};
use super::why::{ago, of_object, only};
use super::{Call, Patience, ReportFormat, output};
use fluxdeck_model::domain::{EventRow, Object, ObjectRef, revision, width};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::state::{Aspect, Details, Events, Question, Reply};

/// Columns of the labels on the left.
const LABEL: usize = 16;

pub(super) const COMMAND: Command = Command {
    name: "describe",
    doc: "Print everything about an object: state, conditions, containers, spec, history, events",
    examples: &["fluxdeck describe ks/apps -n flux-system", "fluxdeck describe pod/web-7d9c54-88vtw -n web"],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// The object: KIND/NAME, in the namespace of -n
    #[arg(value_name = "KIND/NAME")]
    object: String,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: ReportFormat,
    #[command(flatten)]
    patience: Patience,
}

/// Prints an object. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let (limit, text) = (arguments.patience.limit(), arguments.object.as_str());
    let word = text.split_once('/').map(|(word, _)| word);
    let word = word.ok_or_else(|| Error::usage(format!("`{text}` is not KIND/NAME"), "write it as ks/apps"))?;
    let mut headless = one::connect(call, limit).await?;
    let gk = one::kind(word, headless.state().cluster())?;
    let found = one::find(call, &mut headless, text, &gk, limit).await?;
    let node = only(headless.state().cluster(), &found, text)?;
    let object = headless.state().cluster().store.reference(node).clone();
    let details = details(&mut headless, &object, limit).await?;
    let state = headless.state();
    let record = state.cluster().store.object(node);
    match arguments.output {
        ReportFormat::Text => output::write(&written(&object, record, &details, state.clock))?,
        ReportFormat::Json => output::json(&document(&object, record, &details))?,
    }
    if let Events::Failed(error) = &details.events {
        output::beside(&format!("its events could not be read: {error}"));
    }
    Ok(0)
}

/// What is fetched of it.
async fn details(headless: &mut Headless, object: &ObjectRef, limit: Duration) -> Result<Details> {
    headless.ask(Question::Object(object.clone(), Aspect::Details));
    let mut last = Err(Error::new(ErrorKind::Unreachable, "the API server did not answer", HINT));
    let waiting = async {
        loop {
            headless.turn().await?;
            for (_, reply) in headless.answered() {
                match reply {
                    Reply::Details(details) if details.events == Events::Awaited => last = Ok(*details),
                    Reply::Details(details) => return Ok(*details),
                    Reply::Failed(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::Failed) => return Err(error),
                    Reply::Failed(error) => last = Err(error),
                    _ => {}
                }
            }
        }
    };
    match tokio::time::timeout(limit, waiting).await {
        Ok(done) => done,
        Err(_) => last,
    }
}

fn field(out: &mut String, label: &str, value: &str) {
    if !value.is_empty() {
        let blank = " ".repeat(LABEL.saturating_sub(width::of(label) + 2).max(2));
        out.push_str(&format!("  {label}{blank}{value}\n"));
    }
}

fn section(out: &mut String, heading: &str, lines: &[(String, String)]) {
    if lines.is_empty() {
        return;
    }
    out.push_str(&format!("{heading}\n"));
    lines.iter().for_each(|(label, value)| field(out, label, value));
}

fn moment(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(String::new, |at| format!("{}, {} ago", at.strftime("%Y-%m-%d %H:%M:%S UTC"), ago(at, now)))
}

/// An object as a person reads it.
fn written(object: &ObjectRef, record: Option<&Object>, details: &Details, now: Timestamp) -> String {
    let mut out = format!("{object}\n");
    if let Some(record) = record {
        let verdict = &record.verdict;
        field(&mut out, "state", format!("{} {}  {}", verdict.health.glyph(), verdict.health.word(), verdict.reason).trim_end());
        field(&mut out, "since", &moment(verdict.since, now));
        field(&mut out, "message", &verdict.message);
        field(&mut out, "created", &moment(record.created, now));
        field(&mut out, "revision", record.facts.revision.as_deref().unwrap_or_default());
        let attempted =
            record.facts.attempted.as_deref().filter(|attempted| record.facts.revision.as_deref() != Some(*attempted));
        field(&mut out, "attempted", attempted.unwrap_or_default());
        let labels: Vec<_> = record.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        field(&mut out, "labels", &labels.join(" "));
        let condition = |one: &fluxdeck_model::domain::Condition| {
            let age = one.since.map(|at| format!("  {} ago", ago(at, now))).unwrap_or_default();
            (one.kind.to_string(), format!("{}  {}{age}  {}", one.status, one.reason, one.message).trim_end().to_owned())
        };
        section(&mut out, "Conditions", &record.conditions.iter().map(condition).collect::<Vec<_>>());
    }
    details.parts.iter().for_each(|part| section(&mut out, part.heading, &part.lines));
    section(&mut out, "Spec", &details.spec);
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    let history = details
        .history
        .iter()
        .map(|row| (cell(row, 0), format!("{}  {}  {}", revision::short(&cell(row, 1)), cell(row, 2), cell(row, 3))));
    section(&mut out, "History", &history.collect::<Vec<_>>());
    section(&mut out, "Annotations", &details.annotations);
    match &details.events {
        Events::Here(rows) if rows.is_empty() => {
            section(&mut out, "Events", &[("none".to_owned(), "the API server keeps them for an hour".to_owned())]);
        }
        Events::Here(rows) => section(&mut out, "Events", &rows.iter().map(|row| event(row, now)).collect::<Vec<_>>()),
        Events::Awaited | Events::Failed(_) => {}
    }
    out
}

fn event(row: &EventRow, now: Timestamp) -> (String, String) {
    let age = row.last.map(|at| ago(at, now)).unwrap_or_default();
    let count = if row.count > 1 { format!(" ×{}", row.count) } else { String::new() };
    (age, format!("{:<7}  {}{count}  {}", row.type_word(), row.reason, row.message))
}

fn document(object: &ObjectRef, record: Option<&Object>, details: &Details) -> Value {
    let pairs = |pairs: &[(String, String)]| pairs.iter().map(|(label, value)| json!([label.trim(), value])).collect::<Vec<_>>();
    let event = |row: &EventRow| {
        json!({"first": row.first, "last": row.last, "type": row.type_word(), "count": row.count, "reason": row.reason,
            "message": row.message, "from": row.from})
    };
    let events = match &details.events {
        Events::Here(rows) => Some(rows.iter().map(event).collect::<Vec<_>>()),
        Events::Awaited | Events::Failed(_) => None,
    };
    let verdict = record.map(|record| &record.verdict);
    json!({
        "object": of_object(object),
        "health": verdict.map(|verdict| verdict.health.slug()),
        "reason": verdict.map(|verdict| &*verdict.reason),
        "message": verdict.map(|verdict| &*verdict.message),
        "since": verdict.and_then(|verdict| verdict.since),
        "revision": record.and_then(|record| record.facts.revision.as_deref()),
        "parts": details.parts.iter().map(|part| json!({"part": part.heading, "lines": pairs(&part.lines)})).collect::<Vec<_>>(),
        "spec": pairs(&details.spec), "status": pairs(&details.status), "history": details.history,
        "annotations": pairs(&details.annotations), "events": events,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluxdeck_model::domain::{ClusterId, GroupKind};
    use fluxdeck_model::kinds::BodyPart;

    #[test]
    fn what_is_known_is_written_in_sections_and_what_is_not_is_left_out() {
        let object = ObjectRef::new(ClusterId(0), GroupKind::new("", "Pod"), "web", "web-1");
        let now = Timestamp::from_second(1_000).expect("a time");
        let row = EventRow {
            last: Timestamp::from_second(940).ok(),
            is_warning: true,
            count: 3,
            reason: "BackOff".into(),
            message: "again".into(),
            ..EventRow::default()
        };
        let parts = vec![BodyPart { heading: "Containers", lines: vec![("app".to_owned(), "nginx".to_owned())] }];
        let details = Details { parts, events: Events::Here(vec![row]), ..Details::default() };
        let text = written(&object, None, &details, now);
        assert_eq!(
            text,
            "Pod web/web-1\nContainers\n  app           nginx\nEvents\n  60s           Warning  BackOff ×3  again\n"
        );
        assert_eq!(document(&object, None, &details)["events"][0]["count"], 3);
    }
}
