//! A commit: who made it, when and what for, and what it changed. Of an object whose source has fetched another revision than is applied,
//! also the commits between, and what they change together.
//!
//! ```text
//!  bump web to 1.3.0
//!  by ben <ben@example.test>, 5m ago, 2026-12-01 13:41  3d3b4b7  #12
//!
//!  The old one leaks.
//!
//!  deploy/web/deployment.yaml
//!     14 - image: registry.example.test/web:1.2.0
//!     14 + image: registry.example.test/web:1.3.0
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::review::diff;
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::{Styled, copy};
use crate::ui::widgets::request::Request;
use crate::ui::widgets::text::Text;
use fluxdeck_model::change::{CommitAsk, CommitReview, PatchText, RangeReview};
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{CommitNote, HistoryEnd, ObjectRef, revision};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Aspect, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::COMMIT,
    doc: "a commit: who made it, what for, what it changed; and what is fetched and not applied yet",
    scope: KeyScope::Commit,
    make: |target, _| match target {
        Subject::Commit(object, ask) => Ok(Box::new(CommitView::new(object, *ask))),
        Subject::Object(object) => Ok(Box::new(CommitView::new(object, CommitAsk::Present))),
        _ => Err(Error::usage("a commit is of an object's repository", "move to an object, or name one: `:commit 3d3b4b7`")),
    },
};

struct CommitView {
    object: ObjectRef,
    ask: CommitAsk,
    body: Request<CommitReview>,
    /// What is between the applied and the fetched revision is shown.
    is_range: bool,
    lines: Vec<Styled>,
    /// For which width and minute they were made, since they have ages; none: they are to be made again.
    width: Option<(u16, i64)>,
    text: Text,
}

impl CommitView {
    fn new(object: ObjectRef, ask: CommitAsk) -> Self {
        let body = Request::default();
        Self { object, ask, body, is_range: false, lines: Vec::new(), width: None, text: Text::default() }
    }

    fn range(&self) -> Option<&RangeReview> {
        self.body.get()?.range.as_ref()
    }

    /// Makes the lines where they are of another width, or of something else.
    fn build(&mut self, width: u16, scene: &Scene) {
        let stamp = (width, scene.state.clock.as_second() / 60);
        if self.width == Some(stamp) {
            return;
        }
        let Some(review) = self.body.get() else { return };
        let room = usize::from(width);
        let lines = match review.range.as_ref().filter(|_| self.is_range) {
            Some(range) => of_range(range, room, scene),
            None => of_commit(review, room, scene),
        };
        self.width = Some(stamp);
        if lines != self.lines {
            self.lines = lines;
            self.text.replaced(&self.lines[..]);
        }
    }
}

fn of_commit(review: &CommitReview, width: usize, scene: &Scene) -> Vec<Styled> {
    let note = &review.note;
    let mut lines = Styled::of(Style::Accent, &note.subject).wrapped(0, width);
    let when = note.at.map(|at| format!(", {} ago, {}", scene.age(Some(at)), scene.state.person_clock().moment(at)));
    let by = Styled::of(Style::Dim, "by ").and(Style::Text, &note.author).and(Style::Dim, format!(" <{}>", note.address));
    let by = by.and(Style::Text, when.unwrap_or_default()).and(Style::Reference, format!("  {}", note.short()));
    let pull = note.pull.map(|pull| format!("  {pull}")).unwrap_or_default();
    lines.extend(by.and(Style::Key, pull).wrapped(3, width));
    if note.is_merge() {
        let parents: Vec<_> = note.parents.iter().map(|id| id.get(..7).unwrap_or(id)).collect();
        let text = format!("a merge of {}: what it brought to the first of them is below", parents.join(" and "));
        lines.extend(Styled::of(Style::Dim, text).wrapped(0, width));
    }
    if !note.body.is_empty() {
        lines.push(Styled::default());
        lines.extend(note.body.iter().flat_map(|line| Styled::of(Style::Text, line).wrapped(0, width)));
    }
    lines.push(Styled::default());
    match &review.changed {
        Some(changed) => lines.extend(patch(changed)),
        None => {
            let text = "what it changed is not known here: the clone has nothing before it";
            lines.extend(Styled::of(Style::Unknown, text).wrapped(0, width));
        }
    }
    lines
}

