//! The program without a terminal: the real `App` and `Runtime`, the recorded fleet behind the in-memory API, time standing still.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::api::{Api, Taken};
use fluxdeck::app::App;
use fluxdeck::demo::{Company, User};
use fluxdeck::records::{self, Snapshot};
use fluxdeck::runtime::{Guest, Options, Origin, Runtime};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::{Beginning, Effect, Input, Key, Message, Settings};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use tokio::sync::mpsc;

/// The fleet of the test bed as it was recorded.
pub fn fleet() -> Arc<Snapshot> {
    static FLEET: OnceLock<Arc<Snapshot>> = OnceLock::new();
    let open = || {
        Arc::new(
            records::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fleet.snapshot.gz"))
                .expect("the recorded fleet"),
        )
    };
    FLEET.get_or_init(open).clone()
}

/// What came from outside.
#[derive(Clone, Debug)]
pub enum Received {
    Input(Input),
    Message(Message),
}

pub struct Driver {
    pub app: App,
    /// Everything that came from outside, with its time.
    pub received: Vec<(Timestamp, Received)>,
    /// The moment at which everything happens.
    pub now: Timestamp,
    runtime: Runtime,
    messages: mpsc::Receiver<Message>,
    /// Effects that the terminal would carry out.
    pub effects: Vec<Effect>,
    /// Tables that were to be saved, by name.
    pub saved: Vec<(String, String)>,
    size: (u16, u16),
    /// Takes writes and questions about rights in place of the recorded fleet, which cannot.
    pub api: Option<Api>,
}

impl Driver {
    /// Starts on the recorded fleet and waits for its complete picture. Call it in a test with paused time.
    pub async fn start(width: u16, height: u16) -> Self {
        Self::with(width, height, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await
    }

    pub async fn with(width: u16, height: u16, depth: Depth, settings: Settings) -> Self {
        let snapshot = fleet();
        let now = snapshot.taken.expect("a snapshot has a time");
        Self::on(Origin::Recorded(snapshot), Beginning { now, settings, ..Beginning::default() }, width, height, depth).await
    }

    /// Starts on the demo, whose clock stands still until the test moves it.
    pub async fn demo(company: Arc<Company>, width: u16, height: u16, depth: Depth, settings: Settings) -> Self {
        let now = company.enter("").expect("a context").world.now();
        let guest = Guest { company, user: User::admin(), is_acting: false };
        Self::on(Origin::Demo(guest), Beginning { now, settings, ..Beginning::default() }, width, height, depth).await
    }

    pub async fn on(origin: Origin, beginning: Beginning, width: u16, height: u16, depth: Depth) -> Self {
        Self::within(Options::of(origin), beginning, width, height, depth).await
    }

    /// As [`Driver::on`], with other options.
    pub async fn within(options: Options, beginning: Beginning, width: u16, height: u16, depth: Depth) -> Self {
        let (inbox, messages) = mpsc::channel(64);
        let now = beginning.now;
        let app = App::new(beginning, depth, Vec::new()).expect("a built-in theme");
        let runtime = Runtime::new(options, inbox);
        let (received, effects, saved) = (Vec::new(), Vec::new(), Vec::new());
        let mut driver = Self { app, now, received, runtime, messages, effects, saved, size: (width, height), api: None };
        driver.settle().await;
        driver
    }

    /// Sends the program a message, now.
    pub fn receive(&mut self, message: Message) {
        self.received.push((self.now, Received::Message(message.clone())));
        self.app.update(self.now, message);
    }

    fn input(&mut self, input: Input) {
        self.received.push((self.now, Received::Input(input.clone())));
        self.app.input(self.now, input);
    }

    /// Carries out effects and takes messages until nothing is left but open watches. With paused time the timeout fires only when every
    /// task is idle: no sleep, no guess.
    pub async fn settle(&mut self) {
        loop {
            let mut is_busy = false;
            for effect in self.app.take_effects() {
                match self.api.as_mut() {
                    Some(api) => match api.take(effect, &self.app) {
                        Taken::Answered(messages) => {
                            for message in messages {
                                self.receive(message);
                            }
                        }
                        Taken::Foreign(effect) => self.carry_out(effect),
                    },
                    None => self.carry_out(effect),
                }
                is_busy = true;
            }
            if is_busy {
                continue;
            }
            match tokio::time::timeout(Duration::from_millis(1), self.messages.recv()).await {
                Ok(Some(message)) => self.receive(message),
                Ok(None) | Err(_) => break,
            }
        }
        self.app.work(|| true);
    }

    /// Waits for what threads of their own do, git and builds: the clock of timers does not see them.
    pub async fn work_until(&mut self, holds: impl Fn(&str) -> bool) {
        let began = std::time::Instant::now();
        loop {
            self.settle().await;
            let screen = self.screen().join("\n");
            if holds(&screen) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "it never comes:\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Lets time pass on every clock at once: that of timers, which a paused runtime moves when nothing else is left to do, the demo's,
    /// where it runs by that, and the program's own.
    pub async fn pass(&mut self, span: Duration) {
        let (began, from) = (tokio::time::Instant::now(), self.now);
        let is_now = || from.checked_add(began.elapsed()).expect("a time within the calendar");
        loop {
            self.settle().await;
            self.now = is_now();
            let left = span.saturating_sub(began.elapsed());
            if left.is_zero() {
                return;
            }
            let next = tokio::time::timeout(left.min(Duration::from_secs(1)), self.messages.recv()).await;
            self.now = is_now();
            self.receive(next.ok().flatten().unwrap_or(Message::Clock));
        }
    }

    /// Lets time pass until something holds; false when that takes longer than `limit`.
    pub async fn pass_until(&mut self, limit: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let began = tokio::time::Instant::now();
        while !holds(self) {
            if began.elapsed() >= limit {
                return false;
            }
            self.pass(Duration::from_millis(500)).await;
        }
        true
    }

    fn carry_out(&mut self, effect: Effect) {
        if let Effect::Save { name, text } = effect {
            return self.saved.push((name, text));
        }
        self.effects.extend(self.runtime.carry_out(effect).map(Effect::Terminal));
    }

    /// Presses keys as commands spell them, with text in quotes: `j j enter "/web" esc`.
    pub async fn keys(&mut self, keys: &str) -> &mut Self {
        for word in keys.split_whitespace() {
            let typed: Vec<Key> = match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
                Some(text) => text.chars().map(letter).collect(),
                None => vec![Key::parse(word).unwrap_or_else(|| panic!("`{word}` is not a key"))],
            };
            for key in typed {
                // the cursor is found again with every frame, as on a terminal
                self.buffer();
                self.input(Input::Key(key));
                self.settle().await;
            }
        }
        self
    }

    /// Presses one key before the next frame is drawn.
    pub async fn press(&mut self, key: &str) {
        self.input(Input::Key(Key::parse(key).expect("a key")));
        self.settle().await;
    }

    /// Leaves, as far as acts are concerned.
    pub async fn part(&mut self) {
        self.app.part(self.now);
        self.settle().await;
    }

    /// In how many seconds the first visible text changes by itself.
    pub fn next_change(&mut self) -> i64 {
        self.app.draw(&mut Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1)))
    }

