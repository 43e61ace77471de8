//! Making a connection: the kubeconfig's, a snapshot's or the demo's; what the server serves, and what is reported about it first.
//!
//! What is followed on a connection is up to the session.

use std::sync::Arc;

use super::session::Task;
use super::{Guest, Origin};
use crate::cluster::{self, Connection, Discovered, Failure, Kubeconfig};
use crate::{demo, records};
use fluxdeck_model::domain::{ClusterKey, Context, GroupKind, Str, Uid};
use fluxdeck_model::kinds::{self, Kind, Role};
use fluxdeck_model::state::{Link, News, ServerFacts};

/// A server that has answered.
pub(super) struct Connected {
    pub connection: Connection,
    pub server: String,
    /// The context by its name, also where nobody has named one.
    pub context: String,
    /// `kube-system`'s, which names the cluster; none where it may not be read.
    pub uid: Option<Uid>,
    pub flux: String,
    /// Those first that were used last.
    pub namespaces: Vec<Str>,
}

/// What a connection knew of its server: what cannot be asked for by the next one is as it was.
#[derive(Clone)]
pub(super) struct Before {
    server: String,
    uid: Option<Uid>,
    discovered: Arc<Discovered>,
    flux: String,
}

impl Connected {
    /// What the next connection starts from.
    pub fn known(&self) -> Before {
        let (server, flux) = (self.server.clone(), self.flux.clone());
        Before { server, uid: self.uid, discovered: self.connection.discovered().clone(), flux }
    }
}

impl Task {
    /// Connects; `before` is what was known of the server before.
    pub(super) async fn connect(&self, before: Option<Before>) -> Result<Connected, Failure> {
        let connected = match &self.options.origin {
            Origin::Live(access) => self.connect_live(access, before).await?,
            Origin::Recorded(snapshot) => self.connect_recorded(snapshot).await?,
            Origin::Demo(guest) => self.connect_demo(guest, before).await?,
        };
        self.show(&connected).await;
        self.report(News::Namespaces(connected.namespaces.clone())).await;
        if let Origin::Recorded(snapshot) = &self.options.origin {
            self.report(News::Link(Link::Recorded(snapshot.taken))).await;
        }
        Ok(connected)
    }

    /// Passes the connection to the acts, and reports what the server says about itself.
    pub(super) async fn show(&self, connected: &Connected) {
        let connection = &connected.connection;
        let server = ServerFacts {
            key: ClusterKey { uid: connected.uid, server: connected.server.clone() },
            kubernetes: connection.catalog().kubernetes.clone(),
            flux: connected.flux.clone(),
            served: kinds::ALL
                .iter()
                .filter(|kind| kind.is_flux() || kind.role == Role::Legacy)
                .filter_map(|kind| served(connection, kind))
                .collect(),
            versions: kinds::ALL
                .iter()
                .filter(|kind| kind.is_flux())
                .map(|kind| (kind.gk(), connection.catalog().versions(&kind.gk(), kind)))
                .filter(|(_, versions)| !versions.is_empty())
                .collect(),
            kinds: connection.catalog().names(),
            acting_as: match &self.options.origin {
                Origin::Live(access) => access.impersonate.clone(),
                Origin::Recorded(_) => None,
                Origin::Demo(guest) => guest.is_acting.then(|| guest.user.name.clone()),
            },
        };
        self.live.send_replace(Some(connection.clone()));
        self.report(News::Server(server)).await;
    }

    /// The server, as messages name it.
    pub(super) fn server_name(&self) -> String {
        if self.context.is_empty() { "the API server".to_owned() } else { format!("the API server of `{}`", self.context) }
    }

