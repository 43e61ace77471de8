//! The form of a playbook: small, filled with the present values, checked while one types. Nothing is planned before it is complete; what was
//! typed is a draft until it is submitted or discarded.
//!
//! ```text
//! ╭ scale Deployment api/api ────────────────────────────────────────────╮
//! │  replicas  [5                     ]                                  │
//! │  why       [black friday                                           ] │
//! │                                                                      │
//! │  now       3 of 3 running                                            │
//! │  set by    flux/apps/production/kustomization.yaml:6 (replicas): 3   │
//! │            over flux/apps/base/api/deployment.yaml:5 (resource)      │
//! ╰ ⏎ review  tab next  esc back ────────────────────────────────────────╯
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::origins::{notes, place};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::form::{Filling, Line, Taken};
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::{Answer, Request};
use fluxdeck_model::change::{PastVersions, SiteScope};
use fluxdeck_model::commands::{ChangeForm, Cx, Gesture, KeyScope, ReviewFrom, Screen, Subject, Transition};
use fluxdeck_model::domain::HistoryEnd;
use fluxdeck_model::domain::published::Published;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::forms::{Answers, FieldValue, Form, on_offer};
use fluxdeck_model::insight::declared::{Declaration, Declared};
use fluxdeck_model::insight::field::FieldPath;
use fluxdeck_model::kinds;
use fluxdeck_model::playbooks::{self, BACK_VERSION, KnownObject, OnOffer, version_choices};
use fluxdeck_model::state::{Aspect, Code, Intent, Key, Question, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::FORM,
    doc: "the form of a change in git",
    scope: KeyScope::Dialog,
    make: |target, state| match target {
        Subject::ChangeForm(shown) => Ok(Box::new(FormView::new(*shown, state))),
        _ => Err(Error::usage("a form needs a playbook and an object", "press a on an object")),
    },
};

const WIDTH: u16 = 92;
/// Columns of the labels below the fields.
const LABEL: usize = 10;
/// Fields whose origin is shown.
const MOST: usize = 3;

struct FormView {
    shown: ChangeForm,
    filling: Filling,
    /// What the fields held at first: what differs is a draft.
    begun: BTreeMap<String, String>,
    /// It was filled from a draft of an earlier look.
    is_draft: bool,
    /// What git sets at the revision that the cluster applied.
    declared: Request<Declared>,
    /// What was looked up for one of its fields, and the field.
    published: Request<Arc<Published>>,
    on_offer: Option<OnOffer>,
    /// The commits that may be taken back, where it is about those.
    versions: Request<Arc<PastVersions>>,
    error: Option<String>,
}

impl FormView {
    fn new(shown: ChangeForm, state: &State) -> Self {
        let form = shown.form(&shown.known(), state);
        let mut filling = Filling::new(&form, &shown.answers);
        // what was answered last is what one wants to change: of a field and its value, the value
        if let Some(last) = form.shown().filter(|field| shown.answers.get(&field.id).is_some()).last() {
            filling.go_to(&last.id);
        }
        let begun = filling.texts();
        let draft = state.draft(&shown.draft_of()).filter(|draft| !draft.texts.is_empty());
        // what it is opened with is meant now
        let draft = draft.filter(|_| shown.answers == Answers::default());
        if let Some(draft) = draft {
            filling.recall(&draft.texts);
        }
        Self {
            shown,
            filling,
            begun,
            is_draft: draft.is_some(),
            declared: Request::default(),
            published: Request::default(),
            on_offer: None,
            versions: Request::default(),
            error: None,
        }
    }

    /// Takes over what git has of the object: choices, and what its fields hold now. What was typed stays.
    fn learn(&mut self, state: &State) {
        if self.declared.get().is_none() {
            return;
        }
        let form = self.form(state);
        let is_untouched = self.filling.texts() == self.begun;
        self.filling.adopt(&form);
        if is_untouched {
            self.begun = self.filling.texts();
            self.filling.go_to_fault(&state.person_clock());
        }
    }

