//! A server-side apply that stores nothing: of which objects it is asked for, and what the answers mean.

use super::DRY_RUN;
use crate::change::WantedField;
use crate::change::builds::Build;
use crate::change::cautions::{CautionQuery, ObjectChange, Placed, is, is_forced, is_same, leaves_alone, text_of};
use crate::change::checks::{Check, CheckResult};
use crate::domain::GroupKind;
use crate::domain::dry_run::{DryRun, DryRunAnswer, GoneField, GoneStep};
use crate::domain::text::counted;
use crate::insight::field::{FieldPath, PathPart};
use crate::insight::named::{group, shown};
use crate::kinds;
use crate::render::id::{meta_text, text_at};
use crate::render::{Node, write};

/// Fields that an action sets in the cluster.
const SUSPEND: &str = "spec.suspend";
const REPLICAS: &str = "spec.replicas";
/// Objects that a reason names; the rest is counted.
const MOST: usize = 3;

/// Objects that the API server is not asked about, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub object: String,
    pub why: String,
}

/// The objects that change and are applied to the cluster of `own`, and those that are left out.
pub fn all(query: &CautionQuery<'_>, own: &Build) -> (Vec<DryRun>, Vec<LeftOut>) {
    let (mut asked, mut left_out) = (Vec::new(), Vec::new());
    for change in &query.changes {
        let Some(after) = change.after else { continue };
        match one(query, own, change, after) {
            Ok(run) => asked.push(run),
            Err(why) => left_out.push(LeftOut { object: shown(after.node()), why }),
        }
    }
    (asked, left_out)
}

fn one(query: &CautionQuery<'_>, own: &Build, change: &ObjectChange<'_>, after: Placed<'_>) -> Result<DryRun, String> {
    let (node, object) = (after.node(), after.object);
    let spec = after.build.spec.as_ref().ok_or("no Flux Kustomization applies it")?;
    if spec.is_remote {
        return Err("its Kustomization applies to another cluster (spec.kubeConfig)".to_owned());
    }
    if !own.is_with(after.build) {
        return Err("it is of another cluster".to_owned());
    }
    if let Some(switch) = leaves_alone(node, change.both().is_some()) {
        return Err(format!("Flux leaves it alone ({switch})"));
    }
    if object.is_encrypted {
        return Err("SOPS has encrypted it".to_owned());
    }
    if let Some(address) = &object.unproven {
        return Err(format!("{address} may change it, and is not here"));
    }
    if !object.unknown.is_empty() {
        let names: Vec<_> = object.unknown.iter().map(|name| &**name).collect();
        return Err(format!("only the cluster knows {}", names.join(", ")));
    }
    if let Some(what) = comes_with(query, after) {
        return Err(format!("its {what} comes with this change"));
    }
    let body = write::json(node).map_err(|error| error.to_string())?.to_string();
    let version = text_at(node, "apiVersion");
    Ok(DryRun {
        object: shown(node),
        gk: GroupKind::new(group(node), text_at(node, "kind")),
        version: version.rsplit('/').next().unwrap_or(version).to_owned(),
        namespace: meta_text(node, "namespace").to_owned(),
        name: meta_text(node, "name").to_owned(),
        body,
        account: spec.account.as_ref().map(|name| format!("{}/{name}", spec.namespace)),
        is_forced: after.upkeep().is_some_and(|upkeep| upkeep.recreates) || is_forced(node),
        gone: change.before.map(|before| gone(query, before, node)).unwrap_or_default(),
    })
}

/// The wanted fields that an object has before, and not after.
fn gone(query: &CautionQuery<'_>, before: Placed<'_>, after: &Node) -> Vec<GoneField> {
    let is_meant = query.meant.is_some_and(|meant| is_same(meant.node(), before.node()));
    let step = |part: &PathPart| match part {
        PathPart::Key(key) => Some(GoneStep::Key(key.clone())),
        PathPart::Item(pairs) => Some(GoneStep::Item(pairs.clone())),
        // an item that is known by its place has no owner of its own
        PathPart::Index(_) => None,
    };
    let one = |wanted: &WantedField| {
        let (path, now) = wanted.field.found(before.node())?;
        if !is_meant || !wanted.is_gone() || wanted.field.find(after).is_ok() {
            return None;
        }
        let steps = FieldPath::parse(&path).ok()?.parts().iter().map(step).collect::<Option<_>>()?;
        Some(GoneField { path: wanted.written.clone(), steps, was: write::json(now).ok()? })
    };
    query.wanted.iter().filter_map(one).collect()
}

