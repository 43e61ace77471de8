//! Turns effects into messages: connections, watches, look-ups. The only place that spawns.

mod follow;
mod looks;
mod owned;
mod pace;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::cluster::{Access, Catalog, Failure};
use crate::{demo, records};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::{ClusterId, Str};
use fluxdeck_model::state::{Aspect, Effect, Epoch, Message, Ticket};
use session::Order;

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
    /// Where what is remembered between runs is kept; none keeps nothing.
    pub state_dir: Option<std::path::PathBuf>,
}

/// Carries out effects. Dropping it ends everything that it started.
pub struct Runtime {
    options: Options,
    inbox: mpsc::Sender<Message>,
    sessions: BTreeMap<ClusterId, Session>,
    /// Clusters of the demo that live, by context.
    lives: BTreeMap<&'static str, tokio::task::AbortHandle>,
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.lives.values().for_each(tokio::task::AbortHandle::abort);
    }
}

struct Session {
    orders: mpsc::UnboundedSender<Order>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Runtime {
    pub fn new(options: Options, inbox: mpsc::Sender<Message>) -> Self {
        Self { options, inbox, sessions: BTreeMap::new(), lives: BTreeMap::new() }
    }

    /// Starts what an effect asks for. Returns at once; answers come as messages. Effects on the terminal are not its business and
    /// are handed back.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect { cluster, epoch, context } => {
                self.enliven(&context);
                let (orders, taken) = mpsc::unbounded_channel();
                let task = session::Task { cluster, epoch, context, options: self.options.clone(), inbox: self.inbox.clone() };
                let task = tokio::spawn(task.run(taken));
                // dropping the old session ends its watches
                self.sessions.insert(cluster, Session { orders, task });
                None
            }
            Effect::Include { cluster, namespaces } => self.order(cluster, Order::Include(namespaces)),
            Effect::Owned(object, uid) => self.order(object.cluster, Order::Owned(object, uid)),
            Effect::Refresh { cluster } => self.order(cluster, Order::Refresh),
            Effect::Look { ticket, object, version: _, aspect } => {
                self.order(object.cluster, Order::Look(Look { ticket, object, aspect }))
            }
            Effect::Drop(ticket) => {
                for session in self.sessions.values() {
                    // a session that has ended has nothing left to drop
                    let _ = session.orders.send(Order::Drop(ticket));
                }
                None
            }
            terminal @ (Effect::Copy(_) | Effect::Suspend | Effect::Redraw | Effect::Quit) => Some(terminal),
        }
    }

    /// Lets a cluster of the demo live: its clock goes on whoever looks at it.
    fn enliven(&mut self, context: &str) {
        let Origin::Demo(guest) = &self.options.origin else { return };
        let Some(name) = demo::Company::named(context).filter(|name| !self.lives.contains_key(name)) else { return };
        let company = guest.company.clone();
        let life = tokio::spawn(async move { company.run(name).await });
        self.lives.insert(name, life.abort_handle());
    }

    fn order(&self, cluster: ClusterId, order: Order) -> Option<Effect> {
        if let Some(session) = self.sessions.get(&cluster) {
            let _ = session.orders.send(order);
        }
        None
    }
}

/// Connects once, for a command that needs the API itself: the client, and what the cluster serves.
///
/// # Errors
/// As for any connection; nothing is tried again.
pub async fn connect(options: &Options, context: &str) -> Result<(kube::Client, Arc<Catalog>), Failure> {
    // nobody listens to the news of this connection
    let (inbox, _unread) = mpsc::channel(16);
    let task = session::Task {
        cluster: ClusterId(0),
        epoch: Epoch::default(),
        context: context.to_owned(),
        options: options.clone(),
        inbox,
    };
    task.connect().await.map(|connection| (connection.client, connection.catalog))
}

/// One look-up for a view.
pub struct Look {
    pub ticket: Ticket,
    pub object: ObjectRef,
    pub aspect: Aspect,
}
