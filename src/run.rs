//! The event loop of the terminal program: wait, drain, update, carry out effects, draw.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::process::Child;
use tokio::sync::mpsc;

use crate::app::App;
use crate::programs::{self, Guard};
use crate::runtime::{self, Keyboard, Options, Runtime, Typed};
use crate::ui::terminal::{self, Decoder, Screen};
pub use crate::ui::terminal::{fitting_theme, is_ascii_only};
use crate::ui::theme;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::state::{Beginning, Input, Intent, Message, Reply, Settings, Terminal, Ticket};

/// How long one turn may work on messages before the screen is looked at again.
const TURN: Duration = Duration::from_millis(4);
/// Frames that only data caused are at least this far apart.
const FRAME: Duration = Duration::from_millis(100);
/// Reads of the terminal that one turn takes: a paste does not hold up the screen.
const READS: usize = 64;
/// Messages that wait: enough to keep readers busy, few enough to push back.
const INBOX: usize = 64;

/// How wide the terminal of standard output is; none where there is none.
pub fn columns() -> Option<usize> {
    terminal::columns()
}

/// The names of the themes that are built in.
pub fn themes() -> impl Iterator<Item = &'static str> {
    theme::BUILTIN.iter().map(|(name, _)| *name)
}

/// Runs the terminal program until the user leaves it, or a signal ends it. Returns the exit code: 0 where the user left, also by ctrl-c
/// or with the terminal.
///
/// # Errors
/// When there is no terminal, or it goes away.
pub async fn run(
    options: Options,
    settings: Settings,
    context: String,
    themes: Vec<(String, String)>,
    first: Option<String>,
) -> Result<u8> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Error::usage("this is not a terminal", "use `fluxdeck tree` or `fluxdeck get KIND` in scripts"));
    }
    let gone = |error: std::io::Error| Error::failed(format!("the terminal is gone: {error}"), "");
    let namespaces = Some(options.namespaces.clone()).filter(|names| !names.is_empty());
    let beginning =
        Beginning { now: Timestamp::now(), settings, context, namespaces, is_projected: true, nonce: runtime::nonce() };
    let mut app = App::new(beginning, terminal::depth(), themes)?;
    if let Some(first) = first {
        app.submit_line(&first);
    }
    let (inbox, messages) = mpsc::channel(INBOX);
    let guard = Guard::start();
    let screen = Screen::take().map_err(gone)?;
    let (keyboard, typed) = Keyboard::new();
    let mut driver = Driver {
        app,
        runtime: Runtime::new(options, inbox),
        messages,
        keyboard,
        typed,
        decoder: Decoder::default(),
        inputs: VecDeque::new(),
        screen,
        _guard: guard,
        drawn: Instant::now(),
        next_change: i64::MAX,
        dirty: Dirty::Now,
        leaving: false,
        lent: None,
        waiting: None,
    };
    driver.keyboard.listen().map_err(gone)?;
    driver.carry_out().map_err(gone)?;
    let turned = driver.turn_until_left().await;
    // what is typed from here on is the shell's
    driver.keyboard.rest();
    driver.part().await;
    turned.map_err(gone)
}

/// Whether the screen has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dirty {
    No,
    /// Data changed: with the next frame.
    Soon,
    /// The user did something.
    Now,
}

struct Driver {
    app: App,
    runtime: Runtime,
    messages: mpsc::Receiver<Message>,
    /// Dropped before the screen gives the terminal back: it must not take the shell's keys.
    keyboard: Keyboard,
    typed: mpsc::UnboundedReceiver<Typed>,
    decoder: Decoder,
    /// Keys that were read and have not been taken yet.
    inputs: VecDeque<Input>,
    screen: Screen,
    /// Gives the terminal back should we be killed. Let go after the screen has done so.
    _guard: Guard,
    drawn: Instant,
    next_change: i64,
    dirty: Dirty,
    leaving: bool,
    /// The editor that has the terminal.
    lent: Option<Child>,
    /// The view that waits for the text that is edited, and its file.
    waiting: Option<(Ticket, String)>,
}

