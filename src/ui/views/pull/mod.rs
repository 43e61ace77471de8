//! A pull request of anyone, as a change of ours is reviewed: what its files change, what that does to everything that is built, and to what
//! this cluster applies. Nothing is sent but what a key asks for (a comment, an approval, that it is a draft, other
//! words), each shown and confirmed before.
//!
//! ```text
//!  ops/fleet#14  checkout: 2.4.0 in production
//!  by ben, 2h ago: ben/checkout@57943ce → main
//!  ◌ open  2 of 2 passed
//!  ! image automation writes this line too
//!  here        production/flux-system/apps  1 difference
//!  files       flux/apps/production/checkout.yaml  +1 -1
//! ─ rendered · 4/4 ───────────────────────────────────── tab: the files
//!  production/flux-system/apps
//!    ~ Deployment shop/checkout
//!        spec.template.spec.containers[name=checkout].image: …:2.3.1 → …:2.4.0
//! ```

mod asks;
mod summary;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use asks::{Answered, Asking};
use words::Writing;

use super::review::{diff, rendered};
use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::cut::cut;
use crate::ui::widgets::lines::{Styled, copy};
use crate::ui::widgets::request::{Answer, Request, say};
use crate::ui::widgets::split;
use crate::ui::widgets::text::Text;
use fluxdeck_model::change::{ForgeChoice, PullPlace, PullReview};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject};
use fluxdeck_model::domain::text::{counted, sanitise, sanitise_line};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::pulls::{self, PullRemark};
use fluxdeck_model::state::{Intent, Key, Question, Reply, State, Ticket};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::PULL,
    doc: "a pull request of anyone: its diff, what it renders, what it touches",
    scope: KeyScope::Pulls,
    make: |target, _| match target {
        Subject::Pull(place) => Ok(Box::new(PullView::new(*place))),
        _ => Err(Error::usage("which pull request?", "`:prs` lists them")),
    },
};

/// What is sent to the forge.
pub(super) const SENT: &[Gesture] = &[Gesture::Comment, Gesture::Approve, Gesture::Draft, Gesture::MergeLater, Gesture::Edit];

/// A part of the screen that scrolls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    Rendered,
    Files,
    Text,
    Summary,
}

impl Pane {
    fn word(self) -> &'static str {
        match self {
            Self::Rendered => "rendered",
            Self::Files => "files",
            Self::Text => "text of the pull request",
            Self::Summary => "summary",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Rendered => Self::Files,
            Self::Files => Self::Text,
            Self::Text => Self::Summary,
            Self::Summary => Self::Rendered,
        }
    }
}

/// The lines of a part, and where its window is.
#[derive(Default)]
struct Part {
    lines: Vec<Styled>,
    text: Text,
}

impl Part {
    fn replace(&mut self, lines: Vec<Styled>) {
        self.lines = lines;
        self.text.replaced(&self.lines[..]);
    }

    fn paint(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.text.render(area, buf, scene, &self.lines[..]);
    }
}

struct PullView {
    place: PullPlace,
    asked: Request<PullReview>,
    pane: Pane,
    /// What is below the summary, or beside it.
    lower: Pane,
    summary: Part,
    rendered: Part,
    files: Part,
    text: Part,
    /// For which widths the parts were made.
    widths: (u16, u16),
    asking: Option<Asking>,
    /// Its title and text are in the editor.
    writing: Option<Writing>,
    /// It has come and was not drawn yet: what a key would approve was not seen.
    is_unseen: bool,
}

/// The forge in a few words.
fn forge(forge: &ForgeChoice) -> String {
    match forge {
        ForgeChoice::Known { name, repository, token } => format!("{name} {repository}, token: {token}"),
        ForgeChoice::None { why, .. } => format!("read without a login: {why}"),
    }
}

impl PullView {
    fn new(place: PullPlace) -> Self {
        Self {
            place,
            asked: Request::default(),
            pane: Pane::default(),
            lower: Pane::default(),
            summary: Part::default(),
            rendered: Part::default(),
            files: Part::default(),
            text: Part::default(),
            widths: (0, 0),
            asking: None,
            writing: None,
            is_unseen: false,
        }
    }

    fn ask(&mut self, cx: &mut Cx) {
        self.asked.clear();
        (self.widths, self.asking) = ((0, 0), None);
        self.asked.ask_for(Question::Pull(Box::new(self.place.clone())), cx);
    }

