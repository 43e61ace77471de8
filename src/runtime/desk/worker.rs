//! The thread of one repository: takes one question after the other, leaves out those that nobody waits for any more, and ends when
//! nobody can ask.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak, mpsc};

use tokio::sync::oneshot;

use super::super::remotes::RemoteStore;
use super::Bench;
use crate::git::{self, Checkout};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::declared::Commit;

/// What is asked of a repository.
pub(super) type Work<T> = Box<dyn FnOnce(&mut Bench) -> Result<T> + Send>;
/// How a repository is opened at a folder.
type Opens = fn(&Path) -> std::result::Result<Checkout, git::Failure>;
type Question = Box<dyn FnOnce(&mut Thread) + Send>;

/// A repository's thread, from outside. It ends when this is dropped, once it has answered what it was asked.
pub struct Worker {
    questions: mpsc::Sender<Question>,
    weight: Arc<AtomicUsize>,
    /// When it was asked last, in questions of its desk.
    pub(super) turn: u64,
}

/// The result of a question.
pub(super) enum Answer<T> {
    Given(Result<T>),
    /// The repository is not there, or has no such commit: the question is handed back.
    Elsewhere(Work<T>, Error),
}

/// A question under way.
pub(super) struct Asked<T> {
    answer: oneshot::Receiver<Answer<T>>,
    /// Dropped, it is not worked on when its turn comes.
    interest: Arc<()>,
}

impl Worker {
    /// Starts the thread of the repository that `opens` finds at a folder. It is opened when the first question comes.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(folder: &Path, opens: Opens, remotes: RemoteStore) -> Result<Self> {
        let (questions, taken) = mpsc::channel::<Question>();
        let weight = Arc::new(AtomicUsize::new(0));
        let mut thread = Thread { folder: folder.to_owned(), opens, remotes, bench: None, weight: weight.clone() };
        let started = std::thread::Builder::new().name("repository".to_owned()).spawn(move || {
            taken.into_iter().for_each(|question| question(&mut thread));
        });
        started.map_err(|error| Error::failed(format!("no thread for {}: {error}", folder.display()), ""))?;
        Ok(Self { questions, weight, turn: 0 })
    }

    /// Asks, and waits: for commands that have nothing else to do.
    ///
    /// # Errors
    /// The repository cannot be opened; what the answer says.
    pub fn wait<T: Send + 'static>(&self, work: impl FnOnce(&mut Bench) -> Result<T> + Send + 'static) -> Result<T> {
        match self.ask(None, Box::new(work)).wait()? {
            Answer::Given(given) => given,
            Answer::Elsewhere(_, why) => Err(why),
        }
    }

    /// About how many bytes it takes, as of its last answer.
    pub(super) fn weight(&self) -> usize {
        self.weight.load(Ordering::Acquire)
    }

    /// Asks for something; with a commit that the repository has to have for that.
    pub(super) fn ask<T: Send + 'static>(&self, at: Option<Commit>, work: Work<T>) -> Asked<T> {
        let (reply, answer) = oneshot::channel();
        let interest = Arc::new(());
        let is_wanted = Arc::downgrade(&interest);
        let question: Question = Box::new(move |thread| {
            if let Some(answer) = thread.answer(&is_wanted, at.as_ref(), work) {
                // nobody waits any more
                let _ = reply.send(answer);
            }
        });
        // without its thread the reply is dropped, and the caller gets an error
        let _ = self.questions.send(question);
        Asked { answer, interest }
    }
}

impl<T: Send + 'static> Asked<T> {
    /// Waits for the answer; who drops this waits no longer.
    pub async fn answer(self) -> Result<Answer<T>> {
        let Self { answer, interest } = self;
        // a thread of the runtime waits, so that its clock, where that is paused, stands still as for anything that works
        let waited = tokio::task::spawn_blocking(move || answer.blocking_recv()).await;
        drop(interest);
        waited.ok().and_then(std::result::Result::ok).ok_or_else(broken)
    }

    /// Waits for the answer where there is no runtime.
    pub fn wait(self) -> Result<Answer<T>> {
        self.answer.blocking_recv().map_err(|_| broken())
    }
}

/// The thread's side.
struct Thread {
    folder: PathBuf,
    opens: Opens,
    remotes: RemoteStore,
    bench: Option<Bench>,
    weight: Arc<AtomicUsize>,
}

impl Thread {
    /// None: nobody waits for the answer.
    fn answer<T>(&mut self, is_wanted: &Weak<()>, at: Option<&Commit>, work: Work<T>) -> Option<Answer<T>> {
        is_wanted.upgrade()?;
        if let Err(why) = self.open(at) {
            return Some(Answer::Elsewhere(work, why));
        }
        let bench = self.bench.take().expect("it was opened");
        // what panics leaves nothing behind: the next question starts fresh
        let done = catch_unwind(AssertUnwindSafe(move || {
            let mut bench = bench;
            let given = work(&mut bench);
            (bench, given)
        }));
        let given = match done {
            Ok((bench, given)) => {
                self.bench = Some(bench);
                given
            }
            Err(_) => Err(broken()),
        };
        self.weight.store(self.bench.as_ref().map_or(0, Bench::weight), Ordering::Release);
        Some(Answer::Given(given))
    }

    /// Opens the repository, again where it lacks the commit: it may have been replaced in the same place. What is kept of its builds
    /// stays true, since that goes by content.
    fn open(&mut self, at: Option<&Commit>) -> Result<()> {
        let has = |bench: &Bench| at.is_none_or(|at| bench.checkout.has(&at.id));
        if self.bench.as_ref().is_some_and(has) {
            return Ok(());
        }
        let checkout = (self.opens)(&self.folder)?;
        let bench = match self.bench.take() {
            Some(bench) => Bench { checkout, ..bench },
            None => Bench::new(checkout, self.remotes.clone()),
        };
        let is_there = has(&bench);
        self.bench = Some(bench);
        match at {
            Some(at) if !is_there => {
                Err(Error::failed(format!("{} has no commit {}", self.folder.display(), at.short()), "fetch it, and try again"))
            }
            _ => Ok(()),
        }
    }
}

fn broken() -> Error {
    Error::failed("reading git broke down", "this is a fault of fluxdeck: the log says more")
}
