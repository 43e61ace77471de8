//! Faults between a client and the cluster, as rules that tests set: which requests, what happens to them, how often.
//!
//! The demo itself has none. Each counts by the clock of the cluster. `api::broken` carries them out, and `api::wire` is the transport that
//! makes clients see what a real connection would show.

mod table;

use std::time::Duration;

use http::{Method, Uri};
use jiff::Timestamp;

/// A sort of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Get,
    List,
    Watch,
    Patch,
    Delete,
    /// Creates or replaces.
    Write,
    Discovery,
    Version,
    Log,
    /// A list of events: of an object, mostly.
    Events,
    /// Who am I, may I.
    Review,
}

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub name: &'static str,
    pub on: On,
    pub what: What,
    /// How many requests meet it; none for all until it is lifted.
    pub times: Option<u32>,
}

/// Which requests meet a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct On {
    /// Empty for all.
    pub verbs: &'static [Verb],
    /// What their path holds; empty for all.
    pub path: &'static str,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is answered that much later.
    Latency(Duration),
    /// Nobody listens: no byte of it is taken.
    Refused,
    /// The connection breaks once it has arrived; it was done before, or not.
    Reset { is_done: bool },
    /// Somebody else answers, and nothing is done.
    Status { code: u16, body: Says, retry_after: Option<u32> },
    /// A watch is accepted, and says at once that its version is gone.
    GoneEvent,
    /// What streams (a watch, a log) is cut.
    Cut { after: After, how: End },
    /// What streams is accepted, and says nothing ever, not even a bookmark.
    Silent,
    /// The answer breaks off in its middle, with the connection.
    Truncated,
    /// The answer stops in its middle, and the connection stays.
    Hangs,
    /// The answer goes on and on after its middle, with what means nothing.
    Endless,
    /// The answer is a success, and no JSON.
    Garbage,
    /// It is done that much later, and never answered.
    ArrivesLate(Duration),
    /// Discovery is answered one group version at a time, as by a server before Kubernetes 1.26 or behind a gateway that drops
    /// `Accept`.
    OneByOne,
    /// The backend of that group could not be reached since the server was started: its versions are listed as stale, without
    /// resources.
    Stale(&'static str),
}

/// The body of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// A `Status`, as the API server writes them.
    Status,
    /// The same of an admission webhook that cannot be called.
    Webhook,
    /// A page of a gateway, with escape sequences for the terminal that prints it.
    Page,
    /// A line of a proxy, which does the same.
    Text,
}

/// When a stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Lines: events of a watch.
    Lines(usize),
    Time(Duration),
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As the server ends it.
    InOrder,
    /// The connection breaks.
    Reset,
}

impl On {
    /// All requests.
    pub const EVERY: Self = Self { verbs: &[], path: "" };

    pub const fn verbs(verbs: &'static [Verb]) -> Self {
        Self { verbs, path: "" }
    }

    /// All requests whose path holds this.
    pub const fn path(path: &'static str) -> Self {
        Self { verbs: &[], path }
    }

    fn meets(&self, asks: &Asks) -> bool {
        (self.verbs.is_empty() || self.verbs.contains(&asks.verb)) && asks.path.contains(self.path)
    }
}

impl Fault {
    /// A rule without a name in the table, until it is lifted.
    pub const fn new(on: On, what: What) -> Self {
        Self { name: "", on, what, times: None }
    }

    /// The same for the next requests only.
    pub const fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

impl What {
    /// A refusal by the API server itself.
    pub const fn status(code: u16) -> Self {
        Self::Status { code, body: Says::Status, retry_after: None }
    }
}

/// What a request asks, as far as rules and counts go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asks {
    pub verb: Verb,
    /// Without the query.
    pub path: String,
}

impl Asks {
    pub(super) fn of(method: &Method, uri: &Uri) -> Self {
        let path = uri.path().to_owned();
        let watches = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1"));
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        let rest = match parts.as_slice() {
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
            _ => &[],
        };
        let rest = if let ["namespaces", _, rest @ ..] = rest
            && !rest.is_empty()
        {
            rest
        } else {
            rest
        };
        let verb = match (method, rest) {
            _ if parts == ["version"] => Verb::Version,
            (_, []) => Verb::Discovery,
            (_, [plural, ..]) if plural.starts_with("selfsubject") => Verb::Review,
            (_, [_, _, "log"]) => Verb::Log,
            (&Method::PATCH, _) => Verb::Patch,
            (&Method::DELETE, _) => Verb::Delete,
            (&Method::GET, [_]) if watches => Verb::Watch,
            (&Method::GET, ["events"]) => Verb::Events,
            (&Method::GET, [_]) => Verb::List,
            (&Method::GET, _) => Verb::Get,
            _ => Verb::Write,
        };
        Self { verb, path }
    }
}