    async fn connect_live(&self, access: &cluster::Access, before: Option<Before>) -> Result<Connected, Failure> {
        let mut access = access.clone();
        if !self.context.is_empty() {
            access.context = Some(self.context.clone());
        }
        let handle = tokio::runtime::Handle::current();
        // reading files blocks
        let made = tokio::task::spawn_blocking(move || {
            let kubeconfig = Kubeconfig::read(&access)?;
            let prepared = cluster::prepare(&kubeconfig, &handle);
            Ok::<_, Failure>((kubeconfig, prepared))
        });
        let broken = |error: tokio::task::JoinError| Failure::Setup {
            message: format!("connecting broke down: {error}"),
            hint: String::new(),
        };
        let (kubeconfig, prepared) = made.await.map_err(broken)??;
        let current = kubeconfig.current.clone();
        self.report(News::Contexts { all: kubeconfig.contexts.clone(), current: current.clone() }).await;
        let prepared = prepared?;
        self.log_in(&prepared).await?;
        let (server, client) = (prepared.server.clone(), prepared.client()?);
        let limit = self.options.request_timeout;
        // the same context may lead elsewhere by now
        let before = before.filter(|before| before.server == server);
        let known = before.as_ref().map(|before| &*before.discovered);
        let (discovered, flux, uid) = tokio::join!(
            cluster::discover(&client, known, limit),
            async { if self.is_glance() { String::new() } else { cluster::flux_version(&client, limit).await } },
            async { if self.is_glance() { None } else { cluster::uid(&client, limit).await } }
        );
        let connection = Connection::new(client, discovered.map_err(|failure| failure.at(&server))?);
        let (uid, flux) = match before {
            Some(before) => (uid.or(before.uid), if flux.is_empty() { before.flux } else { flux }),
            None => (uid, flux),
        };
        let mut namespaces: Vec<_> = self.options.namespaces.iter().cloned().collect();
        namespaces.extend(kubeconfig.context().and_then(|context| context.namespace.as_deref()).map(Str::from));
        namespaces.extend(records::remember::remembered(&*self.options.disk, self.options.state_dir.as_deref(), &current));
        Ok(Connected { connection, server, context: current, uid, flux, namespaces })
    }

    /// Whether some kinds are read once and nothing else: who the cluster is does not matter then.
    pub(super) fn is_glance(&self) -> bool {
        self.options.once && self.options.only.is_some()
    }

    /// Logs in if the kubeconfig itself holds no credential, and reports which program it waits for. When dropped, it gives up the login.
    async fn log_in(&self, prepared: &cluster::Prepared) -> Result<(), Failure> {
        let Some(login) = prepared.login() else { return Ok(()) };
        if login.is_ready() {
            return Ok(());
        }
        // a new connection does not wait for a login that hangs
        login.cancel();
        let Some(program) = login.program() else { return Ok(login.wait().await?) };
        self.report(News::Link(Link::LoggingIn(program))).await;
        login.wait().await?;
        self.report(News::Link(Link::Connecting)).await;
        Ok(())
    }

    async fn connect_recorded(&self, snapshot: &Arc<records::Snapshot>) -> Result<Connected, Failure> {
        let client = demo::client(snapshot);
        let discovered = cluster::discover(&client, None, self.options.request_timeout).await?;
        let connection = Connection::new(client, discovered);
        let context = snapshot.context.clone();
        let all = vec![Context { name: context.clone(), ..Default::default() }];
        self.report(News::Contexts { all, current: context.clone() }).await;
        let (flux, namespaces) = (snapshot.flux.clone(), self.options.namespaces.iter().cloned().collect());
        Ok(Connected { connection, server: context.clone(), context, uid: None, flux, namespaces })
    }
}

impl Task {
    async fn connect_demo(&self, guest: &Guest, before: Option<Before>) -> Result<Connected, Failure> {
        let names: Vec<_> = demo::Company::contexts().collect();
        let all = names.iter().map(|name| Context {
            name: (*name).to_owned(),
            cluster: (*name).to_owned(),
            user: guest.user.name.clone(),
            namespace: Some(guest.user.namespace().to_owned()),
        });
        let entrance = guest.company.enter(&self.context).ok_or_else(|| Failure::Call {
            message: format!("the demo has no context `{}`", self.context),
            hint: format!("it has {}", names.join(", ")),
        })?;
        self.report(News::Contexts { all: all.collect(), current: entrance.context.to_owned() }).await;
        let client = entrance.world.client(&guest.user);
        let limit = self.options.request_timeout;
        let known = before.as_ref().map(|before| &*before.discovered);
        let uid = async { if self.is_glance() { None } else { cluster::uid(&client, limit).await } };
        let (discovered, uid) = tokio::join!(cluster::discover(&client, known, limit), uid);
        let connection = Connection::new(client, discovered?);
        let uid = uid.or(before.and_then(|before| before.uid));
        let mut namespaces: Vec<_> = self.options.namespaces.iter().cloned().collect();
        namespaces.push(guest.user.namespace().into());
        let server = entrance.context.to_owned();
        Ok(Connected { connection, context: server.clone(), server, uid, flux: entrance.flux, namespaces })
    }
}

fn served(connection: &Connection, kind: &Kind) -> Option<GroupKind> {
    let gk = GroupKind::new(kind.group, kind.kind);
    connection.served(&gk).is_some().then_some(gk)
}
