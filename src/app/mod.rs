//! The program between two messages: state, the stack of views, the prompt. Routing only.

mod typed;

use std::cell::Cell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::chrome::{self, Frame};
use crate::ui::guide;
use crate::ui::layer::{Scene, View};
use crate::ui::prompt::{Asks, Prompt, Typed};
use crate::ui::theme::{BUILTIN, Depth, Theme};
use crate::ui::views;
use crate::ui::widgets::cut;
use fluxdeck_model::commands::{self, ActIntent, Command, Cx, Gesture, Handler, Outbox, Screen, Subject, Transition};
use fluxdeck_model::domain::csv::csv;
use fluxdeck_model::domain::{ObjectRef, Str};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::state::{Asked, Beginning, Code, Effect, Engine, Input, Intent, Key, Message, Reply, State, Ticket};

/// Views remembered for `[` and `]` (k9s keeps as many).
const HISTORY: usize = 20;
/// Slices of a new filter that are tested before the next key is looked at: about a millisecond.
const AT_ONCE: u32 = 8;
/// Width from which the preview is beside the list instead of below it.
const BESIDE: u16 = 160;

pub struct App {
    engine: Engine,
    layers: Vec<Box<dyn View>>,
    prompt: Option<Prompt>,
    typed: Vec<String>,
    history: Vec<(Screen, Subject)>,
    at: usize,
    last: Option<usize>,
    /// The namespaces that a command line chose together with a table, and those before: esc steps back over them.
    narrowed: Option<[Option<BTreeSet<Str>>; 2]>,
    /// A line that names what may be a kind: the cluster has not said yet what it serves.
    early: Option<String>,
    /// The moment of what is being dealt with.
    now: Timestamp,
    /// What commands and views want done.
    out: Outbox,
    effects: Vec<Effect>,
    /// A question to the user, asked as soon as the views are in place.
    questions: Vec<Asked>,
    theme: Theme,
    depth: Depth,
    /// Themes from files: name and text.
    own_themes: Vec<(String, String)>,
    themed: String,
}

impl App {
    /// Starts at the tree with nothing known; the first effect connects.
    ///
    /// # Errors
    /// When the theme of the settings does not exist.
    pub fn new(mut beginning: Beginning, depth: Depth, own_themes: Vec<(String, String)>) -> Result<Self> {
        let settings = &mut beginning.settings;
        settings.themes =
            BUILTIN.iter().map(|(name, _)| (*name).to_owned()).chain(own_themes.iter().map(|(name, _)| name.clone())).collect();
        let mut app = Self {
            theme: Theme::builtin(BUILTIN[0].0, depth, settings.ascii)?,
            now: beginning.now,
            engine: Engine::new(Beginning { is_projected: true, ..beginning }),
            layers: Vec::new(),
            prompt: None,
            typed: Vec::new(),
            history: Vec::new(),
            at: 0,
            last: None,
            narrowed: None,
            early: None,
            out: Outbox::default(),
            effects: Vec::new(),
            questions: Vec::new(),
            depth,
            own_themes,
            themed: String::new(),
        };
        app.dress()?;
        app.transit(Transition::Go(Screen::TREE, Subject::Nothing));
        app.intend(Intent::Connect);
        app.intend(Intent::LoadJobs);
        Ok(app)
    }

    pub fn state(&self) -> &State {
        self.engine.state()
    }

    /// The view on top.
    pub fn view(&self) -> Option<Screen> {
        self.layers.last().map(|top| top.spec().screen)
    }

