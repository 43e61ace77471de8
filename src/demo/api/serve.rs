//! The same service behind a port of this machine, so that kubectl can be pointed at it.

use std::convert::Infallible;
use std::sync::Arc;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::demo::access::User;
use crate::demo::world::World;

/// Who may come in with which bearer token.
pub type Doors = Vec<(String, User)>;

impl World {
    /// Serves whoever connects and shows a token, until it is dropped. One task, no spawns: a handful of people at most are looking.
    pub async fn serve(&self, listener: TcpListener, doors: Doors) {
        let doors = Arc::new(doors);
        let mut guests = FuturesUnordered::new();
        loop {
            tokio::select! {
                arrived = listener.accept() => if let Ok((stream, _)) = arrived {
                    guests.push(host(self.clone(), stream, doors.clone()).boxed());
                },
                Some(()) = guests.next(), if !guests.is_empty() => (),
            }
        }
    }
}

async fn host(world: World, stream: TcpStream, doors: Arc<Doors>) {
    let service = service_fn(move |request| {
        let (world, user) = (world.clone(), user(&doors, &request));
        async move { Ok::<_, Infallible>(crate::demo::api::answer(&world, user, request).await) }
    });
    // a guest who leaves in the middle is no failure of ours
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Who a request's token belongs to.
fn user<B>(doors: &Doors, request: &http::Request<B>) -> Option<User> {
    let header = request.headers().get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let token = header.strip_prefix("Bearer ")?;
    doors.iter().find(|(known, _)| known == token).map(|(_, user)| user.clone())
}