    /// The form as it is now, with what was looked up.
    fn form(&self, state: &State) -> Form {
        let mut form = self.shown.form(&self.known_by_now(), state);
        if let Some(OnOffer { field, sign, now, .. }) = &self.on_offer {
            match &self.published.answer {
                Answer::Waiting => form.wait(field),
                Answer::Failed(error) => form.fill(field, Err(error.message.clone())),
                Answer::Here(published) => {
                    // a version is its own range, and says nothing of the others
                    let is_range = published.versions.iter().all(|version| version.name != *now) && !now.is_empty();
                    let marked = is_range.then(|| Published::clone(published).marked(now)).flatten();
                    let published = marked.as_ref().unwrap_or(published);
                    form.fill(field, Ok(on_offer(published, now, sign, &state.person_clock())));
                }
            }
        }
        self.with_versions(&mut form, state);
        form
    }

    /// Offers the commits that were found; the newest is meant, unless another one is.
    fn with_versions(&self, form: &mut Form, state: &State) {
        if !self.is_of_history() {
            return;
        }
        match &self.versions.answer {
            Answer::Waiting => form.wait(BACK_VERSION),
            Answer::Failed(error) => form.fill(BACK_VERSION, Err(error.message.clone())),
            Answer::Here(versions) => {
                form.fill(BACK_VERSION, Ok(version_choices(versions, &state.person_clock())));
                let newest = versions.commits.first().filter(|_| self.shown.answers.text(BACK_VERSION).is_none());
                if let Some((note, field)) = newest.zip(form.fields.iter_mut().find(|field| field.id == BACK_VERSION)) {
                    field.default = note.short().to_owned();
                }
            }
        }
    }

    /// Whether commits are taken back.
    fn is_of_history(&self) -> bool {
        self.shown.playbook == playbooks::roll_back()
    }

    /// Takes over the commits; what was typed stays.
    fn recount(&mut self, state: &State) {
        let is_untouched = self.filling.texts() == self.begun;
        self.filling.adopt(&self.form(state));
        if is_untouched {
            self.begun = self.filling.texts();
        }
    }

    /// How many commits are taken back.
    fn taken_back(&self) -> Option<String> {
        let versions = self.versions.get()?;
        let text = self.filling.text(BACK_VERSION).trim();
        let at = versions.commits.iter().position(|note| !text.is_empty() && note.id.starts_with(text))?;
        let oldest = &versions.commits[at].subject;
        Some(match at {
            0 => format!("`{oldest}`, the newest"),
            later => format!("`{oldest}`, and {} if it changed this too", counted(later, "later commit")),
        })
    }

    /// Looks the choices of a field up, once it is known which ones: by git, and by what was answered.
    fn look_up(&mut self, cx: &mut Cx) {
        let Ok(answers) = self.filling.answers(&cx.state.person_clock()) else { return };
        let wanted = (self.shown.playbook.on_offer)(&self.known(), &answers);
        if wanted == self.on_offer {
            return;
        }
        self.published.close(cx);
        self.published.clear();
        if let Some(OnOffer { from, .. }) = &wanted {
            let offered = self.shown.offered(from);
            self.published.ask_for(Question::Published(offered), cx);
        }
        self.on_offer = wanted;
        self.filling.adopt(&self.form(cx.state));
    }