/// A request that was sent, with any outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub at: Timestamp,
    pub asks: Asks,
}

/// The rules of one cluster, and all that was sent to it.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Vec<Fault>,
    /// Whether what is sent is kept: a demo that runs for days must not.
    pub counts: bool,
    pub arrivals: Vec<Arrival>,
}

impl Faults {
    pub fn inject(&mut self, fault: Fault) {
        self.rules.push(fault);
    }

    pub fn lift(&mut self) {
        self.rules.clear();
    }

    /// Whether nobody listens to a request; then it counts as sent.
    pub fn refuses(&mut self, at: Timestamp, asks: &Asks) -> bool {
        let first = self.rules.iter().position(|rule| rule.on.meets(asks));
        let Some(first) = first.filter(|first| self.rules[*first].what == What::Refused) else { return false };
        self.count(at, asks);
        self.use_up(first);
        true
    }

    /// Counts a request, and applies the first rule that matches it.
    pub fn strike(&mut self, at: Timestamp, asks: &Asks) -> Option<What> {
        self.count(at, asks);
        let first = self.rules.iter().position(|rule| rule.on.meets(asks))?;
        Some(self.use_up(first))
    }

    fn count(&mut self, at: Timestamp, asks: &Asks) {
        if self.counts {
            self.arrivals.push(Arrival { at, asks: asks.clone() });
        }
    }

    fn use_up(&mut self, at: usize) -> What {
        let rule = &mut self.rules[at];
        let what = rule.what;
        if let Some(left) = &mut rule.times {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.rules.remove(at);
            }
        }
        what
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_distinguished() {
        for (method, uri, verb) in [
            ("GET", "/version", Verb::Version),
            ("GET", "/apis", Verb::Discovery),
            ("GET", "/api/v1", Verb::Discovery),
            ("GET", "/apis/apps/v1", Verb::Discovery),
            ("GET", "/apis/apps/v1/deployments?limit=500", Verb::List),
            ("GET", "/apis/apps/v1/namespaces/web/deployments?watch=true", Verb::Watch),
            ("GET", "/apis/apps/v1/namespaces/web/deployments/web", Verb::Get),
            ("GET", "/api/v1/namespaces/kube-system", Verb::Get),
            ("GET", "/api/v1/namespaces", Verb::List),
            ("GET", "/api/v1/namespaces/web/pods/a/log?follow=true", Verb::Log),
            ("GET", "/api/v1/namespaces/web/events?fieldSelector=a", Verb::Events),
            ("PATCH", "/apis/apps/v1/namespaces/web/deployments/web", Verb::Patch),
            ("DELETE", "/api/v1/namespaces/web/pods/a", Verb::Delete),
            ("PUT", "/api/v1/namespaces/web/pods/a", Verb::Write),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Verb::Review),
        ] {
            let asks = Asks::of(&method.parse().expect("a method"), &uri.parse().expect("an address"));
            assert_eq!(asks.verb, verb, "{method} {uri}");
        }
    }

    #[test]
    fn a_rule_is_used_up_and_the_next_one_counts_then() {
        let mut faults = Faults { counts: true, ..Faults::default() };
        faults.inject(Fault::new(On::verbs(&[Verb::Get]), What::Refused).times(2));
        faults.inject(Fault::new(On::EVERY, What::status(500)));
        let (get, at) = (Asks { verb: Verb::Get, path: "/api/v1/nodes/a".to_owned() }, Timestamp::UNIX_EPOCH);
        assert!(faults.refuses(at, &get) && faults.refuses(at, &get) && !faults.refuses(at, &get));
        assert_eq!(faults.strike(at, &get), Some(What::status(500)));
        assert_eq!(faults.arrivals.len(), 3, "each request counts once");
        faults.lift();
        assert_eq!(faults.strike(at, &get), None);
    }
}
