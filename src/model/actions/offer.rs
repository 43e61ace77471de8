//! How an action stands to an object before anybody asked for it: what the panel and the key line show. Cheap: no consequences.

use super::rights::{Right, refused};
use super::{ALL, Action, Ask, Case, Fit, Policy, Rights};
use crate::domain::Health;

/// Whether an action is open to a person on one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    Open,
    /// It means nothing for this kind.
    Senseless(String),
    /// It would mean something, but not now or not for this person.
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

/// How an action stands to an object. What nobody has asked the API server about is open: it is asked before anything is done.
pub fn offer(action: &Action, case: &Case, policy: &Policy, rights: &Rights) -> Offer {
    let fit = (action.fits)(case);
    if let Fit::Never(why) = fit {
        return Offer::Senseless(why);
    }
    if policy.readonly {
        return Offer::Barred("read-only".to_owned());
    }
    if policy.is_recorded {
        return Offer::Barred("a snapshot cannot be changed".to_owned());
    }
    // what he may never do matters more than what cannot be done now
    match rights.to(action, case) {
        (Right::Denied, id) => Offer::Barred(refused(action.verb, &id)),
        (Right::Allowed | Right::Unknown(_), _) => fit.reason().map_or(Offer::Open, |why| Offer::Barred(why.to_owned())),
    }
}

/// What the API server has to be asked to know which actions are open on an object.
pub fn open_questions(case: &Case, rights: &Rights) -> Vec<Ask> {
    let mut asks = Vec::new();
    for action in ALL.iter().filter(|action| !matches!((action.fits)(case), Fit::Never(_))) {
        if let (Right::Unknown(ask), _) = rights.to(action, case)
            && !asks.contains(&ask)
        {
            asks.push(ask);
        }
    }
    asks
}

/// The action that a key means on these objects: of those with that key the first that can be done to one of them, else the first that
/// means something for their kind, else the first, which says why not. The key that suspends resumes where everything is suspended.
pub fn by_key(key: &str, cases: &[Case]) -> Option<&'static Action> {
    let mut bound: Vec<_> = ALL.iter().copied().filter(|action| action.key == key).collect();
    let suspend = &super::suspend::ACTION;
    let are_suspended = !cases.is_empty() && cases.iter().all(|case| case.is_suspended());
    if are_suspended && bound.iter().any(|action| **action == *suspend) {
        bound.insert(0, ALL.iter().copied().find(|action| **action == super::resume::ACTION)?);
    }
    let fits = |action: &&&Action, wished: fn(&Fit) -> bool| cases.iter().any(|case| wished(&(action.fits)(case)));
    let open = bound.iter().find(|action| fits(action, |fit| *fit == Fit::Yes));
    let apt = bound.iter().find(|action| fits(action, |fit| !matches!(fit, Fit::Never(_))));
    open.or(apt).or(bound.first()).copied()
}

/// The actions whose keys are worth a place in the key line for an object: those that mean something for it.
pub fn handy(case: &Case) -> Vec<&'static Action> {
    let is_gone = case.object.verdict.health == Health::Terminating;
    let mut found: Vec<&'static Action> = Vec::new();
    for key in ["R", "r", "s", "ctrl-d"] {
        let action = by_key(key, std::slice::from_ref(case));
        let action = action.filter(|action| !matches!((action.fits)(case), Fit::Never(_)));
        // `r` resumes: the key that suspends says so already
        let is_idle = |action: &&Action| action.name == "resume" && !case.is_suspended();
        if let Some(action) = action.filter(|action| !is_gone && !is_idle(action) && !found.contains(action)) {
            found.push(action);
        }
    }
    found
}
