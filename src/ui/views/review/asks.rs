//! What a review asks before it goes on: another title; consent to what else changes, by name; the name of a production context.
//!
//! ```text
//! ╭ open the pull request ───────────────────────────────────────╮
//! │  ✗ others: also change: staging/flux-system/apps             │
//! │  also changes staging/flux-system/apps:                      │
//! │    Deployment api/api spec.replicas: 3 -> 5                  │
//! │  type yes to submit all of this                              │
//! │           [                                                ] │
//! ╰ ⏎ submit  esc back ──────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::form::{Filling, Line, Taken};
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::outside::PolicyQuestion;
use fluxdeck_model::change::{Alternative, Caution, CheckResult, Proposal, WayChoice};
use fluxdeck_model::domain::text::{printable, sanitise, sanitise_line};
use fluxdeck_model::forms::{Answers, Field, FieldValue, Form, InputKind};
use fluxdeck_model::state::{Code, Key};

const WIDTH: u16 = 92;
/// The only field of each question.
const FIELD: &str = "confirm";
/// What has to be typed outside of production.
const YES: &str = "yes";
/// What is typed to push to the repository all the same: git may be let in as somebody else than the token is of.
pub const DIRECT: &str = "direct";

/// What an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Title,
    Labels,
    Reviewers,
    /// To take the way of that number.
    Way(usize),
    Submit {
        is_push_only: bool,
    },
    /// To change the field of that number that decides on the wanted one.
    Instead(usize),
    /// To let the programs of the repository run.
    Policy,
}

/// What a key did to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    NotYet,
    No,
    /// The text of its field.
    Yes(String),
}

/// A question in front of a review.
pub struct Asking {
    pub purpose: Purpose,
    title: &'static str,
    /// What has to be read first.
    lines: Vec<Styled>,
    word: Option<String>,
    /// Another word that is taken.
    or: Option<&'static str>,
    filling: Filling,
    error: Option<String>,
    scroll: usize,
}

impl Asking {
    fn new(purpose: Purpose, title: &'static str, field: Option<Field>, answers: &Answers) -> Self {
        let word =
            field.as_ref().and_then(|field| if let InputKind::Word(word) = &field.input { Some(word.clone()) } else { None });
        let filling = Filling::new(&Form::of(field.into_iter().collect::<Vec<_>>()), answers);
        Self { purpose, title, lines: Vec::new(), word, or: None, filling, error: None, scroll: 0 }
    }

    /// For another title.
    pub fn title(present: &str) -> Self {
        let field = Field::new(FIELD, "title", "Empty: as the playbook calls it", InputKind::Text).optional();
        let answers = Answers::default().with(FIELD, FieldValue::Text(printable(present).into_owned()));
        Self::new(Purpose::Title, "title of the pull request", Some(field), &answers)
    }

    /// For the labels or the reviewers of the pull request.
    pub fn names(purpose: Purpose, present: &[String]) -> Self {
        let (title, label, help) = match purpose {
            Purpose::Labels => ("labels of the pull request", "labels", "Separated by commas; the forge has to have them"),
            _ => ("who is asked for a review", "reviewers", "Users, or organisation/team, separated by commas"),
        };
        let field = Field::new(FIELD, label, help, InputKind::Text).optional();
        let answers = Answers::default().with(FIELD, FieldValue::Text(printable(&present.join(", ")).into_owned()));
        Self::new(purpose, title, Some(field), &answers)
    }

    /// For the value of what decides on the wanted field.
    pub fn instead(number: usize, caution: &Caution, other: &Alternative) -> Self {
        let label = other.field.rsplit('.').next().unwrap_or(&other.field).to_owned();
        let help = if other.value == other.before { "Which value does it" } else { "This value does it" };
        let field = Field::new(FIELD, label, help, InputKind::Text);
        let answers = Answers::default().with(FIELD, FieldValue::Text(printable(&other.value).into_owned()));
        let asking = Self::new(Purpose::Instead(number), "change this instead", Some(field), &answers);
        let why = Styled::of(Style::Progressing, format!(" {}", sanitise(&caution.text)));
        let what = Styled::of(Style::Text, format!(" {}", sanitise(&other.to_string())));
        Self { lines: vec![why, what], ..asking }
    }

