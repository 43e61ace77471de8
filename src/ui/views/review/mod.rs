//! A planned change, before anything leaves this machine: everything to decide on one screen.
//!
//! ```text
//!  Deployment api/api  spec.replicas 3 → 5
//!  ops/fleet  main@86058ad → fluxdeck/scale-api-api-3f2a  1 file +1 -1
//!  ✓ passed   edit, build, others, schema
//!  ◐ running  server-side dry run
//!  touches    production/flux-system/apps
//!  …
//! ─ diff ─────────────────────────────── tab: what is built then ─
//!  flux/apps/production/kustomization.yaml
//!      6 - replicas: [{name: api, count: 3}]
//!      6 + replicas: [{name: api, count: 5}]
//!  ⏎ opens a pull request at github ops/fleet
//! ```
//! From [`paint::WIDE`] columns on the diff is beside the rest, with what is built then below it. A change that is refused shows the other ways instead. A key that was pressed before
//! the proposal was drawn submits nothing.

mod asks;
mod choose;
pub(super) mod diff;
mod instead;
mod paint;
mod refused;
pub(super) mod rendered;
mod source;
pub(super) mod summary;
mod ways;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use asks::{Answered, Asking, Purpose};
use choose::Choice;
use paint::barred;
use source::SourceAsking;
use words::Writing;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::{Styled, copy};
use crate::ui::widgets::request::{Answer, Request};
use crate::ui::widgets::text::Text;
use fluxdeck_model::change::{self, ChangeRefusal, Check, CheckResult, CompetingPull, Proposal, Proposed, PullPlace, WayChoice};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, ReviewFrom, Screen, Subject, Transition};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{ObjectRef, Relation};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::jobs::{ChangeGoal, Submission};
use fluxdeck_model::state::{ChangeQuery, DraftOf, Intent, Key, PolicyConsent, Question, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::REVIEW,
    doc: "a planned change: its diff, its proof, what else it touches",
    scope: KeyScope::Review,
    make: |target, _| match target {
        Subject::Review(query, from) => Ok(Box::new(Review::new(*query, from))),
        _ => Err(Error::usage("a review needs a change", "press a on an object")),
    },
};

/// A part of the screen that scrolls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    Diff,
    Rendered,
    Body,
    Summary,
}

impl Pane {
    /// What tab shows after it.
    fn next(self) -> Self {
        match self {
            Self::Diff => Self::Rendered,
            Self::Rendered => Self::Body,
            Self::Body => Self::Summary,
            Self::Summary => Self::Diff,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Diff => "diff",
            Self::Rendered => "what is built then",
            Self::Body => "text of the pull request",
            Self::Summary => "summary",
        }
    }
}

/// The lines of a part, and where its window is.
#[derive(Default)]
struct Part {
    lines: Vec<Styled>,
    text: Text,
}

struct Review {
    /// As it was asked last.
    query: ChangeQuery,
    from: ReviewFrom,
    asked: Request<Proposed>,
    /// It has come and was not drawn yet: the next key was meant for something else.
    is_unseen: bool,
    pane: Pane,
    /// What is below the summary, or beside it: any other part.
    lower: Pane,
    summary: Part,
    diff: Part,
    rendered: Part,
    body: Part,
    /// For which widths the parts were made.
    widths: (u16, u16),
    /// The way under the cursor, of a change that was refused; behind the ways, the build that is meant.
    way: usize,
    asking: Option<Asking>,
    /// Title and text are in the editor.
    writing: Option<Writing>,
    /// The question for the repository of the source.
    source: Option<SourceAsking>,
    /// It was accepted while others are asked about it, and is submitted when they have nothing against it; whether only the branch is pushed.
    due: Option<bool>,
    /// The fields that can be left out; none where there is only one.
    choices: Vec<Choice>,
    /// The one under the cursor, by its name.
    chosen: Option<String>,
    /// Its lines are brought into sight when they are drawn next.
    is_chosen_now: bool,
    /// All that is not proven is listed, not only counted.
    is_unfolded: bool,
}

