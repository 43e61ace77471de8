//! Turns effects into messages: connections, watches, look-ups. The only place that spawns.

mod acts;
mod artifact;
mod asked;
mod broken;
mod changes;
mod commits;
mod compare;
mod composed;
mod connect;
mod desk;
mod evidence;
mod follow;
mod heads;
mod jobs;
mod journal;
mod keyboard;
mod looks;
mod owned;
mod published;
mod pulls;
mod remotes;
mod rendered;
mod repositories;
mod session;
mod since;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::cluster::{Access, Connection, Failure};
use crate::files::Disk;
use crate::{demo, programs, records};
pub use changes::{
    Answered, AppliedBuilds, Asking, ChangeOptions, Changes, FilesHere, Planned, meant as programs_meant, opening as opened_file,
    outcome as plan_outcome, planned, resolved as resolved_order,
};
pub use compare::{concerns, is_in, schemas};
pub use desk::{Bench, Desk, Worker};
pub use evidence::gather as evidence;
use fluxdeck_model::actions::Outcome;
use fluxdeck_model::domain::{ClusterId, PrintedQuery, Scope, Str};
use fluxdeck_model::error::{Error, ErrorKind};
use fluxdeck_model::state::following::Beside;
use fluxdeck_model::state::jobs::{Change, ChangeStep, Task};
use fluxdeck_model::state::pulls::PullNews;
use fluxdeck_model::state::{Effect, Epoch, Intent, Link, Message, News, Reply, Terminal, Ticket};
pub use heads::Heads;
pub use journal::found as jobs_found;
pub use keyboard::{Keyboard, Typed};
use looks::{Look, Looks, Means};
pub use looks::{declared_once, logs_of};
pub use remotes::RemoteStore;
pub use rendered::{Renderer, kustomization};
pub use repositories::Repositories;
use session::Order;
pub use values::gather as release_values;

/// Where a cluster comes from.
#[derive(Clone)]
pub enum Origin {
    /// The kubeconfig's.
    Live(Access),
    /// A snapshot, served from memory.
    Recorded(Arc<records::Snapshot>),
    /// The embedded demo.
    Demo(Guest),
}

/// Who looks at the demo.
#[derive(Clone)]
pub struct Guest {
    pub company: Arc<demo::Company>,
    pub user: demo::User,
    /// Whether he acts as somebody else (`--as`).
    pub is_acting: bool,
}

/// What the runtime needs to know for the whole run.
#[derive(Clone)]
pub struct Options {
    pub origin: Origin,
    /// Namespaces of `-n`: looked into where a kind may not be listed everywhere.
    pub namespaces: BTreeSet<Str>,
    /// Kinds that are followed by ownership besides ReplicaSet, Job and Pod, as `Kind.group`.
    pub follow: Vec<String>,
    pub request_timeout: Duration,
    /// Watches open at once: each is a connection of its own while kube's client speaks HTTP/1.1 (kube-rs issue 1923).
    pub watches: usize,
    /// What is followed, with what is read beside it; none for the whole graph.
    pub only: Option<Vec<Scope>>,
    pub beside: Beside,
    /// Everything is read once, and not followed from there.
    pub once: bool,
    /// Where what is remembered between runs is kept; none keeps nothing.
    pub state_dir: Option<std::path::PathBuf>,
    /// What that is kept on.
    pub disk: Arc<dyn Disk>,
    /// Where git content is found.
    pub repositories: Repositories,
    pub changes: ChangeOptions,
}

impl Options {
    /// Where nothing is configured: everything is followed, nothing kept.
    pub fn of(origin: Origin) -> Self {
        Self {
            origin,
            namespaces: BTreeSet::new(),
            follow: Vec::new(),
            request_timeout: Duration::from_secs(15),
            watches: 100,
            only: None,
            beside: Beside::default(),
            once: false,
            state_dir: None,
            disk: crate::files::real(),
            repositories: Repositories::default(),
            changes: ChangeOptions::default(),
        }
    }

    /// Where git content is found; the demo's is its own.
    pub fn repositories(&self) -> Repositories {
        let company = if let Origin::Demo(guest) = &self.origin { Some(guest.company.clone()) } else { None };
        let said = self.repositories.said.clone().or_else(|| Some(changes::Kept::new(self.disk.clone(), self.state_dir.clone())));
        Repositories { company, said, ..self.repositories.clone() }
    }

