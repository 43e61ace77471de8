//! What a view fetches about one object: asked for, waited for, here, or refused.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::lines::Styled;
use super::text::Text;
use crate::ui::layer::Scene;
use crate::ui::theme::Scope;
use fluxdeck_model::commands::Cx;
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Aspect, Intent, Question, Reply, Ticket};

/// One request and how far it is.
pub struct Request<T> {
    ticket: Option<Ticket>,
    /// Until the first reply, which always comes: an answer, or why there is none yet.
    is_under_way: bool,
    /// How many reports of the object the API had sent when it was asked for.
    reports: u32,
    pub answer: Answer<T>,
}

pub enum Answer<T> {
    Waiting,
    Here(T),
    Failed(Error),
}

impl<T> Default for Request<T> {
    fn default() -> Self {
        Self { ticket: None, is_under_way: false, reports: 0, answer: Answer::Waiting }
    }
}

impl<T> Request<T> {
    /// Asks for an aspect of an object, in place of what was asked before; an answer that is here stays until the new one comes.
    pub fn ask(&mut self, object: &ObjectRef, aspect: Aspect, cx: &mut Cx) {
        self.ask_for(Question::Object(object.clone(), aspect), cx);
        self.reports = cx.state.cluster().store.reports(object);
    }

    /// The same for any question.
    pub fn ask_for(&mut self, question: Question, cx: &mut Cx) {
        self.close(cx);
        self.ticket = Some(cx.ask(question));
        self.is_under_way = true;
    }

    /// Forgets the answer: nothing is shown of it while it is asked for again.
    pub fn clear(&mut self) {
        self.answer = Answer::Waiting;
    }

    /// Asks again if the API has reported the object since, once the last reply has arrived: never more than one request at a time.
    pub fn renew(&mut self, object: &ObjectRef, aspect: Aspect, cx: &mut Cx) {
        let store = &cx.state.cluster().store;
        if !self.is_under_way && self.reports != store.reports(object) && store.object_of(object).is_some() {
            self.ask(object, aspect, cx);
        }
    }

    /// There is nothing to ask for.
    pub fn fail(&mut self, error: Error) {
        self.answer = Answer::Failed(error);
    }

    pub fn close(&mut self, cx: &mut Cx) {
        if let Some(ticket) = self.ticket.take() {
            cx.intend(Intent::Drop(ticket));
        }
    }

    /// Whether it was asked with this ticket.
    pub fn is_of(&self, ticket: Ticket) -> bool {
        self.ticket == Some(ticket)
    }

    /// Takes an answer to this request. Returns whether it was one.
    pub fn take(&mut self, ticket: Ticket, reply: &Reply, read: impl FnOnce(&Reply) -> Option<T>) -> bool {
        if self.ticket != Some(ticket) {
            return false;
        }
        match (reply, read(reply)) {
            (Reply::Failed(error), _) => self.answer = Answer::Failed(error.clone()),
            (_, Some(answer)) => self.answer = Answer::Here(answer),
            (_, None) => return false,
        }
        self.is_under_way = false;
        true
    }

    pub fn get(&self) -> Option<&T> {
        match &self.answer {
            Answer::Here(answer) => Some(answer),
            Answer::Waiting | Answer::Failed(_) => None,
        }
    }

    /// Says that one waits, or what went wrong.
    pub fn placeholder(&self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        match &self.answer {
            Answer::Waiting => wait(area, buf, scene, "fetching…"),
            Answer::Failed(error) => say(area, buf, scene, &error.message, &error.hint),
            Answer::Here(_) => {}
        }
    }
}

/// What is waited for; while there is no connection, that it waits for one, and why there is none.
pub fn wait(area: Rect, buf: &mut Buffer, scene: &Scene, what: &str) {
    match waiting(scene) {
        Some(why) => say(area, buf, scene, &format!("{what} as soon as there is a connection"), why),
        None => say(area, buf, scene, what, ""),
    }
}

/// Why whatever is fetched has to wait.
pub fn waiting<'a>(scene: &'a Scene) -> Option<&'a str> {
    scene.state.cluster().lost()
}

/// A message where content would stand, and what to do about it.
pub fn say(area: Rect, buf: &mut Buffer, scene: &Scene, message: &str, hint: &str) {
    let area = area.intersection(buf.area);
    let margin = area.width - Text::room(area.width);
    let lines = [(Scope::Text, message), (Scope::Dim, hint)].into_iter().filter(|(_, text)| !text.is_empty());
    let lines = lines.flat_map(|(scope, text)| Styled::of(scope, text).wrapped(0, Text::room(area.width).into()));
    for (y, line) in (area.y + u16::from(area.height > 2)..area.bottom()).zip(lines) {
        buf.set_line(area.x + margin, y, &line.painted(scene.theme), area.width - margin);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::widgets::testing::World;
    use fluxdeck_model::state::Effect;

    #[test]
    fn what_changed_is_asked_for_again_one_request_at_a_time() {
        let mut world = World::default();
        let object = world.put("ks", &json!({}));
        let mut request = Request::<String>::default();
        let tickets = |effects: Vec<Effect>| {
            let ticket = |effect: &Effect| if let Effect::Look { ticket, .. } = effect { Some(*ticket) } else { None };
            effects.iter().filter_map(ticket).collect::<Vec<_>>()
        };
        let first = tickets(world.act(|cx| request.ask(&object, Aspect::Yaml, cx)).0)[0];
        let renew = |world: &mut World, request: &mut Request<String>| {
            tickets(world.act(|cx| request.renew(&object, Aspect::Yaml, cx)).0)
        };
        let answer = |request: &mut Request<String>, ticket| {
            assert!(request.take(ticket, &Reply::Document(Vec::new()), |_| Some(String::new())));
        };

        world.put("ks", &json!({"spec": {"suspend": true}}));
        assert_eq!(renew(&mut world, &mut request), [], "the first is still under way");
        answer(&mut request, first);
        let second = renew(&mut world, &mut request);
        assert_eq!(second.len(), 1);
        answer(&mut request, second[0]);
        assert_eq!(renew(&mut world, &mut request), [], "nothing changed since");
    }

    #[test]
    fn what_failed_is_renewed_when_the_object_changes_and_takes_the_answer_that_comes_late() {
        let mut world = World::default();
        let object = world.put("ks", &json!({}));
        let mut request = Request::<String>::default();
        let (effects, _) = world.act(|cx| request.ask(&object, Aspect::Yaml, cx));
        let [Effect::Look { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
        let failed = Reply::Failed(Error::failed("busy", "trying again in 1 s"));
        assert!(request.take(ticket, &failed, |_| None));
        assert!(request.take(ticket, &Reply::Document(Vec::new()), |_| Some("late".to_owned())), "it was tried again");
        assert_eq!(request.get().map(String::as_str), Some("late"));

        request.take(ticket, &failed, |_| None);
        world.put("ks", &json!({"spec": {"suspend": true}}));
        let (effects, _) = world.act(|cx| request.renew(&object, Aspect::Yaml, cx));
        assert!(matches!(effects[..], [Effect::Drop(old), Effect::Look { .. }] if old == ticket), "{effects:?}");
    }
}