    /// The engine, to keep and to read its log.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// The effects requested since the last call.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Takes what came from the terminal.
    pub fn input(&mut self, at: Timestamp, input: Input) {
        self.now = at;
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(text) => self.paste(&text),
        }
        self.ask();
    }

    /// Takes one message. Returns whether the screen may have to change.
    pub fn update(&mut self, at: Timestamp, message: Message) -> bool {
        self.now = at;
        let reply = if let Message::Reply(ticket, reply) = &message { Some((*ticket, reply.clone())) } else { None };
        let is_seen = self.send(message);
        if let Some((ticket, reply)) = reply {
            self.reply(ticket, &reply);
        }
        if is_seen {
            self.submit_early();
            self.update_top();
        }
        self.ask();
        is_seen
    }

    /// The program leaves: says of everything under way what is known of it.
    pub fn part(&mut self, at: Timestamp) {
        self.now = at;
        self.intend(Intent::Part);
    }

    /// Wants something done for which no key was pressed.
    pub fn intend(&mut self, intent: Intent) {
        self.send(Message::Do(intent));
    }

    fn send(&mut self, message: Message) -> bool {
        let update = self.engine.update(self.now, message);
        self.effects.extend(update.effects);
        self.questions.extend(update.questions);
        update.is_seen
    }

    /// Continues work that was cut into slices (a new filter) until `go_on` says no. Returns whether more is left.
    pub fn work(&mut self, go_on: impl FnMut() -> bool) -> bool {
        self.engine.work(go_on)
    }

    /// Whether slices are left.
    pub fn has_work(&self) -> bool {
        self.engine.has_work()
    }

    /// Paints a frame. Returns in how many seconds the first visible age changes.
    pub fn draw(&mut self, buf: &mut Buffer) -> i64 {
        // rows are made here and not per message: a burst of messages makes them once
        self.engine.work(|| false);
        let state = self.engine.state();
        for layer in &mut self.layers {
            layer.refresh(state);
        }
        let next_change = Cell::new(i64::MAX);
        let scene = Scene { state, theme: &self.theme, next_change: &next_change };
        let area = buf.area;
        let said = self.layers.last().and_then(|top| top.message(state));
        let lines = chrome::message_lines(&scene, self.prompt.as_ref(), said.as_ref(), area.width);
        let settings = &state.settings;
        let frame = Frame::of(area, settings.hide_header, settings.guide, lines);
        chrome::header(frame.header, buf, &scene);
        chrome::title(&frame, buf, &scene, &self.layers);
        guide::render(frame.guide, buf, &self.theme);
        // dialogs are in front of the view that they are about
        let base = self.layers.iter().rposition(|layer| !layer.is_dialog()).unwrap_or_default();
        let Some((view, dialogs)) = self.layers.get_mut(base..).and_then(<[_]>::split_first_mut) else { return i64::MAX };
        let (body, preview) = split(frame.body, &scene, view.as_ref());
        view.render(body, buf, &scene);
        if let Some(preview) = preview {
            let selected = view.selection(state).first().and_then(|id| state.cluster().store.find(id));
            views::preview::render_preview(preview, buf, &scene, selected);
        }
        for dialog in dialogs.iter_mut() {
            dialog.render(frame.body, buf, &scene);
        }
        let top = dialogs.last().unwrap_or(view);
        chrome::message(frame.message, buf, &scene, self.prompt.as_ref(), said.as_ref());
        chrome::keys(frame.keys, buf, &scene, top.as_ref());
        if self.theme.ascii {
            cut::in_ascii(buf);
        }
        next_change.get()
    }

    /// Hands an answer to the view that asked. Where that has others on top of it by now, what it closes is itself, and what it was opened
    /// from: not them.
    fn reply(&mut self, ticket: Ticket, reply: &Reply) {
        let top = self.layers.len().saturating_sub(1);
        let mut closing = BTreeSet::new();
        for (at, layer) in self.layers.iter_mut().enumerate() {
            let (scope, before) = (layer.spec().scope, self.out.transitions.len());
            layer.reply(ticket, reply, &mut Cx { state: self.engine.state(), scope, targets: Vec::new(), out: &mut self.out });
            if at < top {
                let wanted = self.out.transitions.split_off(before);
                let (closes, others): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|one| matches!(one, Transition::Close));
                closing.extend((at + 1).saturating_sub(closes.len())..=at);
                self.out.transitions.extend(others);
            }
        }
        for at in closing.into_iter().rev() {
            let mut view = self.layers.remove(at);
            let scope = view.spec().scope;
            view.closed(&mut Cx { state: self.engine.state(), scope, targets: Vec::new(), out: &mut self.out });
        }
        self.settle();
    }

    /// Lets the view on top do something, and then what it wanted. None where there is no view.
    fn with_top<R>(&mut self, targets: Vec<ObjectRef>, act: impl FnOnce(&mut dyn View, &mut Cx) -> R) -> Option<R> {
        let top = self.layers.last_mut()?;
        let scope = top.spec().scope;
        let done = act(top.as_mut(), &mut Cx { state: self.engine.state(), scope, targets, out: &mut self.out });
        self.settle();
        Some(done)
    }

    /// Does what commands and views wanted: first what changes the state, then the views.
    fn settle(&mut self) {
        for intent in std::mem::take(&mut self.out.intents) {
            self.intend(intent);
        }
        for transition in std::mem::take(&mut self.out.transitions) {
            self.transit(transition);
        }
    }

    /// Asks the user a pending question, once the views are in place.
    fn ask(&mut self) {
        if self.prompt.is_some() {
            // what is typed is not for a dialog
            return;
        }
        for asked in std::mem::take(&mut self.questions) {
            let (view, target) = match asked {
                Asked::Confirm(shown) => (Screen::CONFIRM, Subject::Confirmation(shown)),
                Asked::Unexpected(shown) => (Screen::CONFIRM, Subject::Unexpected(shown)),
                Asked::Unrecorded(id) => (Screen::UNRECORDED, Subject::Job(id)),
            };
            self.transit(Transition::Open(view, target));
        }
    }

    /// Lets the view on top ask again for what is old.
    fn update_top(&mut self) {
        self.with_top(Vec::new(), |top, cx| top.changed(cx));
        self.explore();
    }

    /// Asks what the user may do to the selected object: its keys are greyed by that.
    fn explore(&mut self) {
        let Some(top) = self.layers.last().filter(|top| chrome::acts_in(top.spec().scope)) else { return };
        let state = self.engine.state();
        let selected: Vec<_> = top.selection(state).into_iter().take(1).collect();
        if !state.unexplored(&selected).is_empty() {
            self.intend(Intent::Explore(selected));
        }
    }

    fn key(&mut self, key: Key) {
        self.early = None;
        if self.state().notice.is_some() {
            self.intend(Intent::Noticed);
        }
        let is_asked = self.layers.last().is_some_and(|top| top.takes_keys());
        // a line of text and a question look at the letter: with alt it is another key, that nothing has
        if key.alt && matches!(key.code, Code::Char(_) | Code::Enter) && (self.prompt.is_some() || is_asked) {
            return;
        }
        if self.prompt.is_some() {
            return self.prompt_key(key);
        }
        if is_asked {
            self.with_top(Vec::new(), |top, cx| top.key(key, cx));
            return;
        }
        self.command_key(key);
        self.update_top();
    }

    fn command_key(&mut self, key: Key) {
        // keys may come faster than frames: what is acted on is what the rows are by now
        self.engine.work(|| false);
        if let Some(top) = self.layers.last_mut() {
            top.refresh(self.engine.state());
        }
        let Some(scope) = self.layers.last().map(|top| top.spec().scope) else { return };
        match commands::lookup(key, scope) {
            Some(command) => {
                let digit = match key.code {
                    Code::Char(digit @ '0'..='9') => digit.to_string(),
                    _ => String::new(),
                };
                self.run(command, &digit);
            }
            None => match commands::habit(key, scope) {
                Some(instead) => self.intend(Intent::Say(instead.to_owned())),
                None => tracing::debug!(?key, "means nothing here"),
            },
        }
    }

    /// Whether it did what it is for.
    fn run(&mut self, command: &Command, argument: &str) -> bool {
        let Some(top) = self.layers.last_mut() else { return false };
        let mut is_done = true;
        // what the last frame showed: rows may have moved since
        let targets = top.selection(self.engine.state());
        match command.run {
            Handler::Gesture(gesture) => {
                self.engine.work(|| false);
                top.refresh(self.engine.state());
                let is_taken = self.with_top(targets, |top, cx| top.gesture(gesture, cx));
                if is_taken == Some(false) && gesture == Gesture::Back {
                    self.back();
                }
            }
            run => {
                let done = self.with_top(targets, |_, cx| run.carry_out(cx, argument));
                is_done = !matches!(done, Some(Err(_)));
                self.complain_of(done);
            }
        }
        let dressed = self.dress();
        self.complain_of(Some(dressed));
        is_done
    }

    fn complain_of(&mut self, done: Option<Result<()>>) {
        if let Some(Err(error)) = done {
            self.intend(Intent::Complain(error));
        }
    }

    /// One step back: the filter, then the view, then home.
    fn back(&mut self) {
        let Some(top) = self.layers.last() else { return };
        if !top.filter(self.engine.state()).is_empty() {
            self.set_filter("");
        } else if self.layers.len() > 1 {
            self.transit(Transition::Close);
            self.widen();
        } else if top.spec().screen != Screen::TREE {
            self.transit(Transition::Go(Screen::TREE, Subject::Nothing));
        }
    }

    /// Back home from a table: looks at the namespaces from before it, unless others were chosen meanwhile.
    fn widen(&mut self) {
        if self.layers.len() > 1 {
            return;
        }
        if let Some([chosen, before]) = self.narrowed.take()
            && self.state().cluster().namespaces == chosen
        {
            self.intend(Intent::Namespaces(before));
        }
    }

    fn paste(&mut self, text: &str) {
        if let Some(prompt) = &mut self.prompt {
            prompt.paste(text, self.engine.state());
            if prompt.asks == Asks::Filter {
                let text = prompt.text().to_owned();
                self.set_filter(&text);
            }
        } else if self.layers.last().is_some_and(|top| top.takes_keys()) {
            self.with_top(Vec::new(), |top, cx| top.paste(text, cx));
        }
    }

    fn prompt_key(&mut self, key: Key) {
        let Some(prompt) = &mut self.prompt else { return };
        let typed = prompt.key(key, self.engine.state());
        let (asks, text) = (prompt.asks, prompt.text().to_owned());
        match (typed, asks) {
            (Typed::Stays, _) | (Typed::Changed, Asks::Command) => {}
            (Typed::Changed, Asks::Filter) => self.set_filter(&text),
            (Typed::Cancelled, asks) => {
                let before = self.prompt.take().map(|prompt| prompt.before).unwrap_or_default();
                if asks == Asks::Filter {
                    self.set_filter(&before);
                }
            }
            (Typed::Accepted, Asks::Filter) => self.prompt = None,
            (Typed::Accepted, Asks::Command) => {
                self.prompt = None;
                self.submit(&text);
            }
        }
    }

    fn set_filter(&mut self, text: &str) {
        let set = self.with_top(Vec::new(), |top, cx| top.set_filter(text, cx));
        self.complain_of(set.map(|set| set.map_err(|why| Error::usage(why, ""))));
        // a small cluster is filtered at once, a large one in slices
        let mut slices = 0;
        self.engine.work(|| {
            slices += 1;
            slices < AT_ONCE
        });
    }

    fn transit(&mut self, transition: Transition) {
        match transition {
            Transition::Open(screen, target) => self.open(screen, target),
            Transition::Go(screen, target) => {
                if self.go(screen, target.clone()) {
                    self.remember(screen, target);
                }
            }
            Transition::Close => self.close(),
            Transition::Earlier => self.travel(self.at.checked_sub(1)),
            Transition::Later => self.travel(Some(self.at + 1)),
            Transition::Last => self.travel(self.last),
            Transition::Command(text) => self.prompt = Some(Prompt::new(Asks::Command, text, self.typed.clone())),
            Transition::Filter => {
                let text = self.layers.last().map(|top| top.filter(self.engine.state())).unwrap_or_default();
                self.prompt = Some(Prompt::new(Asks::Filter, text, Vec::new()));
            }
            Transition::Save => self.save(),
            Transition::SetFilter(text) => self.set_filter(&text),
            Transition::Press(key) => {
                self.close();
                self.key(key);
            }
            Transition::Run(line) => {
                self.close();
                self.submit(&line);
            }
            Transition::Act(intent) => self.act(intent),
        }
    }

    /// Performs the requested act on the selection.
    fn act(&mut self, intent: ActIntent) {
        let state = self.engine.state();
        let Some((objects, hidden)) = self.layers.last().map(|top| (top.selection(state), top.hidden(state))) else { return };
        let done = self.with_top(Vec::new(), |_, cx| commands::perform(intent, &objects, hidden, cx));
        self.complain_of(done);
    }

    /// Saves the table of the view on top, named after the cluster, the view and the time.
    fn save(&mut self) {
        let state = self.engine.state();
        let Some(top) = self.layers.last() else { return };
        let Some(rows) = top.sheet(state) else {
            return self.intend(Intent::Say("there is no table here: c copies the text".to_owned()));
        };
        let name = format!("{}-{}-{}", state.cluster().context, top.title(state), state.clock.strftime("%Y%m%d-%H%M%S"));
        self.intend(Intent::Save { name, text: csv(&rows) });
    }

    fn open(&mut self, screen: Screen, target: Subject) {
        if self.layers.last().is_some_and(|top| top.spec().screen == screen && top.target() == target) {
            return;
        }
        if screen == Screen::HELP && self.view() == Some(screen) {
            // the key that opened it closes it
            return self.close();
        }
        match views::make(screen, target, self.state()) {
            Ok(view) => {
                self.layers.push(view);
                self.with_top(Vec::new(), |top, cx| top.opened(cx));
            }
            Err(error) => self.intend(Intent::Complain(error)),
        }
    }

    fn close(&mut self) {
        let Some(mut view) = self.layers.pop() else { return };
        let scope = view.spec().scope;
        view.closed(&mut Cx { state: self.engine.state(), scope, targets: Vec::new(), out: &mut self.out });
        self.settle();
    }

    fn go(&mut self, screen: Screen, target: Subject) -> bool {
        // the tree keeps its cursor and folds: it is never thrown away
        if screen == Screen::TREE && self.layers.first().is_some_and(|first| first.spec().screen == Screen::TREE) {
            while self.layers.len() > 1 {
                self.close();
            }
            return true;
        }
        match views::make(screen, target.clone(), self.state()) {
            Ok(_) => {
                let keep = usize::from(self.layers.first().is_some_and(|first| first.spec().screen == Screen::TREE));
                while self.layers.len() > keep {
                    self.close();
                }
                self.open(screen, target);
                true
            }
            Err(error) => {
                self.intend(Intent::Complain(error));
                false
            }
        }
    }

    fn remember(&mut self, screen: Screen, target: Subject) {
        if self.history.get(self.at) == Some(&(screen, target.clone())) {
            return;
        }
        self.last = (!self.history.is_empty()).then_some(self.at);
        self.history.truncate(self.at + 1);
        self.history.push((screen, target));
        if self.history.len() > HISTORY {
            self.history.remove(0);
            self.last = self.last.and_then(|last| last.checked_sub(1));
        }
        self.at = self.history.len() - 1;
    }

    fn travel(&mut self, to: Option<usize>) {
        let Some((to, (screen, target))) = to.and_then(|to| Some((to, self.history.get(to)?.clone()))) else {
            return self.intend(Intent::Say("there is no other view in the history".to_owned()));
        };
        if self.go(screen, target) {
            self.last = Some(self.at);
            self.at = to;
        }
    }

    /// Puts on the theme that the settings name.
    fn dress(&mut self) -> Result<()> {
        let settings = &self.engine.state().settings;
        let wanted = &settings.theme;
        if *wanted == self.themed {
            return Ok(());
        }
        self.themed.clone_from(wanted);
        let ascii = settings.ascii;
        self.theme = match self.own_themes.iter().find(|(name, _)| name == wanted) {
            Some((name, text)) => Theme::parse(name, text, self.depth, ascii)?,
            None => Theme::builtin(wanted, self.depth, ascii)?,
        };
        Ok(())
    }
}

/// The body, and the preview's part of it: beside from [`BESIDE`] columns on, else below.
fn split(body: Rect, scene: &Scene, top: &dyn View) -> (Rect, Option<Rect>) {
    let lists = matches!(top.spec().scope, commands::KeyScope::Tree | commands::KeyScope::Table);
    if !lists || !scene.state.settings.preview {
        return (body, None);
    }
    if body.width >= BESIDE {
        let width = body.width / 3;
        return (Rect { width: body.width - width, ..body }, Some(Rect { x: body.x + body.width - width, width, ..body }));
    }
    let height = (body.height / 3).max(6);
    if body.height < height + 6 {
        return (body, None);
    }
    (Rect { height: body.height - height, ..body }, Some(Rect { y: body.y + body.height - height, height, ..body }))
}
