//! Flux Kustomizations that no cluster applies.

use super::{Finding, Findings, Level, Rule};
use crate::domain::text::counted;
use crate::insight::named::group;
use crate::insight::schema::Schemas;
use crate::kinds;
use crate::render::Node;
use crate::render::id::text_at;
use crate::render::repository::{BuildOutcome, Extent, Member, Repository};

pub(super) static RULE: Rule = Rule {
    name: "not-reached",
    doc: "Flux Kustomizations that no cluster reaches: an error if they are most of the repository's, or if it has nothing of Flux",
    look: Some(look),
};

/// How many are named.
const MOST_NAMED: usize = 5;

/// One finding for all of them: a few are switched off, many mean that nobody knows where the clusters begin, unless what would apply them
/// fails, or is not known in full.
fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    no_cluster(repository, findings);
    let (all, missed) = (repository.declared, &repository.unreached);
    let Some(first) = missed.first() else { return };
    let fails = |member: &Member| matches!(member.outcome, BuildOutcome::Failed(_)) || member.remotes.missing().next().is_some();
    let has_failed = repository.members().any(|(_, member)| fails(member));
    let level = if missed.len() * 2 > all && !has_failed { Level::Error } else { Level::Note };
    let named = missed.iter().take(MOST_NAMED).map(|one| format!("{} ({})", one.id, one.origin.location));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = missed.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let all = counted(all, "Flux Kustomization");
    let message = format!("no cluster reaches {} of {all}, and nothing of that was built: {named}{more}", missed.len());
    let hint =
        "what applies them is not in this repository, or lists them no longer; say it in .fluxdeck.toml: [[kustomizations]]";
    findings.add(Finding::new(level, &RULE, message).hint(hint).at(&first.origin), None);
}

/// What is built for a cluster that nobody names. Releases and sources may be what another repository applies from this one; where there is
/// nothing of Flux at all, a run that finds no fault says nothing of what Flux would do.
fn no_cluster(repository: &Repository, findings: &mut Findings) {
    let all = &repository.clusters;
    if all.is_empty() || all.iter().any(|cluster| cluster.extent != Extent::Unknown) {
        return;
    }
    let has_flux = repository.declared > 0 || super::all(repository).any(|(_, object)| is_flux(&object.node));
    let tops = counted(repository.members().filter(|(_, member)| member.parent.is_none()).count(), "folder");
    let (level, message) = match has_flux {
        true => (
            Level::Note,
            format!("no cluster begins here: {tops} with a kustomization file, looked at for one that nobody names"),
        ),
        false => {
            (Level::Error, format!("there is nothing of Flux here: {tops} with a kustomization file, built as by kustomize"))
        }
    };
    let hint = "say what applies them in .fluxdeck.toml: [[kustomizations]] cluster, path";
    findings.add(Finding::new(level, &RULE, message).hint(hint), None);
}

fn is_flux(node: &Node) -> bool {
    kinds::find(group(node), text_at(node, "kind")).is_some_and(kinds::Kind::is_flux)
}
