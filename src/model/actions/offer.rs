//! Whether an action is possible on an object: what the panel and the key line show. Cheap, without consequences.

use super::rights::{Right, refused};
use super::{ALL, Action, Ask, Case, Fit, Rights};
use crate::domain::{Health, Policy};
use crate::forms::Answers;

/// Whether an action is available to the user on one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    Open,
    /// It does not apply to this kind.
    Senseless(String),
    /// It applies, but not now or not for this user.
    Barred(String),
}

impl Offer {
    /// Why not.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Senseless(why) | Self::Barred(why) => Some(why),
        }
    }
}

/// Whether an action is available on an object. Unknown rights count as granted: they are reviewed before anything is done.
pub fn offer(action: &Action, case: &Case, policy: &Policy, rights: &Rights) -> Offer {
    let fit = (action.fits)(case, &Answers::default());
    if let Fit::Never(why) = fit {
        return Offer::Senseless(why);
    }
    if let Some(why) = policy.barred() {
        return Offer::Barred(why.to_owned());
    }
    // what he may never do matters more than what cannot be done now
    match rights.to(action, case) {
        (Right::Denied, id) => Offer::Barred(refused(action.verb, &id)),
        (Right::Allowed | Right::Unknown(_), _) => fit.reason().map_or(Offer::Open, |why| Offer::Barred(why.to_owned())),
    }
}

/// The access reviews needed to know which actions are available on an object.
pub fn open_questions(case: &Case, rights: &Rights) -> Vec<Ask> {
    let mut asks = Vec::new();
    for action in ALL.iter().filter(|action| !matches!(fit(action, case), Fit::Never(_))) {
        if let (Right::Unknown(ask), _) = rights.to(action, case)
            && !asks.contains(&ask)
        {
            asks.push(ask);
        }
    }
    asks
}

/// The action of a key on these objects: of those with that key the first that can be done to one of them, else the first that
/// applies to their kind, else the first, which says why not. If it has already been done to all of them, the one that undoes it.
pub fn by_key(key: &str, cases: &[Case]) -> Option<&'static Action> {
    let bound: Vec<_> = ALL.iter().copied().filter(|action| action.key == key).collect();
    let is_any = |action: &Action, holds: fn(&Fit) -> bool| cases.iter().any(|case| holds(&fit(action, case)));
    let is_done = |action: &Action| !cases.is_empty() && cases.iter().all(|case| matches!(fit(action, case), Fit::Already(_)));
    let undoing = |done: &&'static Action| ALL.iter().copied().find(|action| action.undoes == Some(*done));
    let undone = bound.iter().filter(|action| is_done(action)).find_map(undoing);
    let open = || bound.iter().copied().find(|action| is_any(action, |fit| *fit == Fit::Yes));
    let apt = || bound.iter().copied().find(|action| is_any(action, |fit| !matches!(fit, Fit::Never(_))));
    undone.or_else(open).or_else(apt).or_else(|| bound.first().copied())
}

