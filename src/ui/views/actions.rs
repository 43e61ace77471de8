//! The action panel: everything that can be done to what is selected, with its key; what cannot be done says why.
//!
//! ```text
//! ╭ HelmRelease web/web ── prod-eu ───────────────────────────────╮
//! │  In the cluster, now                                          │
//! │  R   reconcile                                                │
//! │  s   suspend…                                                 │
//! │  r   resume                  not suspended                    │
//! │ ^d   delete…                 you may not delete … in "web"    │
//! ╰ ⏎ run · type to find · esc ───────────────────────────────────╯
//! ```
//! A key of an action runs it; other letters, or `/`, begin to find. What goes through git stands to the right, once there is any.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::cut::cut;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::editor::{Edited, Editor, window};
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::actions::{self, Action, Offer};
use fluxdeck_model::commands::{Cx, Gesture, KeyScope, Screen, Subject, Transition, pretty};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::error::Error;
use fluxdeck_model::forms::Answers;
use fluxdeck_model::state::projection::message_of;
use fluxdeck_model::state::{Code, Intent, Key, State, Wanted};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::ACTIONS,
    doc: "everything that can be done to what is selected",
    scope: KeyScope::Dialog,
    make: |target, state| match target {
        Subject::Acts { targets, hidden } => Ok(Box::new(Panel::new(targets, hidden, state))),
        _ => Err(Error::usage("actions need an object", "move to one and press a")),
    },
};

/// Columns of the keys, and of the words beside them.
const KEY: usize = 5;
const LABEL: usize = 28;
/// The widest that the panel gets.
const WIDTH: u16 = 92;

struct Panel {
    targets: Vec<actions::Target>,
    objects: Vec<ObjectRef>,
    hidden: Vec<ObjectRef>,
    entries: Vec<Entry>,
    /// The action under the cursor.
    cursor: Option<&'static Action>,
    sought: Editor,
    finds: bool,
}

struct Entry {
    action: &'static Action,
    /// To how many of the objects it can be done.
    open: usize,
    /// Why not to the others.
    reason: Option<String>,
}

impl Panel {
    fn new(targets: Vec<actions::Target>, hidden: Vec<ObjectRef>, state: &State) -> Self {
        let objects = targets.iter().map(|target| target.object.clone()).collect();
        let mut panel =
            Self { targets, objects, hidden, entries: Vec::new(), cursor: None, sought: Editor::default(), finds: false };
        panel.refresh(state);
        panel
    }

    fn heading(&self) -> String {
        match self.objects.as_slice() {
            [one] => one.to_string(),
            many => format!("{} objects", many.len()),
        }
    }

    /// The entries that are found.
    fn shown(&self) -> Vec<&Entry> {
        let typed = self.sought.text().to_lowercase();
        let is_meant = |entry: &&Entry| {
            let text = format!("{} {} {}", entry.action.label, entry.action.name, entry.action.doc).to_lowercase();
            text.contains(&typed)
        };
        self.entries.iter().filter(is_meant).collect()
    }

    fn at(&self, shown: &[&Entry]) -> usize {
        shown.iter().position(|entry| Some(entry.action) == self.cursor).unwrap_or(0)
    }

    fn step(&mut self, down: bool) {
        let shown = self.shown();
        let last = shown.len().saturating_sub(1);
        let at = self.at(&shown);
        let to = if down { (at + 1).min(last) } else { at.saturating_sub(1) };
        self.cursor = shown.get(to).map(|entry| entry.action);
    }

    /// Does it, or says why not; the panel stays open then.
    fn run(&self, action: &'static Action, cx: &mut Cx) {
        let entry = self.entries.iter().find(|entry| entry.action == action);
        if let Some(reason) = entry.filter(|entry| entry.open == 0).and_then(|entry| entry.reason.as_deref()) {
            let what = self.heading();
            return cx.complain(Error::failed(format!("cannot {} {what}: {reason}", action.name), ""));
        }
        cx.transit(Transition::Close);
        let (targets, hidden) = (self.targets.clone(), self.hidden.clone());
        let wanted = Wanted { action, targets, answers: Answers::default(), hidden, asks_first: false };
        cx.intend(Intent::Act(Box::new(wanted)));
    }

    fn why_empty(&self, state: &State) -> String {
        let cluster = state.cluster();
        let unseen =
            self.objects.first().and_then(|id| cluster.store.find(id)).filter(|node| cluster.store.object(*node).is_none());
        match unseen {
            _ if !self.entries.is_empty() => "no action matches".to_owned(),
            Some(node) => message_of(&cluster.store, &cluster.forest, node),
            None => "there are no actions for it".to_owned(),
        }
    }

    fn line(&self, entry: &Entry) -> Styled {
        let (key, text) = if entry.open > 0 { (Style::Key, Style::Text) } else { (Style::Disabled, Style::Disabled) };
        let line = Styled::of(key, format!("{:>3}", pretty(entry.action.key))).upto(KEY).and(text, entry.action.label);
        let count = self.objects.len();
        let message = match &entry.reason {
            Some(why) if entry.open > 0 => format!("{} of {count}; {why}", entry.open),
            Some(why) => why.clone(),
            None => return line.upto(LABEL + KEY).and(Style::Dim, entry.action.doc),
        };
        line.upto(LABEL + KEY).and(Style::Dim, message)
    }
}

