//! Update image: another image, or another tag of it, for a container of a workload.

use super::containers::{self, CONTAINER, chosen};
use super::known::KnownObject;
use super::{AssignmentTarget, OfferSource, OnOffer, Playbook, PlaybookStart, PresentState};
use crate::change::{WantedChange, WantedField, image_name, image_parts};
use crate::domain::published::Catalogue;
use crate::error::{Error, Result};
use crate::forms::{Answers, Choices, Field, Form, InputKind};

const IMAGE: &str = "image";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "update-image",
    command: "update-image",
    doc: "Change the image of a container, in the file that sets it",
    key: "i",
    label: "image…",
    keys: &[],
    start: PlaybookStart::Form,
    offers: containers::offers,
    present: |_| PresentState::default(),
    form,
    on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted,
};

fn form(known: &KnownObject<'_>) -> Form {
    let image = |one: &containers::ContainerField| known.value(&format!("{}.image", one.path)).unwrap_or_default().to_owned();
    let container = containers::field(known, image);
    let help = ":TAG for another tag, @DIGEST, or the whole image";
    let field = Field::new(IMAGE, IMAGE, help, InputKind::Choice { from: Choices::Now(Vec::new()), free: true });
    let all = containers::all(known);
    // of several nobody knows yet whose image it is
    Form::of(match &all[..] {
        [] => vec![field, container],
        [only] => vec![field.default(image(only)), container.flag_only()],
        _ => vec![container, field],
    })
}

/// The tags of the image of the container.
fn on_offer(known: &KnownObject<'_>, answers: &Answers) -> Option<OnOffer> {
    let container = chosen(known, answers).ok()?;
    let now = known.value(&format!("{}.{IMAGE}", container.path))?;
    let [name, tag, _] = image_parts(now);
    let catalogue = Catalogue::Tags { name: name.to_owned(), is_plain: false };
    Some(OnOffer { field: IMAGE, from: OfferSource::Catalogue(catalogue), sign: ":", now: tag.to_owned() })
}

/// Whether somebody has left out the sign before a tag: nobody runs an image that is called `1.9` or `v2.0.1`.
fn is_bare_tag(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    number.starts_with(|letter: char| letter.is_ascii_digit()) && number.contains('.') && !text.contains(['/', ':', '@'])
}

fn wanted(answers: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    let image =
        answers.text(IMAGE).ok_or_else(|| Error::usage("no image", "write --set image=:1.2.3, or --set image=NAME:TAG"))?;
    let container = chosen(known, answers)?;
    let path = format!("{}.{IMAGE}", container.path);
    let now = known.value(&path).unwrap_or_default();
    if image.contains(char::is_whitespace) {
        return Err(Error::usage(format!("`{image}` is not an image"), "an image has no blanks: nginx:1.27"));
    }
    if is_bare_tag(image) {
        return Err(Error::usage(
            format!("`{image}` would be another image"),
            format!("write :{image} for another tag of this one"),
        ));
    }
    let whole = match image.strip_prefix([':', '@']) {
        Some("") => return Err(Error::usage("no tag behind the sign", format!("write {image}1.2.3"))),
        Some(_) if now.is_empty() => {
            return Err(Error::failed(format!("{CONTAINER} `{}` has no image yet", container.name), "write the whole image"));
        }
        Some(_) => format!("{}{image}", image_name(now)),
        None => image.to_owned(),
    };
    Ok(WantedChange::Own(vec![WantedField::new(&path, &whole)?]))
}
