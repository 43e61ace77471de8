//! A bulk act that is stopped in its middle: some requests have arrived, some are on their way, most objects wait for their turn.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Sandbox, requests};
use crate::suites::outages::through;
use crate::support::bed::Bed;
use crate::support::program::Fluxdeck;
use crate::support::proxy::Proxy;
use crate::support::terminal::{Terminal, WIDE};
use crate::support::within;
use crate::truth::text;

pub const SOON: Duration = Duration::from_secs(20);
/// How long a request whose answer was lost may still arrive: until then its outcome is unknown (`jobs::advance`, LATEST).
pub const MAY_ARRIVE: Duration = Duration::from_secs(60);
pub const COUNT: usize = 60;
/// After so many requests the network stops: some objects are done, some under way, most wait.
const SOME: usize = 10;

/// Objects that no controller touches, and a user whose network can be stopped in the middle of them.
pub struct Bulk<'a> {
    pub sandbox: Sandbox<'a>,
    pub network: Proxy,
    pub user: Fluxdeck,
    mark: usize,
}

impl<'a> Bulk<'a> {
    pub fn new(bed: &'a Bed, namespace: &'static str) -> Self {
        let sandbox = Sandbox::new(bed, namespace);
        let items: Vec<_> = (0..COUNT)
            .map(|number| {
                json!({
                    "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
                    "metadata": {"name": format!("left-{number:02}"), "namespace": namespace, "labels": {"sharding.fluxcd.io/key": "retired"}},
                    "spec": {"interval": "1h", "prune": true, "path": "./", "sourceRef": {"kind": "GitRepository", "name": "absent"}},
                })
            })
            .collect();
        bed.apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}), &[]);
        let network = Proxy::to(bed.port());
        // else all requests may have arrived before the first is seen
        network.slow(true);
        let user = through(bed, "admin", network.port);
        Self { sandbox, network, user, mark: super::mark(bed) }
    }

    pub fn by_command(&self) -> Terminal {
        self.user.open(&["suspend", "ks", "--all", "-n", self.sandbox.name], WIDE)
    }

    pub fn screen(&self) -> Terminal {
        let mut screen = self.user.open(&["-c", &format!("ks {}", self.sandbox.name)], WIDE);
        let is_live = |text: &str| text.lines().next().is_some_and(|line| line.contains("live"));
        screen.until("the rows", SOON, |text| text.contains("left-00") && is_live(text));
        screen
    }

    pub fn on_the_screen(&self) -> Terminal {
        let mut screen = self.screen();
        screen.keys("M");
        screen.keys("s");
        screen.until_shows(&format!("suspend {COUNT} objects"), SOON);
        screen.keys("\r");
        screen
    }

    /// How many requests of ours arrived for each object, whatever was answered.
    pub fn arrived(&self) -> BTreeMap<String, usize> {
        let within = format!("/namespaces/{}/kustomizations/", self.sandbox.name);
        let mut arrived = BTreeMap::new();
        for (verb, uri, ..) in requests(self.sandbox.bed, self.mark) {
            let name = uri.split_once(&within).and_then(|(_, rest)| rest.split('?').next());
            if let Some(name) = name.filter(|_| verb == "patch" && uri.contains("fieldManager=fluxdeck")) {
                *arrived.entry(name.to_owned()).or_default() += 1;
            }
        }
        arrived
    }

    /// Stops the network once some have arrived, but not all.
    pub fn halt(&self) {
        let some = within(SOON, || (self.arrived().len() >= SOME).then_some(()));
        self.network.hold();
        self.network.slow(false);
        let arrived = self.arrived().len();
        assert!(some.is_some() && arrived < COUNT, "in the middle: {arrived} have arrived");
    }

    /// Ends what has begun in the middle. What is on its way is lost with it.
    pub fn killed(&self, mut running: Terminal) {
        self.halt();
        running.signal("KILL");
        running.end(SOON);
        self.heal();
    }

    pub fn heal(&self) {
        self.network.cut();
        self.network.release();
    }

    /// The only job there is.
    pub fn job(&self) -> Value {
        let [job] = <[Value; 1]>::try_from(self.user.run(&["jobs", "-o", "json"]).json::<Vec<_>>()).expect("one job");
        job
    }

    /// The one job after it was continued: over, each object with its correct end, and no requests other than those it reports.
    #[track_caller]
    pub fn is_reported_correctly(&self, before: &Value) {
        let (job, arrived) = (self.job(), self.arrived());
        let named = |phase: &str, job: &Value| names(job, |item| text(item, "/phase") == phase);
        assert!(["done", "over, not all done"].contains(&text(&job, "/state")), "{job}");
        assert!(arrived.values().all(|requests| *requests == 1), "nothing is sent twice: {arrived:?}");
        let lost = names(&job, |item| text(item, "/message").contains("not seen to have arrived"));
        assert_eq!(named("unknown", &job), lost, "{job}");
        assert!(lost.is_subset(&named("sending", before)), "what waited its turn has had it: {lost:?}");
        let items = self.sandbox.bed.items(&["kustomizations.kustomize.toolkit.fluxcd.io", "-n", self.sandbox.name]);
        let suspended = items.iter().filter(|object| object["spec"]["suspend"] == true);
        let suspended: BTreeSet<_> = suspended.map(|object| text(object, "/metadata/name").to_owned()).collect();
        assert_eq!(named("done", &job), suspended, "done is what the cluster shows");
        assert_eq!(suspended.len() + lost.len(), COUNT, "each has one end");
        // the API server may have begun with a request whose connection was cut, and given it up (504): it arrived and is lost
        assert!(suspended.iter().all(|name| arrived.contains_key(name)), "{arrived:?}");
    }
}

impl Drop for Bulk<'_> {
    fn drop(&mut self) {
        // at once: kubectl would remove one after the other. The sandbox removes what this does not
        let path = format!("/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{}/kustomizations", self.sandbox.name);
        let _ = self.sandbox.bed.kubectl_as("admin").args(["delete", "--raw", &path]).output();
    }
}

pub fn names(job: &Value, is_meant: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let items = job["items"].as_array().expect("a job has objects").iter();
    items.filter(|item| is_meant(item)).map(|item| text(item, "/name").to_owned()).collect()
}

/// A job's id, how many of its objects are over, and how many wait.
pub fn far(job: &Value) -> (&str, usize, usize) {
    let waiting = names(job, |item| text(item, "/phase") == "queued").len();
    let over = names(job, |item| text(item, "/phase") == "done").len();
    (text(job, "/id"), over, waiting)
}
