//! The result of a plan: as text, as JSON, as a patch.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Form;
use crate::cli::output;
use crate::git::patch;
use fluxdeck_model::change::{Difference, Done, File, Outcome, Plan, Proof, Refused, Tried, Way};
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::{Error, Result};

/// Differences named of one build; the rest is counted.
const MOST: usize = 12;

/// Prints it. Returns the exit code.
pub fn outcome(outcome: &Outcome, form: Form) -> Result<u8> {
    match (outcome, form) {
        (Outcome::Nothing { object }, Form::Json) => {
            output::json(&json!({ "object": object, "outcome": "nothing changes" }))?;
            Ok(0)
        }
        (Outcome::Nothing { object }, _) => {
            output::beside(&format!("nothing changes: {object} has the value already"));
            Ok(0)
        }
        (Outcome::Planned(plan), Form::Patch) => {
            beside(plan);
            output::raw(&patches(&plan.files)?)?;
            Ok(0)
        }
        (Outcome::Planned(plan), Form::Text) => {
            output::write(&text(plan)?)?;
            output::beside("-o patch prints what `git apply` takes");
            Ok(0)
        }
        (Outcome::Planned(plan), Form::Json) => {
            output::json(&planned(plan)?)?;
            Ok(0)
        }
        (Outcome::Refused(refused), Form::Json) => {
            output::json(&refusal(refused))?;
            Ok(1)
        }
        (Outcome::Refused(refused), _) => {
            output::beside(&ways(refused));
            Err(Error::failed(format!("{} {}: {}", refused.object, refused.field, refused.why), refused.hint.clone()))
        }
    }
}

fn patches(files: &[File]) -> Result<Vec<u8>> {
    let one = |file: &File| patch(&file.path, file.before.as_deref(), &file.after);
    Ok(files.iter().map(one).collect::<Result<Vec<_>>>()?.concat())
}

/// What a person has to know of a patch that is piped on.
fn beside(plan: &Plan) {
    plan.warnings.iter().for_each(|warning| output::beside(&format!("warning: {warning}")));
    for done in &plan.done {
        radius(&done.proof).lines().for_each(output::beside);
    }
}

fn text(plan: &Plan) -> Result<String> {
    let mut out = String::new();
    for done in &plan.done {
        let Done { field, before, after, way, proof } = done;
        let before = before.as_deref().map_or_else(|| "nothing".to_owned(), |before| sanitise_line(before).into_owned());
        out.push_str(&format!("{}  {field} = {before} -> {}\n", plan.object, sanitise_line(after)));
        out.push_str(&format!("changed at  {}  {}\n", way.place(), way.layer));
        out.push_str(&format!("built by    {}\n", plan.build));
        for check in &proof.checks {
            out.push_str(&format!("{:<12}{}: {}\n", check.verdict.word(), check.name, sanitise_line(&check.why)));
        }
        out.push_str(&radius(proof));
    }
    plan.warnings.iter().for_each(|warning| out.push_str(&format!("warning     {warning}\n")));
    out.push('\n');
    out.push_str(&String::from_utf8_lossy(&patches(&plan.files)?));
    Ok(out)
}

/// What changes besides, what follows, and what nobody knows.
fn radius(proof: &Proof) -> String {
    changes(proof) + &unproven(proof.unproven.iter()) + &readers(proof)
}

fn unproven<'a>(builds: impl Iterator<Item = &'a (String, String)>) -> String {
    builds.map(|(build, why)| format!("not proven  {build}: {}\n", sanitise_line(why))).collect()
}

fn readers(proof: &Proof) -> String {
    if proof.readers.is_empty() { String::new() } else { format!("read by     {}\n", proof.readers.join(", ")) }
}

fn changes(proof: &Proof) -> String {
    let mut out = String::new();
    for one in &proof.renamed {
        out.push_str(&format!(
            "follows     {} {} is called {} ({} references follow)\n",
            one.kind, one.from, one.to, proof.followed
        ));
    }
    for (build, one) in &proof.said {
        out.push_str(&format!("said by     {} of {build}\n", difference(one)));
    }
    if !proof.inside.is_empty() {
        out.push_str(&listed("also changes", &proof.inside));
    }
    for (build, differences) in &proof.elsewhere {
        out.push_str(&listed(&format!("also changes {build}:"), differences));
    }
    proof.broken.iter().for_each(|(build, why)| out.push_str(&format!("breaks      {build}: {}\n", sanitise_line(why))));
    out
}

fn listed(head: &str, differences: &[Difference]) -> String {
    let mut out = format!("{head}\n");
    for one in differences.iter().take(MOST) {
        out.push_str(&format!("  {}\n", difference(one)));
    }
    if differences.len() > MOST {
        out.push_str(&format!("  … and {} more\n", differences.len() - MOST));
    }
    out
}

fn difference(one: &Difference) -> String {
    let Difference { object, field, before, after, .. } = one;
    let value =
        |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), |text| sanitise_line(text).into_owned());
    match (field, after) {
        (Some(field), _) => format!("{object} {field}: {} -> {}", value(before), value(after)),
        (None, Some(_)) => format!("{object} is new"),
        (None, None) => format!("{object} is gone"),
    }
}

/// Each way, and what it would do; first, and once, what no way can prove.
fn ways(refused: &Refused) -> String {
    let proofs = refused.tried.iter().filter_map(|tried| tried.result.as_ref().ok());
    let mut out = unproven(proofs.flat_map(|proof| &proof.unproven).collect::<BTreeSet<_>>().into_iter());
    for tried in &refused.tried {
        let Tried { way, result, .. } = tried;
        out.push_str(&format!("--layer {:<10}{}  {}\n", tried.flag(), way.place(), way.layer));
        match result {
            Err(why) => out.push_str(&format!("  no: {}\n", sanitise_line(why))),
            Ok(proof) if proof.besides() == 0 && proof.broken.is_empty() => out.push_str("  nothing else changes\n"),
            Ok(proof) => {
                let all = changes(proof) + &readers(proof);
                all.lines().for_each(|line| out.push_str(&format!("  {line}\n")));
            }
        }
    }
    out
}

fn planned(plan: &Plan) -> Result<Value> {
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

fn done(done: &Done) -> Value {
    json!({ "field": done.field, "before": done.before, "after": done.after, "way": way(&done.way), "proof": proof(&done.proof) })
}

fn way(way: &Way) -> Value {
    let line = (way.line > 0).then_some(way.line);
    json!({ "file": &*way.file, "line": line, "layer": way.layer })
}

fn proof(proof: &Proof) -> Value {
    let named =
        |all: &[(String, String)]| all.iter().map(|(build, why)| json!({ "build": build, "why": why })).collect::<Vec<_>>();
    let elsewhere = proof.elsewhere.iter().map(|(build, all)| json!({ "build": build, "differences": differences(all) }));
    let checks =
        proof.checks.iter().map(|check| json!({ "check": check.name, "verdict": check.verdict.word(), "why": check.why }));
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

fn differences(all: &[Difference]) -> Vec<Value> {
    let one = |one: &Difference| json!({ "object": one.object, "field": one.field, "before": one.before, "after": one.after });
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
