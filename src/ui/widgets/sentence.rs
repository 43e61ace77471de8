//! What there is to say of an object in a sentence: on its row, and in full above the keys.
//!
//! ```text
//!  Failed: po web/web-7d9c54-88vtw: container web exits 1 ("cannot reach the database"), restarted 7 times; available: 2/3
//!  Ready, 2 below failed: po web/web-7d9c54-88vtw: container web exits 1 ("cannot reach the database"), restarted 7 times; Applied …
//! ```

use super::lines::Styled;
use super::progress;
use crate::ui::theme::Scope;
use fluxdeck_model::domain::{Health, NodeId, ObjectRef, revision};
use fluxdeck_model::insight::why::Because;
use fluxdeck_model::kinds;
use fluxdeck_model::state::State;
use fluxdeck_model::state::projection::{own_message, word_of};

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

/// Whether there is something to explain: an object that is not well, or has something below it that fails, and that nobody suspended.
pub fn wants_why(state: &State, node: NodeId) -> bool {
    let cluster = state.cluster();
    let health = cluster.forest.health(node).unwrap_or(Health::Unknown);
    let is_well = health == Health::Ready && !cluster.forest.below(node).worst().is_some_and(Health::is_failing);
    !is_well && health != Health::Suspended && cluster.store.object(node).is_some()
}

/// The first sentence of why an object is as it is: that of the first cause. None where nothing is wrong, or somebody suspended it.
/// Costs the way to the cause once after each change, which is that of its ancestors and children; nothing where all is well.
pub fn why(state: &State, node: NodeId) -> Option<Because> {
    let cluster = state.cluster();
    if !wants_why(state, node) {
        return None;
    }
    cluster.forest.first_cause(&cluster.store, node, state.clock)
}

/// The sentence above the keys: what is being done to the object; else its state in the colour of that, the first cause, its own message.
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
    let clock = state.person_clock();
    let own = if shows_drift { cluster.message_of(node, &clock) } else { own_message(store, forest, node, &clock) };
    let own = brief(&own);
    // its own words are said in full: a sentence that repeats them would say them twice
    let repeats = |cause: &Because| {
        let head = cause.says.split('…').next().unwrap_or_default();
        cause.object == *reference && (!health.is_failing() || own.starts_with(head))
    };
    let cause = why(state, node).filter(|cause| !shows_drift && !repeats(cause));
    let scope = if health == Health::Ready { Scope::Dim } else { health.into() };
    let mut line = Styled::of(health.into(), word_of(store, forest, node));
    if let Some(cause) = &cause {
        let below = forest.below(node);
        let failed = below.of(Health::Failed) + below.of(Health::Stalled);
        let of = if cause.object == *reference { String::new() } else { format!("{}: ", short(&cause.object)) };
        // of many below it is asked first which one
        let lead = if health == Health::Ready { format!(", {failed} below failed: ") } else { ": ".to_owned() };
        line = line.and(cause.health.into(), format!("{lead}{of}{}", cause.says));
    }
    if !own.is_empty() {
        line = line.and(scope, format!("{}{own}", if cause.is_some() { "; " } else { ": " }));
    }
    line.and(Scope::Accent, pull)
}