    pub fn buffer(&mut self) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        self.app.draw(&mut buffer);
        buffer
    }

    /// The keys of the last line that are struck out, each with its word.
    pub fn struck_keys(&mut self) -> Vec<String> {
        let buffer = self.buffer();
        let last = buffer.area.height - 1;
        let cells: Vec<_> = (0..buffer.area.width).map(|x| &buffer[(x, last)]).collect();
        let is_struck = |at: usize| cells[at].modifier.contains(Modifier::CROSSED_OUT);
        let starts = (0..cells.len()).filter(|at| is_struck(*at) && (*at == 0 || !is_struck(at - 1)));
        let word = |from: usize| {
            let text: String = cells[from..].iter().map(|cell| cell.symbol()).collect();
            text.split("  ").next().unwrap_or_default().to_owned()
        };
        starts.map(word).collect()
    }

    /// The screen as lines of text.
    pub fn screen(&mut self) -> Vec<String> {
        let buffer = self.buffer();
        let line = |y: u16| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..buffer.area.height).map(line).collect()
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        self.size = (width, height);
    }

    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.iter().any(|line| line.contains(text)), "`{text}` is not on the screen:\n{}", screen.join("\n"));
        self
    }

    #[track_caller]
    pub fn hides(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.iter().any(|line| line.contains(text)), "`{text}` is on the screen:\n{}", screen.join("\n"));
        self
    }
}

/// The key of one letter; `_` stands for a space.
fn letter(letter: char) -> Key {
    let name = if letter == '_' { "space".to_owned() } else { letter.to_string() };
    Key::parse(&name).expect("every letter is a key")
}