    fn part(&mut self, pane: Pane) -> &mut Part {
        match pane {
            Pane::Rendered => &mut self.rendered,
            Pane::Files => &mut self.files,
            Pane::Text => &mut self.text,
            Pane::Summary => &mut self.summary,
        }
    }

    fn shown(&self) -> &Part {
        match self.pane {
            Pane::Rendered => &self.rendered,
            Pane::Files => &self.files,
            Pane::Text => &self.text,
            Pane::Summary => &self.summary,
        }
    }

    /// Begins to ask for a comment or an approval, unless nothing may be sent.
    fn begin(&mut self, gesture: Gesture, cx: &mut Cx) {
        let Some(review) = self.asked.get() else { return cx.say("it is still being read") };
        if self.is_unseen {
            return;
        }
        if let Some(error) = pulls::unsent(cx.state) {
            return cx.complain(error);
        }
        match (gesture, &review.forge, &review.approval) {
            (_, ForgeChoice::None { why, .. }, _) => {
                cx.complain(Error::failed(why.clone(), "log in to the forge, or look at its page: y copies the address"));
            }
            (Gesture::Approve, _, Err(why)) => cx.say(sanitise(why)),
            (Gesture::Approve, ..) => self.asking = Some(Asking::approval(review)),
            (Gesture::Draft | Gesture::MergeLater | Gesture::Edit, ..) if !review.pull.is_open() => {
                cx.say(format!("it is {}", review.pull.word()));
            }
            (Gesture::Draft, ..) => self.asking = Some(Asking::draft(review)),
            (Gesture::MergeLater, ..) if review.pull.is_draft => cx.say("a draft is merged by nobody: D makes it none"),
            (Gesture::MergeLater, ..) if review.pull.is_queued => cx.say("the forge merges it as soon as it may"),
            (Gesture::MergeLater, ..) => self.asking = Some(Asking::merge(review)),
            (Gesture::Edit, ..) => self.write(cx),
            _ => self.asking = Some(Asking::comment(review)),
        }
    }

    /// Makes the lines again for these widths.
    fn make(&mut self, widths: (u16, u16), scene: &Scene) {
        let Some(review) = self.asked.get().filter(|_| self.widths != widths) else { return };
        let above = summary::lines(review, scene.theme, widths.0.into(), scene.state.clock);
        let text = summary::text(review, widths.1.into());
        let (rendered, files) = match &review.effect {
            Ok(effect) => {
                let rendered = rendered::lines(&effect.rendered, &effect.unproven, scene.theme, widths.1.into());
                (rendered, diff::read(&effect.patch, &effect.files).lines)
            }
            Err(error) => {
                let why = Styled::of(Style::Unknown, format!(" {}", sanitise_line(&error.to_string())));
                (vec![why.clone()], vec![why])
            }
        };
        self.summary.replace(above);
        self.rendered.replace(rendered);
        self.files.replace(files);
        self.text.replace(text);
        self.widths = widths;
    }

    fn paint(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let (left, right) = split::columns(area);
        self.make((Text::room(left), Text::room(right)), scene);
        if let Some((left, right)) = split::beside(area, buf, scene) {
            self.summary.paint(left, buf, scene);
            return self.paint_lower(right, 0, buf, scene);
        }
        let lower = self.lower;
        let length = |part: &Part| u16::try_from(part.lines.len()).unwrap_or(u16::MAX);
        let (above, below) = split::stacked(area, length(&self.summary), length(self.part(lower)));
        self.summary.paint(above, buf, scene);
        let hidden = usize::from(length(&self.summary) - above.height);
        self.paint_lower(below, hidden, buf, scene);
    }

    /// The lower part, below a line that names it and what tab shows next. `hidden`: lines of the summary that have no room.
    fn paint_lower(&mut self, area: Rect, hidden: usize, buf: &mut Buffer, scene: &Scene) {
        if area.height == 0 {
            return;
        }
        let dash = scene.theme.sign("─", "-");
        let style = if self.pane == self.lower { Style::Key } else { Style::Dim };
        let mut head = Styled::of(Style::Border, dash).and(style, format!(" {} ", self.lower.word()));
        if hidden > 0 && self.pane != Pane::Summary {
            head = head.and(Style::Border, dash).and(Style::Progressing, format!(" {} above ", counted(hidden, "more line")));
        }
        let tail = format!(" tab: {} ", self.pane.next().word());
        let blank = usize::from(area.width).saturating_sub(head.width() + tail.len() + 1);
        let head = head.and(Style::Border, dash.repeat(blank)).and(Style::Dim, tail).and(Style::Border, dash);
        buf.set_line(area.x, area.y, &cut(head.painted(scene.theme), area.width.into()), area.width);
        let lower = self.lower;
        self.part(lower).paint(Rect { y: area.y + 1, height: area.height - 1, ..area }, buf, scene);
    }
}

