//! Changes in git as commands: the playbooks by name, what of them fits an object, and the form that asks before a change is planned.
//!
//! A change is for the object that git has a manifest of: for a pod that is its Deployment, for an object of a chart its HelmRelease.

use super::{Command, Cx, Group, Handler, KeyScope, ReviewFrom, Screen, Subject, Transition};
use crate::actions::Offer;
use crate::change::{ChangeOrder, ChangeSetting, ChangeSite, LayerChoice, OrderedObject, SourceLine};
use crate::domain::published::Offered;
use crate::domain::text::counted;
use crate::domain::{GroupKind, ObjectRef};
use crate::error::{Error, Result};
use crate::forms::{Answers, Field, Form, InputKind};
use crate::kinds::{self, Trait};
use crate::playbooks::{self, KnownObject, OfferSource, Playbook, PlaybookStart, PresentState};
use crate::state::{ChangeQuery, DraftOf, PolicyConsent, State};

/// Where there is an object to change.
const OBJECTS: &[KeyScope] = &[KeyScope::Tree, KeyScope::Table, KeyScope::Text, KeyScope::Fields];
/// Where keys may be a playbook's.
const ROWS: &[KeyScope] = &[KeyScope::Tree, KeyScope::Table];
/// The same, and where one object is shown. Where a line is selected, its file is meant: that is up to the view.
const SHOWN: &[KeyScope] = &[KeyScope::Tree, KeyScope::Table, KeyScope::Text];
/// The field for the reason, which every playbook has.
pub const WHY: &str = "why";

/// A playbook for one object, with what was answered so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeForm {
    pub playbook: &'static Playbook,
    /// The object that git has a manifest of.
    pub object: ObjectRef,
    /// Others of its cluster, which get the same in one change.
    pub also: Vec<ObjectRef>,
    /// The Flux Kustomization that applies it, if it is known.
    pub applier: Option<ObjectRef>,
    /// Answers to the playbook's fields, and to [`WHY`].
    pub answers: Answers,
    /// The order that it continues, where it was asked for before; what the object and the answers say, where not.
    pub begun: Option<Box<ChangeOrder>>,
}

impl ChangeForm {
    /// `scale Deployment api/api`.
    pub fn title(&self) -> String {
        match self.also.len() {
            0 => format!("{} {}", self.playbook.name, self.object),
            more => format!("{} {} and {more} more", self.playbook.name, self.object),
        }
    }

    /// What a draft of it is kept under.
    pub fn draft_of(&self) -> DraftOf {
        DraftOf { object: self.object.clone(), also: self.also.clone(), playbook: self.playbook.name.to_owned() }
    }

    /// The playbook's fields with what git has of the object, each with its present value, and the reason.
    pub fn form(&self, known: &KnownObject<'_>, state: &State) -> Form {
        let present = self.present(state);
        let mut form = (self.playbook.form)(known);
        for field in &mut form.fields {
            if let Some(value) = present.answers.get(&field.id) {
                field.default = value.to_string();
            }
        }
        let why = Field::new(WHY, "why", "Why; the pull request and the commit say it", InputKind::Text);
        form.fields.push(why.optional());
        form
    }

    /// Where choices that others publish are asked for.
    pub fn offered(&self, from: &OfferSource) -> Offered {
        match from {
            OfferSource::Catalogue(catalogue) => Offered::Known(catalogue.clone()),
            OfferSource::Source { kind, namespace, name, chart } => {
                let namespace = namespace.as_deref().unwrap_or(&self.object.namespace);
                let gk = GroupKind::new(kinds::group::SOURCE, kind.as_str());
                Offered::OfSource {
                    source: ObjectRef::new(self.object.cluster, gk, namespace, name.as_str()),
                    chart: chart.clone(),
                }
            }
        }
    }

