//! The result of a plan: as text, as JSON, as a patch.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Form;
use crate::cli::output;
use crate::git::patch;
use fluxdeck_model::change::{
    self, BuildDifference, ChangePlan, ChangeProof, ChangeRefusal, ChangedFile, FieldChange, PlanOutcome, Refused, Tried, Way,
    WayChoice,
};
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::{Error, Result};

/// Prints it. Returns the exit code.
pub fn outcome(outcome: &PlanOutcome, form: Form) -> Result<u8> {
    match (outcome, form) {
        (PlanOutcome::Nothing { object }, Form::Json) => {
            output::json(&json!({ "object": object, "outcome": "nothing changes" }))?;
            Ok(0)
        }
        (PlanOutcome::Nothing { object }, _) => {
            output::beside(&format!("nothing changes: {object} has the value already"));
            Ok(0)
        }
        (PlanOutcome::Planned(plan), Form::Patch) => {
            beside(plan);
            output::raw(&patches(&plan.files)?)?;
            Ok(0)
        }
        (PlanOutcome::Planned(plan), Form::Text) => {
            output::write(&text(plan)?)?;
            output::beside("-o patch prints what `git apply` takes");
            Ok(0)
        }
        (PlanOutcome::Planned(plan), Form::Json) => {
            output::json(&planned(plan)?)?;
            Ok(0)
        }
        (PlanOutcome::Refused(refused), Form::Json) => {
            output::json(&refusal(refused))?;
            Ok(1)
        }
        (PlanOutcome::Refused(refused), _) => {
            output::beside(&ways(refused));
            Err(Error::failed(format!("{} {}: {}", refused.object, refused.field, refused.why), refused.hint.clone()))
        }
    }
}

/// Reports that git has everything already. Returns the exit code.
pub fn unchanged(object: &str, base: &str, form: Form) -> Result<u8> {
    match form {
        Form::Json => output::json(&json!({ "object": object, "outcome": "nothing changes" }))?,
        _ => output::beside(&format!("nothing changes: {object} has the value already on {base}")),
    }
    Ok(0)
}

/// Reports why a change is not proposed, and what could be. Returns the exit code.
pub fn refused(refusal: &ChangeRefusal, form: Form) -> Result<u8> {
    let way = |way: &WayChoice| {
        let (besides, why) = match &way.result {
            Ok(besides) => (Some(besides), None),
            Err(why) => (None, Some(why)),
        };
        json!({ "layer": way.flag, "place": way.place, "word": way.word, "alsoChanges": besides, "why": why })
    };
    if form == Form::Json {
        output::json(&json!({
            "object": refusal.object, "field": refusal.field, "outcome": "refused", "why": refusal.why, "hint": refusal.hint,
            "ways": refusal.ways.iter().map(way).collect::<Vec<_>>(),
        }))?;
        return Ok(1);
    }
    let mut out = String::new();
    for way in &refusal.ways {
        out.push_str(&format!("--layer {:<10}{}  {}\n", way.flag, way.place, way.word));
        match &way.result {
            Err(why) => out.push_str(&format!("  no: {}\n", sanitise_line(why))),
            Ok(besides) if besides.is_empty() => out.push_str("  nothing else changes\n"),
            Ok(besides) => besides.iter().for_each(|line| out.push_str(&format!("  {line}\n"))),
        }
    }
    output::beside(&out);
    Err(Error::failed(format!("{} {}: {}", refusal.object, refusal.field, refusal.why), refusal.hint.clone()))
}

fn patches(files: &[ChangedFile]) -> Result<Vec<u8>> {
    let one = |file: &ChangedFile| patch(&file.path, file.before.as_deref(), &file.after);
    Ok(files.iter().map(one).collect::<Result<Vec<_>>>()?.concat())
}

/// What a person has to know of a patch that is piped on.
fn beside(plan: &ChangePlan) {
    plan.warnings.iter().for_each(|warning| output::beside(&format!("warning: {warning}")));
    for done in &plan.done {
        radius(&done.proof).iter().for_each(|line| output::beside(line));
    }
}

fn text(plan: &ChangePlan) -> Result<String> {
    let mut out = String::new();
    for done in &plan.done {
        let FieldChange { field, before, after, way, proof } = done;
        let before = before.as_deref().map_or_else(|| "nothing".to_owned(), |before| sanitise_line(before).into_owned());
        out.push_str(&format!("{}  {field} = {before} -> {}\n", plan.object, sanitise_line(after)));
        out.push_str(&format!("changed at  {}  {}\n", way.place(), way.layer));
        out.push_str(&format!("built by    {}\n", plan.build));
        for check in &proof.checks {
            out.push_str(&format!("{:<12}{}: {}\n", check.result.word(), check.name, sanitise_line(&check.why)));
        }
        radius(proof).iter().for_each(|line| out.push_str(&format!("{line}\n")));
    }
    plan.warnings.iter().for_each(|warning| out.push_str(&format!("warning     {warning}\n")));
    out.push('\n');
    out.push_str(&String::from_utf8_lossy(&patches(&plan.files)?));
    Ok(out)
}

