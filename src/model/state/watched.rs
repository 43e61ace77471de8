//! Objects that the user wants to be notified of: when one turns bad, or good again.
//!
//! What is in between (it reconciles, it waits, somebody suspended it) changes nothing. What has turned is collected for a moment, so that
//! twenty objects of one cause are one sentence; after that there is nothing for half a minute. What turns back within that time is not
//! mentioned, and an object that turns for ever is left out after a few times, for a while. So the number of notifications is bounded, and
//! whatever is said last of an object is what is true.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::engine::Update;
use super::projection::{named, own_message};
use super::{Cluster, Effect, State, Terminal};
use crate::domain::text::counted;
use crate::domain::width::fit;
use crate::domain::{Health, NotifyBy, ObjectRef};
use crate::error::Error;

/// Objects that are watched in one context, at most: each is looked at with every batch of news.
const MOST: usize = 1000;
/// How long what turns is collected before it is said.
const COLLECTED: SignedDuration = SignedDuration::from_secs(2);
/// The time between two notifications, at least.
const APART: SignedDuration = SignedDuration::from_secs(30);
/// An object is mentioned at most so many times in such a time.
const MENTIONS: usize = 4;
const MENTIONED: SignedDuration = SignedDuration::from_secs(600);
/// Objects that a notification names; the others are counted.
const NAMED: usize = 3;
/// Columns of a message in it.
const MESSAGE: usize = 100;

/// The objects that are watched, by context: leaving one and coming back loses none.
#[derive(Debug, Default)]
pub(super) struct Watched {
    contexts: BTreeMap<String, BTreeMap<ObjectRef, Watch>>,
    /// When there is something to be said.
    due: Option<Timestamp>,
    /// When something was said last.
    said: Option<Timestamp>,
    /// What could not be shown yet, because an error was not read: whether it is bad, and the text.
    unshown: Option<(bool, String)>,
}

/// What is known of a watched object.
#[derive(Debug, Default)]
struct Watch {
    /// How it was when it last was one of both.
    turned: Option<Turn>,
    /// What the user knows of it.
    known: Option<Turn>,
    /// When it was mentioned, not longer ago than that counts.
    mentions: Vec<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Good,
    Bad,
}

impl Turn {
    /// None for what is neither, and may become either.
    fn of(health: Health) -> Option<Self> {
        match health {
            Health::Ready => Some(Self::Good),
            health if health.is_failing() => Some(Self::Bad),
            _ => None,
        }
    }
}

impl Watch {
    fn is_news(&self) -> bool {
        self.turned.is_some() && self.turned != self.known
    }

    /// When it may be mentioned again; none: at any time.
    fn silent_until(&self, now: Timestamp) -> Option<Timestamp> {
        let recent: Vec<_> = self.mentions.iter().filter(|at| now.duration_since(**at) < MENTIONED).collect();
        let first = recent.len().checked_sub(MENTIONS).map(|at| *recent[at])?;
        Some(after(first, MENTIONED))
    }
}

fn after(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.checked_add(time).unwrap_or(at)
}

/// The health that is shown of an object; none where it is not here.
fn health(cluster: &Cluster, object: &ObjectRef) -> Option<Health> {
    let node = cluster.store.find(object)?;
    cluster.forest.health(node).or_else(|| cluster.store.health(node)).filter(|_| cluster.store.object(node).is_some())
}

impl State {
    /// Whether the user is notified of that object, in the active context.
    pub fn is_watched(&self, object: &ObjectRef) -> bool {
        self.watched.contexts.get(&self.cluster().context).is_some_and(|watched| watched.contains_key(object))
    }

    /// In how many seconds there is something to notify the user of, if there is.
    pub fn next_notification(&self) -> Option<i64> {
        self.watched.due.map(|due| (due.as_second() - self.clock.as_second()).max(1))
    }

