//! How the pull request is opened: its title and text in the user's editor, as a draft, to be merged by the forge.

use super::Review;
use fluxdeck_model::change::Wording;
use fluxdeck_model::commands::Cx;
use fluxdeck_model::state::{Intent, Question, Reply, Terminal, Ticket};

/// The sheet in the editor.
pub struct Writing {
    ticket: Ticket,
    /// As it was begun.
    before: Wording,
    ours: String,
}

impl Review {
    pub(super) fn toggle_draft(&mut self, cx: &mut Cx) {
        if self.query.order.merges_later {
            cx.say("a draft is merged by nobody: auto-merge is off");
        }
        self.edit(|proposal| {
            let is_draft = !proposal.order.is_draft;
            (proposal.order.is_draft, proposal.order.merges_later) = (is_draft, false);
            (proposal.pull.is_draft, proposal.pull.merges_later) = (is_draft, false);
        });
    }

    /// Switches auto-merge off, or on: then the forge is asked whether the base requires a check, with everything else.
    pub(super) fn toggle_merge(&mut self, cx: &mut Cx) {
        match self.proposal().map(|proposal| &proposal.order) {
            Some(order) if order.is_draft => cx.say("a draft is merged by nobody: D makes it none"),
            Some(order) if order.merges_later => self.edit(|proposal| {
                (proposal.order.merges_later, proposal.pull.merges_later) = (false, false);
            }),
            _ => {
                self.query.order.merges_later = true;
                self.ask(cx);
            }
        }
    }

    /// Writes a sheet down, for which the terminal is lent once it is there.
    pub(super) fn write(&mut self, cx: &mut Cx) {
        let Some(proposal) = self.proposal() else { return };
        let (before, ours) = (proposal.wording(), proposal.text.facts(&proposal.checks));
        let question = Question::Sheet { name: format!("{}.md", proposal.branch), text: before.sheet(&ours) };
        self.writing = Some(Writing { ticket: cx.ask(question), before, ours });
    }

    /// The sheet is written down, or the editor is through with it. False: the reply is to something else.
    pub(super) fn written(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) -> bool {
        let Some(writing) = self.writing.as_ref().filter(|writing| writing.ticket == ticket) else { return false };
        match reply {
            Reply::Written(path) => {
                cx.intend(Intent::Terminal(Terminal::Edit { path: path.clone(), line: 1, answers: Some(ticket) }));
                return true;
            }
            Reply::Edited(text) => match Wording::of(text, &writing.ours) {
                None => cx.say("the text was empty: title and text stay as they were"),
                Some(wording) if wording == writing.before => cx.say("nothing was changed"),
                Some(wording) => {
                    let is_bare = wording.text.is_empty() && !writing.before.text.is_empty();
                    cx.say(if is_bare { "without a text of yours the reason stays" } else { "it is in the pull request" });
                    self.edit(|proposal| proposal.say(&wording));
                }
            },
            Reply::Failed(error) => cx.complain(error.clone()),
            _ => {}
        }
        self.writing = None;
        true
    }
}