    /// The object, with what git said of it.
    fn known(&self) -> KnownObject<'static> {
        let kind = kinds::of(&self.shown.object.gk);
        self.declared.get().map_or_else(|| KnownObject::of_kind(kind), |declared| KnownObject::declared(kind, declared))
    }

    /// The same, with what is typed so far, whether it can be read or not.
    fn known_by_now(&self) -> KnownObject<'static> {
        let typed = self.filling.texts().into_iter().filter(|(_, text)| !text.trim().is_empty());
        let one = |answers: Answers, (id, text): (String, String)| answers.with(&id, FieldValue::Text(text.trim().to_owned()));
        self.known().answered(typed.fold(Answers::default(), one))
    }

    /// Keeps what is typed: whichever way the form is left, it is there again.
    fn keep(&mut self, cx: &mut Cx) {
        self.error = None;
        let texts = self.filling.texts();
        let texts = if texts == self.begun { BTreeMap::new() } else { texts };
        cx.intend(Intent::Draft(self.shown.draft_of(), texts));
    }

    /// Begins again.
    fn discard(&mut self, cx: &mut Cx) {
        self.filling.recall(&self.begun.clone());
        self.is_draft = false;
        self.error = None;
        cx.intend(Intent::DropDraft(self.shown.draft_of()));
        cx.say("the draft is discarded");
    }

    /// Reads the fields into the answers.
    fn answer(&mut self, state: &State) -> Result<(), Error> {
        self.shown.answers = self.filling.answers(&state.person_clock())?;
        let known = self.known();
        self.shown.form(&known, state).complete(&self.shown.answers)?;
        // what can only be meant otherwise is said here, where it can be typed again; the rest is up to the review
        match known.is_known().then(|| (self.shown.playbook.wanted)(&self.shown.answers, &known)) {
            Some(Err(error)) if error.kind == ErrorKind::Usage => Err(error),
            _ => Ok(()),
        }
    }

    fn accept(&mut self, cx: &mut Cx) {
        let query = self.answer(cx.state).and_then(|()| self.shown.query());
        match query {
            Ok(mut query) => {
                if let Some(draft) = cx.state.draft(&self.shown.draft_of()) {
                    query.order.site.scope = draft.scope.clone();
                }
                cx.transit(Transition::Open(Screen::REVIEW, Subject::Review(Box::new(query), ReviewFrom::Form)));
            }
            Err(error) => {
                self.error = Some(error.to_string());
                self.filling.go_to_fault(&cx.state.person_clock());
            }
        }
    }

    /// The fields that the answers set, as git has them.
    fn origins(&self, state: &State) -> Vec<&Declaration> {
        let Some(declared) = self.declared.get() else { return Vec::new() };
        let Ok(answers) = self.filling.answers(&state.person_clock()) else { return Vec::new() };
        let Ok(wanted) = (self.shown.playbook.wanted)(&answers, &self.known()) else { return Vec::new() };
        let is_wanted = |field: &&Declaration| {
            FieldPath::parse(&field.path).is_ok_and(|path| wanted.fields().iter().any(|wanted| wanted.field == path))
        };
        declared.fields.iter().filter(is_wanted).take(MOST).collect()
    }

    /// What is known of the present values.
    fn facts(&self, width: usize, state: &State) -> Vec<Styled> {
        let mut lines = Vec::new();
        let mut fact = |label: &str, text: &str| {
            let line = Styled::of(Style::Dim, format!(" {label}")).upto(LABEL + 1).and(Style::Text, text);
            lines.extend(line.wrapped(LABEL + 1, width));
        };
        if self.is_draft {
            fact("draft", "as you left it");
        }
        if let Some(text) = self.taken_back() {
            fact("takes back", &text);
        }
        match self.versions.get().map(|versions| &versions.end) {
            Some(HistoryEnd::Shallow(_)) => fact("history", "cut off: older versions are not here"),
            Some(HistoryEnd::More) => fact("history", "there are older versions: their commits can be typed"),
            _ => {}
        }
        if !self.shown.also.is_empty() {
            let all: Vec<_> = std::iter::once(&self.shown.object).chain(&self.shown.also).map(ToString::to_string).collect();
            fact("for", &all.join(", "));
        }
        if let Some(SiteScope::Kustomization(name)) = state.draft(&self.shown.draft_of()).map(|draft| &draft.scope) {
            fact("for", &format!("{name}, as you chose"));
        }
        let present = self.shown.present(state).text;
        if !present.is_empty() {
            fact("now", &present);
        }
        for field in self.origins(state) {
            let winner = field.winner();
            fact("set by", &format!("{} ({}): {}", place(winner), winner.layer.word(), field.value));
            notes(field).iter().for_each(|note| fact("", note));
        }
        match (&self.declared.answer, &self.shown.applier) {
            (Answer::Failed(error), Some(applier)) if error.kind == ErrorKind::Denied => {
                fact("git", &format!("you may not read {applier}: the review looks for it in your checkouts"));
            }
            (Answer::Failed(error), _) => fact("git", &error.message),
            _ => {}
        }
        lines
    }
}

