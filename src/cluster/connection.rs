//! A connection as everybody else holds it: how to ask the API server, and what it serves. Who asks it names no client.

use std::sync::Arc;
use std::time::Duration;

use kube::Client;

use super::discover::{self, Discovered};
use super::failure::Failure;
use super::served::{Catalog, Served};
use fluxdeck_model::domain::GroupKind;
use fluxdeck_model::kinds;

/// An API server that has said what it serves. A copy shares both.
#[derive(Clone)]
pub struct Connection {
    pub(super) client: Client,
    discovered: Arc<Discovered>,
}

impl Connection {
    pub fn new(client: Client, discovered: Discovered) -> Self {
        Self { client, discovered: Arc::new(discovered) }
    }

    /// What the server serves, and of which groups that is not known.
    pub fn discovered(&self) -> &Arc<Discovered> {
        &self.discovered
    }

    pub fn catalog(&self) -> &Catalog {
        &self.discovered.catalog
    }

    /// How a kind is served, in the version that we read.
    pub fn served(&self, gk: &GroupKind) -> Option<&Served> {
        self.catalog().find(gk, kinds::rules(&gk.group, &gk.kind))
    }

    /// Asks whether the server is there.
    ///
    /// # Errors
    /// As for any request; it has no limit of its own.
    pub async fn beat(&self) -> Result<(), Failure> {
        self.client.apiserver_version().await?;
        Ok(())
    }

    /// The version of Flux, as [`discover::flux_version`].
    pub async fn flux_version(&self, limit: Duration) -> String {
        discover::flux_version(&self.client, limit).await
    }

    /// Asks whether the server serves something else by now; none when not. Costs as much as [`discover::rediscover`].
    ///
    /// # Errors
    /// When the version or the groups are not answered.
    pub async fn rediscover(&self, limit: Duration) -> Result<Option<Discovered>, Failure> {
        discover::rediscover(&self.client, &self.discovered, limit).await
    }

    /// The same connection to a server that serves something else by now.
    pub fn serve(&mut self, discovered: Discovered) {
        self.discovered = Arc::new(discovered);
    }
}
