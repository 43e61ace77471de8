//! The access reviews of this user and their answers: one for a namespace, and one for an object where the namespace was refused
//! (a Role may name objects).

use std::collections::BTreeMap;

use super::{Action, Case, Verb};
use crate::domain::{ObjectRef, Str};
use crate::forms::Answers;
use crate::kinds;

/// One question of a SelfSubjectAccessReview.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    pub verb: &'static str,
    pub group: &'static str,
    pub plural: &'static str,
    pub namespace: Str,
    /// One object; none for all of the namespace.
    pub name: Option<Str>,
}

/// The result of an access review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    Allowed,
    Denied,
    /// Not asked yet.
    Unknown(Ask),
}

/// The results of one connection; as many as namespaces and kinds were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(BTreeMap<Ask, bool>);

impl Rights {
    pub fn learn(&mut self, ask: Ask, is_allowed: bool) {
        self.0.insert(ask, is_allowed);
    }

    /// Whether that verb is allowed on that object.
    pub fn of(&self, verb: Verb, id: &ObjectRef) -> Right {
        let kind = kinds::rules(&id.gk.group, &id.gk.kind);
        let all = Ask { verb: verb.word(), group: kind.group, plural: kind.plural, namespace: id.namespace.clone(), name: None };
        match self.0.get(&all) {
            None => return Right::Unknown(all),
            Some(true) => return Right::Allowed,
            Some(false) => {}
        }
        let one = Ask { name: Some(id.name.clone()), ..all };
        match self.0.get(&one) {
            None => Right::Unknown(one),
            Some(true) => Right::Allowed,
            Some(false) => Right::Denied,
        }
    }

    /// Whether an action may be done to an object: every request of it, also those to its sources. Returns the refused object too.
    pub fn to(&self, action: &Action, case: &Case) -> (Right, ObjectRef) {
        let own = case.object.id.clone();
        let nothing = Answers::default();
        let fits = (action.fits)(case, &nothing) == super::Fit::Yes;
        let steps = if fits { (action.steps)(case, &nothing) } else { Vec::new() };
        let mut unknown = None;
        for id in steps.into_iter().map(|step| step.object).chain([own.clone()]) {
            match self.of(action.verb, &id) {
                Right::Allowed => {}
                Right::Denied => return (Right::Denied, id),
                right @ Right::Unknown(_) => unknown = unknown.or(Some((right, id))),
            }
        }
        unknown.unwrap_or((Right::Allowed, own))
    }
}

/// Why not, in words: `you may not patch kustomizations in "apps"`.
pub fn refused(verb: Verb, id: &ObjectRef) -> String {
    let verb = verb.word();
    let plural = kinds::rules(&id.gk.group, &id.gk.kind).plural;
    match &*id.namespace {
        "" => format!("you may not {verb} {plural}"),
        namespace => format!("you may not {verb} {plural} in \"{namespace}\""),
    }
}