    /// What is known of it before git was asked.
    pub fn known(&self) -> KnownObject<'static> {
        KnownObject::of_kind(kinds::of(&self.object.gk))
    }

    /// The state of the object in the cluster.
    pub fn present(&self, state: &State) -> PresentState {
        state.cluster().store.object_of(&self.object).map(|object| (self.playbook.present)(object)).unwrap_or_default()
    }

    /// What has to be planned to get this. Which repository it goes to is found out from the cluster.
    ///
    /// # Errors
    /// A missing answer, or a field that cannot be set.
    pub fn query(&self) -> Result<ChangeQuery> {
        let id = &self.object;
        let order = ChangeOrder {
            playbook: self.playbook.name.to_owned(),
            object: OrderedObject::of(id).object,
            namespace: id.namespace.to_string(),
            also: self.also.iter().map(OrderedObject::of).collect(),
            settings: match self.playbook.start {
                PlaybookStart::Form => self.playbook.assignments(&self.answers)?,
                // what is typed there says it
                PlaybookStart::Editor | PlaybookStart::File => Vec::new(),
            },
            by_hand: None,
            taken_back: None,
            left_out: Vec::new(),
            layer: LayerChoice::Set,
            is_wide: false,
            site: ChangeSite::default(),
            title: String::new(),
            reason: self.answers.text(WHY).unwrap_or_default().to_owned(),
            body: String::new(),
            labels: Vec::new(),
            reviewers: Vec::new(),
            is_draft: false,
            merges_later: false,
            expected: Vec::new(),
            is_push_only: false,
            may_fork: false,
        };
        let order = self.begun.as_deref().cloned().unwrap_or(order);
        Ok(ChangeQuery {
            object: Some(id.clone()),
            also: self.also.clone(),
            applier: self.applier.clone(),
            order,
            said: None,
            consent: PolicyConsent::Kept,
        })
    }
}

/// The form of a playbook for these objects, which get the same in one change; or why it is not offered for them.
///
/// # Errors
/// [`Offer::Senseless`]: it does not apply to a kind of them; [`Offer::Barred`]: it does, but not to these, or not now. Never [`Offer::Open`].
pub fn change_form(playbook: &'static Playbook, objects: &[ObjectRef], state: &State) -> std::result::Result<ChangeForm, Offer> {
    let barred = |why: &str| Offer::Barred(why.to_owned());
    let [first, more @ ..] = objects else { return Err(barred("nothing is selected")) };
    let (object, applier) = of_git(playbook, first, state)?;
    let mut also: Vec<ObjectRef> = Vec::new();
    for one in more {
        let of_one = |offer| match offer {
            Offer::Barred(why) => Offer::Barred(format!("{one}: {why}")),
            other => other,
        };
        let (other, _) = of_git(playbook, one, state).map_err(of_one)?;
        if other != object && !also.contains(&other) {
            also.push(other);
        }
    }
    match () {
        () if !also.is_empty() && (playbook.start != PlaybookStart::Form || playbook == playbooks::roll_back()) => {
            Err(barred("one object at a time"))
        }
        // what is typed there is much, and could not be submitted
        () if playbook.start == PlaybookStart::File && state.policy().readonly => Err(barred("read-only")),
        () if also.iter().any(|other| other.cluster != object.cluster) => Err(barred("they are of several clusters")),
        () => Ok(ChangeForm { playbook, object, also, applier: Some(applier), answers: Answers::default(), begun: None }),
    }
}

/// What git has of an object, and what applies it.
///
/// # Errors
/// As [`change_form`].
fn of_git(playbook: &'static Playbook, object: &ObjectRef, state: &State) -> std::result::Result<(ObjectRef, ObjectRef), Offer> {
    let offers = |object: &ObjectRef| (playbook.offers)(kinds::of(&object.gk));
    let own = offers(object);
    let senseless = |why: &str| own.clone().err().map_or_else(|| Offer::Barred(why.to_owned()), Offer::Senseless);
    if state.policy().is_recorded {
        return Err(senseless("a snapshot cannot be changed"));
    }
    if playbook.is_of_content(&object.gk) {
        return Ok((object.clone(), object.clone()));
    }
    let Some(manifest) = state.cluster().manifest(object) else {
        return Err(senseless("no Flux Kustomization is known to apply it"));
    };
    match (own, offers(&manifest.object)) {
        (Ok(()), Err(_)) => Err(Offer::Barred(format!("{} makes it", manifest.object))),
        (Err(why), Err(_)) => Err(Offer::Senseless(why)),
        (_, Ok(())) => Ok((manifest.object, manifest.applied_by)),
    }
}

/// Where an object is changed that something else makes, in words. Which key of a chart's values sets a field is not guessed.
pub fn elsewhere(object: &ObjectRef, state: &State) -> Option<String> {
    let maker = super::maker(object, state)?;
    let values = if kinds::of(&maker.gk).has(Trait::Charted) { ", its values among them" } else { "" };
    Some(format!("the fields of {maker}{values}"))
}

