//! What is asked before something is sent to a forge: the text of a comment, then whether to send it; whether to approve, to have it merged
//! later, to make it a draft, to give it other words.
//!
//! ```text
//! ╭ approve ops/fleet#14 ────────────────────────────────────────╮
//! │  checkout: 2.4.0 in production                               │
//! │  at 57943ce, as ana at GitHub ops/fleet                      │
//! │  ! no disruption budget lets a pod go                        │
//! ╰ y approve  esc back ─────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::form::{Filling, Taken};
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::change::{PullReview, Wording};
use fluxdeck_model::domain::text::{printable, sanitise_line};
use fluxdeck_model::forms::{Answers, Field, FieldValue, Form, InputKind};
use fluxdeck_model::state::pulls::{PullRemark, RemarkKind};
use fluxdeck_model::state::{Code, Key};

const WIDTH: u16 = 92;
/// The only field.
const FIELD: &str = "comment";

/// What a key did to a question.
pub enum Answered {
    NotYet,
    No,
    /// It may be sent.
    Send(RemarkKind),
}

/// A question in front of a pull request.
pub struct Asking {
    title: String,
    lines: Vec<Styled>,
    stage: Stage,
    filling: Filling,
}

/// How far it is.
enum Stage {
    Writing,
    /// The text, or the approval, is shown; the next key sends it.
    Sure(RemarkKind),
}

impl Asking {
    /// For the text of a comment.
    pub fn comment(review: &PullReview) -> Self {
        let field = Field::new(FIELD, "comment", "Markdown; everybody who may read the repository sees it", InputKind::Text);
        let filling = Filling::new(&Form::of([field]), &Answers::default());
        Self { title: format!("comment on {}", named(review)), lines: Vec::new(), stage: Stage::Writing, filling }
    }

    /// For an approval of what is on the screen.
    pub fn approval(review: &PullReview) -> Self {
        Self::sure(review, "approve", known(review), RemarkKind::Approval)
    }

    /// For having it merged later, by the forge.
    pub fn merge(review: &PullReview) -> Self {
        let mut lines = known(review);
        let how = format!(" the forge merges it into {} once its checks have passed", sanitise_line(&review.pull.base));
        lines.push(Styled::of(Style::Text, how));
        Self::sure(review, "auto-merge", lines, RemarkKind::MergeLater)
    }

    /// For making it a draft, or none.
    pub fn draft(review: &PullReview) -> Self {
        let is_draft = !review.pull.is_draft;
        let lines = vec![Styled::of(Style::Text, format!(" {}", sanitise_line(&review.pull.title))), at(review)];
        let what = if is_draft { "make a draft of" } else { "ready for review:" };
        Self::sure(review, what, lines, RemarkKind::Draft(is_draft))
    }

    /// For another title and text, as they were edited.
    pub fn wording(review: &PullReview, wording: Wording) -> Self {
        let title = Styled::of(Style::Accent, format!(" {}", sanitise_line(&wording.title)));
        let text = wording.text.lines().map(|line| Styled::of(Style::Text, format!(" {}", printable(line))));
        let lines = std::iter::once(title).chain(text).chain([at(review)]).collect();
        Self::sure(review, "reword", lines, RemarkKind::Wording(wording))
    }

    fn sure(review: &PullReview, what: &str, lines: Vec<Styled>, kind: RemarkKind) -> Self {
        let title = format!("{what} {}", named(review));
        Self { title, lines, stage: Stage::Sure(kind), filling: Filling::new(&Form::nothing(), &Answers::default()) }
    }

