//! Suspend in git: `spec.suspend`, so that it holds for everybody and a commit says why.
//!
//! Source of what may be suspended so: a commit resumes an object only if the Kustomization that applies its manifest runs, and fetches it.

use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::{WantedChange, WantedField};
use crate::domain::Object;
use crate::error::Error;
use crate::forms::Form;
use crate::insight::named::group;
use crate::kinds::{Kind, Suspend};
use crate::render::flux;
use crate::render::id::{meta_text, text_at};

pub(super) const FIELD: &str = "spec.suspend";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "suspend-in-git",
    command: "suspend-in-git",
    doc: "Suspend an object by its manifest: it stays so until a commit resumes it",
    key: "S",
    label: "suspend…",
    keys: &[],
    start: PlaybookStart::Form,
    offers,
    present,
    form: |_| Form::nothing(),
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted: |_, known| {
        if let Some(why) = no_way_back(known) {
            let hint = "suspend it in the cluster instead: `fluxdeck suspend`, or s";
            return Err(Error::failed(format!("no commit would resume {}: {why}", known.name), hint));
        }
        Ok(WantedChange::Own(vec![WantedField::new(FIELD, "true")?]))
    },
};

pub(super) fn offers(kind: &Kind) -> std::result::Result<(), String> {
    match kind.suspend {
        Suspend::Spec => Ok(()),
        Suspend::Never => Err(format!("{} cannot be suspended", kind.kind)),
        _ => Err(format!("{} is not suspended by a field of its spec", kind.kind)),
    }
}

pub(super) fn present(object: &Object) -> PresentState {
    let text = if object.suspension.is_some() { "suspended in the cluster" } else { "not suspended in the cluster" };
    PresentState { text: text.to_owned(), ..PresentState::default() }
}

/// Why no commit would bring it back.
fn no_way_back(known: &KnownObject<'_>) -> Option<&'static str> {
    let built = known.built?;
    let (spec, node) = (built.own.spec.as_deref()?, &built.object.node);
    let is_it = |namespace: &str, name: &str| meta_text(node, "namespace") == namespace && meta_text(node, "name") == name;
    let kind = text_at(node, "kind");
    if group(node) == flux::GROUP && is_it(&spec.namespace, &spec.name) {
        return Some("it applies its own manifest");
    }
    let is_source = *spec.source.kind == *kind && is_it(&spec.source.namespace, &spec.source.name);
    is_source.then_some("what applies its manifest is fetched by it")
}
