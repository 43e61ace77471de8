//! A Secret, a ConfigMap or the like that an object needs and that is not there, or lacks a key.

use super::CauseRule;
use crate::domain::ObjectRef;
use crate::domain::store::Presence;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{absent, absent_key, absent_volume_key, captured};
use crate::insight::why::remedy::Remedy;
use std::sync::LazyLock;

use regex::Regex;

pub(super) const RULE: CauseRule = CauseRule {
    name: "missing-reference",
    doc: "a Secret, ConfigMap or the like that the object names is missing, or lacks a key",
    find,
};

/// What the message calls what it needs: `could not resolve ConfigMap chart values reference 'web/values' with key 'values.yaml'`.
static LACKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:missing key|key) '?([^' ]+)'? (?:not found|does not exist|is missing)|missing key ([^ ]+)")
        .expect("a pattern")
});

fn find(clue: &Clue) -> Option<Diagnosis> {
    let event = clue.warning(&["Failed", "FailedMount", "FailedCreate"]);
    let texts = [clue.failed(), event.map(|event| event.message.as_str())];
    let (message, is_event) = texts.into_iter().zip([false, true]).find_map(|(text, is_event)| {
        let text = text?;
        (absent(text).is_some()
            || absent_key(text).is_some()
            || absent_volume_key(text).is_some()
            || clue.kind.is_flux() && LACKS.is_match(text))
        .then_some((text, is_event))
    })?;
    let namespace = &clue.reference().namespace;
    let (says, key) = if let Some((key, kind, name)) = absent_key(message) {
        (format!("{kind} {name} has no key {key}"), format!("{kind} {name}"))
    } else if let Some((kind, key)) = absent_volume_key(message) {
        (format!("a volume of it asks for key {key}, which its {kind} does not have"), format!("{kind} {key}"))
    } else if let Some((kind, name)) = absent(message) {
        let path = if name.contains('/') || !kind.namespaced { name.to_owned() } else { format!("{namespace}/{name}") };
        let (of, own) = path.split_once('/').unwrap_or(("", &path));
        let found = clue.sight.store.find(&ObjectRef::new(clue.reference().cluster, kind.gk(), of, own));
        // it may have been made since
        let by_now = match found.map(|node| clue.sight.store.presence(node)) {
            Some(Presence::Present) => "; it is there by now",
            _ => "",
        };
        (format!("{} {path} does not exist{by_now}", kind.kind), format!("{} {path}", kind.kind))
    } else {
        let key = captured(&LACKS, message).unwrap_or_default();
        (format!("what it reads has no key {key}"), format!("{} {key}", clue.reference()))
    };
    let who = clue.container().map(|container| format!("container {}: ", container.name)).unwrap_or_default();
    let found = clue.diagnose(format!("{who}{says}")).keyed(key).press(&[Remedy::File, Remedy::Events]);
    Some(match event.filter(|_| is_event) {
        Some(event) => found.by_event(event),
        None => found,
    })
}
