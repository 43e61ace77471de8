//! What is asked where the cluster does not know the git repository of a source: once, and kept.
//!
//! ```text
//! ╭ where does OCIRepository flux-system/policies come from? ────────────╮
//! │  no folder of ops/fleet builds what Kustomization … applies          │
//! │                                                                      │
//! │  repository  [https://git.example.com/ops/policies                 ] │
//! │  branch      [main                                                 ] │
//! │  folder      [deploy                                               ] │
//! ╰ ⏎ review  tab next  esc back ────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::form::{Filling, Line, Taken};
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::SourceQuestion;
use fluxdeck_model::commands::{said_source, source_answers, source_form};
use fluxdeck_model::domain::SaidSource;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::forms::Clock;
use fluxdeck_model::state::{Code, Key};

const WIDTH: u16 = 92;

/// What a key did to the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceAnswered {
    NotYet,
    No,
    Yes(SaidSource),
}

pub struct SourceAsking {
    question: SourceQuestion,
    filling: Filling,
    error: Option<String>,
}

impl SourceAsking {
    pub fn new(question: &SourceQuestion) -> Self {
        let filling = Filling::new(&source_form(question), &source_answers(&question.known));
        Self { question: question.clone(), filling, error: None }
    }

    pub fn key(&mut self, key: Key, clock: &Clock) -> SourceAnswered {
        if matches!((key.code, key.ctrl), (Code::Esc, _) | (Code::Char('c'), true)) {
            return SourceAnswered::No;
        }
        match (self.filling.key(key), key.code) {
            (Taken::Changed, _) => self.error = None,
            (Taken::No, Code::Enter) => match self.filling.answers(clock) {
                Ok(answers) => return SourceAnswered::Yes(said_source(&self.question, &answers)),
                Err(error) => self.error = Some(error.to_string()),
            },
            _ => {}
        }
        SourceAnswered::NotYet
    }

    pub fn paste(&mut self, text: &str) {
        self.filling.paste(text);
        self.error = None;
    }

    pub fn render(&self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let width = Dialog::room(area, WIDTH);
        let clock = scene.state.person_clock();
        let why = Styled::of(Style::Text, format!(" {}", sanitise(&self.question.why)));
        let mut lines: Vec<_> = match self.question.why.is_empty() {
            true => Vec::new(),
            false => why.wrapped(1, width.into()).into_iter().chain([Styled::default()]).map(Line::of).collect(),
        };
        lines.extend(self.filling.lines(width.into(), &clock));
        if let Some(error) = &self.error {
            lines.extend(Styled::of(Style::Error, format!(" {error}")).wrapped(1, width.into()).into_iter().map(Line::of));
        }
        let mut keys = vec![(scene.theme.sign("⏎", "enter"), "review".to_owned())];
        keys.extend(self.filling.keys(scene));
        keys.push(("esc", "back".to_owned()));
        let keys: Vec<_> = keys.iter().map(|(key, word)| (*key, &**word)).collect();
        let title = format!("where does {} come from?", sanitise(&self.question.source));
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: &title, keys: &keys }.render(area, buf, scene, (width, height));
        // the fields are last and must stay in sight
        let skipped = lines.len().saturating_sub(inner.height.into());
        for (y, line) in (inner.y..inner.bottom()).zip(lines.iter().skip(skipped)) {
            self.filling.render(line, Rect { y, height: 1, ..inner }, buf, scene, &clock);
        }
    }
}