impl Review {
    fn new(query: ChangeQuery, from: ReviewFrom) -> Self {
        Self {
            query,
            from,
            asked: Request::default(),
            is_unseen: false,
            pane: Pane::Diff,
            lower: Pane::Diff,
            summary: Part::default(),
            diff: Part::default(),
            rendered: Part::default(),
            body: Part::default(),
            widths: (0, 0),
            way: 0,
            asking: None,
            writing: None,
            source: None,
            due: None,
            choices: Vec::new(),
            chosen: None,
            is_chosen_now: false,
            is_unfolded: false,
        }
    }

    /// The draft that it was made of, where its form is below it.
    fn draft_of(&self) -> Option<DraftOf> {
        let object = self.query.object.clone().filter(|_| self.from == ReviewFrom::Form)?;
        Some(DraftOf { object, also: self.query.also.clone(), playbook: self.query.order.playbook.clone() })
    }

    fn proposal(&self) -> Option<&Proposal> {
        if let Some(Proposed::Ready(proposal)) = self.asked.get() { Some(proposal) } else { None }
    }

    fn refusal(&self) -> Option<&ChangeRefusal> {
        if let Some(Proposed::Refused(refusal)) = self.asked.get() { Some(refusal) } else { None }
    }

    /// Changes a proposal that is here: what is drawn of it is made again.
    fn edit(&mut self, edit: impl FnOnce(&mut Proposal)) {
        if let Answer::Here(Proposed::Ready(proposal)) = &mut self.asked.answer {
            edit(proposal);
            // it is asked for in the same way again
            let order = &proposal.order;
            (proposal.pull.labels, proposal.pull.reviewers) = (order.labels.clone(), order.reviewers.clone());
            let own = &mut self.query.order;
            (own.title, own.body, own.is_draft) = (order.title.clone(), order.body.clone(), order.is_draft);
            own.merges_later = order.merges_later;
            (own.labels, own.reviewers) = (order.labels.clone(), order.reviewers.clone());
            self.widths = (0, 0);
        }
    }

    fn ask(&mut self, cx: &mut Cx) {
        self.asked.clear();
        self.due = None;
        self.widths = (0, 0);
        self.way = 0;
        self.asked.ask_for(Question::Change(Box::new(self.query.clone())), cx);
    }

    /// The part that the keys move.
    fn part(&mut self) -> &mut Part {
        self.part_of(self.pane)
    }

    fn part_of(&mut self, pane: Pane) -> &mut Part {
        match pane {
            Pane::Summary => &mut self.summary,
            Pane::Diff => &mut self.diff,
            Pane::Rendered => &mut self.rendered,
            Pane::Body => &mut self.body,
        }
    }

    fn shown(&self, pane: Pane) -> &Part {
        match pane {
            Pane::Summary => &self.summary,
            Pane::Diff => &self.diff,
            Pane::Rendered => &self.rendered,
            Pane::Body => &self.body,
        }
    }

    fn next_pane(&mut self) {
        self.pane = self.pane.next();
        if self.pane != Pane::Summary {
            self.lower = self.pane;
        }
    }

    /// Enter: submits, takes a way, asks again, or leaves; by what is shown.
    fn accept(&mut self, is_push_only: bool, cx: &mut Cx) {
        match &self.asked.answer {
            // the screen says that it is planned
            Answer::Waiting => {}
            Answer::Failed(_) if !is_push_only => self.ask(cx),
            Answer::Failed(_) => {}
            // that key was pressed for what was there before
            Answer::Here(_) if self.is_unseen => {}
            Answer::Here(Proposed::Unchanged { .. }) => cx.transit(Transition::Close),
            Answer::Here(Proposed::Unknown(_)) => self.ask_source(cx),
            Answer::Here(Proposed::Refused(_)) if is_push_only => cx.say("it was refused: there is nothing to push"),
            Answer::Here(Proposed::Refused(_)) => self.take_way(false, cx),
            Answer::Here(Proposed::Ready(_)) => self.submit(is_push_only, cx),
        }
    }

    fn submit(&mut self, is_push_only: bool, cx: &mut Cx) {
        let Some(proposal) = self.proposal() else { return };
        if let Some(why) = barred(cx.state) {
            return cx.complain(Error::failed(why, "the diff can be copied with y"));
        }
        let is_open = proposal.open.is_some();
        if !is_open && proposal.under_way().next().is_some() {
            self.due = Some(is_push_only);
            return;
        }
        let context = &cx.state.cluster().context;
        let production = cx.state.policy().production.then_some(context.as_str());
        // what is followed was pushed before
        match Asking::submit(proposal, is_push_only, production).filter(|_| !is_open) {
            Some(asking) => self.asking = Some(asking),
            None => self.send(is_push_only, false, "", cx),
        }
    }

