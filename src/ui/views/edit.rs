//! An object in the user's editor, built as git has it, or the file that makes it: edited, and what was changed goes to its review.
//!
//! ```text
//! ╭ edit Deployment web/web ── prod-eu ──────────────────────────────────╮
//! │ the text cannot be taken: `metadata.name` says which object it is    │
//! │ another object takes its place where it changes: edit the manifest   │
//! ╰ ⏎ edit  esc discard ─────────────────────────────────────────────────╯
//!
//! ╭ edit-file Deployment web/web ── prod-eu ─────────────────────────────╮
//! │ several files make it: which one?                                    │
//! │ > 1  apps/production/kustomization.yaml:6  images                    │
//! │   2  apps/base/web.yaml:1  resource                                  │
//! ╰ ⏎ open  esc back ────────────────────────────────────────────────────╯
//! ```
//! What was typed is kept until the change is reviewed or discarded. What the edited text means is decided in `change`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::{Answer, Request};
use fluxdeck_model::change::{ChangeOrder, FileChoice, HandEdit, LayerChoice, hand, manuscript};
use fluxdeck_model::commands::{ChangeForm, Cx, Gesture, KeyScope, ReviewFrom, Screen, Subject, Transition};
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::playbooks::{self, PlaybookStart};
use fluxdeck_model::state::{ChangeQuery, Code, Intent, Key, Manuscript, Question, Reply, State, Terminal, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::EDIT,
    doc: "an object in $EDITOR, as git builds it, or the file that makes it",
    scope: KeyScope::Dialog,
    make: |target, _| match target {
        Subject::ChangeForm(shown) => {
            Ok(Box::new(EditView { shown: *shown, sheet: Request::default(), chosen: 0, editing: None, error: None }))
        }
        _ => Err(Error::usage("which object?", "press e on one")),
    },
};

const WIDTH: u16 = 92;

/// What there is to edit.
#[derive(Clone)]
enum Sheet {
    Text(Box<Manuscript>),
    Files(Vec<FileChoice>),
}

struct EditView {
    shown: ChangeForm,
    sheet: Request<Sheet>,
    /// The file under the cursor, where there are several.
    chosen: usize,
    /// The editor has the terminal; or had it, and its text is awaited.
    editing: Option<Ticket>,
    /// Why the edited text was not taken.
    error: Option<Error>,
}

impl EditView {
    fn manuscript(&self) -> Option<&Manuscript> {
        if let Some(Sheet::Text(manuscript)) = self.sheet.get() { Some(manuscript) } else { None }
    }

    fn files(&self) -> &[FileChoice] {
        if let Some(Sheet::Files(files)) = self.sheet.get() { files } else { &[] }
    }

    fn ask(&mut self, cx: &mut Cx) {
        match self.shown.query() {
            Ok(query) => self.sheet.ask_for(Question::Manuscript(Box::new(query)), cx),
            Err(error) => self.error = Some(error),
        }
    }