    /// Watches these objects, or watches them no longer if all of them are watched.
    pub(super) fn watch(&mut self, objects: &[ObjectRef]) {
        let is_off = self.settings.notify == NotifyBy::Off;
        let cluster = self.clusters.get(&self.active).expect("the active cluster is always in the map");
        let watched = self.watched.contexts.entry(cluster.context.clone()).or_default();
        if objects.iter().all(|object| watched.contains_key(object)) {
            objects.iter().for_each(|object| drop(watched.remove(object)));
            let what = said_of(objects);
            return self.say(format!("no longer notified of {what}"));
        }
        if watched.len() + objects.len() > MOST {
            let error = Error::failed(format!("at most {MOST} objects are watched"), "mark fewer, or what is above them");
            return self.complain(&error);
        }
        for object in objects {
            let turned = health(cluster, object).and_then(Turn::of);
            watched.entry(object.clone()).or_insert_with(|| Watch { turned, known: turned, mentions: Vec::new() });
        }
        let how = match is_off {
            true => " (only here: `notify.how` is off; `:notify osc9` asks the terminal for this run)",
            false => "",
        };
        let turns = if objects.len() == 1 { "turns" } else { "turn" };
        self.say(format!("notified when {} {turns} bad or good{how}", said_of(objects)));
    }

    /// Looks at what has become bad or good.
    pub(super) fn look_at_watched(&mut self) {
        let cluster = self.clusters.get(&self.active).expect("the active cluster is always in the map");
        let Some(watched) = self.watched.contexts.get_mut(&cluster.context).filter(|watched| !watched.is_empty()) else { return };
        for (object, watch) in watched {
            watch.turned = health(cluster, object).and_then(Turn::of).or(watch.turned);
        }
        self.plan_notification();
    }

