//! The same service over a connection of bytes in memory: HTTP's client on one side, its server on the other, as over a network. What is
//! refused, broken or cut comes to clients as the errors of the client that kube has over TCP (hyper-util's `client::legacy`), and a clock
//! that stands still makes no difference.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Uri};
use hyper::rt::Executor;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::Body;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::serve::host;
use crate::demo::access::User;
use crate::demo::faults::Asks;
use crate::demo::world::World;

/// How much is on the way at most, in bytes.
const WINDOW: usize = 256 << 10;
/// How long a connection takes: what is asked in a circle takes time, as everywhere.
const DISTANCE: Duration = Duration::from_millis(20);
/// How many requests a line takes that nobody counts ([`World::take_arrivals`]): what asks in a circle is stopped by it, and a test that
/// counts goes on to say so.
const FLOOD: usize = 3000;
/// Where the cluster is: an address that no network has (RFC 2606).
const AUTHORITY: &str = "http://demo.invalid";

/// A client whose every request has a connection of its own, as watches have.
pub(in crate::demo) fn client(world: &World, user: &User) -> kube::Client {
    let made = |connect: Connect| {
        let connector = tower::service_fn(move |_: Uri| connect());
        Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build::<_, Body>(connector)
    };
    let (there, nowhere) = (made(through(world, user)), made(to_nowhere(world)));
    let world = world.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let request = addressed(request);
        let asks = Asks::of(request.method(), request.uri());
        let is_refused = {
            let mut cluster = world.lock();
            let now = cluster.now;
            cluster.faults.refuses(now, &asks)
        };
        if is_refused { nowhere.request(request) } else { there.request(request) }
    });
    kube::Client::new(service, "default")
}

/// The client's end of a connection in memory.
pub type Line = TokioIo<Near>;
type Connect = Arc<dyn Fn() -> BoxFuture<'static, io::Result<Line>> + Send + Sync>;

/// Connects to the cluster.
fn through(world: &World, user: &User) -> Connect {
    let (world, user) = (world.clone(), user.clone());
    Arc::new(move || {
        let (world, user) = (world.clone(), user.clone());
        async move {
            travel(&world).await;
            let (near, far) = tokio::io::duplex(WINDOW);
            let is_reset = Arc::new(AtomicBool::new(false));
            let flag = is_reset.clone();
            // where hyper runs what drives connections, ours is driven too: it ends when the other side lets go
            TokioExecutor::new().execute(async move {
                host(world, TokioIo::new(far), move |_| Some(user.clone()), || flag.store(true, Ordering::Release)).await;
            });
            Ok(line(near, is_reset))
        }
        .boxed()
    })
}

/// The client's end of a pipe. Once the flag is set, its end is that of a server that breaks off.
pub(in crate::demo) fn line(pipe: DuplexStream, is_reset: Arc<AtomicBool>) -> Line {
    TokioIo::new(Near { pipe, is_reset })
}

/// Connects where nobody listens.
fn to_nowhere(world: &World) -> Connect {
    let world = world.clone();
    Arc::new(move || {
        let world = world.clone();
        async move {
            travel(&world).await;
            Err(io::Error::new(io::ErrorKind::ConnectionRefused, "tcp connect error: Connection refused (os error 111)"))
        }
        .boxed()
    })
}

/// Takes as long as a connection takes.
async fn travel(world: &World) {
    tokio::time::sleep(DISTANCE).await;
    if world.arrivals() > FLOOD {
        std::future::pending::<()>().await;
    }
}

/// A request with the address of the cluster, without which no client sends anything.
fn addressed(mut request: Request<Body>) -> Request<Body> {
    let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    if let Ok(uri) = format!("{AUTHORITY}{path}").parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// The client's end of a connection. A server that breaks off resets it, which is not an end of file.
pub struct Near {
    pipe: DuplexStream,
    is_reset: Arc<AtomicBool>,
}

impl Connection for Near {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Near {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.pipe).poll_read(context, buffer);
        let is_end = matches!(read, Poll::Ready(Ok(()))) && buffer.filled().len() == before && buffer.remaining() > 0;
        if is_end && self.is_reset.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        read
    }
}

impl AsyncWrite for Near {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(context)
    }
}
