//! A connection to the forge, in memory: HTTP's client on one side, its server on the other, as over a network. A client of GitHub notices
//! no difference to github.com, but for the address.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Uri};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tower::Service;

use super::Forge;
use crate::demo::api::{Line, line};
use crate::demo::content::FORGE;

/// How much is on the way at most, in bytes.
const WINDOW: usize = 256 << 10;

impl Forge {
    /// A token that the forge takes, as of the company's owner.
    pub const TOKEN: &'static str = "ops-in-the-demo";

    /// What connects an HTTP client to the forge, and to nothing else: any other host refuses the connection, so that the demo reaches no
    /// network. It has to be used within tokio.
    pub fn connector(
        self: &Arc<Self>,
    ) -> impl Service<Uri, Response = Line, Error = io::Error, Future = BoxFuture<'static, io::Result<Line>>>
    + Clone
    + Send
    + Sync
    + 'static {
        let forge = self.clone();
        tower::service_fn(move |to: Uri| {
            let forge = forge.clone();
            async move {
                if to.authority().is_none_or(|authority| authority != FORGE) {
                    return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "the demo has no other host than its forge"));
                }
                let (near, far) = tokio::io::duplex(WINDOW);
                let service = service_fn(move |request: Request<Incoming>| {
                    let forge = forge.clone();
                    async move { Ok::<_, std::convert::Infallible>(forge.answer(request).await) }
                });
                // where hyper runs what drives connections, ours is driven too: it ends when the other side lets go
                TokioExecutor::new().execute(async move {
                    // a client that leaves midway is not our failure
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service).await;
                });
                Ok(line(near, Arc::new(AtomicBool::new(false))))
            }
            .boxed()
        })
    }
}