    /// What plans changes, and carries them out.
    pub fn changes(&self, desk: Desk) -> Changes {
        let kept = desk.words().unwrap_or_else(|| changes::Kept::new(self.disk.clone(), self.state_dir.clone()));
        Changes::new(desk, self.repositories(), &self.changes, self.request_timeout, kept)
    }
}

/// Ends the process after that time, whatever it waits for by then: a file system that does not answer cannot be interrupted.
pub fn end_within(limit: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        std::process::exit(1);
    });
}

/// Carries out effects. Dropping it ends everything that it started.
pub struct Runtime {
    options: Options,
    inbox: mpsc::Sender<Message>,
    /// The youngest session of a cluster is the one that is looked at; older ones live until their jobs have ended.
    sessions: BTreeMap<(ClusterId, Epoch), Session>,
    /// Requests under way.
    errands: JoinSet<()>,
    looks: Looks,
    desk: Desk,
    changes: Changes,
    journal: Option<journal::Journal>,
    /// The comparison with git under way.
    comparison: Option<tokio::task::AbortHandle>,
    /// The look-up of pull requests under way.
    pulls: Option<tokio::task::AbortHandle>,
    /// Clusters of the demo that live, by context.
    lives: BTreeMap<&'static str, tokio::task::AbortHandle>,
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.lives.values().for_each(tokio::task::AbortHandle::abort);
    }
}

/// A step of a change to be carried out.
struct Carried {
    task: Task,
    step: ChangeStep,
    change: Box<Change>,
    bound: Option<(ClusterId, Epoch)>,
}

struct Session {
    orders: mpsc::UnboundedSender<Order>,
    task: tokio::task::JoinHandle<()>,
    live: watch::Receiver<Option<Connection>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Runtime {
    pub fn new(options: Options, inbox: mpsc::Sender<Message>) -> Self {
        let (sessions, lives) = (BTreeMap::new(), BTreeMap::new());
        let (errands, looks, desk) = (JoinSet::new(), Looks::default(), Desk::of(options.repositories()));
        let changes = options.changes(desk.clone());
        Self { options, inbox, sessions, errands, looks, desk, changes, journal: None, comparison: None, pulls: None, lives }
    }

    /// Starts what an effect asks for. Returns at once; answers come as messages. Effects on the terminal are not its business and
    /// are handed back.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Terminal> {
        match effect {
            Effect::Connect { cluster, epoch, context, keep } => self.connect(cluster, epoch, context, keep),
            Effect::Leave { cluster, epoch } => {
                self.sessions.remove(&(cluster, epoch));
                None
            }
            Effect::Commit(commit) => self.commit(*commit),
            Effect::LoadJobs => self.load_jobs(),
            Effect::TakeUp(id) => self.take_up(id),
            Effect::Write { task, cluster, epoch, step } => {
                self.run_task((task, SENDING), cluster, epoch, unsent(), |errand| errand.write(task, *step))
            }
            Effect::Probe { task, cluster, epoch, step } => {
                let unseen = Outcome::Unseen("the connection was left".to_owned());
                self.run_task((task, LOOKING), cluster, epoch, unseen, |errand| errand.probe(task, *step))
            }
            Effect::Review { cluster, epoch, asks } => {
                let unknown = News::Rights(Vec::new());
                self.run("asking what you may do", cluster, epoch, Some(unknown), |errand| errand.review(asks))
            }
            Effect::Identify { cluster, epoch } => {
                self.run("asking who you are", cluster, epoch, Some(News::User(None)), acts::Errand::identify)
            }
            Effect::Owners { cluster, epoch, fields } => {
                let unknown = News::Owners(fields.iter().map(|(object, _)| (object.clone(), None)).collect());
                self.run("asking who sets a field", cluster, epoch, Some(unknown), |errand| errand.owners(fields))
            }
            Effect::Compare { cluster, epoch, run, kustomizations, namespaces } => {
                let desk = self.desk.for_a_run();
                let work = |errand: acts::Errand| errand.compare(desk, run, kustomizations, namespaces);
                self.comparison.take().inspect(tokio::task::AbortHandle::abort);
                self.comparison = self.start("the comparison with git", cluster, epoch, |_| None, work);
                None
            }
            Effect::NoteReaders { context, readers } => {
                let changes = self.changes.clone();
                self.errands.spawn_blocking(move || changes.saw(&context, &readers));
                None
            }
            Effect::LookForPulls { cluster, epoch, run, sources, kustomizations } => {
                let changes = self.changes.clone();
                let work = |errand: acts::Errand| errand.pulls(changes, run, sources, kustomizations);
                self.pulls.take().inspect(tokio::task::AbortHandle::abort);
                let over = move |_: &Error| Some(Message::Cluster(cluster, epoch, News::Pulls(run, PullNews::Done)));
                self.pulls = self.start("the look-up of pull requests", cluster, epoch, over, work);
                None
            }
            Effect::ReadPull { ticket, cluster, place } => self.read_pull(ticket, cluster, *place),
            Effect::Remark(at, remark) => self.remark(at, *remark),
            Effect::Propose { ticket, query, is_readonly, context } => self.propose(ticket, *query, is_readonly, context),
            Effect::Manuscript { ticket, query } => self.manuscript(ticket, *query),
            Effect::Versions { ticket, query } => self.versions(ticket, *query),
            Effect::WriteDown { ticket, name, text } => self.write_down(ticket, name, text),
            Effect::LookUp { ticket, cluster, offered } => self.look_up(ticket, cluster, offered),
            Effect::Change { task, step, change, bound } => self.change(None, Carried { task, step, change, bound }),
            Effect::AskHeads { ticket, cluster, sources } => self.ask_heads(ticket, cluster, sources),
            Effect::Record(act) => {
                if let Some(journal) = self.journal() {
                    journal.record(*act);
                }
                None
            }
            Effect::Recall(ticket) => self.recall(ticket),
            Effect::Include { cluster, namespaces } => self.order(cluster, Order::Include(namespaces)),
            Effect::Owned(object, uid) => self.order(object.cluster, Order::Owned(object, uid)),
            Effect::Read { cluster, scopes } => self.order(cluster, Order::Read(scopes)),
            Effect::Refresh { cluster } => self.order(cluster, Order::Refresh),
            Effect::Print { ticket, cluster, query } => self.print(ticket, cluster, query),
            Effect::Look { ticket, object, version: _, aspect } => self.look(Look { ticket, object, aspect }),
            Effect::Drop(ticket) => {
                self.looks.end(ticket);
                None
            }
            Effect::Save { name, text } => self.save(name, text),
            Effect::Play(scene) => self.play(scene),
            Effect::Dismiss => self.dismiss(),
            Effect::Terminal(terminal) => Some(terminal),
        }
    }