/// What the cluster lacks as long as the change is not applied: the API server would not know what it is asked about.
fn comes_with(query: &CautionQuery<'_>, after: Placed<'_>) -> Option<&'static str> {
    let new = query.changes.iter().filter(|change| change.before.is_none()).filter_map(|change| change.after);
    let is_namespace = |new: &Placed<'_>| {
        is(new.node(), kinds::NAMESPACE) && meta_text(new.node(), "name") == meta_text(after.node(), "namespace")
    };
    let is_definition = |new: &Placed<'_>| {
        is(new.node(), kinds::CUSTOM_RESOURCE_DEFINITION)
            && text_of(new.node(), &["spec", "group"]) == group(after.node())
            && text_of(new.node(), &["spec", "names", "kind"]) == text_at(after.node(), "kind")
    };
    new.filter(|new| new.build.is_with(after.build)).find_map(|new| match () {
        () if is_namespace(&new) => Some("namespace"),
        () if is_definition(&new) => Some("definition"),
        () => None,
    })
}

/// The answers as one check: passed only where every object was asked about and taken.
pub fn check(left_out: &[LeftOut], answers: Vec<(&DryRun, DryRunAnswer)>) -> Check {
    let check = |result, why| Check { name: DRY_RUN.into(), result, why };
    let (mut refused, mut unasked, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    for (run, answer) in answers {
        match answer {
            DryRunAnswer::Taken => taken.push(run),
            DryRunAnswer::Kept { field, owners } => refused.push(kept(run, &field, &owners)),
            DryRunAnswer::Refused(why) if run.is_forced => {
                unasked.push(format!("{}: {why}; Flux would delete it and create it again (force)", run.object));
            }
            DryRunAnswer::Refused(why) => refused.push(format!("{}: {why}", run.object)),
            DryRunAnswer::NotAsked(why) => unasked.push(format!("{}: {why}", run.object)),
        }
    }
    unasked.extend(left_out.iter().map(|one| format!("{}: {}", one.object, one.why)));
    let accounts: Vec<_> = taken.iter().filter_map(|run| run.account.as_deref()).collect();
    let by = match accounts.first() {
        Some(first) => format!("asked as you, where Flux applies as {first}"),
        None => "asked as you".to_owned(),
    };
    match (refused.is_empty(), unasked.is_empty(), taken.len()) {
        (false, _, _) => check(CheckResult::Failed, some(&refused)),
        (true, false, 0) => check(CheckResult::NotRun, some(&unasked)),
        (true, false, count) => {
            let why = format!("{} would be taken; not asked: {}", counted(count, "object"), some(&unasked));
            check(CheckResult::NotRun, why)
        }
        (true, true, 0) => check(CheckResult::NotRun, "no object is applied otherwise".to_owned()),
        (true, true, count) => check(CheckResult::Passed, format!("{} would be taken, {by}", counted(count, "object"))),
    }
}

/// Who keeps a field in the cluster that git takes out, and what ends that: the manager that owns it has to let go of it.
fn kept(run: &DryRun, field: &str, owners: &[String]) -> String {
    let owner = owners.join(" and ");
    let (own, have) = if owners.len() > 1 { ("own", "have") } else { ("owns", "has") };
    let live = match field {
        SUSPEND => "resume it in the cluster, once this is merged (r)".to_owned(),
        REPLICAS => "set it in the cluster, once this is merged (a)".to_owned(),
        _ => format!("{owner} {have} to give it up: take it out in the cluster too, or set it in git to what it is to be"),
    };
    format!("{}: {field} stays in the cluster, for {owner} {own} it too: {live}", run.object)
}

fn some(all: &[String]) -> String {
    let shown = all.iter().take(MOST).cloned().collect::<Vec<_>>().join("; ");
    if all.len() > MOST { format!("{shown}; and {} more", all.len() - MOST) } else { shown }
}
