//! The action panel: everything that can be done to what is selected, with its key; what cannot be done says why.
//!
//! ```text
//! ╭ HelmRelease web/web ── prod-eu ─────────────────────────────────────────────────────╮
//! │  In the cluster, now                    │  Through git, as a pull request           │
//! │  R   reconcile                          │  n   number of replicas…  3 of 3 running  │
//! │  s   suspend…                           │  f   set a field…                         │
//! │  r   resume          not suspended      │  o   fields and their files               │
//! │                                                                                     │
//! │  asks the controller to reconcile now                    ← of the selected entry    │
//! ╰ ⏎ run · type to find · esc ─────────────────────────────────────────────────────────╯
//! ```
//! A key of an entry runs it; other letters, or `/`, begin to find, in both halves. On a narrow screen what goes through git is below the
//! rest.

mod entries;
mod paint;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use entries::{Choice, Entry};

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::widgets::editor::{Edited, Editor};
use fluxdeck_model::actions;
use fluxdeck_model::change::CommitAsk;
use fluxdeck_model::commands::{self, Cx, Gesture, KeyScope, Screen, Subject, Transition};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::Error;
use fluxdeck_model::forms::Answers;
use fluxdeck_model::playbooks;
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

struct Panel {
    targets: Vec<actions::Target>,
    objects: Vec<ObjectRef>,
    hidden: Vec<ObjectRef>,
    /// First those in the cluster, then those through git.
    entries: Vec<Entry>,
    /// The entry under the cursor.
    cursor: Option<Choice>,
    sought: Editor,
    finds: bool,
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
            many => counted(many.len(), "object"),
        }
    }

    /// The entries that are found.
    fn shown(&self) -> Vec<&Entry> {
        let typed = self.sought.text().to_lowercase();
        let is_meant = |entry: &&Entry| {
            let [_, label, name, doc] = entry.choice.texts();
            format!("{label} {name} {doc}").to_lowercase().contains(&typed)
        };
        self.entries.iter().filter(is_meant).collect()
    }

    fn at(&self, shown: &[&Entry]) -> usize {
        shown.iter().position(|entry| Some(entry.choice) == self.cursor).unwrap_or(0)
    }

    fn step(&mut self, down: bool) {
        let shown = self.shown();
        let last = shown.len().saturating_sub(1);
        let at = self.at(&shown);
        let to = if down { (at + 1).min(last) } else { at.saturating_sub(1) };
        self.cursor = shown.get(to).map(|entry| entry.choice);
    }

    /// Goes to the same line of the other half.
    fn cross(&mut self, to_git: bool) {
        let shown = self.shown();
        let left = shown.iter().filter(|entry| !entry.choice.is_change()).count();
        let (at, last) = (self.at(&shown), shown.len().saturating_sub(1));
        let to = match (at < left, to_git) {
            (true, true) if left <= last => (left + at).min(last),
            (false, false) if left > 0 => (at - left).min(left - 1),
            _ => at,
        };
        self.cursor = shown.get(to).map(|entry| entry.choice);
    }

    /// Does it, or says why not; the panel stays open then.
    fn run(&self, choice: Choice, cx: &mut Cx) {
        let entry = self.entries.iter().find(|entry| entry.choice == choice);
        if let Some(reason) = entry.filter(|entry| entry.open == 0).and_then(|entry| entry.note.as_deref()) {
            let (what, name) = (self.heading(), choice.texts()[2]);
            let where_to = if choice.is_change() { " in git" } else { "" };
            let fields = self.objects.first().and_then(|object| commands::elsewhere(object, cx.state));
            let hint =
                fields.filter(|_| choice.is_change()).map(|fields| format!("{} shows {fields}", commands::fields_command().0));
            return cx.complain(Error::failed(format!("cannot {name} {what}{where_to}: {reason}"), hint.unwrap_or_default()));
        }
        cx.transit(Transition::Close);
        match choice {
            Choice::Act(action) => {
                let (targets, hidden) = (self.targets.clone(), self.hidden.clone());
                let wanted = Wanted { action, targets, answers: Answers::default(), hidden, asks_first: false };
                cx.intend(Intent::Act(Box::new(wanted)));
            }
            Choice::Notify { .. } => cx.intend(Intent::Watch(self.objects.clone())),
            Choice::Change(playbook) => {
                if let Err(error) = commands::open_form(playbook, &self.objects, Answers::default(), cx) {
                    cx.complain(error);
                }
            }
            Choice::Fields | Choice::Commit => {
                let open = |object: &ObjectRef| match choice {
                    Choice::Commit => commands::open_commit(object, CommitAsk::Present, cx),
                    _ => commands::open_fields(object, cx),
                };
                if let Some(Err(error)) = self.objects.first().map(open) {
                    cx.complain(error);
                }
            }
        }
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

    /// What there is to say of an entry: why it cannot be done, else what it does.
    fn about(&self, entry: &Entry) -> String {
        let [_, _, _, doc] = entry.choice.texts();
        match &entry.note {
            Some(note) if entry.choice.is_change() && entry.open > 0 => format!("{doc}; {note}"),
            Some(why) if entry.open > 0 => format!("{} of {}; {why}", entry.open, self.objects.len()),
            Some(why) => why.clone(),
            None => doc.to_owned(),
        }
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
        let of_key = || self.entries.iter().filter(|entry| Key::parse(entry.choice.texts()[0]) == Some(key));
        // two may share a key: the one that can be done is meant
        let spelt = of_key().find(|entry| entry.open > 0).or_else(|| of_key().next()).map(|entry| entry.choice);
        match (key.code, key.ctrl) {
            (_, _) if !self.finds && spelt.is_some() => {
                if let Some(choice) = spelt {
                    self.cursor = Some(choice);
                    self.run(choice, cx);
                }
            }
            (Code::Esc, _) if self.finds => (self.finds, self.sought) = (false, Editor::default()),
            (Code::Esc, _) | (Code::Char('c'), true) => cx.transit(Transition::Close),
            (Code::Char('a' | 'q'), false) if !self.finds => cx.transit(Transition::Close),
            (Code::Down, _) | (Code::Char('n'), true) => self.step(true),
            (Code::Up, _) | (Code::Char('p'), true) => self.step(false),
            (Code::Right | Code::Left | Code::Tab, false) if !self.finds => {
                let shown = self.shown();
                let is_left = shown.get(self.at(&shown)).is_some_and(|entry| !entry.choice.is_change());
                self.cross(if key.code == Code::Tab { is_left } else { key.code == Code::Right });
            }
            (Code::Char('j' | 'k'), false) if !self.finds => self.step(key.code == Code::Char('j')),
            (Code::Enter, _) => {
                let shown = self.shown();
                if let Some(choice) = shown.get(self.at(&shown)).map(|entry| entry.choice) {
                    self.run(choice, cx);
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
        let acts = actions::ALL.iter().filter_map(|action| Entry::of_action(action, &self.objects, state));
        let changes = playbooks::ALL.iter().filter_map(|playbook| Entry::of_playbook(playbook, &self.objects, state));
        let acts = acts.chain(Entry::of_notify(&self.objects, state));
        self.entries = acts
            .chain(changes)
            .chain(Entry::of_fields(&self.objects, state))
            .chain(Entry::of_commit(&self.objects, state))
            .collect();
        let shown = self.shown();
        self.cursor = shown.get(self.at(&shown)).map(|entry| entry.choice);
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.paint(area, buf, scene);
    }
}
