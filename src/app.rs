//! The program between two messages: state, the stack of views, the prompt. Routing only.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::chrome::{self, Frame};
use crate::ui::guide;
use crate::ui::layer::{Scene, View};
use crate::ui::prompt::{Asks, Prompt, Typed};
use crate::ui::theme::{BUILTIN, Depth, Theme};
use crate::ui::views;
use fluxdeck_model::commands::{self, Command, Cx, Gesture, Line, Run, Target, Transition, Wish};
use fluxdeck_model::domain::{ClusterId, GroupKind};
use fluxdeck_model::error::Result;
use fluxdeck_model::state::{Code, Effect, Epoch, Input, Key, Message, News, State};

/// Views remembered for `[` and `]` (k9s keeps as many).
const HISTORY: usize = 20;
/// Slices of a new filter that are tested before the next key is looked at: about a millisecond.
const AT_ONCE: u32 = 8;
/// Width from which the preview stands beside the list instead of below it.
const BESIDE: u16 = 160;

pub struct App {
    pub state: State,
    layers: Vec<Box<dyn View>>,
    prompt: Option<Prompt>,
    typed: Vec<String>,
    history: Vec<(&'static str, Target)>,
    at: usize,
    last: Option<usize>,
    effects: Vec<Effect>,
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
    pub fn new(mut state: State, depth: Depth, own_themes: Vec<(String, String)>) -> Result<Self> {
        state.settings.themes =
            BUILTIN.iter().map(|(name, _)| (*name).to_owned()).chain(own_themes.iter().map(|(name, _)| name.clone())).collect();
        let mut app = Self {
            theme: Theme::builtin(BUILTIN[0].0, depth, state.settings.ascii)?,
            state,
            layers: Vec::new(),
            prompt: None,
            typed: Vec::new(),
            history: Vec::new(),
            at: 0,
            last: None,
            effects: Vec::new(),
            depth,
            own_themes,
            themed: String::new(),
        };
        app.dress()?;
        app.transit(Transition::Go("tree", Target::Nothing));
        Ok(app)
    }

    /// Asks for a connection to the context that the state names.
    pub fn connect(&mut self) {
        let cluster = self.state.cluster();
        self.effects.push(Effect::Connect {
            cluster: cluster.id,
            epoch: cluster.epoch,
            context: cluster.context.clone(),
            keep: false,
        });
    }

    /// What is wished from the outside since the last call.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Takes one message. Returns whether the screen may have to change.
    pub fn update(&mut self, message: Message) -> bool {
        match message {
            Message::Input(Input::Key(key)) => self.key(key),
            Message::Input(Input::Paste(text)) => self.paste(&text),
            Message::Input(Input::Resize) => {}
            Message::Cluster(cluster, epoch, news) => {
                let is_seen = self.hear(cluster, epoch, news);
                if is_seen {
                    self.tell_top();
                }
                return is_seen;
            }
            Message::Reply(ticket, reply) => {
                let mut transitions = Vec::new();
                for layer in &mut self.layers {
                    let mut cx = Cx {
                        state: &mut self.state,
                        scope: layer.spec().scope,
                        targets: Vec::new(),
                        effects: &mut self.effects,
                        transitions: &mut transitions,
                    };
                    layer.reply(ticket, &reply, &mut cx);
                }
                self.transit_all(transitions);
                // what changed while the answer was on its way
                self.tell_top();
            }
            Message::Outcome(task, outcome) => {
                self.state.hear_outcome(task, outcome, self.state.clock, &mut self.effects);
                self.tell_top();
            }
            Message::Clock(now) => {
                self.state.clock = now;
                self.state.advance_jobs(&mut self.effects);
                self.tell_top();
            }
        }
        true
    }

    /// Goes on with work that was cut into slices (a new filter) until `go_on` says no. Returns whether more is left.
    pub fn work(&mut self, go_on: impl FnMut() -> bool) -> bool {
        self.state.cluster_mut().work(go_on)
    }

    /// Whether slices are left.
    pub fn has_work(&self) -> bool {
        let cluster = self.state.cluster();
        !cluster.tree.matches.is_done(&cluster.store)
    }

    /// Paints a frame. Returns in how many seconds the first visible age changes.
    pub fn draw(&mut self, buf: &mut Buffer) -> i64 {
        // rows are made here and not per message: a burst of messages makes them once
        self.state.cluster_mut().work(|| false);
        for layer in &mut self.layers {
            layer.refresh(&self.state);
        }
        let next_change = Cell::new(i64::MAX);
        let scene = Scene { state: &self.state, theme: &self.theme, next_change: &next_change };
        let area = buf.area;
        let is_narrow = area.width < 160;
        let urgent = chrome::is_urgent(&scene, self.prompt.as_ref());
        let lines = chrome::notice_lines(&scene, self.prompt.as_ref(), area.width) * u16::from(is_narrow || urgent);
        let settings = &self.state.settings;
        let frame = Frame::of(area, settings.hide_header, settings.guide, lines);
        chrome::header(frame.header, buf, &scene);
        chrome::title(frame.title, buf, &scene, &self.layers);
        guide::render(frame.guide, buf, &self.theme);
        // dialogs stand in front of the view that they are about
        let base = self.layers.iter().rposition(|layer| !layer.is_dialog()).unwrap_or_default();
        let Some((view, dialogs)) = self.layers.get_mut(base..).and_then(<[_]>::split_first_mut) else { return i64::MAX };
        let (body, preview) = split(frame.body, &scene, view.as_ref());
        view.render(body, buf, &scene);
        if let Some(preview) = preview {
            let selected = view.selection(&self.state).first().and_then(|id| self.state.cluster().store.find(id));
            views::preview::render_preview(preview, buf, &scene, selected);
        }
        for dialog in dialogs.iter_mut() {
            dialog.render(frame.body, buf, &scene);
        }
        let top = dialogs.last().unwrap_or(view);
        chrome::message(frame.message, buf, &scene, self.prompt.as_ref(), top.message(&self.state));
        chrome::keys(frame.keys, buf, &scene, top.as_ref());
        next_change.get()
    }

    /// Takes news of a cluster; those of an older epoch find nobody.
    fn hear(&mut self, id: ClusterId, epoch: Epoch, news: News) -> bool {
        let Some(cluster) = self.state.clusters.get_mut(&id).filter(|cluster| cluster.epoch == epoch) else {
            return self.state.hear_left(id, epoch, news, &mut self.effects);
        };
        match news {
            News::Link(link) => cluster.link = link,
            News::Server(server) => cluster.connected(server),
            News::Contexts { all, current } => {
                cluster.context = current;
                self.state.contexts = all;
            }
            News::Namespaces(names) => cluster.known_namespaces.extend(names),
            News::Deltas(deltas) => {
                cluster.apply(deltas);
                self.state.advance_jobs(&mut self.effects);
            }
            News::Rights(rights) => self.state.hear_rights(rights, &mut self.effects),
            News::User(user) => cluster.user = Some(user),
            News::Compared(run, compared) => cluster.compared(run, *compared, self.state.clock),
            News::Owners(owners) => self.state.hear_owners(owners, &mut self.effects),
        }
        id == self.state.active
    }

    /// Lets the view on top ask again for what is old, and shows questions that came up.
    fn tell_top(&mut self) {
        let mut transitions = Vec::new();
        let Some(top) = self.layers.last_mut() else { return };
        top.heard(&mut Cx {
            state: &mut self.state,
            scope: top.spec().scope,
            targets: Vec::new(),
            effects: &mut self.effects,
            transitions: &mut transitions,
        });
        let questions = self.state.take_questions().into_iter().map(Box::new);
        transitions.extend(questions.map(|question| Transition::Open("confirm", Target::Question(question))));
        self.transit_all(transitions);
        self.explore();
    }

    /// Asks what the user may do to the selected object: its keys are greyed by that.
    fn explore(&mut self) {
        let Some(top) = self.layers.last().filter(|top| chrome::acts_in(top.spec().scope)) else { return };
        let selected: Vec<_> = top.selection(&self.state).into_iter().take(1).collect();
        self.state.explore_rights(&selected, &mut self.effects);
    }

    fn key(&mut self, key: Key) {
        self.state.notice = None;
        if self.prompt.is_some() {
            return self.prompt_key(key);
        }
        if self.layers.last().is_some_and(|top| top.is_dialog()) {
            return self.dialog(|top, cx| {
                top.key(key, cx);
            });
        }
        self.command_key(key);
        self.explore();
    }

    /// Lets the dialog on top take what was typed.
    fn dialog(&mut self, take: impl FnOnce(&mut dyn View, &mut Cx)) {
        let mut transitions = Vec::new();
        let Some(top) = self.layers.last_mut() else { return };
        let (state, effects) = (&mut self.state, &mut self.effects);
        let scope = top.spec().scope;
        take(top.as_mut(), &mut Cx { state, scope, targets: Vec::new(), effects, transitions: &mut transitions });
        self.transit_all(transitions);
    }

    fn command_key(&mut self, key: Key) {
        let Some(scope) = self.layers.last().map(|top| top.spec().scope) else { return };
        match commands::lookup(key, scope) {
            Some(command) => {
                let digit = match key.code {
                    Code::Char(digit @ '0'..='9') => digit.to_string(),
                    _ => String::new(),
                };
                self.run(command, &digit);
            }
            None => tracing::debug!(?key, "means nothing here"),
        }
    }

    fn run(&mut self, command: &Command, argument: &str) {
        let mut transitions = Vec::new();
        let Some(top) = self.layers.last_mut() else { return };
        // what the last frame showed: rows may have moved since
        let targets = top.selection(&self.state);
        if matches!(command.run, Run::Gesture(_)) {
            self.state.cluster_mut().work(|| false);
            top.refresh(&self.state);
        }
        let mut cx = Cx {
            state: &mut self.state,
            scope: top.spec().scope,
            targets,
            effects: &mut self.effects,
            transitions: &mut transitions,
        };
        match command.run {
            Run::Gesture(gesture) => {
                if !top.gesture(gesture, &mut cx) && gesture == Gesture::Back {
                    self.back();
                }
            }
            Run::Act(act) => {
                if let Err(error) = act(&mut cx, argument) {
                    self.state.complain(&error);
                }
            }
        }
        self.transit_all(transitions);
        if let Err(error) = self.dress() {
            self.state.complain(&error);
        }
    }

    /// One step back: the filter, then the view, then home.
    fn back(&mut self) {
        let Some(top) = self.layers.last() else { return };
        if !top.filter(&self.state).is_empty() {
            self.set_filter("");
        } else if self.layers.len() > 1 {
            self.transit(Transition::Close);
        } else if top.spec().name != "tree" {
            self.transit(Transition::Go("tree", Target::Nothing));
        }
    }

    fn paste(&mut self, text: &str) {
        if let Some(prompt) = &mut self.prompt {
            prompt.paste(text, &self.state);
            if prompt.asks == Asks::Filter {
                let text = prompt.text().to_owned();
                self.set_filter(&text);
            }
        } else if self.layers.last().is_some_and(|top| top.is_dialog()) {
            self.dialog(|top, cx| top.paste(text, cx));
        }
    }

    fn prompt_key(&mut self, key: Key) {
        let Some(prompt) = &mut self.prompt else { return };
        let typed = prompt.key(key, &self.state);
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
        let mut transitions = Vec::new();
        let Some(top) = self.layers.last_mut() else { return };
        let mut cx = Cx {
            state: &mut self.state,
            scope: top.spec().scope,
            targets: Vec::new(),
            effects: &mut self.effects,
            transitions: &mut transitions,
        };
        if let Err(why) = top.set_filter(text, &mut cx) {
            self.state.complain(&fluxdeck_model::error::Error::usage(why, ""));
        }
        // a small cluster is filtered at once, a large one in slices
        let mut slices = 0;
        self.state.cluster_mut().work(|| {
            slices += 1;
            slices < AT_ONCE
        });
        self.transit_all(transitions);
    }

    /// Runs a line as if it had been typed after `:` (`-c` on the command line).
    pub fn submit_line(&mut self, line: &str) {
        self.submit(line);
    }

    /// Runs a typed line.
    fn submit(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        self.typed.retain(|known| known != line);
        self.typed.push(line.to_owned());
        match commands::parse(line, &self.state) {
            Ok(Line::Command(command, argument)) => self.run(command, &argument),
            Ok(Line::Table { gk, namespaces, filter, context }) => {
                for (name, argument) in [("contexts", context), ("namespaces", namespaces)] {
                    if let (Some(argument), Some(command)) = (argument, commands::find(name)) {
                        self.run(command, &argument);
                    }
                }
                self.table(gk, filter);
            }
            Err(error) => self.state.complain(&error),
        }
    }

    fn table(&mut self, gk: GroupKind, filter: Option<String>) {
        self.transit(Transition::Go("objects", Target::Kind(gk)));
        if let Some(filter) = filter {
            self.set_filter(&filter);
        }
    }

    fn transit_all(&mut self, transitions: Vec<Transition>) {
        for transition in transitions {
            self.transit(transition);
        }
    }

    fn transit(&mut self, transition: Transition) {
        match transition {
            Transition::Open(name, target) => self.open(name, target),
            Transition::Go(name, target) => {
                if self.go(name, target.clone()) {
                    self.remember(name, target);
                }
            }
            Transition::Close => self.close(),
            Transition::Earlier => self.travel(self.at.checked_sub(1)),
            Transition::Later => self.travel(Some(self.at + 1)),
            Transition::Last => self.travel(self.last),
            Transition::Command(text) => self.prompt = Some(Prompt::new(Asks::Command, text, self.typed.clone())),
            Transition::Filter => {
                let text = self.layers.last().map(|top| top.filter(&self.state)).unwrap_or_default();
                self.prompt = Some(Prompt::new(Asks::Filter, text, Vec::new()));
            }
            Transition::SetFilter(text) => self.set_filter(&text),
            Transition::Press(key) => {
                self.close();
                self.key(key);
            }
            Transition::Run(line) => {
                self.close();
                self.submit(&line);
            }
            Transition::Act(wish) => self.act(wish),
        }
    }

    /// Does to what is selected what was wished.
    fn act(&mut self, wish: Wish) {
        let mut transitions = Vec::new();
        let Some(top) = self.layers.last() else { return };
        let (objects, hidden) = (top.selection(&self.state), top.hidden(&self.state));
        let (state, effects) = (&mut self.state, &mut self.effects);
        let scope = top.spec().scope;
        let mut cx = Cx { state, scope, targets: Vec::new(), effects, transitions: &mut transitions };
        if let Err(error) = commands::perform(wish, &objects, hidden, &mut cx) {
            self.state.complain(&error);
        }
        self.transit_all(transitions);
    }

    fn open(&mut self, name: &str, target: Target) {
        if self.layers.last().is_some_and(|top| top.spec().name == name && top.target() == target) {
            return;
        }
        match views::make(name, target, &self.state) {
            Ok(mut view) => {
                let mut transitions = Vec::new();
                view.opened(&mut Cx {
                    state: &mut self.state,
                    scope: view.spec().scope,
                    targets: Vec::new(),
                    effects: &mut self.effects,
                    transitions: &mut transitions,
                });
                self.layers.push(view);
                self.transit_all(transitions);
            }
            Err(error) => self.state.complain(&error),
        }
    }

    fn close(&mut self) {
        let Some(mut view) = self.layers.pop() else { return };
        let mut transitions = Vec::new();
        view.closed(&mut Cx {
            state: &mut self.state,
            scope: view.spec().scope,
            targets: Vec::new(),
            effects: &mut self.effects,
            transitions: &mut transitions,
        });
    }

    fn go(&mut self, name: &str, target: Target) -> bool {
        // the tree keeps its cursor and folds: it is never thrown away
        if name == "tree" && self.layers.first().is_some_and(|first| first.spec().name == "tree") {
            while self.layers.len() > 1 {
                self.close();
            }
            return true;
        }
        match views::make(name, target.clone(), &self.state) {
            Ok(_) => {
                let keep = usize::from(self.layers.first().is_some_and(|first| first.spec().name == "tree"));
                while self.layers.len() > keep {
                    self.close();
                }
                self.open(name, target);
                true
            }
            Err(error) => {
                self.state.complain(&error);
                false
            }
        }
    }

    fn remember(&mut self, name: &'static str, target: Target) {
        if self.history.get(self.at) == Some(&(name, target.clone())) {
            return;
        }
        self.last = (!self.history.is_empty()).then_some(self.at);
        self.history.truncate(self.at + 1);
        self.history.push((name, target));
        if self.history.len() > HISTORY {
            self.history.remove(0);
            self.last = self.last.and_then(|last| last.checked_sub(1));
        }
        self.at = self.history.len() - 1;
    }

    fn travel(&mut self, to: Option<usize>) {
        let Some((to, (name, target))) = to.and_then(|to| Some((to, self.history.get(to)?.clone()))) else {
            self.state.say("there is no other view in history");
            return;
        };
        if self.go(name, target) {
            self.last = Some(self.at);
            self.at = to;
        }
    }

    /// Puts on the theme that the settings name.
    fn dress(&mut self) -> Result<()> {
        let wished = &self.state.settings.theme;
        if *wished == self.themed {
            return Ok(());
        }
        self.themed.clone_from(wished);
        let ascii = self.state.settings.ascii;
        self.theme = match self.own_themes.iter().find(|(name, _)| name == wished) {
            Some((name, text)) => Theme::parse(name, text, self.depth, ascii)?,
            None => Theme::builtin(wished, self.depth, ascii)?,
        };
        Ok(())
    }
}

/// The body, and the preview's part of it: beside from [`BESIDE`] columns on, else below.
fn split(body: Rect, scene: &Scene, top: &dyn View) -> (Rect, Option<Rect>) {
    let lists = matches!(top.spec().scope, commands::Scope::Tree | commands::Scope::Table);
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