impl View for FormView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::ChangeForm(Box::new(self.shown.clone()))
    }

    fn title(&self, _: &State) -> String {
        self.shown.title()
    }

    fn is_dialog(&self) -> bool {
        true
    }

    fn opened(&mut self, cx: &mut Cx) {
        if self.is_of_history() {
            // what its fields hold at first is a whole answer
            let answers = self.filling.answers(&cx.state.person_clock());
            match answers.and_then(|answers| ChangeForm { answers, ..self.shown.clone() }.query()) {
                Ok(query) => self.versions.ask_for(Question::Versions(Box::new(query)), cx),
                Err(error) => self.error = Some(error.to_string()),
            }
            return;
        }
        if let Some(applied_by) = self.shown.applier.clone() {
            // the form is there at once; a repository that is nowhere here is fetched meanwhile, as the review would
            self.declared.ask(&self.shown.object, Aspect::Declared { applied_by, fetches: true }, cx);
        }
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.declared.close(cx);
        self.published.close(cx);
        self.versions.close(cx);
    }

    fn gesture(&mut self, _: Gesture, _: &mut Cx) -> bool {
        false
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        match (key.code, key.ctrl) {
            (Code::Esc, _) | (Code::Char('c'), true) => {
                if cx.state.draft(&self.shown.draft_of()).is_some() {
                    cx.say("kept as a draft: the same form has it again");
                }
                cx.transit(Transition::Close);
                return true;
            }
            (Code::Char('x'), true) => {
                self.discard(cx);
                return true;
            }
            _ => {}
        }
        match (self.filling.key(key), key.code) {
            (Taken::Changed, _) => {
                // what is asked next may depend on it
                self.filling.adopt(&self.form(cx.state));
                self.keep(cx);
                self.look_up(cx);
            }
            (Taken::No, Code::Enter) => self.accept(cx),
            _ => {}
        }
        true
    }

    fn paste(&mut self, text: &str, cx: &mut Cx) {
        self.filling.paste(text);
        self.keep(cx);
        self.look_up(cx);
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) {
        let read = |reply: &Reply| if let Reply::Declared(declared) = reply { Some((**declared).clone()) } else { None };
        let is_declared = self.declared.take(ticket, reply, read);
        let read = |reply: &Reply| if let Reply::Published(published) = reply { Some(published.clone()) } else { None };
        if self.published.take(ticket, reply, read) {
            self.filling.adopt(&self.form(cx.state));
        }
        let read = |reply: &Reply| if let Reply::Versions(versions) = reply { Some(versions.clone()) } else { None };
        if self.versions.take(ticket, reply, read) {
            self.recount(cx.state);
        }
        if is_declared {
            self.learn(cx.state);
            self.look_up(cx);
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let width = Dialog::room(area, WIDTH);
        let clock = scene.state.person_clock();
        let mut lines = self.filling.lines(width.into(), &clock);
        let facts = self.facts(width.into(), scene.state);
        if !facts.is_empty() {
            lines.push(Line::of(Styled::default()));
        }
        lines.extend(facts.into_iter().map(Line::of));
        if let Some(error) = &self.error {
            lines.extend(Styled::of(Style::Error, format!(" {error}")).wrapped(1, width.into()).into_iter().map(Line::of));
        }
        let mut keys = vec![(scene.theme.sign("⏎", "enter"), "review".to_owned())];
        keys.extend(self.filling.keys(scene));
        if scene.state.draft(&self.shown.draft_of()).is_some() {
            keys.push((scene.theme.sign("^x", "ctrl-x"), "discard".to_owned()));
        }
        keys.push(("esc", "back".to_owned()));
        let keys: Vec<_> = keys.iter().map(|(key, word)| (*key, &**word)).collect();
        let title = format!("{} {} {}", self.shown.title(), scene.theme.sign("──", "--"), scene.state.cluster().context);
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: &title, keys: &keys }.render(area, buf, scene, (width, height));
        // an error at the end must not be cut off by a low screen
        let skipped = lines.len().saturating_sub(inner.height.into()) * usize::from(self.error.is_some());
        for (y, line) in (inner.y..inner.bottom()).zip(lines.iter().skip(skipped)) {
            self.filling.render(line, Rect { y, height: 1, ..inner }, buf, scene, &clock);
        }
    }
}
