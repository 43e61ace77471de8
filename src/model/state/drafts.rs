//! What was typed into the forms of changes and not submitted: kept for this run, by context, object and playbook.
//!
//! Nothing of it is written down: a draft is not a change yet, and leaves neither a branch nor a file.

use std::collections::BTreeMap;

use super::State;
use crate::change::SiteScope;
use crate::domain::ObjectRef;

/// What was typed into one form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeDraft {
    /// The texts of its fields, as typed: they may not be valid yet. Empty where they are what the form began with.
    pub texts: BTreeMap<String, String>,
    /// The Kustomization that was chosen where several build the object.
    pub scope: SiteScope,
}

/// Which form it was typed into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftOf {
    pub object: ObjectRef,
    pub also: Vec<ObjectRef>,
    pub playbook: String,
}

/// The drafts of a run.
#[derive(Debug, Default)]
pub struct Drafts(BTreeMap<(String, DraftOf), ChangeDraft>);

impl State {
    /// The draft of a form in the cluster that the screen shows.
    pub fn draft(&self, of: &DraftOf) -> Option<&ChangeDraft> {
        self.drafts.0.get(&(self.cluster().context.clone(), of.clone()))
    }

    /// Changes a draft; one without anything in it is gone.
    pub(super) fn redraft(&mut self, of: DraftOf, change: impl FnOnce(&mut ChangeDraft)) {
        let key = (self.cluster().context.clone(), of);
        let draft = self.drafts.0.entry(key.clone()).or_default();
        change(draft);
        if *draft == ChangeDraft::default() {
            self.drafts.0.remove(&key);
        }
    }
}
