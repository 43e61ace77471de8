//! The state of the connection: whether the store is up to date, since when not, and why.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::scope::Followed;
use super::{Connection, Following, Order, Trouble, TroubleKind};
use crate::domain::Scope;
use crate::state::Link;

/// Kinds named one by one; of more it is said how many they are.
const NAMED: usize = 3;

impl Following {
    /// Says how the connection is, when that has changed.
    pub(super) fn say(&mut self) {
        if !self.rules.is_live || self.connection != Connection::Up {
            return;
        }
        let link = self.link();
        self.say_it(link);
    }

    /// Connecting failed, or the connection is lost.
    pub(super) fn unreachable(&mut self, trouble: &Trouble) {
        let link = match (trouble.kind, self.received) {
            (TroubleKind::Unauthorised, _) => Link::Unauthorised(trouble.error.clone()),
            // there is a picture, and it has an age
            (_, Some(since)) => Link::Stale { since, why: trouble.error.to_string() },
            (_, None) => Link::Unreachable(trouble.error.clone()),
        };
        self.say_it(link);
    }

    /// A new connection is made although nothing was wrong. What is known to be old stays so.
    pub(super) fn reconnecting(&mut self) {
        if self.rules.is_live && self.said.is_up() {
            self.say_it(Link::Connecting);
        }
    }

    fn say_it(&mut self, link: Link) {
        if link != self.said {
            self.said = link.clone();
            self.orders.push(Order::Say(link));
        }
    }

    fn link(&self) -> Link {
        // whether a kind that its group does not list is served is unknown
        let is_followed = |followed: &Followed| followed.offer.is_some() || followed.lost.is_some();
        let followed: Vec<_> = self.scopes.iter().filter(|(_, followed)| is_followed(followed)).collect();
        let lost: Vec<_> = followed.iter().filter_map(|(scope, it)| Some((*scope, *it, it.lost.as_ref()?))).collect();
        let is_all = lost.len() * 2 > followed.len();
        let why = match (&self.silent, lost.first()) {
            (None, None) => return Link::Live,
            (None, Some(_)) if !is_all => return self.partly(&lost),
            (Some(why), _) => why,
            // always the same scope's, as long as it is lost, so that the reason does not jump about
            (None, Some((_, _, trouble))) => &trouble.error.message,
        };
        let since = match &self.said {
            Link::Stale { since, .. } => *since,
            _ => self.received.unwrap_or(self.now.wall),
        };
        Link::Stale { since, why: why.clone() }
    }

    /// Some kinds are not up to date; the rest is.
    fn partly(&self, lost: &[(&Scope, &Followed, &Trouble)]) -> Link {
        let kinds: BTreeSet<_> = lost.iter().map(|(scope, ..)| scope.gk.kind.to_string()).collect();
        let more = kinds.len().saturating_sub(NAMED);
        let mut names: Vec<_> = kinds.into_iter().take(NAMED).collect();
        if more > 0 {
            names.push(format!("{more} more"));
        }
        // nothing was ever read of some of them
        let since = lost.iter().map(|(_, followed, _)| followed.read).min().flatten();
        let why = lost.first().map(|(_, _, trouble)| trouble.error.message.clone()).unwrap_or_default();
        Link::Partly { kinds: names.join(", "), since, why }
    }
}

impl Link {
    /// Whether the server can be asked: what is seen may still be old where only some kinds fail.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Live | Self::Partly { .. })
    }

    /// Since when the picture, or a part of it, is not up to date; none where it is, or where that part was never read.
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Stale { since, .. } => Some(*since),
            Self::Partly { since, .. } => *since,
            _ => None,
        }
    }
}
