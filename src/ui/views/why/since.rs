//! The rows of an explanation that git has a say in: the commit that may be why, others like it, and where a build failed.

use super::paint::Sheet;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::{Answer, Request};
use fluxdeck_model::change::CommitAsk;
use fluxdeck_model::commands::{self, Cx};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::insight::why::since::line;
use fluxdeck_model::insight::why::{Explanation, Onset, OnsetAsk};
use fluxdeck_model::state::{Aspect, Reply, Ticket};

/// Commits beside the first that there is room for.
const OTHERS: usize = 2;

/// What is asked of git about an explanation.
#[derive(Default)]
pub struct Since {
    asked: Option<(OnsetAsk, Option<String>)>,
    beginning: Request<Onset>,
}

impl Since {
    /// Asks git, where it was not asked about this yet, with this revision.
    pub fn ask(&mut self, explanation: Option<&Explanation>, cx: &mut Cx) {
        let wanted = explanation.and_then(|found| {
            let revision = found.revision.as_ref().map(|(_, revision)| revision.to_string());
            Some((cx.state.cluster().beginning_of(found)?, revision))
        });
        let objects =
            |asked: &Option<(OnsetAsk, Option<String>)>| asked.as_ref().map(|(ask, with)| (ask.of.clone(), with.clone()));
        if objects(&wanted) == objects(&self.asked) {
            return;
        }
        self.beginning.clear();
        self.asked = wanted;
        match &self.asked {
            Some((ask, _)) => {
                let object = ask.of[0].0.clone();
                self.beginning.ask(&object, Aspect::Onset(Box::new(ask.clone())), cx);
            }
            None => self.beginning.close(cx),
        }
    }

    /// Whether it was the answer.
    pub fn take(&mut self, ticket: Ticket, reply: &Reply) -> bool {
        let read = |reply: &Reply| match reply {
            Reply::Onset(found) => Some((**found).clone()),
            _ => None,
        };
        self.beginning.take(ticket, reply, read)
    }

    pub fn close(&mut self, cx: &mut Cx) {
        self.beginning.close(cx);
        self.asked = None;
    }

    /// Opens the commit that may be why; without one that of the revision of an object.
    pub fn open(&self, object: &ObjectRef, cx: &mut Cx) {
        let suspect = self.beginning.get().and_then(|found| Some((found, found.first()?)));
        let opened = match suspect {
            Some((found, suspect)) => {
                let at = Commit { url: found.at.url.clone(), id: suspect.note.id.as_str().into() };
                commands::open_commit(&found.object, CommitAsk::At(at), cx)
            }
            None => commands::open_commit(object, CommitAsk::Present, cx),
        };
        if let Err(error) = opened {
            cx.complain(error);
        }
    }

    /// The commit that may be why, where it is of what an object applies.
    pub fn suspect(&self, of: &ObjectRef) -> Option<&str> {
        let found = self.beginning.get().filter(|found| found.object == *of)?;
        found.first().map(|suspect| suspect.note.short())
    }

    /// The rows, below those that say since when.
    pub fn rows(&self, sheet: &Sheet, lines: &mut Vec<Styled>) {
        if self.asked.is_none() {
            return;
        }
        match &self.beginning.answer {
            Answer::Waiting => sheet.field(lines, "commit", Style::Dim, "asking git …"),
            Answer::Failed(error) => {
                sheet.field(lines, "commit", Style::Unknown, &format!("not known: {}", error.message));
            }
            Answer::Here(found) => found_rows(found, sheet, lines),
        }
    }
}

fn found_rows(found: &Onset, sheet: &Sheet, lines: &mut Vec<Styled>) {
    let now = sheet.scene.state.clock;
    if let Some(fault) = &found.fault {
        sheet.field(lines, "fault", Style::Failed, &fault.says);
    }
    let mut notes = found.notes(now).into_iter();
    match found.first() {
        Some(first) => {
            // its age changes
            sheet.scene.age(first.note.at);
            let is_present = first.note.id == *found.at.id;
            let id = if is_present { String::new() } else { format!("{} ", first.note.short()) };
            let text = Styled::of(Style::Reference, id).and(Style::Text, line(&first.note, now)).and(Style::Key, "  g");
            sheet.styled(lines, "commit", &text.and(Style::Text, " commit"));
        }
        None => {
            let none = notes.next_back().unwrap_or_else(|| "none is known".to_owned());
            sheet.field(lines, "commit", Style::Text, &none);
        }
    }
    for suspect in found.suspects.iter().skip(1).take(OTHERS) {
        let which = if suspect.is_own { "" } else { ", beside it" };
        let text = Styled::of(Style::Dim, "or ").and(Style::Reference, format!("{} ", suspect.note.short()));
        sheet.styled(lines, "", &text.and(Style::Text, format!("{}{which}", line(&suspect.note, now))));
    }
    let more = found.suspects.len().saturating_sub(1 + OTHERS);
    if more > 0 {
        sheet.field(lines, "", Style::Dim, &format!("or {}", counted(more, "other commit")));
    }
    notes.for_each(|note| sheet.field(lines, "", Style::Dim, &note));
}