/// The action to use where that one cannot be done to any of these objects: its substitute, if that can be done.
pub fn in_place_of(action: &'static Action, cases: &[Case]) -> &'static Action {
    let fits = |action: &Action| cases.iter().any(|case| fit(action, case) == Fit::Yes);
    let other = ALL.iter().copied().find(|other| other.instead_of == Some(action) && fits(other));
    other.filter(|_| !fits(action)).unwrap_or(action)
}

fn fit(action: &Action, case: &Case) -> Fit {
    (action.fits)(case, &Answers::default())
}

/// The actions for the key line of an object, with their keys: those that apply to it.
pub fn handy(case: &Case) -> Vec<(&'static str, &'static Action)> {
    if case.object.verdict.health == Health::Terminating {
        return Vec::new();
    }
    let mut found: Vec<(&'static str, &'static Action)> = Vec::new();
    for key in ALL.iter().filter(|action| action.footer && !matches!(fit(action, case), Fit::Never(_))).map(|action| action.key) {
        let action = by_key(key, std::slice::from_ref(case));
        // where there is nothing to undo, the key that does it says so already
        let is_idle = |action: &&Action| action.undoes.is_some() && matches!(fit(action, case), Fit::Already(_));
        let is_new = |action: &&'static Action| found.iter().all(|(_, known)| known != action);
        if let Some(action) = action.filter(|action| !is_idle(action) && is_new(action)) {
            found.push((key, action));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::Ask;
    use crate::actions::testing::{action, allowed, case, object, store};
    use crate::domain::ObjectRef;

    #[test]
    fn a_key_means_what_its_kind_can_do() {
        let suspended = json!({"spec": {"suspend": true}});
        let plain = json!({});
        for (kind, object, key, expected) in [
            ("ks", &plain, "s", "suspend"),
            ("ks", &suspended, "s", "resume"),
            ("ks", &suspended, "R", "resume-and-reconcile"),
            ("ks", &plain, "R", "reconcile"),
            // nobody reconciles it, suspended or not
            ("alert", &suspended, "R", "reconcile"),
            ("ks", &plain, "r", "resume"),
            ("ks", &plain, "ctrl-d", "delete"),
            ("deploy", &plain, "s", "scale"),
            ("deploy", &plain, "r", "restart"),
            ("ds", &plain, "r", "restart"),
            ("po", &plain, "ctrl-d", "delete-pod"),
            // nothing fits: the first says why not
            ("po", &plain, "s", "suspend"),
            ("cm", &plain, "R", "reconcile"),
        ] {
            let object = self::object(kind, object);
            let id = object.id.clone();
            let store = store([object]);
            assert_eq!(by_key(key, &[case(&store, &id)]).map(|action| action.name), Some(expected), "{key} on {kind}");
        }
    }

    #[test]
    fn what_one_may_never_do_is_said_before_what_cannot_be_done_now() {
        let object = object("ks", &json!({"spec": {"suspend": true}}));
        let id = object.id.clone();
        let store = store([object]);
        let case = case(&store, &id);
        let reconcile = action("reconcile");
        let offered = |policy: &Policy, rights: &Rights| offer(reconcile, &case, policy, rights);
        let barred = |why: &str| Offer::Barred(why.to_owned());

        let open = Policy::default();
        assert_eq!(offered(&open, &Rights::default()), barred("suspended: resume it first"));
        assert_eq!(offered(&open, &denied(&id)), barred("you may not patch kustomizations in \"apps\""));
        assert_eq!(offered(&Policy { readonly: true, ..Policy::default() }, &denied(&id)), barred("read-only"));
        assert_eq!(offer(action("resume"), &case, &open, &allowed("resume", std::slice::from_ref(&id))), Offer::Open);
        assert!(matches!(offer(action("restart"), &case, &open, &Rights::default()), Offer::Senseless(_)));
    }

    #[test]
    fn only_what_nobody_knows_is_asked_and_nothing_twice() {
        let object = object("ks", &json!({}));
        let id = object.id.clone();
        let store = store([object]);
        let case = case(&store, &id);
        let verbs = |rights: &Rights| open_questions(&case, rights).into_iter().map(|ask| ask.verb).collect::<Vec<_>>();

        assert_eq!(verbs(&Rights::default()), ["patch", "delete"]);
        assert_eq!(verbs(&allowed("reconcile", std::slice::from_ref(&id))), ["delete"]);
    }

    fn denied(id: &ObjectRef) -> Rights {
        let mut rights = Rights::default();
        for name in [None, Some(id.name.clone())] {
            let ask = Ask {
                verb: "patch",
                group: "kustomize.toolkit.fluxcd.io",
                plural: "kustomizations",
                namespace: id.namespace.clone(),
                name,
            };
            rights.learn(ask, false);
        }
        rights
    }
}