    /// Says when the user is notified next.
    fn plan_notification(&mut self) {
        let now = self.clock;
        let watched = self.watched.contexts.get(&self.cluster().context);
        let news = watched.into_iter().flat_map(BTreeMap::values).filter(|watch| watch.is_news());
        let first = news.map(|watch| watch.silent_until(now).unwrap_or(now)).min();
        let apart = self.watched.said.map_or(now, |said| after(said, APART));
        let due = first.map(|first| after(now, COLLECTED).max(first).max(apart));
        // what is collected is not put off by what comes after it
        self.watched.due = due.map(|due| self.watched.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// Notifies the user of what has turned, once that is due.
    pub(super) fn notify(&mut self, out: &mut Update) {
        let now = self.clock;
        // a clock that was set back does not put it off for ever
        let longest = after(now, MENTIONED);
        if self.watched.due.is_some_and(|due| due <= now || due > longest) {
            self.watched.due = None;
            if let Some((is_bad, text)) = self.take_turned() {
                self.watched.said = Some(now);
                if self.settings.notify != NotifyBy::Off {
                    let text = format!("{}: {text}", self.cluster().context);
                    out.effects.push(Effect::Terminal(Terminal::Notify { by: self.settings.notify, text }));
                }
                self.watched.unshown = Some((is_bad, text));
            }
            self.plan_notification();
        }
        if self.notice.as_ref().is_some_and(|notice| notice.is_error) {
            return;
        }
        match self.watched.unshown.take() {
            Some((true, text)) => self.complain(&Error::failed(text, "! shows what fails, w says why")),
            Some((false, text)) => self.say(text),
            None => {}
        }
    }

    /// What has turned and may be mentioned, as a sentence; the user knows it from then on.
    fn take_turned(&mut self) -> Option<(bool, String)> {
        let now = self.clock;
        let cluster = self.clusters.get(&self.active).expect("the active cluster is always in the map");
        let (mut bad, mut good) = (Vec::new(), Vec::new());
        for (object, watch) in self.watched.contexts.get_mut(&cluster.context)? {
            if !watch.is_news() || watch.silent_until(now).is_some_and(|until| until > now) {
                continue;
            }
            watch.known = watch.turned;
            watch.mentions.retain(|at| now.duration_since(*at) < MENTIONED);
            watch.mentions.push(now);
            let list = if watch.turned == Some(Turn::Bad) { &mut bad } else { &mut good };
            list.push((object.clone(), watch.mentions.len() >= MENTIONS));
        }
        let parts = [(bad.as_slice(), "fails", "fail"), (good.as_slice(), "is ready again", "are ready again")];
        let parts = parts.into_iter().filter(|(list, ..)| !list.is_empty());
        let text = parts.map(|(list, one, many)| self.sentence(list, one, many)).collect::<Vec<_>>().join("; ");
        (!text.is_empty()).then_some((!bad.is_empty(), text))
    }

    /// `20 objects fail: ks flux/apps, …`, or one object with its message. Each with whether it has turned so often that it is left out next.
    fn sentence(&self, list: &[(ObjectRef, bool)], one: &str, many: &str) -> String {
        let cluster = self.cluster();
        let name = |object: &ObjectRef| match cluster.store.find(object) {
            Some(node) => named(&cluster.store, &cluster.forest, node, true),
            None => object.to_string(),
        };
        let restless = if list.iter().any(|(_, is_restless)| *is_restless) { " (it keeps changing)" } else { "" };
        if let [(object, _)] = list {
            let node = cluster.store.find(object).filter(|node| cluster.forest.health(*node).is_some_and(Health::is_failing));
            let message = node.map(|node| own_message(&cluster.store, &cluster.forest, node, &self.person_clock()));
            let message = message.filter(|message| !message.is_empty()).map(|message| format!(": {}", fit(&message, MESSAGE)));
            return format!("{} {one}{restless}{}", name(object), message.unwrap_or_default());
        }
        let names: Vec<_> = list.iter().take(NAMED).map(|(object, _)| name(object)).collect();
        let more = match list.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {}", counted(more, "other")),
        };
        format!("{} {many}{restless}: {}{more}", counted(list.len(), "object"), names.join(", "))
    }
}

fn said_of(objects: &[ObjectRef]) -> String {
    match objects {
        [one] => one.to_string(),
        many => counted(many.len(), "object"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{Coverage, Delta, GroupKind, Scope};
    use crate::kinds::{self, Reader, Wire};
    use crate::state::{Beginning, Engine, Intent, Message, News, Setting};

    struct Desk {
        engine: Engine,
        now: Timestamp,
    }

    impl Desk {
        fn new(count: usize) -> Self {
            let now = "2026-01-01T00:10:00Z".parse().expect("a time");
            let engine = Engine::new(Beginning { now, is_projected: true, context: "prod".into(), ..Beginning::default() });
            let mut desk = Self { engine, now };
            let scope = Scope { gk: kinds::KUSTOMIZATION.gk(), namespace: None };
            desk.news(vec![Delta::Coverage(scope, Coverage::Complete)]);
            (0..count).for_each(|at| drop(desk.put(at, "True")));
            desk
        }

        fn send(&mut self, message: Message) -> Vec<String> {
            let effects = self.engine.update(self.now, message).effects;
            let text = |effect| match effect {
                Effect::Terminal(Terminal::Notify { text, .. }) => Some(text),
                _ => None,
            };
            effects.into_iter().filter_map(text).collect()
        }

        fn news(&mut self, deltas: Vec<Delta>) -> Vec<String> {
            let (id, epoch) = (self.engine.state().active, self.engine.state().cluster().epoch);
            self.send(Message::Cluster(id, epoch, News::Deltas(deltas)))
        }

        fn put(&mut self, at: usize, ready: &str) -> Vec<String> {
            let reason = if ready == "True" { "ReconciliationSucceeded" } else { "BuildFailed" };
            let conditions = json!([{"type": "Ready", "status": ready, "reason": reason, "message": "no such file; \u{1b}]0;x"}]);
            let name = format!("team-{at:02}");
            let object = json!({
                "metadata": {"name": name, "namespace": "flux", "uid": name, "generation": 1},
                "status": {"observedGeneration": 1, "conditions": conditions}
            });
            let wire: Wire = serde_json::from_value(object).expect("an object of the API");
            let kind = kinds::KUSTOMIZATION;
            let gk = GroupKind::new(kind.group, kind.kind);
            let object = Reader::new(self.engine.state().active, gk, kind.versions[0], kind).read(&wire, self.now);
            self.news(vec![Delta::Upsert(Box::new(object))])
        }

        /// Time passes, second by second.
        fn later(&mut self, seconds: i64) -> Vec<String> {
            let mut said = Vec::new();
            for _ in 0..seconds {
                self.now = after(self.now, SignedDuration::from_secs(1));
                said.extend(self.send(Message::Clock));
            }
            said
        }

        fn watch(&mut self, count: usize) {
            let kustomizations = self.engine.state().cluster().kustomizations();
            self.send(Message::Do(Intent::Watch(kustomizations[..count].to_vec())));
        }

        fn enable(&mut self) {
            self.send(Message::Do(Intent::Set(Setting::Notify(NotifyBy::Osc9))));
        }

        fn notice(&self) -> String {
            self.engine.state().notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default()
        }
    }

    #[test]
    fn a_watched_object_that_fails_and_heals_is_said_once_each() {
        let mut desk = Desk::new(2);
        desk.enable();
        desk.watch(1);
        assert!(desk.notice().contains("notified when Kustomization flux/team-00 turns bad or good"), "{}", desk.notice());
        desk.put(1, "False");
        assert!(desk.later(60).is_empty(), "nobody watches that one");

        assert!(desk.put(0, "False").is_empty(), "others may follow");
        assert_eq!(desk.later(5), ["prod: ks flux/team-00 fails: no such file; \u{fffd}]0;x"]);
        assert!(desk.notice().starts_with("ks flux/team-00 fails: no such file"), "{}", desk.notice());
        assert!(desk.later(60).is_empty());
        desk.put(0, "Unknown");
        assert!(desk.later(60).is_empty(), "it is neither bad nor good");
        desk.put(0, "True");
        assert_eq!(desk.later(60), ["prod: ks flux/team-00 is ready again"]);
    }

    #[test]
    fn nothing_is_sent_where_it_is_off_or_nothing_is_watched() {
        let mut desk = Desk::new(1);
        desk.enable();
        desk.put(0, "False");
        assert!(desk.later(60).is_empty());

        let mut desk = Desk::new(1);
        desk.watch(1);
        assert!(desk.notice().contains("`notify.how` is off"), "{}", desk.notice());
        desk.put(0, "False");
        assert!(desk.later(60).is_empty());
        assert!(desk.notice().starts_with("ks flux/team-00 fails"), "it is said on the screen: {}", desk.notice());

        let mut desk = Desk::new(1);
        desk.enable();
        desk.watch(1);
        desk.watch(1);
        assert!(desk.notice().starts_with("no longer notified of"), "{}", desk.notice());
        desk.put(0, "False");
        assert!(desk.later(60).is_empty());
    }

    #[test]
    fn twenty_at_once_are_one_sentence() {
        let mut desk = Desk::new(20);
        desk.enable();
        desk.watch(20);
        for at in 0..20 {
            assert!(desk.put(at, "False").is_empty());
        }
        assert_eq!(desk.later(60), ["prod: 20 objects fail: ks flux/team-00, ks flux/team-01, ks flux/team-02 and 17 others"]);
    }

    #[test]
    fn what_turns_back_at_once_is_not_mentioned_and_what_flaps_is_bounded() {
        let mut desk = Desk::new(1);
        desk.enable();
        desk.watch(1);
        desk.put(0, "False");
        desk.put(0, "True");
        assert!(desk.later(60).is_empty());

        // an hour of an object that turns every ten seconds
        let mut said = Vec::new();
        for turn in 0..360 {
            said.extend(desk.put(0, if turn % 2 == 0 { "False" } else { "True" }));
            said.extend(desk.later(10));
        }
        assert!((4..=30).contains(&said.len()), "{}: {said:#?}", said.len());
        assert!(said.iter().any(|text| text.contains("(it keeps changing)")), "{said:#?}");
        // in the end what is true is known
        desk.put(0, "False");
        said.extend(desk.later(1300));
        assert!(said.last().is_some_and(|text| text.contains(" fails")), "{said:#?}");
    }

    #[test]
    fn an_error_that_was_not_read_stays_and_the_rest_is_said_after_it() {
        let mut desk = Desk::new(1);
        desk.watch(1);
        desk.send(Message::Do(Intent::Complain(Error::failed("no", ""))));
        desk.put(0, "False");
        desk.later(10);
        assert!(desk.notice().starts_with("no"), "{}", desk.notice());
        desk.send(Message::Do(Intent::Noticed));
        assert!(desk.notice().starts_with("ks flux/team-00 fails"), "{}", desk.notice());
    }
}