    /// For consent to the programs that a repository names.
    pub fn policy(question: &PolicyQuestion) -> Self {
        let field = Field::new(
            FIELD,
            "",
            format!("type {YES} to let them run, until they are other ones"),
            InputKind::Word(YES.to_owned()),
        );
        let asking = Self::new(Purpose::Policy, "programs of the repository", Some(field), &Answers::default());
        let head = format!(" {} wants these programs to check changes of it:", sanitise(&question.repository));
        let widest = question.commands.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let one = |(name, line): &(String, String)| {
            let line = sanitise_line(line).into_owned();
            Styled::of(Style::Accent, format!("   {}", sanitise_line(name))).upto(widest + 5).and(Style::Text, line)
        };
        let files = format!(" They use of it: {}", sanitise_line(&question.files.join(", ")));
        let files = (!question.files.is_empty()).then(|| Styled::of(Style::Text, files));
        let tail = " Each runs on this machine as you, in a copy of the changed files, without your variables.";
        let lines = std::iter::once(Styled::of(Style::Text, head)).chain(question.commands.iter().map(one)).chain(files);
        Self { lines: lines.chain([Styled::of(Style::Progressing, tail)]).collect(), ..asking }
    }

    /// For consent to what a way changes besides.
    pub fn way(number: usize, way: &WayChoice) -> Self {
        let asking = Self::new(Purpose::Way(number), "take this way", None, &Answers::default());
        let place = Styled::of(Style::Text, format!(" {} ({})", sanitise(&way.place.to_string()), sanitise(&way.word)));
        let besides = way.result.iter().flatten().map(|line| besides(line));
        Self { lines: std::iter::once(place).chain(besides).collect(), ..asking }
    }

    /// For consent to a change of which a check failed, that changes more, that goes to production, or to a fork. None where nothing has to be
    /// asked.
    pub fn submit(proposal: &Proposal, is_push_only: bool, production: Option<&str>) -> Option<Self> {
        let failed: Vec<_> = proposal.checks.iter().filter(|check| check.result == CheckResult::Failed).collect();
        let is_wide = proposal.order.is_wide && !proposal.besides.is_empty();
        let competing: Vec<_> = proposal.competing.iter().filter(|_| !is_push_only).collect();
        let (fork, failed_is_empty) = (proposal.fork_to_ask(), failed.is_empty());
        if failed.is_empty() && !is_wide && production.is_none() && competing.is_empty() && fork.is_none() {
            return None;
        }
        let (word, what) = match production {
            Some(context) => (context, "to change production"),
            None if failed.is_empty() && !is_wide && competing.is_empty() => {
                (YES, "to push to the fork, or direct to push to the repository all the same")
            }
            None if failed.is_empty() && !is_wide => (YES, "to open one more pull request all the same"),
            None => (YES, "to submit all of this"),
        };
        let field = Field::new(FIELD, "", format!("type {word} {what}"), InputKind::Word(word.to_owned()));
        let title = if is_push_only { "push the branch" } else { "submit the change" };
        let asking = Self::new(Purpose::Submit { is_push_only }, title, Some(field), &Answers::default());
        let mut lines = vec![Styled::of(Style::Text, format!(" {}", sanitise(&proposal.pull.title)))];
        if let Some(offer) = fork {
            let site = proposal.order.site.name();
            let text = format!(" you may not push to {}: {}", sanitise_line(&site), sanitise_line(&offer.words()));
            lines.push(Styled::of(Style::Progressing, text));
        }
        let failed = failed.iter().map(|check| format!(" {}: {}", check.name, check.why));
        lines.extend(failed.map(|text| Styled::of(Style::Failed, sanitise(&text))));
        lines.extend(competing.iter().map(|one| Styled::of(Style::Progressing, format!(" {}", sanitise(&one.text())))));
        if is_wide || proposal.has_failed() {
            lines.extend(proposal.besides.iter().map(|line| besides(line)));
        }
        let is_of_fork = fork.is_some() && failed_is_empty && !is_wide && competing.is_empty() && production.is_none();
        Some(Self { lines, or: is_of_fork.then_some(DIRECT), ..asking })
    }