    fn print(&mut self, ticket: Ticket, cluster: ClusterId, query: PrintedQuery) -> Option<Terminal> {
        let live = self.session(cluster).map(|session| session.live.clone());
        self.looks.print(ticket, cluster, query, live, self.options.request_timeout, self.inbox.clone());
        None
    }

    /// Hides the hints of the demo for good.
    fn dismiss(&mut self) -> Option<Terminal> {
        if let Origin::Demo(guest) = &self.options.origin {
            let company = guest.company.clone();
            self.errands.spawn_blocking(move || company.dismiss());
        }
        None
    }

    /// Connects a cluster to a context. What was connected before is kept for its jobs, or ends.
    fn connect(&mut self, cluster: ClusterId, epoch: Epoch, context: String, keep: bool) -> Option<Terminal> {
        self.enliven(&context);
        self.comparison.take().inspect(tokio::task::AbortHandle::abort);
        self.looks.leave(cluster);
        if !keep {
            // dropping a session ends its watches; those that were kept before stay for their jobs
            let last = self.sessions.keys().rev().find(|(of, _)| *of == cluster).copied();
            last.and_then(|last| self.sessions.remove(&last));
        }
        let (orders, taken) = mpsc::unbounded_channel();
        let (live, seen) = watch::channel(None);
        let (options, inbox) = (self.options.clone(), self.inbox.clone());
        let task = session::Task { cluster, epoch, context, options, inbox: inbox.clone(), live };
        // nobody tries again by itself: what broke it may do so again and again
        let lost = move |error: &Error| {
            let again = Error { hint: "`:ctx` connects again; the log says more".to_owned(), ..error.clone() };
            Some(Message::Cluster(cluster, epoch, News::Link(Link::Unreachable(again))))
        };
        let task = tokio::spawn(broken::noticed("the connection to the cluster", inbox, lost, task.run(taken)));
        self.sessions.insert((cluster, epoch), Session { orders, task, live: seen });
        None
    }

