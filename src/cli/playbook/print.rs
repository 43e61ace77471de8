//! The result of a plan: as text, as JSON, as a patch.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Form;
use crate::cli::output;
use crate::git::patch;
use fluxdeck_model::change::outside::{PROGRAM, UNALLOWED};
use fluxdeck_model::change::{
    self, Alternative, BuildChoice, BuildDifference, Caution, ChangeOrder, ChangePlan, ChangeProof, ChangeRefusal, ChangedFile,
    Check, CheckResult, FieldChange, PlanOutcome, Proposal, Refused, RenderedBuild, RenderedField, RenderedObject, SourceLine,
    Tried, Way, WayChoice,
};
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::text::{redact, sanitise_line};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::shown_file;
use fluxdeck_model::playbooks;

/// Prints it. `checks`: what others have answered about it. Returns the exit code.
///
/// # Errors
/// It cannot be written.
pub fn outcome(outcome: &PlanOutcome, order: &ChangeOrder, form: Form, checks: &[Check]) -> Result<u8> {
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
            beside(plan, order);
            checks
                .iter()
                .filter(|check| check.result == CheckResult::Failed)
                .for_each(|check| output::beside(checked(check).trim_end()));
            let exact = patches(&plan.files)?;
            if String::from_utf8_lossy(&exact) != shown_patches(&plan.files)? {
                output::beside(
                    "warning     the patch holds values of a Secret, or other credentials, in lines around the change",
                );
            }
            output::raw(&exact)?;
            Ok(0)
        }
        (PlanOutcome::Planned(plan), Form::Text) => {
            output::write(&text(plan, order, checks)?)?;
            unallowed(checks).iter().for_each(|line| output::beside(line));
            output::beside("-o patch prints what `git apply` takes");
            Ok(0)
        }
        (PlanOutcome::Planned(plan), Form::Json) => {
            output::json(&planned(plan, order, checks)?)?;
            Ok(0)
        }
        (PlanOutcome::Refused(refused), Form::Json) => {
            output::json(&refusal(refused, order))?;
            Ok(1)
        }
        (PlanOutcome::Refused(refused), _) => {
            output::beside(&ways(refused, order));
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

/// Reports that the file was not changed. Returns the exit code.
pub fn unedited(form: Form) -> Result<u8> {
    match form {
        Form::Json => output::json(&json!({ "outcome": "nothing changes" }))?,
        _ => output::beside("nothing was changed"),
    }
    Ok(0)
}

/// Reports why a change is not proposed, and what could be. Returns the exit code.
pub fn refused(refusal: &ChangeRefusal, form: Form) -> Result<u8> {
    let open = |way: &WayChoice| {
        let besides = way.result.as_ref().ok()?;
        Some(
            json!({ "layer": way.flag, "wide": way.is_wide, "place": way.place.to_string(), "word": way.word, "alsoChanges": besides }),
        )
    };
    let closed = |way: &WayChoice| {
        let why = way.result.as_ref().err()?;
        Some(json!({ "place": way.place.to_string(), "word": way.word, "why": why }))
    };
    if form == Form::Json {
        output::json(&json!({
            "object": refusal.object, "field": refusal.field, "outcome": "refused", "why": refusal.why, "hint": refusal.hint,
            "setAt": refusal.set_at.as_ref().map(ToString::to_string),
            "ways": refusal.ways.iter().filter_map(open).collect::<Vec<_>>(),
            "closedWays": refusal.ways.iter().filter_map(closed).collect::<Vec<_>>(),
            "builds": builds(&refusal.builds), "warnings": cautions_json(&refusal.cautions, &refusal.order),
        }))?;
        return Ok(1);
    }
    let mut out = set_at(refusal.set_at.as_ref());
    let one = |way: &WayChoice| PrintedWay {
        flag: way.flag.clone(),
        is_wide: way.is_wide,
        place: format!("{}  {}", way.place, way.word),
        result: way.result.clone(),
    };
    out.push_str(&offered(&refusal.ways.iter().map(one).collect::<Vec<_>>()));
    cautions(&refusal.cautions, &refusal.order).iter().for_each(|line| out.push_str(&format!("{line}\n")));
    output::beside(&out);
    Err(Error::failed(format!("{} {}: {}", refusal.object, refusal.field, refusal.why), refusal.hint.clone()))
}

/// As `git apply` takes it.
fn patches(files: &[ChangedFile]) -> Result<Vec<u8>> {
    let one = |file: &ChangedFile| patch(&file.path, file.before.as_deref(), file.after.as_deref());
    Ok(files.iter().map(one).collect::<Result<Vec<_>>>()?.concat())
}

/// For people, without values of Secrets: what is around a change was not written for them.
fn shown_patches(files: &[ChangedFile]) -> Result<String> {
    let one = |file: &ChangedFile| {
        let old = file.before.as_deref().unwrap_or_default();
        let (left, right) =
            (shown_file(&file.path, old, &[]), shown_file(&file.path, file.after.as_deref().unwrap_or_default(), old));
        let is_left = file.after.is_some();
        patch(&file.path, file.before.as_ref().map(|_| left.as_bytes()), is_left.then_some(right.as_bytes()))
    };
    Ok(String::from_utf8_lossy(&files.iter().map(one).collect::<Result<Vec<_>>>()?.concat()).into_owned())
}

/// Prints a proposal; `review`: everything but its difference, for people.
///
/// # Errors
/// It cannot be written.
pub fn proposal(proposal: &Proposal, review: &str, form: Form) -> Result<()> {
    match form {
        Form::Patch => {
            output::beside(review);
            if proposal.files.iter().any(|file| !file.covered.is_empty()) {
                output::beside("warning     the patch may hold values of Secrets in lines around the change");
            }
            output::raw(proposal.patch.as_bytes())
        }
        Form::Text => {
            output::write(&format!("{review}\n{}", shown(proposal)))?;
            output::beside("-o patch prints what `git apply` takes");
            Ok(())
        }
        Form::Json => {
            let field = |one: &change::ProposedField| {
                json!({ "object": one.of.as_ref().map(ToString::to_string), "field": one.field, "before": one.before,
                    "after": one.after, "place": one.place, "layer": one.layer })
            };
            let site = &proposal.order.site;
            let competing = |one: &change::CompetingPull| json!({ "number": one.pull.number, "url": one.pull.url, "own": one.is_own, "text": one.text() });
            let unproven = |(build, why): &(String, String)| json!({ "build": build, "why": why });
            output::json(&json!({
                "object": proposal.object, "build": proposal.build, "outcome": "planned",
                "changes": proposal.fields.iter().map(field).collect::<Vec<_>>(),
                "files": proposal.files.iter().map(|file| json!({ "path": file.path, "new": file.is_new })).collect::<Vec<_>>(),
                "repository": site.name(), "base": site.base, "baseCommit": proposal.base, "branch": proposal.branch,
                "foundBy": site.found_by, "checks": proposal.checks.iter().map(check).collect::<Vec<_>>(),
                "alsoChanges": proposal.besides, "readBy": proposal.readers,
                "notProven": proposal.unproven.iter().map(unproven).collect::<Vec<_>>(),
                "warnings": cautions_json(&proposal.cautions, &proposal.order),
                "fork": proposal.fork.as_ref().map(fork),
                "competing": proposal.competing.iter().map(competing).collect::<Vec<_>>(),
                "rendered": proposal.rendered.iter().map(rendered).collect::<Vec<_>>(),
                "patch": shown(proposal),
            }))
        }
    }
}

/// What there is where the user may not push to the repository.
fn fork(offer: &ForkOffer) -> Value {
    match offer {
        ForkOffer::There { repository } => json!({ "repository": repository, "exists": true }),
        ForkOffer::New { repository } => json!({ "repository": repository, "exists": false }),
        ForkOffer::No { why } => json!({ "repository": null, "why": why }),
    }
}

/// The difference of a proposal, for people: what is around the change was not written for them.
pub fn shown(proposal: &Proposal) -> String {
    let (mut out, mut file, mut at) = (String::new(), None, 0);
    for line in proposal.patch.lines() {
        let text = match (line.split_at_checked(1), file) {
            _ if line.starts_with("diff --git a/") => {
                let path = line["diff --git a/".len()..].split(" b/").next().unwrap_or_default();
                file = proposal.files.iter().find(|file| file.path == path);
                line.to_owned()
            }
            _ if line.starts_with("@@ -") => {
                at = line["@@ -".len()..].split([',', ' ']).next().and_then(|number| number.parse().ok()).unwrap_or_default();
                line.to_owned()
            }
            (Some((" ", text)), Some(file)) => {
                at += 1;
                format!(" {}", redact(&file.covered.shown(at - 1, text)))
            }
            (Some(("-", _)), Some(_)) if !line.starts_with("--- ") => {
                at += 1;
                line.to_owned()
            }
            _ => line.to_owned(),
        };
        out.push_str(&sanitise_line(&text));
        out.push('\n');
    }
    out
}

/// What a person has to know of a patch that is piped on.
fn beside(plan: &ChangePlan, order: &ChangeOrder) {
    cautions(&plan.cautions, order).iter().for_each(|line| output::beside(line));
    for proof in plan.proofs() {
        radius(proof).iter().for_each(|line| output::beside(line));
    }
}

fn text(plan: &ChangePlan, order: &ChangeOrder, checks: &[Check]) -> Result<String> {
    let mut out = String::new();
    for done in &plan.done {
        let FieldChange { of, field, before, after, way, proof, .. } = done;
        let object = of.as_ref().map_or_else(|| plan.object.clone(), ToString::to_string);
        let before = before.as_deref().map_or_else(|| "nothing".to_owned(), |before| sanitise_line(before).into_owned());
        out.push_str(&format!(
            "{}  {field} = {before} -> {}\n",
            sanitise_line(&object),
            after.as_deref().map_or_else(|| "taken out".into(), sanitise_line)
        ));
        out.push_str(&format!("changed at  {}  {}\n", way.place(), way.layer));
        if plan.by_hand.is_none() {
            proven(plan, proof, &mut out);
        }
    }
    if let Some(proof) = &plan.by_hand {
        proven(plan, proof, &mut out);
    }
    checks.iter().for_each(|check| out.push_str(&checked(check)));
    cautions(&plan.cautions, order).iter().for_each(|line| out.push_str(&format!("{line}\n")));
    out.push_str("built then\n");
    change::rendered_lines(&plan.rendered).iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    out.push('\n');
    out.push_str(&shown_patches(&plan.files)?);
    Ok(out)
}

/// How programs of the repository are let run, where nobody has done that.
pub fn unallowed(checks: &[Check]) -> Option<&'static str> {
    let is_barred = checks.iter().any(|check| check.name.starts_with(PROGRAM) && check.why == UNALLOWED);
    is_barred.then_some("`fluxdeck trust` shows what a policy runs, and allows it; --run-policy runs it this time")
}