/// Asks what nobody has asked yet of the rights to these objects.
fn explore(objects: &[ObjectRef], cx: &mut Cx) {
    if !cx.state.unexplored(objects).is_empty() {
        cx.intend(Intent::Explore(objects.to_vec()));
    }
}

impl View for Panel {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Subject {
        Subject::Acts { targets: self.targets.clone(), hidden: self.hidden.clone() }
    }

    fn title(&self, _: &State) -> String {
        "actions".to_owned()
    }

    fn selection(&self, _: &State) -> Vec<ObjectRef> {
        self.objects.clone()
    }

    fn is_dialog(&self) -> bool {
        true
    }

    fn opened(&mut self, cx: &mut Cx) {
        explore(&self.objects, cx);
    }

    fn changed(&mut self, cx: &mut Cx) {
        explore(&self.objects, cx);
    }

    fn gesture(&mut self, _: Gesture, _: &mut Cx) -> bool {
        false
    }

    fn key(&mut self, key: Key, cx: &mut Cx) -> bool {
        let of_key = || self.entries.iter().filter(|entry| Key::parse(entry.action.key) == Some(key));
        // two may share a key: the one that can be done is meant
        let spelt = of_key().find(|entry| entry.open > 0).or_else(|| of_key().next()).map(|entry| entry.action);
        match (key.code, key.ctrl) {
            (_, _) if !self.finds && spelt.is_some() => {
                if let Some(action) = spelt {
                    self.cursor = Some(action);
                    self.run(action, cx);
                }
            }
            (Code::Esc, _) if self.finds => (self.finds, self.sought) = (false, Editor::default()),
            (Code::Esc, _) | (Code::Char('c'), true) => cx.transit(Transition::Close),
            (Code::Char('a' | 'q'), false) if !self.finds => cx.transit(Transition::Close),
            (Code::Down, _) | (Code::Char('n'), true) => self.step(true),
            (Code::Up, _) | (Code::Char('p'), true) => self.step(false),
            (Code::Char('j' | 'k'), false) if !self.finds => self.step(key.code == Code::Char('j')),
            (Code::Enter, _) => {
                let shown = self.shown();
                if let Some(action) = shown.get(self.at(&shown)).map(|entry| entry.action) {
                    self.run(action, cx);
                }
            }
            (Code::Char('/'), false) if !self.finds => self.finds = true,
            _ if self.sought.key(key) == Edited::Changed => self.finds = !self.sought.text().is_empty(),
            (Code::Backspace, _) => self.finds = !self.sought.text().is_empty(),
            _ => {}
        }
        true
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        self.sought.paste(text);
        self.finds = !self.sought.text().is_empty();
    }

    fn refresh(&mut self, state: &State) {
        let entry = |action: &'static Action| {
            let offers: Vec<_> = self.objects.iter().filter_map(|object| state.offer(action, object)).collect();
            let open = offers.iter().filter(|offer| **offer == Offer::Open).count();
            let barred = offers.iter().find_map(|offer| if let Offer::Barred(why) = offer { Some(why) } else { None });
            let senseless = offers.iter().find_map(Offer::reason).map(str::to_owned);
            let means_something = open > 0 || barred.is_some();
            means_something.then(|| Entry { action, open, reason: barred.cloned().or(senseless) })
        };
        self.entries = actions::ALL.iter().copied().filter_map(entry).collect();
        let shown = self.shown();
        self.cursor = shown.get(self.at(&shown)).map(|entry| entry.action);
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let shown = self.shown();
        let context = &scene.state.cluster().context;
        let title = format!("{} {} {context}", self.heading(), scene.theme.sign("──", "--"));
        let keys = [(scene.theme.sign("⏎", "enter"), "run"), ("/", "or type to find"), ("esc", "back")];
        let width = Dialog::room(area, WIDTH);
        let height = u16::try_from(shown.len().max(1) + 1 + usize::from(self.finds)).unwrap_or(u16::MAX);
        let inner = Dialog { title: &title, keys: &keys }.render(area, buf, scene, (width, height));
        let mut lines = vec![Styled::of(Style::Heading, " In the cluster, now")];
        if self.finds {
            let (before, under, after) = window(self.sought.text(), self.sought.at(), usize::from(inner.width) / 2);
            let line = lines[0].clone().upto(LABEL + KEY).and(Style::Mark, format!("/{before}"));
            lines[0] = line.and(Style::Match, under).and(Style::Mark, after);
        }
        lines.extend(shown.iter().map(|entry| self.line(entry)));
        if shown.is_empty() {
            lines.push(Styled::of(Style::Dim, format!(" {}", self.why_empty(scene.state))));
        }
        let cursor = self.at(&shown) + 1;
        let first = (cursor + 1).saturating_sub(usize::from(inner.height));
        for (y, (at, line)) in (inner.y..inner.bottom()).zip(lines.iter().enumerate().skip(first)) {
            buf.set_line(inner.x, y, &cut(line.painted(scene.theme), inner.width.into()), inner.width);
            if at == cursor && !shown.is_empty() {
                buf.set_style(Rect { y, height: 1, ..inner }, scene.theme.style(Style::Selection));
            }
        }
    }
}