/// The playbooks that have a name after `:`: all of them.
pub(super) fn all() -> Vec<Command> {
    let command = |playbook: &'static Playbook| Command {
        name: playbook.command,
        aliases: &[],
        keys: playbook.keys,
        doc: match playbook.start {
            PlaybookStart::Form => format!("{}: a form, the review, then a pull request", playbook.doc),
            PlaybookStart::Editor | PlaybookStart::File => format!("{}: the review, then a pull request", playbook.doc),
        }
        .into(),
        footer: "",
        group: Group::Act,
        scopes: match playbook.start {
            _ if playbook.keys.is_empty() => OBJECTS,
            PlaybookStart::File => SHOWN,
            _ => ROWS,
        },
        run: Handler::Playbook(playbook),
    };
    playbooks::ALL.iter().copied().map(command).collect()
}

/// `:scale-in-git 3`: what follows answers the form, which is shown nevertheless.
pub(super) fn by_name(cx: &mut Cx, playbook: &'static Playbook, text: &str) -> Result<()> {
    let answers = playbook.typed(text, &cx.state.person_clock())?;
    let objects = cx.targets.clone();
    open_form(playbook, &objects, answers, cx)
}

/// Opens a playbook's form, filled with these answers.
///
/// # Errors
/// Why it is not offered for these objects.
pub fn open_form(playbook: &'static Playbook, objects: &[ObjectRef], answers: Answers, cx: &mut Cx) -> Result<()> {
    if objects.is_empty() {
        return Err(Error::failed("nothing is selected", "move to an object first"));
    }
    let form = offered(playbook, objects, cx)?;
    let screen = match playbook.start {
        PlaybookStart::Form => Screen::FORM,
        PlaybookStart::Editor | PlaybookStart::File => Screen::EDIT,
    };
    cx.transit(Transition::Open(screen, Subject::ChangeForm(Box::new(ChangeForm { answers, ..form }))));
    Ok(())
}

/// Opens a file that makes an object in the user's editor, at this line of it. `of`: the change that it is in place of, if there is one.
///
/// # Errors
/// Why nothing of the object can be changed in git.
pub fn open_file(object: &ObjectRef, at: &SourceLine, of: Option<&ChangeOrder>, cx: &mut Cx) -> Result<()> {
    let form = offered(playbooks::file_editor(), std::slice::from_ref(object), cx)?;
    let order = match of {
        Some(order) => order.clone(),
        None => form.query()?.order,
    };
    let begun = Some(Box::new(playbooks::by_hand(&order, at)));
    cx.transit(Transition::Open(Screen::EDIT, Subject::ChangeForm(Box::new(ChangeForm { begun, ..form }))));
    Ok(())
}

/// Opens the review of a change of these fields, which nothing more is asked about.
///
/// # Errors
/// Why nothing of the object can be changed in git.
pub fn open_review(object: &ObjectRef, settings: Vec<ChangeSetting>, cx: &mut Cx) -> Result<()> {
    let form = offered(playbooks::editor(), std::slice::from_ref(object), cx)?;
    let query = form.query()?;
    let query = ChangeQuery { order: ChangeOrder { settings, ..query.order }, ..query };
    cx.transit(Transition::Open(Screen::REVIEW, Subject::Review(Box::new(query), ReviewFrom::Nowhere)));
    Ok(())
}

/// The form, and a word where it is for another object.
fn offered(playbook: &'static Playbook, objects: &[ObjectRef], cx: &mut Cx) -> Result<ChangeForm> {
    let form = change_form(playbook, objects, cx.state).map_err(|offer| {
        let why = offer.reason().unwrap_or_default();
        let what = match objects {
            [one] => one.to_string(),
            many => counted(many.len(), "object"),
        };
        let hint = match objects {
            [one] => elsewhere(one, cx.state).map(|fields| format!("`:origins` shows {fields}")),
            _ => None,
        };
        Error::failed(format!("cannot {} {what} in git: {why}", playbook.name), hint.unwrap_or_default())
    })?;
    if objects.first() != Some(&form.object) {
        cx.say(format!("{} is not in git itself: {} is", objects[0], form.object));
    }
    Ok(form)
}
