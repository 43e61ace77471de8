//! A file of a repository at the commit that the cluster applied, with the line that was asked for in sight.
//!
//! ```text
//!    4   buildMetadata: [originAnnotations]
//!    5   resources: [../base/web, ../base/api]
//!  > 6   replicas: [{name: api, count: 3}]
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::Request;
use crate::ui::widgets::text::Text;
use fluxdeck_model::change::{CommitAsk, SourceLine};
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::Error;
use fluxdeck_model::insight::declared::FilePlace;
use fluxdeck_model::state::{Aspect, FileText, Intent, Reply, State, Terminal, Ticket};

/// Lines above the one that was asked for.
const ABOVE: usize = 4;

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::FILE,
    doc: "a file of the repository at the line that sets a field",
    scope: KeyScope::File,
    make: |target, _| match target {
        Subject::File(object, place) => {
            Ok(Box::new(File { object, place: *place, body: Request::default(), lines: Vec::new(), text: Text::default() }))
        }
        _ => Err(Error::usage("a file needs a field that it sets", "open an object with d, then press o")),
    },
};

/// A checkout of the user has another version of a file.
fn another_version(file: &str, than: &str) -> String {
    format!("your checkout has another {file} than {than}: lines may differ")
}

/// No checkout of the user has a file.
fn nowhere(file: &str) -> Error {
    let hint = "E edits it as it is at the head of its branch; or name one in `repos` of config.toml";
    Error::failed(format!("none of your checkouts has {file}"), hint)
}

struct File {
    object: ObjectRef,
    place: FilePlace,
    body: Request<FileText>,
    /// With their numbers.
    lines: Vec<Styled>,
    text: Text,
}

impl File {
    fn number(&self, lines: &[String]) -> Vec<Styled> {
        let width = lines.len().to_string().len();
        let wanted = usize::try_from(self.place.line).unwrap_or_default();
        let line = |(number, line): (usize, &String)| {
            let is_it = number == wanted;
            let (mark, style) = if is_it { (">", Style::Key) } else { (" ", Style::Text) };
            Styled::of(if is_it { Style::Key } else { Style::Dim }, format!("{mark} {number:>width$}  ")).and(style, line)
        };
        (1..).zip(lines).map(line).collect()
    }

    /// Opens the file in the user's editor, where a checkout of theirs has it.
    fn edit(&self, cx: &mut Cx) {
        match self.body.get().map(|file| (&file.disk, file.is_same)) {
            Some((Some(disk), is_same)) => {
                if !is_same {
                    cx.say(another_version(&self.place.path, self.place.at.short()));
                }
                cx.intend(Intent::Terminal(Terminal::Edit { path: disk.clone(), line: self.place.line, answers: None }));
            }
            Some((None, _)) => cx.complain(nowhere("this file")),
            None => cx.complain(Error::failed("the file is not shown", "only a file that is shown can be opened")),
        }
    }
}

impl View for File {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::File(self.object.clone(), Box::new(self.place.clone()))
    }

    fn title(&self, _: &State) -> String {
        let line = if self.place.line == 0 { String::new() } else { format!(":{}", self.place.line) };
        format!("{}{line} at {}", self.place.path, self.place.at.short())
    }

    fn count(&self, _: &State) -> String {
        if self.lines.is_empty() { String::new() } else { self.text.position(&self.lines[..]) }
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.body.ask(&self.object, Aspect::File(Box::new(self.place.clone())), cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.body.close(cx);
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match (gesture, self.body.get()) {
            (Gesture::Edit, _) => self.edit(cx),
            (Gesture::EditFile, _) => {
                let at = SourceLine { file: self.place.path.to_string(), line: self.place.line };
                if let Err(error) = commands::open_file(&self.object, &at, None, cx) {
                    cx.complain(error);
                }
            }
            (Gesture::Commit, _) => {
                if let Err(error) = commands::open_commit(&self.object, CommitAsk::At(self.place.at.clone()), cx) {
                    cx.complain(error);
                }
            }
            (Gesture::Copy, Some(file)) => {
                cx.copy(file.lines.join("\n"), format!("copied {}", counted(file.lines.len(), "line")));
            }
            (gesture, _) => return self.text.gesture(gesture, &self.lines[..]),
        }
        true
    }

    fn filter(&self, _: &State) -> String {
        self.text.searched().to_owned()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.text.search(text, &self.lines[..])
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, _: &mut Cx) {
        let read = |reply: &Reply| match reply {
            Reply::File(file) => Some((**file).clone()),
            _ => None,
        };
        if self.body.take(ticket, reply, read)
            && let Some(file) = self.body.get()
        {
            self.lines = self.number(&file.lines);
            let wanted = usize::try_from(self.place.line).unwrap_or_default().saturating_sub(1 + ABOVE);
            self.text.begin_at(wanted.min(self.lines[..].len()));
        }
    }

    fn message(&self, _: &State) -> Option<Styled> {
        let file = self.body.get()?;
        let text = match (&file.disk, file.is_same) {
            (Some(disk), true) => disk.clone(),
            (Some(disk), false) => format!("{disk} (differs there)"),
            (None, _) => format!("in none of your checkouts; read at {}", self.place.at.short()),
        };
        Some(Styled::of(Style::Dim, text))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        match self.body.get() {
            Some(_) => self.text.render(area, buf, scene, &self.lines[..]),
            None => self.body.placeholder(area, buf, scene),
        }
    }
}

#[cfg(test)]
#[path = "tests/file.rs"]
mod tests;