impl Driver {
    async fn turn_until_left(&mut self) -> std::io::Result<u8> {
        let mut stop = stop_signals();
        let mut window = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::window_change())?;
        while !self.leaving {
            self.draw_if_due()?;
            let (wake, is_lent) = (self.wake(), self.lent.is_some());
            tokio::select! {
                biased;
                Some(typed) = self.typed.recv(), if !is_lent => self.take_typed(typed)?,
                () = until(self.decoder.due()), if !is_lent => self.settle()?,
                ended = ended(&mut self.lent) => self.take_back(ended)?,
                signal = stop.recv() => {
                    // ctrl-c in an editor is the editor's
                    if !(self.lent.is_some() && signal == Signal::Interrupt) {
                        return Ok(if signal == Signal::Terminate { signal.exit_code() } else { 0 });
                    }
                }
                Some(()) = window.recv() => self.resized()?,
                Some(message) = self.messages.recv() => self.drain(message),
                () = tokio::time::sleep_until(wake.into()), if !self.app.has_work() => self.tick(),
                () = std::future::ready(()), if self.app.has_work() => self.work(),
            }
            self.carry_out()?;
        }
        Ok(0)
    }

    /// Says of what is under way what is known, in the log of acts: however the program leaves.
    async fn part(&mut self) {
        // no message any more: nothing new may begin
        self.app.part(Timestamp::now());
        for effect in self.app.take_effects() {
            // the terminal is given back already
            let _ = self.runtime.carry_out(effect);
        }
        self.runtime.close().await;
    }

    /// Takes what was typed, with all that came meanwhile: repeated keys make one frame.
    fn take_typed(&mut self, first: Typed) -> std::io::Result<()> {
        let (mut next, mut reads) = (Some(first), 0);
        while let Some(typed) = next {
            match typed {
                Typed::Bytes(bytes, at) => self.inputs.extend(self.decoder.take(&bytes, at)),
                Typed::Gone => self.leaving = true,
            }
            reads += 1;
            next = if reads < READS { self.typed.try_recv().ok() } else { None };
        }
        self.input()
    }

    /// Takes for a key what nothing has followed on.
    fn settle(&mut self) -> std::io::Result<()> {
        self.inputs.extend(self.decoder.settle(Instant::now()));
        self.input()
    }

    fn input(&mut self) -> std::io::Result<()> {
        let now = Timestamp::now();
        self.app.update(now, Message::Clock);
        while let Some(input) = self.inputs.pop_front() {
            self.app.input(now, input);
            self.dirty = Dirty::Now;
            self.carry_out()?;
        }
        Ok(())
    }

    /// Fits the screen to its terminal, if that has another size.
    fn resized(&mut self) -> std::io::Result<()> {
        if self.lent.is_none() && !self.screen.fits()? {
            self.screen.resize()?;
            self.dirty = Dirty::Now;
        }
        Ok(())
    }

    /// Takes a message and those behind it, for one turn.
    fn drain(&mut self, message: Message) {
        let until = Instant::now() + TURN;
        let mut next = Some(message);
        while let Some(message) = next {
            if self.app.update(Timestamp::now(), message) {
                self.dirty = self.dirty.max(Dirty::Soon);
            }
            next = if Instant::now() < until { self.messages.try_recv().ok() } else { None };
        }
    }

    fn tick(&mut self) {
        self.app.update(Timestamp::now(), Message::Clock);
        self.dirty = Dirty::Now;
    }

    fn work(&mut self) {
        let until = Instant::now() + TURN;
        let more = self.app.work(|| Instant::now() < until);
        self.dirty = self.dirty.max(if more { Dirty::Soon } else { Dirty::Now });
    }

    /// When something has to be drawn at the latest.
    fn wake(&self) -> Instant {
        match self.dirty {
            Dirty::Soon | Dirty::Now if self.lent.is_some() => Instant::now() + FRAME,
            Dirty::No => {
                let state = self.app.state();
                let own = [state.jobs.next_change(state.clock), state.next_notification()].into_iter().flatten().min();
                let first = self.next_change.min(own.unwrap_or(i64::MAX));
                let seconds = u64::try_from(first).unwrap_or(1).clamp(1, 3600);
                self.drawn + Duration::from_secs(seconds)
            }
            Dirty::Soon => self.drawn + FRAME,
            Dirty::Now => Instant::now(),
        }
    }

    fn draw_if_due(&mut self) -> std::io::Result<()> {
        let due = match self.dirty {
            _ if self.lent.is_some() => false,
            Dirty::No => false,
            Dirty::Soon => self.drawn.elapsed() >= FRAME,
            Dirty::Now => true,
        };
        if !due {
            return Ok(());
        }
        self.app.update(Timestamp::now(), Message::Clock);
        let app = &mut self.app;
        let mut next_change = i64::MAX;
        self.screen.draw(|buf| next_change = app.draw(buf))?;
        self.next_change = next_change;
        self.drawn = Instant::now();
        self.dirty = Dirty::No;
        Ok(())
    }

    /// Lends the terminal to the user's editor. Messages are still taken; nothing is drawn.
    fn lend(&mut self, path: &str, line: u32) -> std::io::Result<()> {
        self.lend_keyboard();
        self.screen.give_back();
        match programs::editor(Path::new(path), line).spawn() {
            Ok(child) => {
                self.lent = Some(child);
                Ok(())
            }
            Err(error) => self.take_back(Err(error)),
        }
    }

    /// Leaves the keyboard to another program. What was typed for it already must not be done here afterwards: that is as good as unread.
    fn lend_keyboard(&mut self) {
        self.keyboard.rest();
        while self.typed.try_recv().is_ok() {}
        self.inputs.clear();
        self.decoder = Decoder::default();
    }

    fn take_back(&mut self, ended: std::io::Result<ExitStatus>) -> std::io::Result<()> {
        self.lent = None;
        self.screen.take_back()?;
        self.keyboard.listen()?;
        self.dirty = Dirty::Now;
        let done = programs::edited(ended).map_err(|failure| {
            let why = failure.error("the file was not edited").message;
            Error::failed(why, "the editor is $VISUAL, else $EDITOR, else vi")
        });
        match (done, self.waiting.take()) {
            (Ok(()), Some((ticket, path))) => self.runtime.edited(ticket, path),
            (Ok(()), None) => {}
            (Err(error), Some((ticket, _))) => {
                self.app.update(Timestamp::now(), Message::Reply(ticket, Reply::Failed(error)));
            }
            (Err(error), None) => self.app.intend(Intent::Complain(error)),
        }
        Ok(())
    }

    fn carry_out(&mut self) -> std::io::Result<()> {
        for effect in self.app.take_effects() {
            match self.runtime.carry_out(effect) {
                None => {}
                Some(Terminal::Quit) => self.leaving = true,
                Some(Terminal::Redraw) => {
                    self.screen.resize()?;
                    self.dirty = Dirty::Now;
                }
                Some(Terminal::Copy(text)) => {
                    let copied = self.screen.copy(&text)?;
                    if programs::is_in_tmux() {
                        self.runtime.copy_by_tmux(text);
                    } else if !copied {
                        self.app.intend(Intent::Say("too long for the terminal's clipboard".to_owned()));
                    }
                }
                // who edits has the terminal: it is said on the screen when that is here again
                Some(Terminal::Notify { .. }) if self.lent.is_some() => {}
                Some(Terminal::Notify { by, text }) => self.screen.notify(by, &text, programs::is_in_tmux())?,
                Some(Terminal::Edit { path, line, answers }) => {
                    self.waiting = answers.map(|ticket| (ticket, path.clone()));
                    self.lend(&path, line)?;
                }
                Some(Terminal::Suspend) => {
                    self.lend_keyboard();
                    self.screen.suspend()?;
                    self.keyboard.listen()?;
                    self.dirty = Dirty::Now;
                }
            }
        }
        Ok(())
    }
}

