//! The part of `fluxdeck why` that git has a say in: the commit that may be why, as text and as JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Call;
use super::why::of_object;
use crate::runtime::{self, Desk, Origin, Renderer};
use fluxdeck_model::domain::{CommitNote, HistoryEnd};
use fluxdeck_model::error::Result;
use fluxdeck_model::insight::why::since::line;
use fluxdeck_model::insight::why::{Explanation, Onset};
use fluxdeck_model::state::State;

/// Asks git. None where it has nothing to do with it.
pub(super) async fn beginning(call: &Call, state: &State, explanation: &Explanation) -> Option<Result<Onset>> {
    let ask = state.cluster().beginning_of(explanation)?;
    if matches!(call.options.origin, Origin::Recorded(_)) {
        return None;
    }
    // the cluster was reached a moment ago: without it the first answer is worth having
    let live = runtime::connect(&call.options, &call.context).await.ok()?;
    let desk = Desk::of(call.options.repositories()).for_a_run();
    Some(Renderer::new(live, desk, call.options.request_timeout, true).beginning(&ask).await)
}

/// As a person reads it.
pub(super) fn lines(found: &Result<Onset>, now: Timestamp) -> Vec<String> {
    let found = match found {
        Ok(found) => found,
        Err(error) => return vec![format!("commit: not known: {}", error.message)],
    };
    let mut lines: Vec<_> = found.fault.iter().map(|fault| format!("fault: {}", fault.says)).collect();
    lines.extend(found.suspects.iter().enumerate().map(|(at, suspect)| {
        let lead = if at == 0 { "commit:" } else { "    or:" };
        let beside = if suspect.is_own { "" } else { ", beside its own files" };
        format!("{lead} {} {}{}", suspect.note.short(), line(&suspect.note, now), if at == 0 { "" } else { beside })
    }));
    lines.extend(found.notes(now).into_iter().map(|note| format!("        {note}")));
    lines
}

pub(super) fn of_beginning(found: &Result<Onset>) -> Value {
    let found = match found {
        Ok(found) => found,
        Err(error) => return json!({"error": error.message, "hint": error.hint}),
    };
    let ready = found.revisions.ready.as_ref();
    let fault = found.fault.as_ref();
    let place = fault.and_then(|fault| fault.place.as_ref());
    json!({
        "object": of_object(&found.object),
        "applier": of_object(&found.applier),
        "commit": &*found.at.id,
        "ready": ready.map(|ready| json!({"revision": ready.revision, "last": ready.last, "says": ready.witness})),
        "applied": found.revisions.applied,
        "attempted": found.revisions.attempted,
        "fetched": found.revisions.fetched,
        "released": found.released,
        "commits": found.suspects.iter().map(|suspect| of_note(&suspect.note, suspect.is_own)).collect::<Vec<_>>(),
        "history": match found.end {
            HistoryEnd::Whole => "whole",
            HistoryEnd::More => "more",
            HistoryEnd::Shallow(_) => "shallow",
            HistoryEnd::Apart => "apart",
        },
        "fault": fault.map(|fault| json!({"says": fault.says, "file": place.map(|place| &*place.path), "line": place.map(|place| place.line)})),
    })
}

fn of_note(note: &CommitNote, is_own: bool) -> Value {
    json!({
        "id": note.id, "author": note.author, "address": note.address, "date": note.at, "subject": note.subject,
        "pull": note.pull.map(|pull| pull.number), "own": is_own,
    })
}
