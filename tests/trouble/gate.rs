//! The way from the program to a forge, request by request, which fails on order: git over HTTP and the API both pass through it.
//!
//! Every request has a connection of its own. What a request is for is read from it and from what came before: the same question is part
//! of the review, of the job's own fetch, or looks up what a lost push has done.

use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::http::{Answer, Far, Request, request, respond};
use super::table::Step;
use crate::support::within;

/// How long something may take that is waited for.
const SOON: Duration = Duration::from_secs(60);

/// What a request is for, as far as it can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    Step(Step),
    /// The job looks for a pull request of the same change: the last thing before it makes sure of its record and pushes.
    Slot,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The connection is cut, and nobody listens from then on.
    Gone,
    /// It does not arrive: 500.
    Fails,
    /// It arrives, and its connection is cut before the answer.
    LosesAnswer,
    /// It is held before it arrives, once.
    Holds,
    /// It arrives, and its answer is held, once.
    HoldsAnswer,
}

/// Where a held request has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Held {
    #[default]
    None,
    Here,
    Passed,
    Dropped,
}

#[derive(Default)]
struct State {
    rules: Vec<(Point, Fate)>,
    held: Held,
    is_closed: bool,
    /// Nobody listens, by now.
    is_deaf: bool,
    has_ended: bool,
    /// Requests that have met their fate.
    struck: usize,
    seen: Vec<(Option<Point>, Request, u16)>,
}

struct Shared {
    port: u16,
    far: Arc<dyn Far>,
    state: Mutex<State>,
    changed: Condvar,
}

/// The gate; it closes when it is dropped.
pub struct Gate(Arc<Shared>);

impl Gate {
    pub fn before(far: Arc<dyn Far>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let shared = Arc::new(Shared { port, far, state: Mutex::default(), changed: Condvar::new() });
        let own = shared.clone();
        std::thread::spawn(move || own.listen(listener));
        Self(shared)
    }

    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// From now on requests at that point meet this fate.
    pub fn meet(&self, point: Point, fate: Fate) {
        self.0.lock().rules.push((point, fate));
    }

    /// Nothing fails any more, and somebody listens.
    pub fn heal(&self) {
        let mut state = self.0.lock();
        (state.is_closed, state.held, state.struck) = (false, Held::None, 0);
        state.rules.clear();
        drop(state);
        self.0.changed.notify_all();
        self.0.until("nobody listens", |state| !state.is_deaf);
    }

    /// Waits until a request is held.
    pub fn caught(&self) {
        self.0.until("no request was held", |state| state.held == Held::Here);
    }

    /// Waits until a request has met its fate.
    pub fn struck(&self) {
        self.0.until("nothing has failed", |state| state.struck > 0);
    }

    /// Lets the held request, or its answer, pass.
    pub fn pass(&self) {
        self.release(Held::Passed);
    }

    /// Cuts the connection of the held request: it, or its answer, is lost.
    pub fn drop_held(&self) {
        self.release(Held::Dropped);
    }

    fn release(&self, how: Held) {
        let mut state = self.0.lock();
        let before = state.struck;
        state.held = how;
        drop(state);
        self.0.changed.notify_all();
        self.0.until("it stays held", |state| state.struck > before);
    }

    /// How many requests of a step have been answered with success.
    pub fn done(&self, step: Step) -> usize {
        let is_it = |point: &Option<Point>, request: &Request, status: u16| {
            *point == Some(Point::Step(step)) && is_decisive(step, request) && (200..300).contains(&status)
        };
        self.0.lock().seen.iter().filter(|(point, request, status)| is_it(point, request, *status)).count()
    }