    /// Starts the clock of a demo cluster: it runs even if no session looks at it.
    fn enliven(&mut self, context: &str) {
        let Origin::Demo(guest) = &self.options.origin else { return };
        let Some(name) = demo::Company::named(context).filter(|name| !self.lives.contains_key(name)) else { return };
        let company = guest.company.clone();
        let life = async move { company.run(name).await };
        let life = tokio::spawn(broken::noticed("the demo's cluster", self.inbox.clone(), |_| None, life));
        self.lives.insert(name, life.abort_handle());
    }

    /// The session of a cluster that is looked at.
    fn session(&self, cluster: ClusterId) -> Option<&Session> {
        self.sessions.iter().rev().find(|((of, _), _)| *of == cluster).map(|(_, session)| session)
    }

    fn order(&self, cluster: ClusterId, order: Order) -> Option<Terminal> {
        if let Some(session) = self.session(cluster) {
            let _ = session.orders.send(order);
        }
        None
    }

    /// Starts a look-up for a view: a task of its own, which outlives the session's reconnections.
    fn look(&mut self, look: Look) -> Option<Terminal> {
        let live = self.session(look.object.cluster).map(|session| session.live.clone());
        let means = Means { desk: self.desk.clone(), timeout: self.options.request_timeout };
        self.looks.start(look, live, means, self.inbox.clone());
        None
    }

    /// As [`Self::run`], for a job, which has to learn that its connection is gone.
    fn run_task<F>(
        &mut self,
        of: (Task, TaskKind),
        cluster: ClusterId,
        epoch: Epoch,
        gone: Outcome,
        work: impl FnOnce(acts::Errand) -> F,
    ) -> Option<Terminal>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (task, TaskKind { what, broken }) = of;
        if self.sessions.contains_key(&(cluster, epoch)) {
            let answer = move |error: &Error| Some(Message::Outcome(task, broken(error.message.clone())));
            self.start(what, cluster, epoch, answer, work);
            return None;
        }
        let inbox = self.inbox.clone();
        self.errand(what, |_| None, async move {
            let _ = inbox.send(Message::Outcome(task, gone)).await;
        });
        None
    }

    /// Starts an errand at a connection. Without a session there is nobody to ask or to report to. `broken`: the news where it breaks.
    fn run<F>(
        &mut self,
        what: &'static str,
        cluster: ClusterId,
        epoch: Epoch,
        broken: Option<News>,
        work: impl FnOnce(acts::Errand) -> F,
    ) -> Option<Terminal>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let answer = move |_: &Error| broken.map(|news| Message::Cluster(cluster, epoch, news));
        self.start(what, cluster, epoch, answer, work);
        None
    }

    /// Starts a task that no view can end. Where it breaks, the user gets a notice that `what` did, and who waits for it an answer.
    fn errand(
        &mut self,
        what: &'static str,
        answer: impl FnOnce(&Error) -> Option<Message> + Send + 'static,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::AbortHandle {
        while self.errands.try_join_next().is_some() {}
        let inbox = self.inbox.clone();
        self.errands.spawn(broken::noticed(what, inbox, answer, work))
    }

    fn start<F>(
        &mut self,
        what: &'static str,
        cluster: ClusterId,
        epoch: Epoch,
        answer: impl FnOnce(&Error) -> Option<Message> + Send + 'static,
        work: impl FnOnce(acts::Errand) -> F,
    ) -> Option<tokio::task::AbortHandle>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let session = self.sessions.get(&(cluster, epoch))?;
        let (live, timeout, inbox) = (session.live.clone(), self.options.request_timeout, self.inbox.clone());
        Some(self.errand(what, answer, work(acts::Errand { cluster, epoch, live, timeout, inbox })))
    }

    /// Saves a table, and says where it is.
    fn save(&mut self, name: String, text: String) -> Option<Terminal> {
        let (dir, disk, inbox) = (self.options.state_dir.clone(), self.options.disk.clone(), self.inbox.clone());
        self.errand("saving the table", |_| None, async move {
            let saved = match dir {
                Some(dir) => tokio::task::spawn_blocking(move || records::screens::save(&*disk, &dir, &name, &text)).await,
                None => Ok(Err(std::io::Error::other("nothing is kept by this run"))),
            };
            let said = match saved.map_err(std::io::Error::other).and_then(|saved| saved) {
                Ok(path) => Intent::Say(format!("saved to {}", path.display())),
                Err(error) => Intent::Complain(Error::failed(format!("the table cannot be saved: {error}"), "c copies it")),
            };
            let _ = inbox.send(Message::Do(said)).await;
        });
        None
    }

    /// Copies a text by tmux, which has the terminal, and reports whether it took it.
    pub fn copy_by_tmux(&mut self, text: String) {
        let inbox = self.inbox.clone();
        self.errand("copying by tmux", |_| None, async move {
            let said = match programs::copy_by_tmux(&text).await {
                Ok(()) => Intent::Say(
                    "copied by tmux: it has it in a buffer, and your terminal where `set-clipboard` lets it".to_owned(),
                ),
                Err(why) => Intent::Complain(Error::failed(
                    format!("tmux did not take the copy: {why}"),
                    "`tmux set -s set-clipboard on` lets programs copy by themselves",
                )),
            };
            let _ = inbox.send(Message::Do(said)).await;
        });
    }

    /// Lets a scene of the demo happen, and says what happens.
    fn play(&mut self, name: &'static str) -> Option<Terminal> {
        let Origin::Demo(guest) = &self.options.origin else { return None };
        let (company, inbox) = (guest.company.clone(), self.inbox.clone());
        self.errand("the scene", |_| None, async move {
            // it commits to a repository
            let played = tokio::task::spawn_blocking(move || {
                let scene = demo::scenes::find(name)?;
                scene.play(&company).map(|()| scene.doc)
            });
            let said = match played.await {
                Ok(Ok(doc)) => Intent::Say(doc.to_owned()),
                Ok(Err(error)) => Intent::Complain(error),
                Err(error) => Intent::Complain(Error::failed(format!("the scene `{name}` broke down: {error}"), "")),
            };
            let _ = inbox.send(Message::Do(said)).await;
        });
        None
    }

    fn recall(&mut self, ticket: Ticket) -> Option<Terminal> {
        let (dir, disk, inbox) = (self.options.state_dir.clone(), self.options.disk.clone(), self.inbox.clone());
        let none = move |_: &Error| Some(Message::Reply(ticket, Reply::Acts(Vec::new())));
        self.errand("reading the log of acts", none, async move {
            let read = tokio::task::spawn_blocking(move || records::acts::recorded(&*disk, dir.as_deref(), MOST_ACTS)).await;
            let _ = inbox.send(Message::Reply(ticket, Reply::Acts(read.unwrap_or_default()))).await;
        });
        None
    }
}