fn of_range(range: &RangeReview, width: usize, scene: &Scene) -> Vec<Styled> {
    let (applied, fetched) = (revision::short(&range.applied), revision::short(&range.fetched));
    let head = Styled::of(Style::Accent, format!("{applied}..{fetched}"));
    let head = head.and(Style::Text, format!("  {}, fetched and not applied", counted(range.commits.len(), "commit")));
    let mut lines = head.wrapped(0, width);
    lines.extend(range.commits.iter().flat_map(|note| short(note, scene).wrapped(9, width)));
    let end = match range.end {
        HistoryEnd::Whole => "",
        HistoryEnd::More => "… and more before",
        HistoryEnd::Shallow(_) => "… what was before is not known: the clone has no more of the history",
        HistoryEnd::Apart => "the branch was moved: the applied revision is not in the history of the fetched one",
    };
    if !end.is_empty() {
        lines.extend(Styled::of(Style::Unknown, end).wrapped(0, width));
    }
    lines.push(Styled::default());
    lines.extend(patch(&range.changed));
    lines
}

/// A commit in a line.
fn short(note: &CommitNote, scene: &Scene) -> Styled {
    let pull = note.pull.filter(|pull| !note.subject.ends_with(&format!("({pull})")));
    Styled::of(Style::Reference, note.short())
        .and(Style::Dim, format!("  {:<4}", scene.age(note.at)))
        .and(Style::Text, format!(" {}", note.subject))
        .and(Style::Dim, format!("  {}", note.author))
        .and(Style::Key, pull.map(|pull| format!("  {pull}")).unwrap_or_default())
}

fn patch(changed: &PatchText) -> Vec<Styled> {
    if changed.files.is_empty() {
        return vec![Styled::of(Style::Dim, "it changes no file")];
    }
    let mut lines = diff::read(&changed.patch, &changed.files).lines;
    if changed.left_out > 0 {
        lines.push(Styled::default());
        lines.push(Styled::of(Style::Dim, format!("… and {}", counted(changed.left_out, "other file"))));
    }
    lines
}

impl View for CommitView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Commit(self.object.clone(), Box::new(self.ask.clone()))
    }

    fn title(&self, _: &State) -> String {
        match (self.body.get(), self.range().filter(|_| self.is_range)) {
            (_, Some(range)) => format!("{}..{}", revision::checksum(&range.applied), revision::checksum(&range.fetched)),
            (Some(review), None) => format!("commit {} of {}", review.at.short(), self.object),
            (None, None) => format!("commit of {}", self.object),
        }
    }

    fn count(&self, _: &State) -> String {
        if self.lines.is_empty() { String::new() } else { self.text.position(&self.lines[..]) }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        let by = match &self.ask {
            CommitAsk::At(_) => Some(self.object.clone()),
            CommitAsk::Present | CommitAsk::Named(_) => commands::commit_known(&self.object, cx.state),
        };
        match by {
            Some(by) => self.body.ask(&self.object, Aspect::Commit { by, ask: Box::new(self.ask.clone()) }, cx),
            None => self.body.fail(Error::failed(format!("no Flux Kustomization is known to apply {}", self.object), "")),
        }
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.body.close(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Copy => copy(&self.lines, cx),
            Gesture::CopyPage => match self.body.get() {
                Some(review) => cx.copy(review.note.id.clone(), format!("copied {}", review.note.short())),
                None => return false,
            },
            Gesture::NextPane => match self.range() {
                Some(_) => {
                    self.is_range = !self.is_range;
                    self.width = None;
                    self.text.begin_at(0);
                }
                None => cx.say("what is fetched is applied: there is nothing between"),
            },
            gesture => return self.text.gesture(gesture, &self.lines[..]),
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::NextPane if self.range().is_none() => None,
            Gesture::NextPane if self.is_range => Some("commit"),
            Gesture::CopyPage => self.body.get().map(|_| word),
            _ => Some(word),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.text.searched().to_owned()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.text.search(text, &self.lines[..])
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        let read = |reply: &Reply| match reply {
            Reply::Commit(review) => Some((**review).clone()),
            _ => None,
        };
        if self.body.take(ticket, reply, read) {
            self.width = None;
        }
    }

    fn message(&self, _: &State) -> Option<Styled> {
        let range = self.range()?;
        let text = match self.is_range {
            true => "tab: the commit of the revision".to_owned(),
            false => format!("{} between what is applied and what is fetched (tab)", counted(range.commits.len(), "commit")),
        };
        Some(Styled::of(Style::Dim, text))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let area = area.intersection(buf.area);
        self.build(Text::room(area.width), scene);
        match self.body.get() {
            Some(_) => self.text.render(area, buf, scene, &self.lines[..]),
            None => self.body.placeholder(area, buf, scene),
        }
    }
}

#[cfg(test)]
#[path = "tests/commit.rs"]
mod tests;
