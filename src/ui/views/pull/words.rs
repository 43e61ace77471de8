//! Title and text of a pull request that is open, in the user's editor.

use super::PullView;
use super::asks::Asking;
use fluxdeck_model::change::Wording;
use fluxdeck_model::commands::Cx;
use fluxdeck_model::state::{Intent, Question, Reply, Terminal, Ticket};

/// The sheet in the editor.
pub struct Writing {
    ticket: Ticket,
    /// As the forge has it.
    before: Wording,
}

impl PullView {
    /// Writes a sheet down, for which the terminal is lent once it is there.
    pub(super) fn write(&mut self, cx: &mut Cx) {
        let Some(review) = self.asked.get() else { return };
        let before = Wording { title: review.pull.title.clone(), text: review.text.replace("\r\n", "\n").trim().to_owned() };
        let name = format!("{}-{}.md", review.place.site.name(), review.place.number);
        let question = Question::Sheet { name, text: before.sheet("") };
        self.writing = Some(Writing { ticket: cx.ask(question), before });
    }

    /// The sheet is written down, or the editor is through with it. False: the reply is to something else.
    pub(super) fn written(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) -> bool {
        let Some(writing) = self.writing.as_ref().filter(|writing| writing.ticket == ticket) else { return false };
        match reply {
            Reply::Written(path) => {
                cx.intend(Intent::Terminal(Terminal::Edit { path: path.clone(), line: 1, answers: Some(ticket) }));
                return true;
            }
            Reply::Edited(text) => match (Wording::of(text, ""), self.asked.get()) {
                (None, _) => cx.say("the text was empty: title and text stay as they were"),
                (Some(wording), _) if wording == writing.before => cx.say("nothing was changed"),
                (Some(wording), Some(review)) => self.asking = Some(Asking::wording(review, wording)),
                (Some(_), None) => {}
            },
            Reply::Failed(error) => cx.complain(error.clone()),
            _ => {}
        }
        self.writing = None;
        true
    }
}
