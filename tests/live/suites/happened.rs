//! Events and the timeline on the real cluster: what kubectl says of an object is what is printed and shown, and what happens is on the
//! screen while one looks.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::{Fluxdeck, Ran};
use crate::support::terminal::{SMALL, WIDE};

const SOON: Duration = Duration::from_secs(20);

fn admin(bed: &Bed) -> Fluxdeck {
    Fluxdeck::with(&bed.kubeconfig("admin"))
}

/// A namespace of our own, removed with everything in it.
struct Place<'a>(&'a Bed, &'static str);

impl<'a> Place<'a> {
    fn new(bed: &'a Bed, name: &'static str) -> Self {
        bed.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}), &[]);
        Self(bed, name)
    }

    /// A source that nobody fetches.
    fn source(&self, name: &str) {
        let spec = json!({"interval": "1h", "suspend": true, "url": "https://git.example.com/nowhere"});
        self.0.apply(
            &json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
                "metadata": {"name": name, "namespace": self.1}, "spec": spec}),
            &[],
        );
    }

    /// An event of that source, as a controller sends it.
    fn event(&self, name: &str, of: &str, message: &str) {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.0.apply(
            &json!({
                "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": self.1},
                "involvedObject": {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "name": of, "namespace": self.1},
                "reason": "GitOperationFailed", "message": message, "type": "Warning", "count": 1,
                "firstTimestamp": now, "lastTimestamp": now, "source": {"component": "source-controller"},
            }),
            &[],
        );
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut command = self.0.kubectl_as("admin");
        let _ = command.args(["delete", "namespace", self.1, "--wait=false"]).output();
    }
}

fn succeeds(ran: &Ran) {
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Kind, name and reason of each event that is printed.
fn printed(user: &Fluxdeck, arguments: &[&str]) -> BTreeSet<[String; 3]> {
    let ran = user.run(&[&["events", "-o", "json"], arguments].concat());
    succeeds(&ran);
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    ran.json::<Vec<Value>>().iter().map(|event| ["kind", "name", "reason"].map(|key| text(event, key))).collect()
}

fn what_is_printed_of_an_object_is_what_kubectl_has() {
    let bed = bed::alone();
    let fields = "involvedObject.kind=Kustomization,involvedObject.name=crashing";
    let known = bed.items(&["events", "-n", "faults", "--field-selector", fields]);
    let ours = printed(&admin(&bed), &["--for", "Kustomization/crashing", "-n", "faults"]);
    for event in &known {
        let reason = event["reason"].as_str().unwrap_or_default().to_owned();
        let expected = ["Kustomization".to_owned(), "crashing".to_owned(), reason];
        assert!(ours.contains(&expected), "{expected:?} is not in {ours:?}");
    }
    // of what it is made from, and of nothing else
    let kinds: BTreeSet<_> = ours.iter().map(|[kind, ..]| kind.as_str()).collect();
    assert!(kinds.is_subset(&BTreeSet::from(["Kustomization", "GitRepository"])), "{kinds:?}");
    let below = printed(&admin(&bed), &["ks/crashing", "-n", "faults", "--below"]);
    assert!(below.is_superset(&ours) || below.len() > ours.len(), "{below:?}");
    assert!(below.iter().any(|[kind, ..]| kind == "Pod"), "a pod that crashes says so: {below:?}");
}

fn an_event_is_on_the_screen_while_one_looks_and_says_the_same_once() {
    let bed = bed::alone();
    let place = Place::new(&bed, "happened-live");
    place.source("quiet");
    let user = admin(&bed);
    for size in [WIDE, SMALL] {
        let mut screen = user.open(&["-c", "events happened-live"], size);
        screen.until_shows("live", SOON);
        let number = size.0;
        place.event(&format!("first-{number}"), "quiet", &format!("cannot fetch after {number}s"));
        let took = screen.until_shows("cannot fetch", SOON);
        assert!(took < Duration::from_secs(3), "{took:?}");
        place.event(&format!("second-{number}"), "quiet", &format!("cannot fetch after {number}0s"));
        screen.until_shows("×", SOON);
        screen.keys("z");
        screen.until("each by itself", SOON, |text| text.matches("cannot fetch after").count() >= 2);
        screen.keys(":q\r");
        screen.end(SOON);
    }
}

fn a_watch_prints_what_happens_from_there_on() {
    let bed = bed::alone();
    let place = Place::new(&bed, "happened-watch");
    place.source("quiet");
    place.event("before", "quiet", "before the watch");
    let running = admin(&bed).spawn(&["events", "--for", "gitrepo/quiet", "-n", "happened-watch", "-w"]);
    within_printed(&running, "before the watch");
    place.event("during", "quiet", "during the watch");
    within_printed(&running, "during the watch");
    running.signal("TERM");
    let ran = running.end();
    assert!(ran.code == 143 && ran.out.starts_with("LAST SEEN"), "{ran:?}");
}

fn within_printed(running: &crate::support::program::Running, text: &str) {
    let seen = crate::support::within(SOON, || running.has_printed(text).then_some(()));
    assert!(seen.is_some(), "`{text}` is not printed");
}

fn the_timeline_has_what_appears_and_what_is_deleted() {
    let bed = bed::alone();
    let place = Place::new(&bed, "happened-timeline");
    let user = admin(&bed);
    let mut screen = user.open(&["-c", "timeline"], WIDE);
    screen.until_shows("live", SOON);
    screen.keys("/happened-timeline\r");
    // until the kinds are listed, what comes is how things were
    screen.until("everything is read", SOON, |text| !text.contains("reading"));
    std::thread::sleep(Duration::from_secs(3));
    place.source("seen");
    screen.until_shows("appeared: Suspended", SOON);
    bed.kubectl(&["delete", "gitrepositories.source.toolkit.fluxcd.io", "seen", "-n", "happened-timeline"]);
    screen.until_shows("gone, was", SOON);
    screen.keys(":q\r");
    screen.end(SOON);
}

fn who_may_not_read_events_is_refused_and_others_see_those_of_their_namespaces() {
    let bed = bed::shared();
    let developer = Fluxdeck::with(&bed.kubeconfig("developer"));
    let own = developer.run(&["events", "-n", "web", "-o", "json"]);
    succeeds(&own);
    let elsewhere = own.json::<Vec<Value>>().into_iter().find(|event| event["namespace"] != "web");
    assert_eq!(elsewhere, None);
    let refused = developer.run(&["events", "-n", "flux-system"]);
    assert!(refused.code == 3 && refused.err.contains("events"), "{refused:?}");
    let viewer = Fluxdeck::with(&bed.kubeconfig("viewer")).run(&["events", "-A", "-o", "json"]);
    succeeds(&viewer);
    assert!(!viewer.json::<Vec<Value>>().is_empty(), "a viewer reads events everywhere");
}

trials![
    what_is_printed_of_an_object_is_what_kubectl_has,
    an_event_is_on_the_screen_while_one_looks_and_says_the_same_once,
    a_watch_prints_what_happens_from_there_on,
    the_timeline_has_what_appears_and_what_is_deleted,
    who_may_not_read_events_is_refused_and_others_see_those_of_their_namespaces,
];
