//! kube's client over connections whose death is noticed.
//!
//! kube makes its connector itself and sets no keepalive on it, so that a connection whose other end is gone without a word (a load
//! balancer that failed, a NAT that forgot) looks like one that is quiet. The client is put together here from kube's own parts, in
//! kube's order (kube-client 5.0.0 `client/builder.rs`). What hangs further on, behind a proxy or in the server, no keepalive sees:
//! watches and logs have their own patience with that.

use std::time::Duration;

use http::{HeaderValue, Uri};
use hyper::rt::{Read, Write};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Builder;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt};
use kube::{Client, Config};
use percent_encoding::percent_decode_str;
use tower::util::MapErr;
use tower::{BoxError, Service, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;
use tower_http::trace::TraceLayer;

use super::cause::{OfProxy, Unresolved};

/// How long a connection may be idle before the other end is asked whether it is there: as client-go (Go's `net.Dialer`).
const IDLE: Duration = Duration::from_secs(30);
/// How often it is asked then, and how often in vain before the connection is broken: dead after a minute.
const AGAIN: Duration = Duration::from_secs(10);
const TIMES: u32 = 3;

/// Makes a client. Reads the files of certificates, and sends nothing.
///
/// # Errors
/// What is wrong with the certificates, the proxy or the credentials.
pub(super) fn of(config: Config) -> kube::Result<Client> {
    let connector = connector();
    let Some(proxy) = config.proxy_url.clone() else { return over(connector, &config) };
    match proxy.scheme_str() {
        Some("socks5") => over(through(SocksV5::new(proxy, connector)), &config),
        Some("http") => over(through(tunnel(proxy, connector)), &config),
        Some("https") => over(through(tunnel(proxy, config.rustls_https_connector_with_connector(connector)?)), &config),
        // kube says what it thinks of it
        _ => Client::try_from(config),
    }
}

/// A resolver whose errors have a type.
type Resolver = MapErr<GaiResolver, fn(std::io::Error) -> Unresolved>;

fn connector() -> HttpConnector<Resolver> {
    let resolver = MapErr::new(GaiResolver::new(), Unresolved as fn(_) -> _);
    let mut connector = HttpConnector::new_with_resolver(resolver);
    connector.enforce_http(false);
    connector.set_keepalive(Some(IDLE));
    connector.set_keepalive_interval(Some(AGAIN));
    connector.set_keepalive_retries(Some(TIMES));
    connector
}

/// A way through a proxy whose errors have a type.
fn through<C: Service<Uri, Error: Into<BoxError>>>(proxy: C) -> MapErr<C, fn(C::Error) -> OfProxy> {
    MapErr::new(proxy, |error| OfProxy(error.into()))
}

/// Through a proxy, with the user and the password that its address may hold.
fn tunnel<C>(proxy: Uri, connector: C) -> Tunnel<C> {
    let user = proxy.authority().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(user, _)| user.to_owned());
    let tunnel = Tunnel::new(proxy, connector);
    match user.and_then(|user| basic(&user)) {
        Some(auth) => tunnel.with_auth(auth),
        None => tunnel,
    }
}

/// The header of a proxy's user, who is escaped in an address.
fn basic(user: &str) -> Option<HeaderValue> {
    let plain: Vec<u8> = percent_decode_str(user).collect();
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, plain);
    HeaderValue::from_str(&format!("Basic {encoded}")).ok()
}

/// What kube lays over a connector.
fn over<C>(connector: C, config: &Config) -> kube::Result<Client>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: std::error::Error + Send + Sync + 'static,
{
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(connector)?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    connector.set_reset_reader_on_write(config.reset_reader_on_write);
    let client = Builder::new(TokioExecutor::new()).build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new().gzip(!config.disable_compression))
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .layer(TraceLayer::new_for_http())
        .map_err(BoxError::from)
        .service(client);
    Ok(Client::new(service, config.default_namespace.clone()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use http::Request;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nwell";

    /// Serves one connection, as the server itself or as a proxy before it, and leaves it open. Returns the first bytes that it received.
    async fn serve(listener: &TcpListener) -> (TcpStream, String) {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let first = received(&mut stream).await;
        let mut last = first.clone();
        if first.starts_with(&[5]) {
            stream.write_all(&[5, 0]).await.expect("no user is asked for");
            received(&mut stream).await;
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("connected");
            last = received(&mut stream).await;
        } else if first.starts_with(b"CONNECT") {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("connected");
            last = received(&mut stream).await;
        }
        assert!(last.starts_with(b"GET /door/version"), "{}", String::from_utf8_lossy(&last));
        stream.write_all(ANSWER).await.expect("answered");
        (stream, String::from_utf8_lossy(&first).into_owned())
    }

    async fn received(stream: &mut TcpStream) -> Vec<u8> {
        let mut bytes = vec![0; 4096];
        let read = stream.read(&mut bytes).await.expect("a request");
        bytes.truncate(read);
        bytes
    }

    /// The timer of connections to that port (`proc_pid_net(5)`: `tr`, and `tm->when` in hundredths of a second): 2 is keepalive.
    ///
    /// A connection stands twice in the table where that changes while it is read.
    fn timers(port: u16) -> Vec<(String, u64)> {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux has it");
        let timer = |line: &str| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let is_it = fields[2].ends_with(&format!(":{port:04X}")) && fields[3] == "01";
            let (timer, left) = fields[5].split_once(':').filter(|_| is_it)?;
            Some((fields[1].to_owned(), (timer.to_owned(), u64::from_str_radix(left, 16).expect("a number") / 100)))
        };
        let by_own_end: std::collections::BTreeMap<_, _> = table.lines().skip(1).filter_map(timer).collect();
        by_own_end.into_values().collect()
    }

    #[tokio::test]
    async fn a_connection_that_dies_is_noticed_also_the_one_to_a_proxy() {
        for (proxy, expected) in [
            (None, "GET /door/version"),
            (Some("http://me:p%40ss@"), "proxy-authorization: Basic bWU6cEBzcw=="),
            (Some("http://"), "CONNECT api.test:80"),
            (Some("socks5://"), "\u{5}"),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("it is bound");
            let server = proxy.map_or_else(|| format!("http://{address}/door"), |_| "http://api.test:80/door".to_owned());
            let mut config = Config::new(server.parse().expect("an address"));
            config.proxy_url = proxy.map(|proxy| format!("{proxy}{address}").parse().expect("an address"));
            let client = of(config).expect("a client");
            let request = Request::get("/version").body(Vec::new()).expect("a request");
            let (answer, (_stream, first)) = tokio::join!(client.request_text(request), serve(&listener));

            assert_eq!(answer.expect("an answer"), "well", "{proxy:?}");
            assert!(first.to_lowercase().contains(&expected.to_lowercase()), "{proxy:?}: {first}");
            let timers = timers(address.port());
            let is_kept = timers.iter().all(|(timer, left)| timer == "02" && *left <= IDLE.as_secs());
            assert!(timers.len() == 1 && is_kept, "{proxy:?}: {timers:?}");
        }
    }

    #[test]
    fn what_kube_would_refuse_is_refused() {
        let _runtime = tokio::runtime::Runtime::new().expect("a runtime").enter();
        let mut config = Config::new("https://api.test".parse().expect("an address"));
        config.proxy_url = Some("ftp://proxy.test".parse().expect("an address"));
        assert!(matches!(of(config), Err(kube::Error::ProxyProtocolUnsupported { .. })));
    }
}
