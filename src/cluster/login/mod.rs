//! Logging in to an API server: with the program that a kubeconfig names, or with a file that holds a token.
//!
//! kube itself would run a login program again for each request that finds the token expired, give it the terminal, and put its whole
//! environment into errors. Here one credential has one run at a time, and all requests wait for that run. A run has a time limit, a failure
//! is remembered for some seconds, and the output of a program is never shown.

mod exec;
mod process;
mod service;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{AbortHandle, Abortable, BoxFuture, Shared};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use kube::config::AuthInfo;

use exec::Program;
pub(super) use exec::{BAD_TOKEN, bearer};
use fluxdeck_model::domain::text::sanitise;
use process::Halted;
pub(super) use service::client;

/// How long a login program may take. A person may have to answer in a browser meanwhile.
const LIMIT: Duration = Duration::from_secs(120);
/// How long a request waits at most for a login that is under way before it says so; half of its own time where that is less.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a failure is the answer before the program is run again.
const REMEMBERED: Duration = Duration::from_secs(5);
/// How long before its end a credential is replaced.
const AHEAD: SignedDuration = SignedDuration::from_secs(10);
/// How long a credential is used at least: clocks differ, and programs give what is about to end.
const LEAST: Duration = Duration::from_secs(5);
/// How often the API server may refuse (401) what a program gave before it is run again.
const REFUSAL: Duration = Duration::from_secs(60);
/// How often a file with a token is read again (client-go `transport/token_source.go`).
const REREAD: SignedDuration = SignedDuration::from_secs(60);
/// What to do about a login that failed.
pub(super) const AGAIN: &str = "log in again with the program that the kubeconfig names for this user";

/// What a request shows to the API server.
pub(super) struct Credential {
    header: Option<HeaderValue>,
    /// Certificate and key, PEM.
    certificate: Option<(String, String)>,
    expires: Option<Timestamp>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential")
    }
}

/// Why there is no credential. Holds nothing that a program printed but its words on standard error, sanitised.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failed {
    pub message: String,
    pub hint: String,
    /// It is under way still.
    pub is_waiting: bool,
}

impl Failed {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), is_waiting: false }
    }

    /// With how it is tried again then: a command has ended by that time.
    fn then(self, is_command: bool) -> Self {
        let then = if is_command { "then run the command again" } else { "then press ctrl-r" };
        Self { hint: format!("{}; {then}", self.hint.trim_end_matches('.')), ..self }
    }
}

/// The logins of a run of ours, by what they are about: they outlive connections, so that connecting again does not log in again.
#[derive(Clone, Debug, Default)]
pub struct Logins {
    known: Arc<Mutex<BTreeMap<String, Arc<Login>>>>,
    /// Whether login programs may have the terminal, where they want it and there is one: those of a command may.
    may_talk: bool,
}

impl Logins {
    /// Of a command, which leaves the terminal to login programs; the screen does not.
    pub fn of_command() -> Self {
        Self { may_talk: true, ..Self::default() }
    }

    /// Waits for a login program that lets everybody wait; its name.
    pub async fn long(&self) -> String {
        loop {
            tokio::time::sleep(PATIENCE).await;
            if let Some(name) = self.under_way() {
                return name;
            }
        }
    }

    fn under_way(&self) -> Option<String> {
        let is_running = |login: &&Arc<Login>| locked(&login.state).run.is_some();
        locked(&self.known).values().find(is_running).and_then(|login| login.program())
    }

    /// Takes what has to be asked for again and again out of a user's entry; none where the entry itself holds the credential.
    ///
    /// The order is client-go's: a token takes precedence over a program, and a file with a token over both (`transport/round_trippers.go`,
    /// NewBearerAuthWithRefreshRoundTripper: the token beside it is for when it cannot be read). kube has it the other way round.
    ///
    /// # Errors
    /// The entry names no program.
    pub(super) fn take(&self, user: &mut AuthInfo) -> Result<Option<Use>, Failed> {
        let is_other = user.auth_provider.is_some() || user.username.is_some() && user.password.is_some();
        let (file, exec) = (user.token_file.take().filter(|path| !path.is_empty()), user.exec.take());
        let token = token(user);
        if token.is_none() || file.is_some() && !is_other {
            user.token = None;
        }
        let source = match (file, exec) {
            _ if is_other => return Ok(None),
            (Some(path), _) => Source::File { path: path.into(), beside: token.map(Beside) },
            _ if token.is_some() => return Ok(None),
            (None, Some(exec)) => Source::Program(Arc::new(Program::new(exec)?)),
            (None, None) => return Ok(None),
        };
        let new = || {
            Arc::new(Login {
                source: source.clone(),
                may_talk: self.may_talk,
                state: Mutex::default(),
                users: AtomicUsize::new(0),
            })
        };
        let login = locked(&self.known).entry(source.key()).or_insert_with(new).clone();
        Ok(Some(Use::of(login)))
    }
}

