//! The object of a change as a text that a person edits, or a file that makes it: at the head of the branch that the change goes to.

use super::plan::{AppliedBuilds, applied, manuscript, namespaces, opening};
use super::site::Located;
use super::{Changes, folder};
use crate::cluster::Connection;
use fluxdeck_model::change::{ChangeOrder, LayerChoice, OpenedFile, Opening};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::repository::BuildRequest;
use fluxdeck_model::state::ChangeQuery;

impl Changes {
    /// Builds the object, and returns its text, the line at which it begins, and the order with its site.
    ///
    /// # Errors
    /// The repository cannot be known or reached, the object is not there, or its values are not shown.
    pub async fn manuscript(&self, live: Option<&Connection>, query: ChangeQuery) -> Result<(String, u32, ChangeOrder)> {
        let (order, request) = self.found(live, query).await?;
        let revision = self.fetched(&order.site).await?;
        let (asked, deny, at) = (order.clone(), self.deny.clone(), folder(&order.site));
        let (text, line) = self.desk.at(&at, move |bench| manuscript(bench, &revision, &asked, &deny, request)).await?;
        Ok((text, line, order))
    }

    /// Finds the files that make the object; reads the only one, or that which the layer of the order names. The order has its site then, and
    /// names the file that was read.
    ///
    /// # Errors
    /// As [`Changes::manuscript`]; no file of the repository makes it, or it must not be edited.
    pub async fn opening(&self, live: Option<&Connection>, query: ChangeQuery) -> Result<(Opening, ChangeOrder)> {
        let (order, request) = self.found(live, query).await?;
        let revision = self.fetched(&order.site).await?;
        let (asked, deny, at) = (order.clone(), self.deny.clone(), folder(&order.site));
        let opened = self.desk.at(&at, move |bench| {
            let scope = applied(&asked, AppliedBuilds { own: request, beside: Vec::new() });
            let base = bench.checkout.commit(&revision)?;
            opening(bench, Some(&base), &asked, &namespaces(&asked), scope, &deny)
        });
        let opened = opened.await?;
        let order = match &opened {
            Opening::File(OpenedFile { at, .. }) => {
                ChangeOrder { layer: LayerChoice::At { file: at.file.clone(), line: at.line }, ..order }
            }
            Opening::Several(_) => order,
        };
        Ok((opened, order))
    }

    /// The order with its site, and what applies the object as the cluster has it.
    pub(super) async fn found(
        &self,
        live: Option<&Connection>,
        query: ChangeQuery,
    ) -> Result<(ChangeOrder, Option<BuildRequest>)> {
        let (site, request) = match self.locate(live, &query).await? {
            Located::Site(site, request) => (*site, request),
            Located::Artifact(site, request, _) => (*site, Some(*request)),
            Located::Unknown(_) => {
                let hint = "set a field of it first (a f): the review asks for the repository, once";
                return Err(Error::failed("the repository of its source is not known", hint));
            }
        };
        Ok((ChangeOrder { site, ..query.order }, request))
    }
}
