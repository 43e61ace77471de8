//! What can be done about a change that was refused: another way, one of several builds, the file itself edited by hand; and about one
//! whose repository only the user knows.

use super::asks::Asking;
use super::paint::barred;
use super::source::{SourceAnswered, SourceAsking};
use super::{Purpose, Review};
use crate::ui::widgets::request::Answer;
use fluxdeck_model::change::{ChangeRefusal, LayerChoice, Proposed, SiteScope, SourceQuestion};
use fluxdeck_model::commands::{self, Cx, Gesture, ReviewFrom, Transition};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Intent, Key, State};

impl Review {
    /// Asks again for the selected way; for one that changes more, once that was confirmed.
    pub(super) fn take_way(&mut self, is_confirmed: bool, cx: &mut Cx) {
        let Some(refusal) = self.refusal() else { return };
        if let Some(choice) = self.way.checked_sub(refusal.ways.len()).and_then(|at| refusal.builds.get(at)) {
            let scope = SiteScope::Kustomization(choice.build.clone());
            return self.narrow(scope, cx);
        }
        let above = refusal.ways.len() + refusal.builds.len();
        if let Some(number) = self.way.checked_sub(above).filter(|number| self.alternative(*number).is_some()) {
            return self.ask_instead(number, cx);
        }
        let offers = above + refusal.alternatives().count();
        if let Some((field, is_out)) = self.way.checked_sub(offers).and_then(|at| self.offers().get(at).cloned()) {
            return self.set_out(&field, is_out, cx);
        }
        let Some(way) = refusal.ways.get(self.way).cloned() else {
            return cx.say("there is no other way");
        };
        if let Err(why) = &way.result {
            return cx.complain(Error::failed(format!("this way cannot be taken: {why}"), ""));
        }
        if way.is_wide && !is_confirmed {
            self.asking = Some(Asking::way(self.way, &way));
            return;
        }
        (self.query.order.layer, self.query.order.is_wide) = (way.layer, way.is_wide);
        self.ask(cx);
    }

    /// Asks again for what one Kustomization builds: of another one the ways are other ones.
    fn narrow(&mut self, scope: SiteScope, cx: &mut Cx) {
        if let Some(of) = self.draft_of() {
            cx.intend(Intent::Narrow(of, scope.clone()));
        }
        let order = &mut self.query.order;
        order.site.scope = scope;
        (order.layer, order.is_wide) = (LayerChoice::default(), false);
        self.ask(cx);
    }

    /// Whether enter does something with the row under the cursor.
    pub(super) fn can_take(&self) -> bool {
        let Some(refusal) = self.refusal() else { return false };
        match refusal.ways.get(self.way) {
            Some(way) => way.is_open(),
            None => refusal.is_open(),
        }
    }

    /// Whether the file at the line can be edited by hand instead.
    pub(super) fn can_edit(&self, state: &State) -> bool {
        let place = self.refusal().and_then(|refusal| refusal.by_hand(self.way));
        place.is_some() && self.query.object.is_some() && barred(state).is_none()
    }

    pub(super) fn choose_way(&mut self, gesture: Gesture) -> bool {
        let offers = self.offers().len();
        let rows = |refusal: &ChangeRefusal| refusal.ways.len() + refusal.builds.len() + refusal.alternatives().count() + offers;
        let last = self.refusal().map_or(0, |refusal| rows(refusal).saturating_sub(1));
        self.way = match gesture {
            Gesture::Down => self.way + 1,
            Gesture::Up => self.way.saturating_sub(1),
            Gesture::PageDown | Gesture::Bottom => last,
            Gesture::PageUp | Gesture::Top => 0,
            _ => return false,
        }
        .min(last);
        self.widths = (0, 0);
        true
    }

    /// Opens the file of what was refused in the user's editor, as a change of its own; of an edit by hand the same one again, with what was
    /// typed.
    pub(super) fn edit_by_hand(&self, cx: &mut Cx) {
        let Some(refusal) = self.refusal() else { return cx.say("nothing was refused that has to be edited by hand") };
        let (Some(place), Some(object)) = (refusal.by_hand(self.way), &self.query.object) else {
            return cx.complain(Error::failed("no file of the repository sets it", "o on the object shows what does"));
        };
        if let Some(why) = barred(cx.state) {
            return cx.complain(Error::failed(why, ""));
        }
        if self.query.order.by_hand.is_some() {
            cx.transit(Transition::Close);
            if self.from == ReviewFrom::Form {
                cx.transit(Transition::Close);
            }
        }
        if let Err(error) = commands::open_file(object, place, Some(&self.query.order), cx) {
            cx.complain(error);
        }
    }

    /// What a person may say of the source.
    fn question(&self) -> Option<&SourceQuestion> {
        match self.asked.get()? {
            Proposed::Unknown(question) => Some(question),
            Proposed::Ready(proposal) => proposal.source.as_ref(),
            Proposed::Refused(refusal) => refusal.source.as_ref(),
            Proposed::Unchanged { .. } => None,
        }
    }

    /// Asks which repository the source is made from.
    pub(super) fn ask_source(&mut self, cx: &mut Cx) {
        match self.question() {
            Some(question) => self.source = Some(SourceAsking::new(question)),
            None => cx.say("its repository need not be said"),
        }
    }

    /// A key for the question about the source; false where it is not asked.
    pub(super) fn source_key(&mut self, key: Key, cx: &mut Cx) -> bool {
        let Some(asking) = &mut self.source else { return false };
        match asking.key(key, &cx.state.person_clock()) {
            SourceAnswered::NotYet => {}
            SourceAnswered::No => {
                self.source = None;
                if matches!(self.asked.answer, Answer::Here(Proposed::Unknown(_))) {
                    cx.transit(Transition::Close);
                }
            }
            SourceAnswered::Yes(said) => {
                self.source = None;
                self.query.said = Some(said);
                self.ask(cx);
            }
        }
        true
    }

    pub(super) fn way_answered(&mut self, purpose: Purpose, cx: &mut Cx) {
        if purpose == Purpose::Way(self.way) {
            self.take_way(true, cx);
        }
    }
}
