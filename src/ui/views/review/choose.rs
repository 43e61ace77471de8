//! A change of several fields: which of them are made. One is under the cursor, with its lines marked; what is left out stays in sight, and is
//! taken in again with the same key. Either way everything is planned and proven again: no patch is ever cut.
//!
//! ```text
//!  apps/web/deployment.yaml
//! ▌    12 -         cpu: 500m
//! ▌    12 +         cpu: 1
//!      13 -         memory: 1Gi
//!      13 +         memory: 2Gi
//!
//!  left out
//!    – spec.replicas  3 → 5
//! ```

use super::Review;
use super::diff::Diff;
use super::summary::value;
use crate::ui::theme::{Scope as Style, Theme};
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::Answer;
use fluxdeck_model::change::{Proposal, Proposed, field_of};
use fluxdeck_model::commands::{Cx, Gesture};
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::Error;

/// A field that can be left out, or taken in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub field: String,
    pub is_in: bool,
    /// Its lines of the diff, in order.
    pub lines: Vec<usize>,
}

/// The fields to choose from, in the order of their lines; none where there is only one, and of commits that are taken back: the form says
/// how much of those. Adds the lines of those that have none in the files.
pub fn choices(proposal: &Proposal, diff: &mut Diff, theme: &Theme) -> Vec<Choice> {
    if proposal.order.taken_back.is_some() || proposal.fields.len() + proposal.left_out.len() < 2 {
        return Vec::new();
    }
    let owner = |at: usize| {
        let place = diff.places[at]?;
        field_of(&proposal.lines, &proposal.files.get(place.file)?.path, place.line)
    };
    let owners: Vec<_> = (0..diff.lines.len()).map(owner).collect();
    let own = |field: usize| owners.iter().enumerate().filter(|(_, owner)| **owner == Some(field)).map(|(at, _)| at).collect();
    let fields = proposal.fields.iter().enumerate();
    let name = |at: usize| proposal.lines.get(at).map(|lines| lines.name.clone()).unwrap_or_default();
    let mut found: Vec<_> = fields.map(|(at, _)| Choice { field: name(at), is_in: true, lines: own(at) }).collect();
    for (choice, field) in found.iter_mut().zip(&proposal.fields).filter(|(choice, _)| choice.lines.is_empty()) {
        let text = format!("   ~ {}  {}", sanitise_line(&field.field), sanitise_line(&field.place));
        choice.lines = vec![say(diff, Styled::of(Style::Text, text))];
    }
    found.sort_by_key(|choice| choice.lines.first().copied());
    if !proposal.left_out.is_empty() {
        say(diff, Styled::default());
        say(diff, Styled::of(Style::Heading, " left out"));
    }
    for out in &proposal.left_out {
        let before = out.before.as_deref().unwrap_or("nothing");
        let head = Styled::of(Style::Suspended, format!("   {} {}", theme.sign("–", "-"), sanitise_line(&out.field)));
        let values = format!(
            "  {} {} {}",
            value(before),
            theme.sign("→", "->"),
            out.after.as_deref().map_or_else(|| "taken out".to_owned(), value)
        );
        let lines = vec![say(diff, head.and(Style::Dim, values))];
        found.push(Choice { field: out.field.clone(), is_in: false, lines });
    }
    found
}

/// Adds a line, and returns its place.
fn say(diff: &mut Diff, line: Styled) -> usize {
    diff.lines.push(line);
    diff.places.push(None);
    diff.lines.len() - 1
}

impl Review {
    /// The field under the cursor; none where there is nothing to choose.
    pub(super) fn choice(&self) -> Option<&Choice> {
        let is_chosen = |choice: &&Choice| self.chosen.as_ref() == Some(&choice.field);
        self.choices.iter().find(is_chosen).or(self.choices.first())
    }

    /// Moves the cursor to the next field, or the one before; false where there is none, or more of this one has to be seen first.
    pub(super) fn step(&mut self, gesture: Gesture) -> bool {
        let Some(now) = self.choice().cloned() else { return false };
        let at = self.choices.iter().position(|choice| *choice == now).unwrap_or_default();
        let (next, edge) = match gesture {
            Gesture::Down => (self.choices.get(at + 1), now.lines.last()),
            Gesture::Up => (at.checked_sub(1).and_then(|at| self.choices.get(at)), now.lines.first()),
            _ => return false,
        };
        let (Some(next), Some(edge)) = (next.cloned(), edge) else { return false };
        if !self.diff.text.is_shown(*edge, &self.diff.lines[..]) {
            return false;
        }
        self.chosen = Some(next.field);
        for line in next.lines.last().into_iter().chain(next.lines.first()) {
            self.diff.text.show(*line, &self.diff.lines[..]);
        }
        self.widths = (0, 0);
        true
    }

    /// Leaves the field under the cursor out, or takes it in again: everything is planned again.
    pub(super) fn leave_out(&mut self, cx: &mut Cx) {
        match &self.asked.answer {
            Answer::Here(Proposed::Ready(_)) => {
                let Some(choice) = self.choice().cloned() else {
                    return cx.say(match self.proposal().and_then(|proposal| proposal.order.taken_back.as_ref()) {
                        Some(_) => "lines of a commit are taken back together: the scope in the form says how much",
                        None => "it is one field: there is nothing to leave out",
                    });
                };
                let kept = self.choices.iter().filter(|choice| choice.is_in).count();
                if choice.is_in && kept == 1 {
                    return cx.complain(Error::failed("one field has to stay", "esc leaves the change"));
                }
                self.chosen = Some(choice.field.clone());
                self.set_out(&choice.field, choice.is_in, cx);
            }
            // what cannot be planned without it is planned with it again
            Answer::Here(Proposed::Unchanged { .. }) | Answer::Failed(_) => match self.query.order.left_out.last().cloned() {
                Some(field) => self.set_out(&field, false, cx),
                None => cx.say("there is no plan to review"),
            },
            _ => cx.say("there is no plan to review"),
        }
    }

    /// Asks for the same change without a field, or with it.
    pub(super) fn set_out(&mut self, field: &str, is_out: bool, cx: &mut Cx) {
        self.query.order.left_out.retain(|other| other != field);
        if is_out {
            self.query.order.left_out.push(field.to_owned());
        }
        self.is_chosen_now = true;
        self.ask(cx);
    }

    /// What can be done with fields where one of them was refused: which field, and whether it is left out then.
    pub(super) fn offers(&self) -> Vec<(String, bool)> {
        let Some(refusal) = self.refusal() else { return Vec::new() };
        let own = refusal.leave_out.clone().map(|field| (field, true));
        own.into_iter().chain(refusal.order.left_out.iter().rev().map(|field| (field.clone(), false))).collect()
    }
}

/// An offer, for people.
pub fn offer((field, is_out): &(String, bool)) -> String {
    match is_out {
        true => format!("leave {} out, and continue with the rest", sanitise_line(field)),
        false => format!("take {} in again", sanitise_line(field)),
    }
}