/// What changes besides, what follows, and what nobody knows.
fn radius(proof: &ChangeProof) -> Vec<String> {
    change::besides(proof).into_iter().chain(proof.unproven.iter().map(unproven)).chain(readers(proof)).collect()
}

fn unproven((build, why): &(String, String)) -> String {
    format!("not proven  {build}: {}", sanitise_line(why))
}

fn readers(proof: &ChangeProof) -> Option<String> {
    (!proof.readers.is_empty()).then(|| format!("read by     {}", proof.readers.join(", ")))
}

/// Each way, and what it would do; first, and once, what no way can prove.
fn ways(refused: &Refused) -> String {
    let proofs = refused.tried.iter().filter_map(|tried| tried.result.as_ref().ok());
    let all: BTreeSet<_> = proofs.flat_map(|proof| &proof.unproven).collect();
    let mut out: String = all.into_iter().map(unproven).map(|line| line + "\n").collect();
    for tried in &refused.tried {
        let Tried { way, result, .. } = tried;
        out.push_str(&format!("--layer {:<10}{}  {}\n", tried.flag(), way.place(), way.layer));
        match result {
            Err(why) => out.push_str(&format!("  no: {}\n", sanitise_line(why))),
            Ok(proof) if proof.besides() == 0 && proof.broken.is_empty() => out.push_str("  nothing else changes\n"),
            Ok(proof) => {
                let all = change::besides(proof).into_iter().chain(readers(proof));
                all.for_each(|line| out.push_str(&format!("  {line}\n")));
            }
        }
    }
    out
}

fn planned(plan: &ChangePlan) -> Result<Value> {
    let changes: Vec<_> = plan.done.iter().map(done).collect();
    let patch = patches(&plan.files)?;
    Ok(json!({
        "object": plan.object,
        "build": plan.build,
        "outcome": "planned",
        "changes": changes,
        "files": plan.files.iter().map(|file| json!({ "path": &*file.path, "new": file.before.is_none() })).collect::<Vec<_>>(),
        "warnings": plan.warnings,
        "patch": String::from_utf8_lossy(&patch),
    }))
}

fn done(done: &FieldChange) -> Value {
    json!({ "field": done.field, "before": done.before, "after": done.after, "way": way(&done.way), "proof": proof(&done.proof) })
}

fn way(way: &Way) -> Value {
    let line = (way.line > 0).then_some(way.line);
    json!({ "file": &*way.file, "line": line, "layer": way.layer })
}

fn proof(proof: &ChangeProof) -> Value {
    let named =
        |all: &[(String, String)]| all.iter().map(|(build, why)| json!({ "build": build, "why": why })).collect::<Vec<_>>();
    let elsewhere = proof.elsewhere.iter().map(|(build, all)| json!({ "build": build, "differences": differences(all) }));
    let checks =
        proof.checks.iter().map(|check| json!({ "check": check.name, "verdict": check.result.word(), "why": check.why }));
    let renamed = proof.renamed.iter().map(|one| json!({ "kind": one.kind, "from": one.from, "to": one.to }));
    json!({
        "checks": checks.collect::<Vec<_>>(),
        "alsoChanges": differences(&proof.inside),
        "elsewhere": elsewhere.collect::<Vec<_>>(),
        "saidBy": proof.said.iter().map(|(build, one)| json!({ "build": build, "difference": differences(std::slice::from_ref(one)) })).collect::<Vec<_>>(),
        "breaks": named(&proof.broken),
        "notProven": named(&proof.unproven),
        "renamed": renamed.collect::<Vec<_>>(),
        "referencesThatFollow": proof.followed,
        "readBy": proof.readers,
    })
}

fn differences(all: &[BuildDifference]) -> Vec<Value> {
    let one =
        |one: &BuildDifference| json!({ "object": one.object, "field": one.field, "before": one.before, "after": one.after });
    all.iter().map(one).collect()
}

fn refusal(refused: &Refused) -> Value {
    let one = |tried: &Tried| {
        let (result, why) = match &tried.result {
            Ok(result) => (Some(proof(result)), None),
            Err(why) => (None, Some(why)),
        };
        json!({ "layer": tried.flag(), "way": way(&tried.way), "proof": result, "why": why })
    };
    json!({
        "object": refused.object,
        "build": refused.build,
        "field": refused.field,
        "outcome": "refused",
        "why": refused.why,
        "hint": refused.hint,
        "ways": refused.tried.iter().map(one).collect::<Vec<_>>(),
    })
}
