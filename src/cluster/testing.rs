//! Connections of tests: to services in memory, and to the demo's API server with somebody before it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use kube::Client;
use kube::client::Body;
use serde_json::Value;
use tower::{BoxError, Service};

use super::connection::Connection;
use super::discover::{Discovered, discover};
use super::send::fetch;
use fluxdeck_model::domain::ObjectRef;

const LIMIT: Duration = Duration::from_secs(15);

/// An answer that may break off.
pub type Scripted = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// A connection to a service; what it serves is not known.
pub fn connection<S, B>(service: S) -> Connection
where
    S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Connection::new(Client::new(service, "default"), Discovered::default())
}

/// A connection to a server with somebody before it, who answers what it wants to, by path and query; the rest is the server's.
pub async fn before(
    server: Client,
    first: impl Fn(&str) -> Option<BoxFuture<'static, Scripted>> + Send + Sync + 'static,
) -> Connection {
    let discovered = discover(&server, None, LIMIT).await.expect("what the server serves");
    let first = Arc::new(first);
    let service = tower::service_fn(move |request: Request<Body>| {
        let uri = request.uri().path_and_query().expect("a path").to_string();
        let (first, server) = (first(&uri), server.clone());
        async move {
            match first {
                Some(answer) => Ok::<_, kube::Error>(answer.await),
                None => Ok(server.send(request).await?.map(|body| body.map_err(io::Error::other).boxed_unsync())),
            }
        }
    });
    Connection::new(Client::new(service, "default"), discovered)
}

/// Merges a patch into an object, without anything that guards an act.
pub async fn merge(connection: &Connection, object: &ObjectRef, patch: &Value) {
    let uri = connection.served(&object.gk).expect("a kind that is served").object(object);
    let request = Request::builder().method(Method::PATCH).uri(uri).header(CONTENT_TYPE, "application/merge-patch+json");
    let request = request.body(patch.to_string().into_bytes()).expect("a request");
    fetch(&connection.client, request).await.expect("it is patched");
}