/// At that moment; never where there is none. A moment that is over is one at once: while there is work, no timer is looked at.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) if moment <= Instant::now() => {}
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// How the editor that has the terminal ended.
async fn ended(lent: &mut Option<Child>) -> std::io::Result<ExitStatus> {
    match lent {
        Some(child) => child.wait().await,
        None => std::future::pending().await,
    }
}

/// Waits until a signal asks the process to end. Returns its exit code.
pub async fn stopped() -> u8 {
    stop_signals().recv().await.exit_code()
}

/// Ends on a signal: the terminal is given back on the way out.
fn stop_signals() -> Stop {
    use tokio::signal::unix::{SignalKind, signal};
    Stop(
        [
            (Signal::Terminate, SignalKind::terminate()),
            (Signal::Hangup, SignalKind::hangup()),
            (Signal::Interrupt, SignalKind::interrupt()),
        ]
        .into_iter()
        .filter_map(|(word, kind)| Some((word, signal(kind).ok()?)))
        .collect(),
    )
}

struct Stop(Vec<(Signal, tokio::signal::unix::Signal)>);

/// Who asks us to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    /// ctrl-c of the terminal.
    Interrupt,
    Hangup,
    Terminate,
}

impl Signal {
    /// What shells say of a process that this has ended: 128 and its number.
    fn exit_code(self) -> u8 {
        let number = match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        };
        128 + number
    }
}

impl Stop {
    async fn recv(&mut self) -> Signal {
        let waiting = self.0.iter_mut().map(|(word, signal)| {
            Box::pin(async {
                signal.recv().await;
                *word
            })
        });
        futures::future::select_all(waiting).await.0
    }
}
