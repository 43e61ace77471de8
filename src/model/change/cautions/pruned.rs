//! An object that git no longer has: whether Flux deletes it, and what goes with it.
//!
//! Source: kustomize-controller v1.9.4 `internal/controller/kustomization_controller.go` (`prune`: only with `spec.prune`;
//! `finalizerShouldDeleteResources`: of a Kustomization that is deleted itself, unless it is suspended; `deleteObjects`: not what another
//! one applies by now, and not what its switches keep).

use super::query::{CautionQuery, ObjectChange, Placed, is_same};
use super::{FoundCautions, listed, losses, switches};
use crate::change::builds::Build;
use crate::domain::object::Deletion;
use crate::insight::named::shown;
use crate::render::flux::{Applied, Spec};
use crate::render::id::meta_text;
use crate::render::repository::BuildOutcome;

/// Objects of one build that are deleted, or that another build applies from now on.
struct Leaving<'a> {
    from: &'a Build,
    to: Option<&'a Build>,
    objects: Vec<Placed<'a>>,
}

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    let mut all: Vec<Leaving<'_>> = Vec::new();
    for (before, to) in query.changes.iter().filter_map(|change| leaving(query, change)) {
        let is_one =
            |one: &&mut Leaving<'_>| one.from.name == before.build.name && one.to.map(|to| &to.name) == to.map(|to| &to.name);
        match all.iter_mut().find(is_one) {
            Some(one) => one.objects.push(before),
            None => all.push(Leaving { from: before.build, to, objects: vec![before] }),
        }
    }
    for Leaving { from, to, objects } in all {
        let (heavy, light): (Vec<_>, Vec<_>) =
            objects.into_iter().map(|gone| (shown(gone.node()), losses::with(query, gone))).partition(|(_, loss)| loss.is_some());
        let light: Vec<_> = light.into_iter().map(|(name, _)| name).collect();
        let reason = if query.build(from, true).is_some() { "(spec.prune)" } else { "(deleted itself)" };
        let mut say = |name: String, loss: String| match to {
            Some(to) => {
                let (from, to) = (&from.name, &to.name);
                let again = "deleted and created again";
                found.say(format!("{name}: applied by {to} instead of {from}; if {from} is applied first, {again}{loss}"));
            }
            None => found.say_of(format!("{name}: no longer in git, and deleted by "), from, format!(" {reason}{loss}")),
        };
        for (name, loss) in heavy {
            say(name, loss.map(|loss| format!(", {loss}")).unwrap_or_default());
        }
        if !light.is_empty() {
            say(listed(&light, "other object"), String::new());
        }
    }
}

/// An object that its build deletes, and what applies it from now on.
fn leaving<'a>(query: &CautionQuery<'a>, change: &ObjectChange<'a>) -> Option<(Placed<'a>, Option<&'a Build>)> {
    let before = change.before?;
    let to = change.after.map(|after| after.build);
    let is_elsewhere = |other: Placed<'a>| is_same(other.node(), before.node());
    let stays = match to {
        Some(to) => to.is_same(before.build),
        None => query.beside(before.build, true).any(is_elsewhere),
    };
    let is_deleted = !stays && !switches::is_kept(before.node()) && deletes(query, before.build) == Some(true);
    is_deleted.then_some((before, to))
}

/// Whether what a build no longer has is deleted; none where nobody can know.
fn deletes(query: &CautionQuery<'_>, build: &Build) -> Option<bool> {
    let spec = build.spec.as_ref()?;
    if let Some(after) = query.build(build, true) {
        let is_built = matches!(after.outcome, BuildOutcome::Built(_));
        return is_built.then(|| after.spec.as_ref()?.upkeep).flatten().map(|upkeep| upkeep.prunes);
    }
    // it is no longer declared: what applied it decides on it, and then it decides on what it applied
    let (parent, upkeep) = (query.parent(build, false)?, spec.upkeep?);
    let is_it = |object: &&Applied| {
        let own = |key, text: &str| meta_text(&object.node, key) == text;
        Spec::is_one(&object.node) && own("name", &spec.name) && own("namespace", &spec.namespace)
    };
    let is_kept = parent.objects().iter().find(is_it).is_some_and(|object| switches::is_kept(&object.node));
    Some(!is_kept && deletes(query, parent)? && !upkeep.is_suspended && upkeep.deletion == Deletion::Prunes)
}
