//! Track origins: each object that a Kustomization applies says by an annotation from which file it comes.
//!
//! Source: kustomize-controller v1.9 `docs/spec/v1/kustomizations.md`, "Build metadata": `spec.buildMetadata` takes the place of the list in the
//! folder's kustomization file. In a kustomization file that another one lists it has no effect (kustomize `api/internal/target/kusttarget.go`).

use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState};
use crate::change::{WantedChange, WantedField, WantedValue};
use crate::error::{Error, Result};
use crate::forms::{Answers, Form};
use crate::kinds;

const FIELD: &str = "spec.buildMetadata";
const ORIGINS: &str = "originAnnotations";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "track-origins",
    command: "track-origins",
    doc: "Let each object of a Kustomization say from which file it comes (Flux 2.9 or later)",
    key: "T",
    label: "track origins…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: |kind| match kind == kinds::KUSTOMIZATION {
        true => Ok(()),
        false => Err(format!("{} builds nothing from files", kind.kind)),
    },
    present: |_| PresentState::default(),
    form: |_| Form::nothing(),
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted,
};

fn wanted(_: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    let items = known.items(FIELD);
    if items.iter().any(|item| known.value(&format!("{FIELD}{item}")) == Some(ORIGINS)) {
        return Err(Error::failed(
            format!("{} tracks origins already", known.name),
            "`fluxdeck where` names the file of a field",
        ));
    }
    let field = match items.is_empty() {
        true => WantedField::of(FIELD, WantedValue::Json(format!("[\"{ORIGINS}\"]")))?,
        false => WantedField::of(&format!("{FIELD}[+{}]", items.len()), WantedValue::Json(format!("\"{ORIGINS}\"")))?,
    };
    Ok(WantedChange::Own(vec![field]))
}