    /// Takes over what somebody else has answered. What was accepted meanwhile is submitted with the last answer, unless one is against it.
    fn checked(&mut self, check: &Check, cx: &mut Cx) {
        let Answer::Here(Proposed::Ready(proposal)) = &mut self.asked.answer else { return };
        proposal.checked(std::slice::from_ref(check));
        let is_over = proposal.under_way().next().is_none();
        self.widths = (0, 0);
        if check.result == CheckResult::Failed {
            // the next key was meant for what was there before
            (self.due, self.is_unseen) = (None, true);
        }
        if let Some(is_push_only) = self.due.filter(|_| is_over) {
            self.due = None;
            self.submit(is_push_only, cx);
        }
    }

    /// Takes over which pull requests change the same: a person sees them before anything is submitted.
    fn competed(&mut self, pulls: &[CompetingPull]) {
        if pulls.is_empty() {
            return;
        }
        self.edit(|proposal| proposal.competing = pulls.to_vec());
        // the next key was meant for what was there before
        (self.due, self.is_unseen) = (None, true);
    }

    /// Opens the first pull request that changes the same.
    fn open_competing(&self, cx: &mut Cx) {
        let found = self.proposal().and_then(|proposal| Some((proposal.competing.first()?, &proposal.order.site)));
        let Some((competing, site)) = found else { return cx.say("no other pull request is known to change the same") };
        // what this cluster applies from there
        let store = &cx.state.cluster().store;
        let applier = self.query.applier.as_ref().and_then(|applier| store.find(applier));
        let links = applier.map(|applier| store.out(applier)).unwrap_or_default();
        let from = links.iter().find(|link| link.relation == Relation::Source).map(|link| store.reference(link.node).clone());
        let sources = from.map(|source| (source, Some(site.base.clone()))).into_iter().collect();
        let place = PullPlace { site: site.clone(), number: competing.pull.number, sources };
        cx.transit(Transition::Open(Screen::PULL, Subject::Pull(Box::new(place))));
    }

    /// Hands it to the engine, and leaves.
    /// `typed`: what was answered to the question before.
    fn send(&self, is_push_only: bool, is_wide: bool, typed: &str, cx: &mut Cx) {
        let Some(mut proposal) = self.proposal().cloned() else { return };
        // what was offered was read, and agreed to
        proposal.order.may_fork |= proposal.fork_to_ask().is_some() && typed != asks::DIRECT;
        proposal.accepted(is_push_only, is_wide);
        if let ReviewFrom::Job(old) = self.from {
            cx.intend(Intent::GiveUp(old));
        }
        if let Some(of) = self.draft_of() {
            cx.intend(Intent::DropDraft(of));
        }
        let (target, applier) = (self.query.object.clone(), self.query.applier.clone());
        cx.intend(Intent::Submit(Box::new(Submission { proposal, target, applier, goal: ChangeGoal::default() })));
        cx.transit(Transition::Close);
        if self.from == ReviewFrom::Form {
            cx.transit(Transition::Close);
        }
    }

    fn answered(&mut self, purpose: Purpose, text: &str, cx: &mut Cx) {
        match purpose {
            Purpose::Title => self.edit(|proposal| {
                text.clone_into(&mut proposal.order.title);
                proposal.pull.title = change::title(&proposal.order, &proposal.object, &proposal.fields);
            }),
            Purpose::Labels => self.edit(|proposal| proposal.order.labels = names(text)),
            Purpose::Reviewers => self.edit(|proposal| proposal.order.reviewers = names(text)),
            Purpose::Way(_) => self.way_answered(purpose, cx),
            Purpose::Instead(number) => self.instead_answered(number, text, cx),
            Purpose::Policy => {
                let digest =
                    self.proposal().and_then(|proposal| proposal.policy.as_ref()).map(|question| question.digest.clone());
                self.query.consent = digest.map_or(PolicyConsent::Kept, PolicyConsent::Given);
                self.ask(cx);
            }
            Purpose::Submit { is_push_only } => {
                let is_wide = self.proposal().is_some_and(Proposal::has_failed);
                self.send(is_push_only, is_wide, text, cx);
            }
        }
    }
}

