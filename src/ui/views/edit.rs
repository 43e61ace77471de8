//! An object in the user's editor: built as git has it, edited, and what was changed goes to its review.
//!
//! ```text
//! ╭ edit Deployment web/web ── prod-eu ──────────────────────────────────╮
//! │ the text cannot be taken: `metadata.name` says which object it is    │
//! │ another object takes its place where it changes: edit the manifest   │
//! ╰ ⏎ edit  esc discard ─────────────────────────────────────────────────╯
//! ```
//! What was typed is kept until the change is reviewed or discarded. What the edited text means is decided in `change::manuscript`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::{Answer, Request};
use fluxdeck_model::change::manuscript;
use fluxdeck_model::commands::{ChangeForm, Cx, Gesture, KeyScope, ReviewFrom, Screen, Subject, Transition};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{ChangeQuery, Code, Intent, Key, Manuscript, Question, Reply, State, Terminal, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::EDIT,
    doc: "an object in $EDITOR, as git builds it",
    scope: KeyScope::Dialog,
    make: |target, _| match target {
        Subject::ChangeForm(shown) => {
            Ok(Box::new(EditView { shown: *shown, manuscript: Request::default(), editing: None, error: None }))
        }
        _ => Err(Error::usage("which object?", "press e on one")),
    },
};

const WIDTH: u16 = 92;

struct EditView {
    shown: ChangeForm,
    manuscript: Request<Manuscript>,
    /// The editor has the terminal; or had it, and its text is awaited.
    editing: Option<Ticket>,
    /// Why the edited text was not taken.
    error: Option<Error>,
}

impl EditView {
    /// Lends the terminal to the editor.
    fn edit(&mut self, cx: &mut Cx) {
        let Some(Manuscript { path, line, .. }) = self.manuscript.get() else { return };
        let ticket = cx.ticket();
        cx.intend(Intent::Terminal(Terminal::Edit { path: path.clone(), line: *line, answers: Some(ticket) }));
        self.editing = Some(ticket);
        self.error = None;
    }

    /// Takes what was edited: to its review, if it means anything.
    fn take(&mut self, text: &str, cx: &mut Cx) {
        let Some(manuscript) = self.manuscript.get() else { return };
        let query = self.shown.query().and_then(|query| {
            let mut order = manuscript.order.clone();
            order.settings = manuscript::settings(&manuscript.text, text)?;
            Ok(ChangeQuery { order, ..query })
        });
        match query {
            Ok(query) if query.order.settings.is_empty() => {
                cx.say("nothing was changed");
                cx.transit(Transition::Close);
            }
            Ok(query) => cx.transit(Transition::Open(Screen::REVIEW, Subject::Review(Box::new(query), ReviewFrom::Form))),
            Err(error) => {
                let message = format!("the text cannot be taken: {}", error.message);
                self.error = Some(Error { message, ..error });
            }
        }
    }

    fn lines(&self, width: usize) -> Vec<Styled> {
        let said = |style: Style, text: &str| Styled::of(style, format!(" {text}")).wrapped(1, width);
        let failed = |why: &Error| {
            let mut lines = said(Style::Error, &why.message);
            if !why.hint.is_empty() {
                lines.extend(said(Style::Dim, &why.hint));
            }
            lines
        };
        match (&self.error, &self.manuscript.answer) {
            (Some(error), _) | (None, Answer::Failed(error)) => failed(error),
            (None, Answer::Waiting) => said(Style::Dim, "building it as git has it …"),
            (None, Answer::Here(_)) => said(Style::Dim, "it is in the editor; what was typed is kept"),
        }
    }
}

impl View for EditView {
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
        match self.shown.query() {
            Ok(query) => self.manuscript.ask_for(Question::Manuscript(Box::new(query)), cx),
            Err(error) => self.error = Some(error),
        }
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.manuscript.close(cx);
    }

    fn gesture(&mut self, _: Gesture, _: &mut Cx) -> bool {
        false
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        match (key.code, key.ctrl) {
            (Code::Esc, _) | (Code::Char('c'), true) => cx.transit(Transition::Close),
            (Code::Enter, _) | (Code::Char('e'), false) => self.edit(cx),
            _ => {}
        }
        true
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) {
        if self.editing == Some(ticket) {
            self.editing = None;
            match reply {
                Reply::Edited(text) => self.take(text, cx),
                Reply::Failed(error) => self.error = Some(error.clone()),
                _ => {}
            }
            return;
        }
        let read = |reply: &Reply| if let Reply::Manuscript(text) = reply { Some((**text).clone()) } else { None };
        if self.manuscript.take(ticket, reply, read) {
            self.edit(cx);
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let width = Dialog::room(area, WIDTH);
        let lines = self.lines(width.into());
        let context = &scene.state.cluster().context;
        let title = format!("{} {} {context}", self.shown.title(), scene.theme.sign("──", "--"));
        let again = (scene.theme.sign("⏎", "enter"), "edit again");
        let keys = match self.manuscript.get() {
            Some(_) => vec![again, ("esc", "discard")],
            None => vec![("esc", "back")],
        };
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: &title, keys: &keys }.render(area, buf, scene, (width, height));
        for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
    }
}