    /// All requests, as `METHOD path status`.
    pub fn seen(&self) -> Vec<String> {
        let line = |(point, request, status): &(Option<Point>, Request, u16)| {
            format!("{} {} {status} {point:?}", request.method, request.path)
        };
        self.0.lock().seen.iter().map(line).collect()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.lock().has_ended = true;
        self.0.changed.notify_all();
        // wakes the listener, which then leaves
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.0.port));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn until(&self, otherwise: &str, holds: impl Fn(&State) -> bool) {
        let (state, waited) =
            self.changed.wait_timeout_while(self.lock(), SOON, |state| !holds(state)).unwrap_or_else(PoisonError::into_inner);
        let seen: Vec<_> = state.seen.iter().map(|(point, request, _)| (point, &request.path)).collect();
        assert!(!waited.timed_out(), "{otherwise}: {seen:?}");
    }

    /// Takes connections, while it is open.
    fn listen(self: Arc<Self>, mut listener: TcpListener) {
        loop {
            let call = listener.accept();
            let state = self.lock();
            if state.has_ended {
                return;
            }
            if state.is_closed {
                drop((call, listener));
                let Some(again) = self.reopened(state) else { return };
                listener = again;
                continue;
            }
            drop(state);
            if let Ok((stream, _)) = call {
                let own = self.clone();
                std::thread::spawn(move || own.serve(stream));
            }
        }
    }

    /// Waits until it is open again; none where it has ended, or somebody has taken the port.
    fn reopened(&self, mut state: MutexGuard<'_, State>) -> Option<TcpListener> {
        state.is_deaf = true;
        self.changed.notify_all();
        let is_closed = |state: &mut State| state.is_closed && !state.has_ended;
        drop(self.changed.wait_while(state, is_closed).unwrap_or_else(PoisonError::into_inner));
        // another program's connection may have the port for a while
        let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).ok();
        let listener = within(SOON, || if self.lock().has_ended { Some(None) } else { bind().map(Some) }).flatten();
        self.lock().is_deaf = listener.is_none();
        self.changed.notify_all();
        listener
    }

    /// One request; who sends another one connects again.
    fn serve(&self, mut stream: TcpStream) {
        let Some(request) = request(&mut stream) else { return };
        let (fate, at) = self.arrived(&request);
        self.carry(&mut stream, &request, fate, at);
        self.lock().struck += usize::from(fate.is_some());
        self.changed.notify_all();
    }

    fn carry(&self, stream: &mut TcpStream, request: &Request, fate: Option<Fate>, at: usize) {
        if fate == Some(Fate::Gone) {
            self.close();
            // an answer of nothing at all
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
        if fate == Some(Fate::Holds) && !self.hold() {
            return;
        }
        let answer = match fate {
            Some(Fate::Fails) => Answer { status: 500, body: br#"{"message": "it broke"}"#.to_vec(), ..Answer::default() },
            _ => self.far.answer(request),
        };
        self.lock().seen[at].2 = answer.status;
        match fate {
            Some(Fate::LosesAnswer) => return,
            // who asks without a login, and is asked for one, asks again
            Some(Fate::HoldsAnswer) if answer.status != 401 && !self.hold() => return,
            _ => {}
        }
        respond(stream, &answer);
    }

    /// Takes note of a request: what happens to it, and its place in the list.
    fn arrived(&self, request: &Request) -> (Option<Fate>, usize) {
        let mut state = self.lock();
        let point = point(request, &state.seen);
        let meets = |(at, fate): &(Point, Fate)| {
            let is_decisive = match at {
                Point::Step(step) => is_decisive(*step, request),
                Point::Slot => true,
            };
            Some(*at) == point && (*fate == Fate::Gone || is_decisive)
        };
        let fate = state.rules.iter().find(|rule| meets(rule)).map(|(_, fate)| *fate);
        // the second one of its kind passes
        let fate = fate.filter(|fate| !matches!(fate, Fate::Holds | Fate::HoldsAnswer) || state.held == Held::None);
        state.seen.push((point, request.clone(), 0));
        let at = state.seen.len() - 1;
        drop(state);
        self.changed.notify_all();
        (fate, at)
    }

    /// Waits until a held request may pass; false if it is lost.
    fn hold(&self) -> bool {
        let mut state = self.lock();
        state.held = Held::Here;
        self.changed.notify_all();
        let is_held = |state: &mut State| state.held == Held::Here && !state.has_ended;
        let state = self.changed.wait_while(state, is_held).unwrap_or_else(PoisonError::into_inner);
        state.held != Held::Dropped && !state.has_ended
    }

    fn close(&self) {
        self.lock().is_closed = true;
        // wakes the listener, which then leaves
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        self.until("somebody still listens", |state| state.is_deaf || state.has_ended);
    }
}

/// What a request is for, by what came before it.
fn point(request: &Request, seen: &[(Option<Point>, Request, u16)]) -> Option<Point> {
    let has = |step: Step| seen.iter().any(|(point, request, _)| *point == Some(Point::Step(step)) && is_decisive(step, request));
    // the review ends with the question for pull requests of the branch
    let is_reviewed = || seen.iter().any(|(_, request, _)| is_list(request));
    let step = match request.path.as_str() {
        path if path.contains("git-receive-pack") => Step::Push,
        path if path.contains("git-upload-pack") && has(Step::Push) => Step::FindBranch,
        path if path.contains("git-upload-pack") && is_reviewed() => Step::Fetch,
        path if path.ends_with("/pulls") && request.method == "POST" => Step::Open,
        path if path.contains("/pulls/") && request.method == "GET" => Step::Look,
        _ if is_list(request) && has(Step::Open) => Step::FindPull,
        _ if is_list(request) && is_reviewed() => return Some(Point::Slot),
        _ => return None,
    };
    Some(Point::Step(step))
}

fn is_list(request: &Request) -> bool {
    request.method == "GET" && request.path.contains("/pulls?state=all")
}

/// Whether it is the request that does what the step is for.
fn is_decisive(step: Step, request: &Request) -> bool {
    match step {
        Step::Fetch | Step::FindBranch | Step::Push | Step::Open => request.method == "POST",
        Step::FindPull | Step::Look => true,
        Step::Commit => false,
    }
}
