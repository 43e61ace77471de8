//! What could be changed instead, where something else decides on the wanted field: asked for its value, then planned in place of the other.

use super::Review;
use super::asks::Asking;
use fluxdeck_model::change::{Alternative, Caution, ChangeOrder};
use fluxdeck_model::commands::Cx;
use fluxdeck_model::domain::{GroupKind, ObjectRef};
use fluxdeck_model::kinds;
use fluxdeck_model::playbooks;
use fluxdeck_model::state::{ChangeQuery, PolicyConsent};

impl Review {
    /// The order that was planned, and what was said of it.
    fn planned(&self) -> Option<(&ChangeOrder, &[Caution])> {
        match (self.proposal(), self.refusal()) {
            (Some(proposal), _) => Some((&proposal.order, &proposal.cautions)),
            (None, Some(refusal)) => Some((&refusal.order, &refusal.cautions)),
            (None, None) => None,
        }
    }

    /// One of the alternatives, with the caution that names it.
    pub(super) fn alternative(&self, number: usize) -> Option<(&Caution, &Alternative)> {
        let (_, cautions) = self.planned()?;
        cautions.iter().filter_map(|caution| Some((caution, caution.instead.as_ref()?))).nth(number)
    }

    pub(super) fn ask_instead(&mut self, number: usize, cx: &mut Cx) {
        match self.alternative(number).map(|(caution, other)| Asking::instead(number, caution, other)) {
            Some(asking) => self.asking = Some(asking),
            None => cx.say("nothing else decides on this field, as far as the repository shows"),
        }
    }

    /// Plans the other change in place of this one.
    pub(super) fn instead_answered(&mut self, number: usize, value: &str, cx: &mut Cx) {
        let Some((order, _)) = self.planned() else { return };
        let Some((_, other)) = self.alternative(number) else { return };
        let cluster = self.query.object.as_ref().map(|object| object.cluster).filter(|_| !other.is_elsewhere);
        let object = &other.object;
        let target = cluster.map(|cluster| {
            ObjectRef::new(cluster, GroupKind::new(&*object.group, &*object.kind), &*object.namespace, &*object.name)
        });
        let applier = cluster.zip(other.applier.as_ref());
        let applier = applier.map(|(cluster, (namespace, name))| {
            ObjectRef::new(cluster, kinds::KUSTOMIZATION.gk(), namespace.as_str(), name.as_str())
        });
        self.query = ChangeQuery {
            object: target,
            also: Vec::new(),
            applier,
            order: playbooks::instead(order, other, value),
            said: None,
            consent: PolicyConsent::Kept,
        };
        self.ask(cx);
    }
}