    pub fn key(&mut self, key: Key) -> Answered {
        let is_plain = self.filling.is_empty();
        match (key.code, key.ctrl) {
            (Code::Esc, _) | (Code::Char('c'), true) => return Answered::No,
            (Code::Char('n' | 'q'), false) if is_plain => return Answered::No,
            (Code::Char('y'), false) if is_plain => return Answered::Yes(String::new()),
            _ => {}
        }
        match (self.filling.key(key), key.code) {
            (Taken::Changed, _) => self.error = None,
            (Taken::No, Code::Enter) => return self.accept(),
            (Taken::No, Code::Down) => self.scroll += 1,
            (Taken::No, Code::Up) => self.scroll = self.scroll.saturating_sub(1),
            (Taken::No, Code::PageDown) => self.scroll += 10,
            (Taken::No, Code::PageUp) => self.scroll = self.scroll.saturating_sub(10),
            _ => {}
        }
        Answered::NotYet
    }

    fn accept(&mut self) -> Answered {
        let typed = self.filling.text(FIELD).trim().to_owned();
        match &self.word {
            Some(word) if *word != typed && self.or != Some(typed.as_str()) => {
                self.error = Some(format!("type `{word}`, or leave with esc"));
            }
            None if self.filling.is_empty() => self.error = Some("more will change: press y to confirm".to_owned()),
            _ => return Answered::Yes(typed),
        }
        Answered::NotYet
    }

    pub fn paste(&mut self, text: &str) {
        self.filling.paste(text);
        self.error = None;
    }

    pub fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let width = Dialog::room(area, WIDTH);
        let clock = scene.state.person_clock();
        let body: Vec<_> = self.lines.iter().flat_map(|line| line.clone().wrapped(3, width.into())).collect();
        let mut foot = self.filling.lines(width.into(), &clock);
        if let Some(error) = &self.error {
            foot.extend(Styled::of(Style::Error, format!(" {error}")).wrapped(1, width.into()).into_iter().map(Line::of));
        }
        let accept = if self.filling.is_empty() { "y" } else { scene.theme.sign("⏎", "enter") };
        let word = match self.purpose {
            Purpose::Title | Purpose::Labels | Purpose::Reviewers => "take it",
            Purpose::Instead(_) => "review",
            Purpose::Way(_) | Purpose::Submit { .. } | Purpose::Policy => "yes",
        };
        let keys = [(accept, word), (scene.theme.sign("↑↓", "up down"), "scroll"), ("esc", "back")];
        let keys = if self.lines.is_empty() { vec![keys[0], keys[2]] } else { keys.to_vec() };
        let height = u16::try_from(body.len() + foot.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: self.title, keys: &keys }.render(area, buf, scene, (width, height));
        // the field stays in sight; what is above it scrolls
        let foot_height = u16::try_from(foot.len()).unwrap_or(u16::MAX).min(inner.height);
        let room = usize::from(inner.height - foot_height);
        self.scroll = self.scroll.min(body.len().saturating_sub(room));
        for (y, line) in (inner.y..inner.bottom() - foot_height).zip(body.iter().skip(self.scroll)) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
        for (y, line) in (inner.bottom() - foot_height..inner.bottom()).zip(&foot) {
            self.filling.render(line, Rect { y, height: 1, ..inner }, buf, scene, &clock);
        }
    }
}

fn besides(line: &str) -> Styled {
    Styled::of(Style::Progressing, format!(" {}", sanitise(line.trim_end())))
}