    pub fn key(&mut self, key: Key, review: &PullReview) -> Answered {
        match (&self.stage, key.code, key.ctrl) {
            (Stage::Writing, Code::Esc, _) | (_, Code::Char('c'), true) => Answered::No,
            (Stage::Writing, Code::Enter, _) => {
                let text = self.filling.text(FIELD).trim().to_owned();
                if !text.is_empty() {
                    self.lines = text.lines().map(|line| Styled::of(Style::Text, format!(" {}", printable(line)))).collect();
                    self.lines.push(at(review));
                    self.stage = Stage::Sure(RemarkKind::Comment(text));
                }
                Answered::NotYet
            }
            (Stage::Writing, ..) => {
                if self.filling.key(key) == Taken::No && key.code == Code::Esc {
                    return Answered::No;
                }
                Answered::NotYet
            }
            (Stage::Sure(kind), Code::Char('y'), false) => Answered::Send(kind.clone()),
            // back to the text, which is still there
            (Stage::Sure(RemarkKind::Comment(text)), Code::Esc, _) => {
                let answers = Answers::default().with(FIELD, FieldValue::Text(text.clone()));
                *self = Self::comment(review);
                self.filling.recall(&std::collections::BTreeMap::from([(
                    FIELD.to_owned(),
                    answers.text(FIELD).unwrap_or_default().to_owned(),
                )]));
                Answered::NotYet
            }
            (Stage::Sure(_), Code::Esc | Code::Char('n' | 'q'), _) => Answered::No,
            (Stage::Sure(_), ..) => Answered::NotYet,
        }
    }

    pub fn paste(&mut self, text: &str) {
        if matches!(self.stage, Stage::Writing) {
            self.filling.paste(text);
        }
    }

    pub fn render(&self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let width = Dialog::room(area, WIDTH);
        let clock = scene.state.person_clock();
        let body: Vec<_> = self.lines.iter().flat_map(|line| line.clone().wrapped(3, width.into())).collect();
        let foot = match self.stage {
            Stage::Writing => self.filling.lines(width.into(), &clock),
            Stage::Sure(_) => Vec::new(),
        };
        let keys: &[(&str, &str)] = match self.stage {
            Stage::Writing => &[(scene.theme.sign("⏎", "enter"), "read it once more"), ("esc", "back")],
            Stage::Sure(RemarkKind::Comment(_)) => &[("y", "send it"), ("esc", "back to the text")],
            Stage::Sure(RemarkKind::Approval) => &[("y", "approve"), ("esc", "back")],
            Stage::Sure(_) => &[("y", "do it"), ("esc", "back")],
        };
        let height = u16::try_from(body.len() + foot.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: &self.title, keys }.render(area, buf, scene, (width, height));
        for (y, line) in (inner.y..inner.bottom()).zip(&body) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
        let below = inner.y.saturating_add(u16::try_from(body.len()).unwrap_or(u16::MAX));
        for (y, line) in (below..inner.bottom()).zip(&foot) {
            self.filling.render(line, Rect { y, height: 1, ..inner }, buf, scene, &clock);
        }
    }
}

/// What is known of it that speaks against it.
fn known(review: &PullReview) -> Vec<Styled> {
    let pull = &review.pull;
    let mut lines = vec![Styled::of(Style::Text, format!(" {}", sanitise_line(&pull.title))), at(review)];
    if let Some(checks) = pull.checks.filter(|checks| checks.failed > 0) {
        lines.push(Styled::of(Style::Failed, format!(" ! checks: {}", checks.words())));
    }
    match &review.effect {
        Ok(effect) => {
            let broken = effect.builds.iter().filter(|build| build.broken.is_some());
            lines.extend(broken.map(|build| Styled::of(Style::Failed, format!(" ! breaks {}", sanitise_line(&build.name)))));
            let cautions = effect.cautions.iter();
            lines.extend(cautions.map(|caution| Styled::of(Style::Progressing, format!(" ! {}", sanitise_line(&caution.text)))));
        }
        Err(error) => {
            let why = format!(" ! what it does is not known: {}", sanitise_line(&error.message));
            lines.push(Styled::of(Style::Unknown, why));
        }
    }
    lines
}

fn named(review: &PullReview) -> String {
    sanitise_line(&PullRemark { place: review.place.clone(), commit: String::new(), kind: RemarkKind::Approval }.object())
        .into_owned()
}

/// At which commit, and as which user.
fn at(review: &PullReview) -> Styled {
    let commit = review.pull.head_commit.get(..7).unwrap_or_default();
    let user = review.user.as_deref().unwrap_or("the user of the token");
    Styled::of(Style::Dim, format!(" at {commit}, as {} at {}", sanitise_line(user), sanitise_line(&super::forge(&review.forge))))
}