impl View for PullView {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Pull(Box::new(self.place.clone()))
    }

    fn title(&self, _: &State) -> String {
        format!("pull request {}#{}", sanitise_line(&self.place.site.name()), self.place.number)
    }

    fn count(&self, _: &State) -> String {
        let part = self.shown();
        if part.lines.is_empty() { String::new() } else { part.text.position(&part.lines[..]) }
    }

    fn takes_keys(&self) -> bool {
        self.asking.is_some()
    }

    fn opened(&mut self, cx: &mut Cx) {
        self.ask(cx);
    }

    fn closed(&mut self, cx: &mut Cx) {
        self.asked.close(cx);
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        let (Some(asking), Some(review)) = (&mut self.asking, self.asked.get()) else { return false };
        match asking.key(key, review) {
            Answered::NotYet => {}
            Answered::No => self.asking = None,
            Answered::Send(kind) => {
                let (place, commit) = (review.place.clone(), review.pull.head_commit.clone());
                self.asking = None;
                cx.intend(Intent::Remark(Box::new(PullRemark { place, commit, kind })));
            }
        }
        true
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        if let Some(asking) = &mut self.asking {
            asking.paste(text);
        }
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        let page = self.asked.get().map(|review| review.pull.url.clone());
        match (gesture, page) {
            (Gesture::Again, _) => self.ask(cx),
            (Gesture::Why, _) => super::pulls::why(&self.place, cx),
            (gesture, _) if SENT.contains(&gesture) => self.begin(gesture, cx),
            (Gesture::Page, Some(page)) => cx.say(sanitise(&page)),
            (Gesture::CopyPage, Some(page)) => {
                let notice = format!("copied {}", sanitise(&page));
                cx.copy(page, notice);
            }
            (Gesture::Page | Gesture::CopyPage, None) => cx.say("it is still being read"),
            (Gesture::NextPane, _) => {
                self.pane = self.pane.next();
                if self.pane != Pane::Summary {
                    self.lower = self.pane;
                }
            }
            (Gesture::Copy, _) => copy(&self.shown().lines, cx),
            (Gesture::Open, _) => {}
            (gesture, _) => {
                let part = self.part(self.pane);
                return part.text.gesture(gesture, &part.lines[..]);
            }
        }
        true
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => None,
            Gesture::Approve => self.asked.get().filter(|review| review.approval.is_ok()).map(|_| word),
            Gesture::Draft | Gesture::MergeLater | Gesture::Edit => {
                let pull = self.asked.get().map(|review| &review.pull).filter(|pull| pull.is_open())?;
                Some(if gesture == Gesture::Draft && pull.is_draft { "ready for review" } else { word })
            }
            Gesture::Comment | Gesture::Page => self.asked.get().map(|_| word),
            _ => Some(word),
        }
    }

    fn is_barred(&self, gesture: Gesture, state: &State) -> bool {
        SENT.contains(&gesture) && pulls::unsent(state).is_some()
    }

    fn filter(&self, _: &State) -> String {
        self.shown().text.searched().to_owned()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        let part = self.part(self.pane);
        part.text.search(text, &part.lines[..])
    }

    fn reply(&mut self, ticket: Ticket, reply: &Reply, cx: &mut Cx) {
        if self.written(ticket, reply, cx) {
            return;
        }
        let read = |reply: &Reply| if let Reply::Pull(review) = reply { Some((**review).clone()) } else { None };
        if self.asked.take(ticket, reply, read) {
            (self.widths, self.asking, self.is_unseen) = ((0, 0), None, true);
        }
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.is_unseen = false;
        let area = area.intersection(buf.area);
        match &self.asked.answer {
            Answer::Waiting => {
                say(area, buf, scene, "reading…", "its branch is fetched, and everything is built before and after");
            }
            Answer::Failed(error) => say(area, buf, scene, &sanitise(&error.message), &sanitise(&error.hint)),
            Answer::Here(_) => self.paint(area, buf, scene),
        }
        if let Some(asking) = &self.asking {
            asking.render(area, buf, scene);
        }
    }
}