/// What a task of a job does, in words, and what is known of it where it breaks.
#[derive(Clone, Copy)]
struct TaskKind {
    what: &'static str,
    broken: fn(String) -> Outcome,
}

/// It may have been sent or not: that is looked up.
const SENDING: TaskKind = TaskKind { what: "sending a request", broken: Outcome::Unknown };
const LOOKING: TaskKind = TaskKind { what: "looking up a request", broken: Outcome::Unseen };

/// The outcome of a request without a connection.
fn unsent() -> Outcome {
    Outcome::Unsent(Error::new(ErrorKind::Unreachable, "the connection was left", ""))
}

/// A number that no other run draws: its jobs are named by it.
pub fn nonce() -> u32 {
    use std::hash::{BuildHasher, Hasher};
    // each state is seeded with new random numbers of the system
    let drawn = std::collections::hash_map::RandomState::new().build_hasher().finish();
    u32::try_from(drawn >> 32).unwrap_or_default()
}

/// Acts of earlier runs that the screen shows.
const MOST_ACTS: usize = 1000;

/// Connects once, for a command that needs the API itself.
///
/// # Errors
/// As for any connection; nothing is tried again.
pub async fn connect(options: &Options, context: &str) -> Result<Connection, Failure> {
    // nobody listens to the news of this connection
    let (inbox, _unread) = mpsc::channel(16);
    let (live, _seen) = watch::channel(None);
    let task = session::Task {
        cluster: ClusterId(0),
        epoch: Epoch::default(),
        context: context.to_owned(),
        options: options.clone(),
        inbox,
        live,
    };
    task.connect(None).await.map(|connected| connected.connection)
}