fn proven(plan: &ChangePlan, proof: &ChangeProof, out: &mut String) {
    out.push_str(&format!("built by    {}\n", plan.build));
    proof.checks.iter().for_each(|check| out.push_str(&checked(check)));
    radius(proof).iter().for_each(|line| out.push_str(&format!("{line}\n")));
}

fn checked(check: &Check) -> String {
    format!("{:<12}{}: {}\n", check.result.word(), check.name, sanitise_line(&check.why))
}

/// What a person should know, and the command that changes something else instead.
pub fn cautions(all: &[Caution], order: &ChangeOrder) -> Vec<String> {
    let mut lines = Vec::new();
    for Caution { text, instead } in all {
        lines.push(format!("warning     {}", sanitise_line(text)));
        if let Some(other) = instead {
            lines.push(format!("instead     {}", sanitise_line(&other.to_string())));
            lines.push(format!("            {}", command(other, order)));
        }
    }
    lines
}

/// The command for the other change; what its value would have to be may not be known.
fn command(other: &Alternative, order: &ChangeOrder) -> String {
    let value = if other.value == other.before { "VALUE" } else { &other.value };
    playbooks::instead(order, other, value).line()
}

fn cautions_json(all: &[Caution], order: &ChangeOrder) -> Vec<Value> {
    let instead = |other: &Alternative| {
        json!({
            "object": other.named(), "namespace": other.object.namespace, "build": other.build, "field": other.field,
            "before": other.before, "value": (other.value != other.before).then_some(&other.value),
            "place": other.place.as_ref().map(ToString::to_string), "command": command(other, order),
        })
    };
    all.iter().map(|one| json!({ "text": one.text, "instead": one.instead.as_ref().map(instead) })).collect()
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

fn builds(all: &[BuildChoice]) -> Vec<Value> {
    all.iter().map(|one| json!({ "build": one.build, "object": one.object })).collect()
}

/// The file and the line that a person would edit.
fn set_at(line: Option<&SourceLine>) -> String {
    line.map(|line| format!("set at      {line}\n")).unwrap_or_default()
}

/// A way to what is wanted, for people.
struct PrintedWay {
    flag: String,
    /// It takes consent to what else changes.
    is_wide: bool,
    place: String,
    /// What else changes, a line each; why it cannot be taken.
    result: std::result::Result<Vec<String>, String>,
}

/// The ways that can be taken, each with the flags that take it and what it would do; then why the other places are none.
fn offered(ways: &[PrintedWay]) -> String {
    let mut out = String::new();
    for PrintedWay { flag, is_wide, place, result } in ways {
        let Ok(besides) = result else { continue };
        let wide = if *is_wide { " --wide" } else { "" };
        out.push_str(&format!("{:<25}{place}\n", format!("--layer {flag}{wide}")));
        match besides.is_empty() {
            true => out.push_str("  nothing else changes\n"),
            false => besides.iter().for_each(|line| out.push_str(&format!("  {line}\n"))),
        }
    }
    for PrintedWay { place, result, .. } in ways {
        if let Err(why) = result {
            out.push_str(&format!("closed      {place}: {}\n", sanitise_line(why)));
        }
    }
    out
}

/// Each way, and what it would do; first, and once, what no way can prove.
fn ways(refused: &Refused, order: &ChangeOrder) -> String {
    let proofs = refused.tried.iter().filter_map(|tried| tried.result.as_ref().ok());
    let all: BTreeSet<_> = proofs.flat_map(|proof| &proof.unproven).collect();
    let mut out = set_at(refused.set_at.as_ref());
    out.extend(all.into_iter().map(unproven).map(|line| line + "\n"));
    let besides = |proof: &ChangeProof| match proof.besides() == 0 && proof.stopped.is_empty() {
        true => Vec::new(),
        false => change::besides(proof).into_iter().chain(readers(proof)).collect(),
    };
    let one = |tried: &Tried| PrintedWay {
        flag: tried.flag(),
        is_wide: tried.open().is_ok_and(|proof| proof.besides() > 0),
        place: format!("{}  {}", tried.way.place(), tried.way.layer),
        result: tried.open().map(besides),
    };
    out.push_str(&offered(&refused.tried.iter().map(one).collect::<Vec<_>>()));
    cautions(&refused.cautions, order).iter().for_each(|line| out.push_str(&format!("{line}\n")));
    out
}

fn planned(plan: &ChangePlan, order: &ChangeOrder, checks: &[Check]) -> Result<Value> {
    let changes: Vec<_> = plan.done.iter().map(done).collect();
    let patch = shown_patches(&plan.files)?;
    Ok(json!({
        "object": plan.object,
        "build": plan.build,
        "outcome": "planned",
        "changes": changes,
        "byHand": plan.by_hand.as_deref().map(proof),
        "files": plan.files.iter().map(|file| json!({ "path": &*file.path, "new": file.before.is_none() })).collect::<Vec<_>>(),
        "checks": checks.iter().map(check).collect::<Vec<_>>(),
        "warnings": cautions_json(&plan.cautions, order),
        "rendered": plan.rendered.iter().map(rendered).collect::<Vec<_>>(),
        "patch": patch,
    }))
}

/// What is built then.
fn rendered(build: &RenderedBuild) -> Value {
    let field = |one: &RenderedField| json!({ "field": one.path, "before": one.before, "after": one.after });
    let object = |one: &RenderedObject| {
        let fields: Vec<_> = one.fields.iter().map(field).collect();
        json!({ "object": one.object, "change": one.fate.word(), "fields": fields, "more": one.more })
    };
    json!({
        "builds": build.builds, "objects": build.objects.iter().map(object).collect::<Vec<_>>(), "more": build.more,
        "why": build.lost,
    })
}

fn done(done: &FieldChange) -> Value {
    json!({ "object": done.of.as_ref().map(ToString::to_string), "field": done.field, "before": done.before, "after": done.after, "way": way(&done.way), "proof": proof(&done.proof) })
}

fn way(way: &Way) -> Value {
    let line = (way.line > 0).then_some(way.line);
    json!({ "file": &*way.file, "line": line, "layer": way.layer })
}

fn check(check: &Check) -> Value {
    json!({ "check": check.name, "verdict": check.result.word(), "why": check.why })
}

fn proof(proof: &ChangeProof) -> Value {
    let named =
        |all: &[(String, String)]| all.iter().map(|(build, why)| json!({ "build": build, "why": why })).collect::<Vec<_>>();
    let elsewhere = proof.elsewhere.iter().map(|(build, all)| json!({ "build": build, "differences": differences(all) }));
    let checks = proof.checks.iter().map(check);
    let renamed = proof.renamed.iter().map(|one| json!({ "kind": one.kind, "from": one.from, "to": one.to }));
    json!({
        "checks": checks.collect::<Vec<_>>(),
        "alsoChanges": differences(&proof.inside),
        "elsewhere": elsewhere.collect::<Vec<_>>(),
        "saidBy": proof.said.iter().map(|(build, one)| json!({ "build": build, "difference": differences(std::slice::from_ref(one)) })).collect::<Vec<_>>(),
        "breaks": named(&proof.broken),
        "stops": named(&proof.stopped),
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

fn refusal(refused: &Refused, order: &ChangeOrder) -> Value {
    let open = |tried: &Tried| {
        let found = tried.open().ok()?;
        Some(json!({ "layer": tried.flag(), "wide": found.besides() > 0, "way": way(&tried.way), "proof": proof(found) }))
    };
    let closed = |tried: &Tried| Some(json!({ "way": way(&tried.way), "why": tried.open().err()? }));
    json!({
        "object": refused.object,
        "build": refused.build,
        "field": refused.field,
        "outcome": "refused",
        "why": refused.why,
        "hint": refused.hint,
        "setAt": refused.set_at.as_ref().map(ToString::to_string),
        "ways": refused.tried.iter().filter_map(open).collect::<Vec<_>>(),
        "closedWays": refused.tried.iter().filter_map(closed).collect::<Vec<_>>(),
        "builds": builds(&refused.builds),
        "warnings": cautions_json(&refused.cautions, order),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ways_that_can_be_taken_are_offered_with_their_flags() {
        let way = |flag: &str, is_wide, place: &str, result: std::result::Result<&[&str], &str>| PrintedWay {
            flag: flag.to_owned(),
            is_wide,
            place: place.to_owned(),
            result: result.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect()).map_err(str::to_owned),
        };
        let ways = [
            way("1", true, "base/web.yaml:6  resource", Ok(&["also changes staging"])),
            way("2", false, "a/kustomization.yaml:4  images", Err("it has no tag")),
            way("new-patch", false, "a/kustomization.yaml  new patch", Ok(&[])),
        ];
        let expected = "--layer 1 --wide         base/web.yaml:6  resource\n  also changes staging\n\
                        --layer new-patch        a/kustomization.yaml  new patch\n  nothing else changes\n\
                        closed      a/kustomization.yaml:4  images: it has no tag\n";
        assert_eq!(offered(&ways), expected);
        assert!(!offered(&ways[1..2]).contains("--layer"));
    }
}
