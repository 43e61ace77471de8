//! Flux Kustomizations that no cluster applies.

use super::{Finding, Findings, Level, Rule};
use crate::domain::text::counted;
use crate::insight::schema::Schemas;
use crate::render::repository::{BuildOutcome, Member, Repository};

pub(super) static RULE: Rule = Rule {
    name: "not-reached",
    doc: "Flux Kustomizations that no cluster reaches: an error if they are most of the repository's",
    look: Some(look),
};

/// How many are named.
const MOST_NAMED: usize = 5;

/// One finding for all of them: a few are switched off, many mean that nobody knows where the clusters begin, unless what would apply them
/// fails, or is not known in full.
fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
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
