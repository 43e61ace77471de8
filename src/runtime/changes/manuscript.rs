//! The object of a change as a text that a person edits: at the head of the branch that the change goes to.

use super::plan::manuscript;
use super::site::Located;
use super::{Changes, folder};
use crate::cluster::Connection;
use fluxdeck_model::change::ChangeOrder;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::state::ChangeQuery;

impl Changes {
    /// Builds the object, and returns its text, the line at which it begins, and the order with its site.
    ///
    /// # Errors
    /// The repository cannot be known or reached, the object is not there, or its values are not shown.
    pub async fn manuscript(&self, live: Option<&Connection>, query: ChangeQuery) -> Result<(String, u32, ChangeOrder)> {
        let (site, request) = match self.locate(live, &query).await? {
            Located::Site(site, request) => (*site, request),
            Located::Artifact(site, request, _) => (*site, Some(*request)),
            Located::Unknown(_) => {
                let hint = "set a field of it first (a f): the review asks for the repository, once";
                return Err(Error::failed("the repository of its source is not known", hint));
            }
        };
        let order = ChangeOrder { site, ..query.order };
        let revision = self.fetched(&order.site).await?;
        let (asked, deny, at) = (order.clone(), self.deny.clone(), folder(&order.site));
        let (text, line) = self.desk.at(&at, move |bench| manuscript(bench, &revision, &asked, &deny, request)).await?;
        Ok((text, line, order))
    }
}
