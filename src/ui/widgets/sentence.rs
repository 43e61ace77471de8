//! What there is to say of an object in a sentence: on its row, and in full above the keys.
//!
//! ```text
//!  Failed: CrashLoopBackOff: web: exit 1, 7 restarts: cannot reach the database (po web/web-7d9c54-88vtw); available: 2/3
//!  Ready, 2 below failed: po web/web-7d9c54-88vtw: CrashLoopBackOff: web: exit 1, 7 restarts: cannot reach the database; Applied …
//! ```

use super::lines::Styled;
use super::progress;
use crate::ui::theme::Scope;
use fluxdeck_model::domain::{Health, NodeId, ObjectRef, revision};
use fluxdeck_model::kinds;
use fluxdeck_model::state::State;
use fluxdeck_model::state::projection::{cause_below, message_of, named, own_message, word_of};

/// Below this width of the screen, kinds and actions have their short names.
pub const NARROW: u16 = 100;

/// A message as a person reads it: no digest is longer than the seven digits that git shows.
pub fn brief(message: &str) -> String {
    revision::shortened_in(message).into_owned()
}

/// An object in few columns: `ks flux-system/apps`.
pub fn short(object: &ObjectRef) -> String {
    let kind = kinds::find(&object.gk.group, &object.gk.kind).and_then(|kind| kind.short.first().copied());
    format!("{} {}", kind.unwrap_or(&object.gk.kind), object.path())
}

/// The same of an object that is known as it was written down: `Kustomization flux-system/apps`.
pub fn short_written(object: &str) -> String {
    let Some((kind, path)) = object.split_once(' ') else { return object.to_owned() };
    let short = kinds::by_name(kind).first().and_then(|kind| kind.short.first().copied());
    format!("{} {path}", short.unwrap_or(kind))
}

/// The sentence above the keys: what is being done to the object; else its state in the colour of that, the cause from below, its own message.
/// Where drift is looked at, that instead.
pub fn of_object(state: &State, node: NodeId, shows_drift: bool) -> Styled {
    let cluster = state.cluster();
    let (store, forest) = (&cluster.store, &cluster.forest);
    let reference = store.reference(node);
    let pull = progress::pull(state, reference);
    if let Some(act) = progress::message(state, reference).filter(|_| !shows_drift) {
        return Styled::of(act.health.into(), act.text).and(Scope::Accent, pull);
    }
    let health = forest.health(node).unwrap_or(Health::Unknown);
    let cause = cause_below(store, forest, node).filter(|_| health != Health::Suspended && !shows_drift);
    let clock = state.person_clock();
    let own = if shows_drift { cluster.message_of(node, &clock) } else { own_message(store, forest, node, &clock) };
    let own = brief(&own);
    let scope = if health == Health::Ready { Scope::Dim } else { health.into() };
    let mut line = Styled::of(health.into(), word_of(store, forest, node));
    if let Some(cause) = cause {
        let below = forest.below(node);
        let failed = below.of(Health::Failed) + below.of(Health::Stalled);
        let (why, name) = (brief(&message_of(store, forest, cause)), named(store, forest, cause, true));
        // of many below it is asked first which one; what failed itself says why
        let text =
            if health.is_failing() { format!(": {why} ({name})") } else { format!(", {failed} below failed: {name}: {why}") };
        let of_cause: Scope = forest.health(cause).unwrap_or(Health::Failed).into();
        line = line.and(of_cause, text);
    }
    if !own.is_empty() {
        line = line.and(scope, format!("{}{own}", if cause.is_some() { "; " } else { ": " }));
    }
    line.and(Scope::Accent, pull)
}