/// Names that a person separates by commas, each once.
fn names(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

impl View for Review {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Review(Box::new(self.query.clone()), self.from)
    }

    fn title(&self, _: &State) -> String {
        let order = &self.query.order;
        let object = self.query.object.as_ref().map_or_else(|| order.object.clone(), ToString::to_string);
        format!("review {} {object}", order.playbook)
    }

    fn count(&self, _: &State) -> String {
        self.proposal().map_or_else(String::new, |_| self.shown(self.pane).position())
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        self.query.object.clone().into_iter().collect()
    }

    fn takes_keys(&self) -> bool {
        self.asking.is_some() || self.source.is_some()
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.ask(cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.asked.close(cx);
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        let Some(asking) = &mut self.asking else { return self.source_key(key, cx) };
        let purpose = asking.purpose;
        match asking.key(key) {
            Answered::NotYet => {}
            Answered::No => self.asking = None,
            Answered::Yes(text) => {
                self.asking = None;
                self.answered(purpose, &text, cx);
            }
        }
        true
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        match (&mut self.asking, &mut self.source) {
            (Some(asking), _) => asking.paste(text),
            (None, Some(asking)) => asking.paste(text),
            (None, None) => {}
        }
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        // it is not meant any more
        self.due = None;
        match (gesture, self.proposal()) {
            (Gesture::Submit, _) => self.accept(false, cx),
            (Gesture::PushOnly, _) => self.accept(true, cx),
            (Gesture::Retitle, Some(proposal)) => self.asking = Some(Asking::title(&proposal.pull.title)),
            (Gesture::Labels, Some(proposal)) => {
                self.asking = Some(Asking::names(Purpose::Labels, &proposal.order.labels));
            }
            (Gesture::Reviewers, Some(proposal)) => {
                self.asking = Some(Asking::names(Purpose::Reviewers, &proposal.order.reviewers));
            }
            (Gesture::Draft, Some(_)) => self.toggle_draft(cx),
            (Gesture::MergeLater, Some(_)) => self.toggle_merge(cx),
            (Gesture::CopyPatch, Some(proposal)) => {
                // it is exact, where the screen covers what is around the change
                let has_secrets = proposal.files.iter().any(|file| !file.covered.is_empty());
                let warning = if has_secrets { "; values of Secrets may be in it" } else { "" };
                let notice = format!("copied the patch, {}{warning}", counted(proposal.patch.lines().count(), "line"));
                cx.copy(proposal.patch.clone(), notice);
            }
            (Gesture::NextPane, Some(_)) => self.next_pane(),
            (Gesture::Programs, Some(proposal)) => match &proposal.policy {
                None => cx.say("the repository names no programs: [[policy]] in .fluxdeck.toml"),
                Some(question) if question.is_allowed => cx.say("they are allowed; `fluxdeck trust --revoke` takes that back"),
                Some(question) => self.asking = Some(Asking::policy(question)),
            },
            (Gesture::LeaveOut, _) => self.leave_out(cx),
            (Gesture::FoldAll, Some(proposal)) if summary::folds(proposal) => {
                self.is_unfolded = !self.is_unfolded;
                self.widths = (0, 0);
            }
            (Gesture::FoldAll, _) => cx.say("nothing is folded"),
            (
                Gesture::Retitle
                | Gesture::Labels
                | Gesture::Reviewers
                | Gesture::Draft
                | Gesture::MergeLater
                | Gesture::CopyPatch
                | Gesture::NextPane
                | Gesture::Programs,
                None,
            ) => {
                cx.say("there is no plan to review");
            }
            (Gesture::Edit, Some(_)) => self.write(cx),
            (Gesture::Edit, None) => self.edit_by_hand(cx),
            (Gesture::Source, _) => self.ask_source(cx),
            (Gesture::Instead, _) => self.ask_instead(0, cx),
            (Gesture::Competing, _) => self.open_competing(cx),
            (Gesture::Copy, _) => copy(&self.part().lines, cx),
            (gesture, None) if self.refusal().is_some() => return self.choose_way(gesture),
            (gesture, _) => return self.pane == Pane::Diff && self.step(gesture) || self.part().gesture(gesture),
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, state: &State) -> Option<&'static str> {
        let other = match (&self.asked.answer, gesture) {
            (Answer::Here(Proposed::Ready(_)), Gesture::Edit) => "title and text",
            (Answer::Here(Proposed::Ready(_)), Gesture::LeaveOut) => {
                return self.choice().map(|choice| if choice.is_in { word } else { "take in" });
            }
            (Answer::Failed(_) | Answer::Here(Proposed::Unchanged { .. }), Gesture::LeaveOut) => {
                return self.query.order.left_out.last().map(|_| "take in");
            }
            (_, Gesture::Instead) => return self.alternative(0).map(|_| word),
            (_, Gesture::Programs) => {
                let question = self.proposal().and_then(|proposal| proposal.policy.as_ref());
                return question.filter(|question| !question.is_allowed).map(|_| word);
            }
            (_, Gesture::FoldAll) => return self.proposal().filter(|proposal| summary::folds(proposal)).map(|_| word),
            (_, Gesture::Competing) => return self.proposal().filter(|proposal| !proposal.competing.is_empty()).map(|_| word),
            (Answer::Here(Proposed::Ready(_)), _) => return Some(word),
            (Answer::Here(Proposed::Refused(_)), Gesture::Edit) => return self.can_edit(state).then_some(word),
            (Answer::Here(Proposed::Refused(_)), Gesture::Submit) if self.can_take() => "take it",
            (Answer::Here(Proposed::Unknown(_)), Gesture::Submit) => "say where",
            (Answer::Here(Proposed::Unchanged { .. }), Gesture::Submit) => "close",
            (Answer::Failed(_), Gesture::Submit) => "try again",
            _ => return None,
        };
        Some(other)
    }

    fn is_barred(&self, gesture: Gesture, state: &State) -> bool {
        let submits = matches!(gesture, Gesture::Submit | Gesture::PushOnly);
        submits && self.proposal().is_some() && barred(state).is_some()
    }

    fn filter(&self, _: &State) -> String {
        self.shown(self.pane).text.searched().to_owned()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        let part = self.part();
        part.text.search(text, &part.lines[..])
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) {
        if self.written(ticket, reply, cx) {
            return;
        }
        if let (Reply::Checked(check), true) = (reply, self.asked.is_of(ticket)) {
            return self.checked(check, cx);
        }
        if let (Reply::Rendered(rendered), true) = (reply, self.asked.is_of(ticket)) {
            if let Answer::Here(Proposed::Ready(proposal)) = &mut self.asked.answer {
                proposal.also_renders(rendered);
                self.widths = (0, 0);
            }
            return;
        }
        if let (Reply::Competing(pulls), true) = (reply, self.asked.is_of(ticket)) {
            return self.competed(pulls);
        }
        let read = |reply: &Reply| if let Reply::Proposed(proposed) = reply { Some((**proposed).clone()) } else { None };
        if self.asked.take(ticket, reply, read) {
            self.is_unseen = true;
            self.widths = (0, 0);
            // a question about what was there before is void
            (self.asking, self.source) = (None, None);
            // the first that can be taken
            self.way = self.refusal().and_then(|refusal| refusal.ways.iter().position(WayChoice::is_open)).unwrap_or_default();
            match self.asked.get() {
                Some(Proposed::Unknown(question)) => self.source = Some(SourceAsking::new(question)),
                proposed => {
                    // it was refused
                    if let Some(Proposed::Ready(proposal)) = proposed {
                        self.query.order.merges_later = proposal.order.merges_later;
                    }
                    // it is kept by now
                    self.query.said = None;
                }
            }
            self.query.consent = PolicyConsent::Kept;
        }
    }

    fn message(&self, state: &State) -> Option<Styled> {
        self.outcome(state).map(|text| Styled::of(Style::Text, text))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.is_unseen = false;
        self.paint(area, buf, scene);
        if let Some(asking) = &mut self.asking {
            asking.render(area, buf, scene);
        } else if let Some(asking) = &self.source {
            asking.render(area, buf, scene);
        }
    }
}
