//! Names of hosts, as the system knows them, without addresses that may not be asked.

use std::net::SocketAddr;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

use super::policy::WebPolicy;

/// A host whose addresses are all private is not found.
#[derive(Clone)]
pub struct Resolver(pub WebPolicy);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, Result<Self::Response, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.0;
        async move {
            let host = name.to_string();
            let found = GaiResolver::new().call(name).await?;
            let allowed: Vec<_> = found.filter(|address| policy.allows(address.ip())).collect();
            match allowed.is_empty() {
                true => Err(std::io::Error::other(format!("{host} has no public address"))),
                false => Ok(allowed.into_iter()),
            }
        }
        .boxed()
    }
}
