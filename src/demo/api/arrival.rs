//! A request on its way in: counted, maybe broken, taken in, done.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::BodyExt;

use super::broken::{self, Broken};
use super::{Answer, Call, Refusal, Reply, Result, admit, marked, refused, route, spoken};
use crate::demo::access::User;
use crate::demo::faults::Asks;
use crate::demo::world::World;

/// Largest body that is read, as the server's (`MaxRequestBodyBytes`).
const LARGEST: usize = 3 << 20;

/// A request that has arrived, with its body.
pub(in crate::demo) struct Late {
    user: Option<User>,
    head: http::request::Parts,
    body: Bytes,
}

impl Late {
    /// The same from one who understands no aggregated discovery.
    pub(super) fn without_aggregation(mut self) -> Self {
        self.head.headers.insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
        self
    }

    /// The same from one who has no answer yet.
    pub(super) fn unmarked(mut self) -> Self {
        self.head.headers.remove(http::header::IF_NONE_MATCH);
        self
    }
}

/// Answers a request of a user; of nobody when his token is unknown. It may meet a fault.
///
/// # Errors
/// When the connection breaks instead.
pub(in crate::demo) async fn answer<B: http_body::Body>(
    world: &World,
    user: Option<User>,
    request: Request<B>,
) -> std::result::Result<Answer, Broken> {
    let asks = Asks::of(request.method(), request.uri());
    let what = {
        let mut cluster = world.lock();
        let now = cluster.now;
        cluster.faults.strike(now, &asks)
    };
    match (arrived(user, request).await, what) {
        (Err(refusal), _) => Ok(refused(&refusal)),
        (Ok(late), None) => Ok(take(world, late)),
        (Ok(late), Some(what)) => broken::meet(world, what, late).await,
    }
}

/// Answers a request that meets no fault.
///
/// # Errors
/// None: the type is that of [`answer`].
pub(in crate::demo) async fn unharmed<B: http_body::Body>(
    world: &World,
    user: User,
    request: Request<B>,
) -> std::result::Result<Answer, Broken> {
    Ok(arrived(Some(user), request).await.map_or_else(|refusal| refused(&refusal), |late| take(world, late)))
}

/// Takes in the body of a request.
async fn arrived<B: http_body::Body>(user: Option<User>, request: Request<B>) -> Result<Late> {
    let (head, body) = request.into_parts();
    let read = http_body_util::Limited::new(BodyExt::map_err(body, |_| "broken"), LARGEST).collect().await;
    let read = read.map_err(|_| Refusal::new(413, "RequestEntityTooLarge", "limit is 3145728"))?;
    Ok(Late { user, head, body: read.to_bytes() })
}

/// Does what a request asks for.
pub(in crate::demo) fn take(world: &World, late: Late) -> Answer {
    let Late { user, head, body } = late;
    let reply = {
        let mut cluster = world.lock();
        let before = cluster.store.version();
        let reply = admit(&cluster, user, &head.headers).and_then(|user| {
            let query = head.uri.query().unwrap_or_default().as_bytes();
            let query = form_urlencoded::parse(query).into_owned().collect();
            let (method, path) = (head.method, head.uri.path().to_owned());
            if method != Method::GET {
                *cluster.arrived.entry(format!("{method} {path}")).or_default() += 1;
            }
            let call = Call { user, method, path, query, headers: head.headers.clone(), body };
            route(&mut cluster, &call)
        });
        if cluster.store.version() != before {
            cluster.notify();
            world.beat();
        }
        reply
    };
    match reply {
        Ok(Reply::As(media, value)) => marked(&head.headers, media, &value),
        reply => reply.map_or_else(|refusal| refused(&refusal), |reply| spoken(world, reply)),
    }
}
