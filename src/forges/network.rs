//! Connections to forges: by TLS with the certificates that the system trusts, through the proxy that the environment names.
//!
//! Every request has a connection of its own: one that was kept may be dead, and whether a request was sent over it would not be known.
//! Proxies are those of curl's variables (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` …), of `http` and `socks5`; one that is itself reached by
//! TLS is refused. `cluster` has connections of its own, with what a kubeconfig says of proxies and certificates.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service};

use super::Failure;
use super::answer::short;

/// How long a connection may take, with TLS.
const CONNECTING: Duration = Duration::from_secs(10);
/// How long a request may take, from the connection to the last byte of its answer.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) type Sender = BoxCloneSyncService<Request<Full<Bytes>>, Response<Incoming>, Error>;

/// The way to forges. Clones are the same.
#[derive(Clone)]
pub struct Network {
    pub(super) sender: Sender,
    pub(super) limit: Duration,
}

impl Network {
    /// The real one. Reads the certificates of authorities and the variables of proxies, and connects to nothing. To be made once.
    ///
    /// # Errors
    /// There are no certificates.
    pub fn open() -> Result<Self, Failure> {
        Self::by(Matcher::from_env())
    }

    /// As [`Self::open`], with these proxies.
    pub(super) fn by(proxies: Matcher) -> Result<Self, Failure> {
        Self::over(proxies, connector(HttpConnector::new()))
    }

    /// As [`Self::open`]; where no proxy is asked, hosts are at the addresses that the resolver gives. `has_proxies`: those of the
    /// environment.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn resolved_by<R>(resolver: R, has_proxies: bool) -> Result<Self, Failure>
    where
        HttpConnector<R>: Direct,
    {
        let proxies = if has_proxies { Matcher::from_env() } else { Matcher::builder().build() };
        Self::over(proxies, connector(HttpConnector::new_with_resolver(resolver)))
    }

    fn over(proxies: Matcher, direct: impl Direct) -> Result<Self, Failure> {
        let broken = |error: rustls::Error| Failure::Unreachable(short(&format!("no certificates of authorities: {error}")));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(broken)?;
        let tls = tls.with_platform_verifier().map_err(broken)?.with_no_client_auth();
        let ways = Ways { proxies: Arc::new(proxies), connector: connector(HttpConnector::new()), direct };
        Ok(Self::through(HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(ways)))
    }

    /// One over other connections: the demo's, or a test's.
    pub fn through<C>(connector: C) -> Self
    where
        C: Service<Uri> + Clone + Send + Sync + 'static,
        C::Response: Connection + Read + Write + Send + Unpin + 'static,
        C::Future: Send + 'static,
        C::Error: Into<BoxError>,
    {
        let mut connector = TimeoutConnector::new(connector);
        connector.set_connect_timeout(Some(CONNECTING));
        let client =
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).retry_canceled_requests(false).build(connector);
        Self { sender: BoxCloneSyncService::new(client), limit: LIMIT }
    }

    /// The same with another limit for a request.
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }
}

/// What connects to a host.
pub trait Direct:
    Service<Uri, Response = TokioIo<TcpStream>, Error: Into<BoxError>, Future: Send + 'static> + Clone + Send + Sync + 'static
{
}

impl<C> Direct for C where
    C: Service<Uri, Response = TokioIo<TcpStream>, Error: Into<BoxError>, Future: Send + 'static> + Clone + Send + Sync + 'static
{
}

fn connector<R>(mut connector: HttpConnector<R>) -> HttpConnector<R> {
    connector.enforce_http(false);
    connector
}

/// Directly, or through a proxy.
#[derive(Clone)]
struct Ways<C> {
    proxies: Arc<Matcher>,
    /// To proxies.
    connector: HttpConnector,
    direct: C,
}

impl<C: Direct> Service<Uri> for Ways<C> {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), BoxError>> {
        std::task::ready!(self.connector.poll_ready(context))?;
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connector = self.connector.clone();
        let Some(proxy) = self.proxies.intercept(&to) else {
            return self.direct.call(to).map(|done| done.map_err(Into::into)).boxed();
        };
        let place = proxy.uri().clone();
        match place.scheme_str() {
            Some("http") => {
                let tunnel = Tunnel::new(place, connector);
                let mut tunnel = match proxy.basic_auth() {
                    Some(login) => tunnel.with_auth(login.clone()),
                    None => tunnel,
                };
                tunnel.call(with_port(to)).map(|done| done.map_err(|error| of_proxy(&error))).boxed()
            }
            Some("socks5" | "socks5h") => {
                let socks = SocksV5::new(place, connector);
                let mut socks = match proxy.raw_auth() {
                    Some((user, password)) => socks.with_auth(user.to_owned(), password.to_owned()),
                    None => socks,
                };
                socks.call(to).map(|done| done.map_err(|error| of_proxy(&error))).boxed()
            }
            _ => futures::future::ready(Err("a proxy that is not of http or socks5 is not supported".into())).boxed(),
        }
    }
}

/// The address with its port: a tunnel leads to that of TLS where there is none (hyper-util 0.1 `proxy/tunnel.rs`).
fn with_port(to: Uri) -> Uri {
    let host = to.host().filter(|_| to.port().is_none() && to.scheme_str() == Some("http"));
    let named =
        host.and_then(|host| Uri::builder().scheme("http").authority(format!("{host}:80")).path_and_query("/").build().ok());
    named.unwrap_or(to)
}

fn of_proxy(error: &dyn std::error::Error) -> BoxError {
    format!("the proxy does not connect: {}", causes(error)).into()
}

/// An error with its causes.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    let mut words: Vec<String> = Vec::new();
    for text in all.map(ToString::to_string) {
        if !words.iter().any(|known| known.contains(&text)) {
            words.push(text);
        }
    }
    words.join(": ")
}