/// The token that a user's entry holds; none for an empty one.
pub(super) fn token(user: &AuthInfo) -> Option<String> {
    // the only way that kube has to show it
    let shown = serde_json::to_value(user).unwrap_or_default();
    shown["token"].as_str().filter(|token| !token.is_empty()).map(str::to_owned)
}

#[derive(Clone, Debug)]
enum Source {
    Program(Arc<Program>),
    File { path: PathBuf, beside: Option<Beside> },
}

/// The token of an entry that also names a file with one.
#[derive(Clone)]
struct Beside(String);

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Beside")
    }
}

impl Source {
    fn key(&self) -> String {
        match self {
            Self::Program(program) => program.key(),
            Self::File { path, beside } => {
                let beside = beside.as_ref().map(|beside| &beside.0);
                serde_json::json!([path.to_string_lossy(), beside]).to_string()
            }
        }
    }

    /// What is used where a file cannot be read: what was read last (client-go `transport/token_source.go`), else the token beside it.
    fn instead(&self, last: Option<&Arc<Credential>>) -> Option<Arc<Credential>> {
        let Self::File { beside, .. } = self else { return None };
        let of_entry = || {
            let header = bearer(&beside.as_ref()?.0)?;
            Some(Arc::new(Credential { header: Some(header), certificate: None, expires: None }))
        };
        last.cloned().or_else(of_entry)
    }
}

/// None where it was given up.
type Run = Shared<BoxFuture<'static, Option<Result<Arc<Credential>, Failed>>>>;

/// One credential and how it is had.
#[derive(Debug)]
pub struct Login {
    source: Source,
    may_talk: bool,
    state: Mutex<Held>,
    /// Connections that use it.
    users: AtomicUsize,
}

#[derive(Debug, Default)]
struct Held {
    current: Option<(Arc<Credential>, Instant)>,
    run: Option<(Run, AbortHandle)>,
    failed: Option<(Failed, Instant)>,
    refused: Option<Instant>,
}

impl Held {
    /// The credential that may be used now.
    fn fresh(&self, now: Instant) -> Option<Arc<Credential>> {
        let (credential, since) = self.current.as_ref()?;
        let lasts = credential.expires.is_none_or(|end| Timestamp::now() + AHEAD < end);
        (lasts || now.duration_since(*since) < LEAST).then(|| credential.clone())
    }

    fn failed_lately(&self, now: Instant) -> Option<Failed> {
        let (failed, since) = self.failed.as_ref()?;
        (now.duration_since(*since) < REMEMBERED).then(|| failed.clone())
    }
}

impl Login {
    /// The program's name; none for a file.
    pub fn program(&self) -> Option<String> {
        match &self.source {
            Source::Program(program) => Some(program.name()),
            Source::File { .. } => None,
        }
    }

    /// Whether a credential is at hand, so that nothing has to be waited for.
    pub fn is_ready(&self) -> bool {
        locked(&self.state).fresh(Instant::now()).is_some()
    }

    /// Logs in, or waits for the login that is under way. Who drops this leaves the login to the others that wait.
    ///
    /// # Errors
    /// Why there is no credential.
    pub async fn wait(&self) -> Result<(), Failed> {
        self.credential().await.map(drop)
    }

    async fn credential(&self) -> Result<Arc<Credential>, Failed> {
        loop {
            let run = {
                let mut state = locked(&self.state);
                let now = Instant::now();
                if let Some(fresh) = state.fresh(now) {
                    return Ok(fresh);
                }
                if let Some(failed) = state.failed_lately(now) {
                    return self.instead(&state).ok_or(failed);
                }
                state.run.get_or_insert_with(|| self.start()).0.clone()
            };
            // who waits for what was given up waits for the next
            let Some(done) = run.clone().await else { continue };
            let mut state = locked(&self.state);
            if state.run.as_ref().is_some_and(|(current, _)| current.ptr_eq(&run)) {
                state.run = None;
                self.remember(&mut state, &done);
            }
            return done.or_else(|failed| self.instead(&state).ok_or(failed));
        }
    }

    fn remember(&self, state: &mut Held, done: &Result<Arc<Credential>, Failed>) {
        let now = Instant::now();
        match done {
            Ok(credential) => (state.current, state.failed) = (Some((credential.clone(), now)), None),
            Err(failed) => {
                if self.instead(state).is_some() {
                    tracing::warn!("{failed}: the token before is still used");
                }
                state.failed = Some((failed.clone(), now));
            }
        }
    }

