//! What is asked about since when an object fails: by which appliers it came.

use super::Cluster;
use crate::domain::ObjectRef;
use crate::insight::why::{Explanation, OnsetAsk};
use crate::kinds;

impl Cluster {
    /// What to ask about the first cause of an explanation. An applier that fails by itself is asked about what it builds, then about what
    /// makes it. None where nothing is wrong, or git has nothing to do with it.
    pub fn beginning_of(&self, explanation: &Explanation) -> Option<OnsetAsk> {
        let cause = &explanation.cause()?.object;
        let mut of = self.came_by(cause);
        if of.is_empty() {
            // what is missing, or made by hand, is known by what needs it
            of = self.came_by(&explanation.about);
        }
        (!of.is_empty()).then_some(OnsetAsk { of, trouble: explanation.since })
    }

    fn came_by(&self, object: &ObjectRef) -> Vec<(ObjectRef, ObjectRef)> {
        let is_here = self.store.find(object).is_some_and(|node| self.store.object(node).is_some());
        let own = (kinds::KUSTOMIZATION.is(&object.gk) && is_here).then(|| (object.clone(), object.clone()));
        let made = self.manifest(object).map(|manifest| (manifest.object, manifest.applied_by));
        // a root applies itself
        own.into_iter().chain(made.filter(|(object, by)| object != by)).collect()
    }
}