    /// Asks for the file under the cursor.
    fn choose(&mut self, cx: &mut Cx) {
        let Some(at) = self.files().get(self.chosen).map(|choice| choice.at.clone()) else { return };
        match self.shown.query() {
            Ok(query) => {
                self.shown.begun = Some(Box::new(playbooks::by_hand(&query.order, &at)));
                self.sheet.clear();
                self.ask(cx);
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Lends the terminal to the editor.
    fn edit(&mut self, cx: &mut Cx) {
        let Some(Manuscript { path, line, .. }) = self.manuscript() else { return };
        let (path, line) = (path.clone(), *line);
        let ticket = cx.ticket();
        cx.intend(Intent::Terminal(Terminal::Edit { path, line, answers: Some(ticket) }));
        self.editing = Some(ticket);
        self.error = None;
    }

    /// Takes what was edited: to its review, if it means anything.
    fn take(&mut self, text: &str, cx: &mut Cx) {
        let Some(manuscript) = self.manuscript() else { return };
        let taken = self.shown.query().and_then(|query| {
            let order = match self.shown.playbook.start {
                PlaybookStart::File => typed(manuscript, text)?,
                PlaybookStart::Editor | PlaybookStart::Form => wanted(manuscript, text)?,
            };
            Ok(order.map(|order| ChangeQuery { order, ..query }))
        });
        match taken {
            Ok(None) => {
                cx.say("nothing was changed");
                cx.transit(Transition::Close);
            }
            Ok(Some(query)) => cx.transit(Transition::Open(Screen::REVIEW, Subject::Review(Box::new(query), ReviewFrom::Form))),
            Err(error) => {
                let message = format!("the text cannot be taken: {}", error.message);
                self.error = Some(Error { message, ..error });
            }
        }
    }

    fn file_lines(&self, width: usize) -> Vec<Styled> {
        let mut lines = vec![Styled::of(Style::Dim, " several files make it: which one?")];
        for (number, choice) in self.files().iter().enumerate() {
            let is_it = number == self.chosen;
            let (mark, style) = if is_it { (">", Style::Key) } else { (" ", Style::Dim) };
            let line = Styled::of(style, format!(" {mark} {}  ", number + 1))
                .and(if is_it { Style::Mark } else { Style::Text }, sanitise_line(&choice.at.to_string()))
                .and(Style::Dim, format!("  {}", sanitise_line(&choice.word)));
            lines.extend(line.wrapped(6, width));
        }
        lines
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
        match (&self.error, &self.sheet.answer) {
            (Some(error), _) | (None, Answer::Failed(error)) => failed(error),
            (None, Answer::Waiting) => said(Style::Dim, "building it as git has it …"),
            (None, Answer::Here(Sheet::Files(_))) => self.file_lines(width),
            (None, Answer::Here(Sheet::Text(_))) => said(Style::Dim, "it is in the editor; what was typed is kept"),
        }
    }
}

/// The order that an edited object is; none where it means the same.
fn wanted(manuscript: &Manuscript, text: &str) -> Result<Option<ChangeOrder>> {
    let settings = manuscript::settings(&manuscript.text, text)?;
    Ok((!settings.is_empty()).then(|| ChangeOrder { settings, ..manuscript.order.clone() }))
}

/// The order that an edited file is; none where it is the same.
fn typed(manuscript: &Manuscript, text: &str) -> Result<Option<ChangeOrder>> {
    let order = &manuscript.order;
    let LayerChoice::At { file, .. } = &order.layer else { return Ok(None) };
    hand::check(file, &manuscript.text, text).map(drop)?;
    let edit = HandEdit::between(file, &manuscript.text, text);
    Ok(edit.map(|edit| ChangeOrder { by_hand: Some(Box::new(edit)), layer: LayerChoice::Set, ..order.clone() }))
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
        self.ask(cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.sheet.close(cx);
    }

    fn gesture(&mut self, _: Gesture, _: &mut Cx) -> bool {
        false
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        let count = self.files().len();
        match (key.code, key.ctrl) {
            (Code::Esc, _) | (Code::Char('c'), true) => cx.transit(Transition::Close),
            (Code::Char('j') | Code::Down, false) if count > 0 => self.chosen = (self.chosen + 1).min(count - 1),
            (Code::Char('k') | Code::Up, false) if count > 0 => self.chosen = self.chosen.saturating_sub(1),
            (Code::Char(digit @ '1'..='9'), false) if count > 0 => {
                let number = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).unwrap_or_default();
                if (1..=count).contains(&number) {
                    self.chosen = number - 1;
                    self.choose(cx);
                }
            }
            (Code::Enter, _) if count > 0 => self.choose(cx),
            (Code::Enter, _) | (Code::Char('e' | 'E'), false) => self.edit(cx),
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
        let read = |reply: &Reply| match reply {
            Reply::Manuscript(text) => Some(Sheet::Text(text.clone())),
            Reply::Files(files) => Some(Sheet::Files(files.clone())),
            _ => None,
        };
        if self.sheet.take(ticket, reply, read) {
            self.chosen = 0;
            self.edit(cx);
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let width = Dialog::room(area, WIDTH);
        let lines = self.lines(width.into());
        let context = &scene.state.cluster().context;
        let title = format!("{} {} {context}", self.shown.title(), scene.theme.sign("──", "--"));
        let again = (scene.theme.sign("⏎", "enter"), "edit again");
        let keys = match self.sheet.get() {
            Some(Sheet::Text(_)) => vec![again, ("esc", "discard")],
            Some(Sheet::Files(_)) => vec![(again.0, "open"), ("esc", "back")],
            None => vec![("esc", "back")],
        };
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: &title, keys: &keys }.render(area, buf, scene, (width, height));
        for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
    }
}
