//! All faults that are tried against every way of using the program (`tests/faults`).

use std::time::Duration;

use super::{After, End, Fault, On, Says, Verb, What};

/// One kind that nothing else needs, so that all others can be seen to go on.
const ONE_KIND: On = On::path("/imagerepositories");
/// The kind that most of a picture hangs on.
const APPLIERS: On = On { verbs: &[Verb::List, Verb::Watch, Verb::Get, Verb::Patch], path: "/kustomizations" };
/// Requests whose answer is one piece.
const WHOLE: On = On::verbs(&[
    Verb::Get,
    Verb::List,
    Verb::Patch,
    Verb::Delete,
    Verb::Write,
    Verb::Discovery,
    Verb::Version,
    Verb::Events,
    Verb::Review,
]);
const WATCHES: On = On::verbs(&[Verb::Watch]);
const WRITES: On = On::verbs(&[Verb::Patch, Verb::Delete]);
const LOGS: On = On::verbs(&[Verb::Log]);

/// Longer than any client waits.
pub const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// What a server says that wants to be left alone.
const LEAVE_ALONE: What = What::Status { code: 429, body: Says::Status, retry_after: Some(30) };
/// How long a cut stream lives.
const SHORT: After = After::Time(Duration::from_secs(5));

const fn named(name: &'static str, on: On, what: What) -> Fault {
    Fault { name, on, what, times: None }
}

const fn page(code: u16, body: Says) -> What {
    What::Status { code, body, retry_after: None }
}

impl Fault {
    /// Every fault, by name.
    pub const ALL: &'static [Self] = &[
        named("slow", On::EVERY, What::Latency(Duration::from_secs(3))),
        named("unanswered", On::EVERY, What::Latency(FOR_EVER)),
        named("refused", On::EVERY, What::Refused),
        named("reset_undone", On::EVERY, What::Reset { is_done: false }),
        named("reset_done", On::EVERY, What::Reset { is_done: true }),
        named("internal_error", On::EVERY, What::status(500)),
        named("webhook_fails", WRITES, page(500, Says::Webhook)),
        named("error_page", On::EVERY, page(503, Says::Page)),
        named("bad_gateway", On::EVERY, page(502, Says::Text)),
        named("too_many_requests", On::EVERY, LEAVE_ALONE),
        named("unauthorised", On::EVERY, What::status(401)),
        named("one_kind_fails", ONE_KIND, What::status(500)),
        named("one_kind_too_many_requests", ONE_KIND, LEAVE_ALONE),
        named("one_kind_unanswered", ONE_KIND, What::Latency(FOR_EVER)),
        named("forbidden", APPLIERS, What::status(403)),
        named("not_found", APPLIERS, What::status(404)),
        named("gone_answer", WATCHES, What::status(410)),
        named("gone_event", WATCHES, What::GoneEvent),
        named("watch_ends", WATCHES, What::Cut { after: SHORT, how: End::InOrder }),
        named("watch_ends_at_once", WATCHES, What::Cut { after: After::Lines(0), how: End::InOrder }),
        named("watch_ends_after_an_event", WATCHES, What::Cut { after: After::Lines(1), how: End::InOrder }),
        named("watch_reset", WATCHES, What::Cut { after: SHORT, how: End::Reset }),
        named("watch_silent", WATCHES, What::Silent),
        named("truncated_body", WHOLE, What::Truncated),
        named("hanging_body", WHOLE, What::Hangs),
        named("endless_body", WHOLE, What::Endless),
        named("garbage", WHOLE, What::Garbage),
        named("arrives_late", WRITES, What::ArrivesLate(Duration::from_secs(20))),
        named("version_fails", On::verbs(&[Verb::Version]), What::status(500)),
        named("discovery_one_by_one", On::verbs(&[Verb::Discovery]), What::OneByOne),
        named("discovery_stale", On { verbs: &[Verb::Discovery], path: "/apis" }, What::Stale("image.toolkit.fluxcd.io")),
        named("discovery_unanswered", On::verbs(&[Verb::Discovery]), What::Latency(FOR_EVER)),
        named("review_fails", On::verbs(&[Verb::Review]), What::status(500)),
        named("events_unanswered", On::verbs(&[Verb::Events]), What::Latency(FOR_EVER)),
        named("log_reset", LOGS, What::Cut { after: SHORT, how: End::Reset }),
        named("log_silent", LOGS, What::Silent),
        named("log_unanswered", LOGS, What::Latency(FOR_EVER)),
    ];

    /// The fault of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name == name)
    }
}
