//! The same service behind a port of this machine, so that kubectl can be pointed at it.

use std::sync::Arc;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::demo::access::User;
use crate::demo::world::World;

/// Who may come in with which token: as the bearer of a request, or as the first part of its path. The latter is for kubectl, which
/// shows tokens to nobody without TLS (client-go `clientcmd`), but keeps the path of its server's address.
pub type Doors = Vec<(String, User)>;

impl World {
    /// Serves clients with a token, until it is dropped. One task, no spawns: there is a handful of clients at most.
    pub async fn serve(&self, listener: TcpListener, doors: Doors) {
        let doors = Arc::new(doors);
        let mut guests = FuturesUnordered::new();
        loop {
            tokio::select! {
                arrived = listener.accept() => if let Ok((stream, _)) = arrived {
                    let doors = doors.clone();
                    let enter = move |request: &mut Request<Incoming>| enter(&doors, request);
                    guests.push(host(self.clone(), TokioIo::new(stream), enter, || ()).boxed());
                },
                Some(()) = guests.next(), if !guests.is_empty() => (),
            }
        }
    }
}

/// Answers the requests of one connection; says so before it breaks it off.
pub(super) async fn host(
    world: World,
    stream: impl hyper::rt::Read + hyper::rt::Write + Unpin,
    enter: impl Fn(&mut Request<Incoming>) -> Option<User>,
    breaks: impl FnOnce(),
) {
    let service = service_fn(move |mut request| {
        let (world, user) = (world.clone(), enter(&mut request));
        async move { crate::demo::api::answer(&world, user, request).await }
    });
    let mut connection = std::pin::pin!(hyper::server::conn::http1::Builder::new().serve_connection(stream, service));
    // a client that leaves midway is not our failure
    if connection.as_mut().await.is_err() {
        breaks();
    }
}

/// Who a request's token belongs to. A token in the path is taken out of it.
fn enter<B>(doors: &Doors, request: &mut Request<B>) -> Option<User> {
    let known = |token: &str| doors.iter().find(|(known, _)| known == token).map(|(_, user)| user.clone());
    let header = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(user) = header.and_then(|header| header.strip_prefix("Bearer ")).and_then(known) {
        return Some(user);
    }
    let path = request.uri().path_and_query()?.as_str().trim_start_matches('/').to_owned();
    let (token, rest) = path.split_once('/')?;
    let user = known(token)?;
    *request.uri_mut() = format!("/{rest}").parse().ok()?;
    Some(user)
}