    /// What is used where there is no new credential.
    fn instead(&self, state: &Held) -> Option<Arc<Credential>> {
        self.source.instead(state.current.as_ref().map(|(last, _)| last))
    }

    /// As [`Self::wait`], for a request, which does not wait for a person.
    async fn for_request(&self, patience: Duration) -> Result<Arc<Credential>, Failed> {
        let name = self.program().unwrap_or_default();
        let waiting = || Failed {
            message: format!("waiting for the login program `{name}`"),
            hint: format!("it may have opened a browser{}", if self.may_talk { "" } else { "; ctrl-r starts it again" }),
            is_waiting: true,
        };
        tokio::time::timeout(patience, self.credential()).await.map_err(|_| waiting())?
    }

    /// The API server does not accept it: the next request logs in again, unless that was so lately.
    fn refuse(&self, refused: &Arc<Credential>) {
        let mut state = locked(&self.state);
        let is_current = state.current.as_ref().is_some_and(|(current, _)| Arc::ptr_eq(current, refused));
        let was_lately = state.refused.is_some_and(|last| last.elapsed() < REFUSAL);
        if is_current && !was_lately {
            (state.current, state.refused) = (None, Some(Instant::now()));
        }
    }

    /// Ends the current run even if requests wait for it: they wait for the next one.
    pub fn cancel(&self) {
        let given_up = locked(&self.state).run.take();
        if let Some((run, handle)) = given_up {
            handle.abort();
            // where nobody waits for it, the program is ended by this, outside of the lock
            drop(run);
        }
    }

    fn start(&self) -> (Run, AbortHandle) {
        let may_talk = self.may_talk;
        let run = match self.source.clone() {
            Source::Program(program) => {
                let run = async move { log_in(&program, may_talk, LIMIT).await };
                run.map(move |ran| ran.map(Arc::new).map_err(|failed| failed.then(may_talk))).boxed()
            }
            Source::File { path, .. } => async move { read(path).await.map(Arc::new) }.boxed(),
        };
        let (handle, registration) = AbortHandle::new_pair();
        (Abortable::new(run, registration).map(Result::ok).boxed().shared(), handle)
    }
}

/// A connection's hold on a login: with the last one goes the program that still runs.
#[derive(Debug)]
pub struct Use(Arc<Login>);

impl Use {
    fn of(login: Arc<Login>) -> Self {
        login.users.fetch_add(1, Ordering::Relaxed);
        Self(login)
    }
}

impl Clone for Use {
    fn clone(&self) -> Self {
        Self::of(self.0.clone())
    }
}

impl std::ops::Deref for Use {
    type Target = Login;

    fn deref(&self) -> &Login {
        &self.0
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        if self.0.users.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.cancel();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // no invariant spans a panic
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a login program. Its output is the credential and is never shown; its standard error goes into the error message.
async fn log_in(program: &Program, may_talk: bool, limit: Duration) -> Result<Credential, Failed> {
    use std::io::IsTerminal;
    let is_talking = may_talk && program.may_talk() && std::io::stdin().is_terminal();
    if let Some(failed) = program.needs_terminal(!may_talk).filter(|_| !is_talking) {
        return Err(failed);
    }
    let name = program.name();
    let ran = process::run(program.command(is_talking), is_talking, limit).await.map_err(|halted| match halted {
        Halted::NotStarted(why) => program.not_started(&why),
        Halted::TooMuch => Failed::new(format!("the login program `{name}` prints more than any credential"), AGAIN),
        Halted::TooLong => Failed::new(format!("the login program `{name}` did not end within {} s", limit.as_secs()), AGAIN),
    })?;
    if ran.status.success() {
        return program.read(&ran.printed);
    }
    let said = sanitise(ran.said.trim()).into_owned();
    let failed = format!("the login program `{name}` failed: {}", ran.status);
    Err(Failed::new(if said.is_empty() { failed } else { format!("{said} ({failed})") }, AGAIN))
}

/// Reads a file with a token.
async fn read(path: PathBuf) -> Result<Credential, Failed> {
    let hint = "check the user of this context in the kubeconfig";
    let text = tokio::fs::read_to_string(&path).await;
    let text = text.map_err(|why| Failed::new(format!("cannot read the token in {}: {why}", path.display()), hint))?;
    let header = bearer(text.trim()).ok_or_else(|| Failed::new(format!("{} holds {BAD_TOKEN}", path.display()), hint))?;
    Ok(Credential { header: Some(header), certificate: None, expires: Some(Timestamp::now() + REREAD) })
}

#[cfg(all(test, unix))]
mod tests;
