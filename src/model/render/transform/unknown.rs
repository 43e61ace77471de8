//! A transformer that is not here: what it would change is not proven.

use super::super::error::Result;
use super::super::node::Text;
use super::super::resources::Resources;
use super::super::selector::Selector;
use super::super::session::Session;
use super::Transform;

/// A patch, or settings of a transformer, of a remote resource that is not here.
pub struct Unknown {
    pub address: Text,
    /// What it would change; anything, where that is not said.
    pub target: Option<Selector>,
}

impl Transform for Unknown {
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        session.doubt();
        let selected = match &self.target {
            Some(target) => resources.select(target, &session.schemas.borrow())?,
            None => (0..resources.list.len()).collect(),
        };
        selected.into_iter().for_each(|at| resources.list[at].doubt(&self.address));
        Ok(())
    }
}
