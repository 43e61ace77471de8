//! The recorded fleet as an API server that takes writes: patches change what was recorded, as far as the screen sees it. Nothing
//! reconciles by itself: tests say when a controller has answered.

use std::collections::BTreeMap;

use super::driver::{Driver, fleet};
use fluxdeck::app::App;
use fluxdeck_model::actions::{Ask, Outcome, Request, Step};
use fluxdeck_model::change::{Check, CheckResult, CompetingPull, Proposed, RenderedBuild, competing};
use fluxdeck_model::domain::{Delta, GroupKind, ObjectRef};
use fluxdeck_model::error::Error;
use fluxdeck_model::kinds::{self, FieldOwner, Reader, Wire};
use fluxdeck_model::state::jobs::{Change, ChangeOutcome, ChangeStep, Task};
use fluxdeck_model::state::pulls::PullRemark;
use fluxdeck_model::state::{ChangeQuery, Effect, Link, Message, News, Reply, Settings, Ticket};
use serde_json::{Value, json};

pub enum Taken {
    Answered(Vec<Message>),
    /// Not ours to answer.
    Foreign(Effect),
}

/// What a test says of the API server, and what it saw.
pub struct Api {
    objects: BTreeMap<ObjectRef, Value>,
    /// Writes in their order, as `Kind namespace/name` with the body.
    pub writes: Vec<(String, Value)>,
    pub denies: fn(&Ask) -> bool,
    /// Whether git sets every field that one could ask about.
    pub is_in_git: bool,
    /// Objects whose writes fail with a message.
    pub fails: fn(&ObjectRef) -> bool,
    /// Writes are held until [`Driver::release`].
    pub holds: bool,
    held: Vec<(Task, Step)>,
    /// Changes that were to be planned, and their tickets.
    pub plans: Vec<(Ticket, ChangeQuery)>,
    /// Changes whose object, or the file of it, was to be written down for the editor.
    pub manuscripts: Vec<(Ticket, ChangeQuery)>,
    /// Texts that were written down for the editor.
    pub sheets: Vec<(Ticket, String)>,
    /// Steps of changes that were to be carried out, with the change as it was then.
    pub steps: Vec<(Task, ChangeStep, Change)>,
    /// What was sent to a forge of pull requests: it takes everything.
    pub remarks: Vec<PullRemark>,
}

impl Driver {
    /// The recorded fleet, live.
    pub async fn live(width: u16, height: u16, settings: Settings) -> Self {
        let settings = Settings { theme: "dark".into(), ..settings };
        let mut deck = Self::with(width, height, fluxdeck::ui::theme::Depth::True, settings).await;
        let cluster = deck.app.state().cluster();
        let (id, epoch) = (cluster.id, cluster.epoch);
        deck.api = Some(Api::of(&deck));
        deck.receive(Message::Cluster(id, epoch, News::Link(Link::Live)));
        deck.settle().await;
        deck
    }

    pub fn api(&mut self) -> &mut Api {
        self.api.as_mut().expect("a live driver")
    }

    /// The writes so far, without their bodies.
    pub fn written(&mut self) -> Vec<String> {
        self.api().writes.iter().map(|(object, _)| object.clone()).collect()
    }

    /// Lets one held write arrive.
    pub async fn release(&mut self) {
        let (task, step) = self.api().held.remove(0);
        let mut api = self.api.take().expect("a live driver");
        let messages = api.write(task, &step, &self.app);
        self.api = Some(api);
        for message in messages {
            self.receive(message);
        }
        self.settle().await;
    }

    /// The journal of a held write cannot be written.
    pub async fn unrecorded(&mut self, why: &str) {
        let (task, _) = self.api().held.remove(0);
        self.receive(Message::Outcome(task, Outcome::Unrecorded(why.into())));
        self.settle().await;
    }

    /// The last change that was to be planned is planned. Nothing is drawn yet.
    pub async fn plan(&mut self, proposed: Proposed) {
        let (ticket, _) = self.api().plans.last().expect("a change to be planned").clone();
        self.receive(Message::Reply(ticket, Reply::Proposed(Box::new(proposed))));
        self.settle().await;
    }

    /// Somebody else has answered about what was planned last.
    pub async fn check(&mut self, name: &'static str, result: CheckResult, why: &str) {
        let (ticket, _) = self.api().plans.last().expect("a change to be planned").clone();
        self.receive(Message::Reply(ticket, Reply::Checked(Check { name: name.into(), result, why: why.to_owned() })));
        self.settle().await;
    }

    /// helm has rendered what was planned last.
    pub async fn rendered(&mut self, rendered: Vec<RenderedBuild>) {
        let (ticket, _) = self.api().plans.last().expect("a change to be planned").clone();
        self.receive(Message::Reply(ticket, Reply::Rendered(rendered)));
        self.settle().await;
    }

    /// The forge has answered which pull requests change the same.
    pub async fn compete(&mut self, pulls: Vec<CompetingPull>) {
        let (ticket, _) = self.api().plans.last().expect("a change to be planned").clone();
        let check = competing::check(&pulls, pulls.len(), &[], false);
        self.receive(Message::Reply(ticket, Reply::Competing(pulls)));
        self.receive(Message::Reply(ticket, Reply::Checked(check)));
        self.settle().await;
    }

    /// The last step of a change has this outcome.
    pub async fn step(&mut self, outcome: ChangeOutcome) {
        let (task, ..) = self.api().steps.last().expect("a step of a change").clone();
        self.receive(Message::ChangeOutcome(task, Box::new(outcome)));
        self.settle().await;
    }

    /// Changes an object as somebody else would.
    pub async fn change(&mut self, object: &str, change: impl FnOnce(&mut Value)) {
        let api = self.api();
        let id = api.objects.keys().find(|id| id.to_string() == object).unwrap_or_else(|| panic!("no {object}")).clone();
        let mut body = api.objects[&id].clone();
        change(&mut body);
        self.put(body, &id).await;
    }

    /// A controller has taken up what was requested, and this is what it says now.
    pub async fn answer(&mut self, object: &str, ready: bool, message: &str) {
        self.change(object, |body| {
            let token = body["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].clone();
            let generation = body["metadata"]["generation"].clone();
            body["status"]["lastHandledReconcileAt"] = token;
            body["status"]["observedGeneration"] = generation.clone();
            let (status, reason) = if ready { ("True", "ReconciliationSucceeded") } else { ("False", "BuildFailed") };
            body["status"]["conditions"] = json!([{
                "type": "Ready", "status": status, "reason": reason, "message": message,
                "observedGeneration": generation, "lastTransitionTime": "2026-11-21T04:52:00Z",
            }]);
        })
        .await;
    }

    /// A copy of an object under another name comes into being.
    pub async fn appear(&mut self, like: &str, name: &str) {
        let api = self.api();
        let id = api.objects.keys().find(|id| id.to_string() == like).unwrap_or_else(|| panic!("no {like}")).clone();
        let mut body = api.objects[&id].clone();
        body["metadata"]["name"] = name.into();
        body["metadata"]["uid"] = format!("new-{name}").into();
        let id = ObjectRef::new(id.cluster, id.gk.clone(), id.namespace.clone(), name);
        self.put(body, &id).await;
    }

    async fn put(&mut self, body: Value, id: &ObjectRef) {
        let delta = read(&body, id, &self.app);
        self.api().objects.insert(id.clone(), body);
        let cluster = self.app.state().cluster();
        let (cluster, epoch) = (cluster.id, cluster.epoch);
        self.receive(Message::Cluster(cluster, epoch, News::Deltas(vec![delta])));
        self.settle().await;
    }

    /// Time goes on. While jobs wait, the program looks at the clock every few seconds.
    pub async fn later(&mut self, seconds: i64) {
        let mut left = seconds;
        while left > 0 {
            let is_waiting = self.app.state().jobs.running().next().is_some();
            let step = if is_waiting { left.min(5) } else { left };
            self.jump(step).await;
            left -= step;
        }
    }

    /// The clock is set, or the machine slept.
    pub async fn jump(&mut self, seconds: i64) {
        self.now = self.now.checked_add(jiff::SignedDuration::from_secs(seconds)).expect("a time");
        self.receive(Message::Clock);
        self.settle().await;
    }
}

impl Api {
    fn of(deck: &Driver) -> Self {
        let cluster = deck.app.state().active;
        let mut objects = BTreeMap::new();
        for kind in &fleet().kinds {
            for object in &kind.objects {
                let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
                let gk = GroupKind::new(&*kind.group, &*kind.kind);
                objects.insert(ObjectRef::new(cluster, gk, text("namespace"), text("name")), object.clone());
            }
        }
        Self {
            objects,
            writes: Vec::new(),
            denies: |_| false,
            is_in_git: false,
            fails: |_| false,
            holds: false,
            held: Vec::new(),
            plans: Vec::new(),
            manuscripts: Vec::new(),
            sheets: Vec::new(),
            steps: Vec::new(),
            remarks: Vec::new(),
        }
    }

    pub fn take(&mut self, effect: Effect, app: &App) -> Taken {
        let cluster = app.state().cluster();
        let news = |news| Taken::Answered(vec![Message::Cluster(cluster.id, cluster.epoch, news)]);
        match effect {
            Effect::Review { asks, .. } => {
                news(News::Rights(asks.into_iter().map(|ask| (ask.clone(), !(self.denies)(&ask))).collect()))
            }
            Effect::Identify { .. } => news(News::User(Some("ana".to_owned()))),
            Effect::Owners { fields, .. } => {
                let by_flux = |field: String| FieldOwner { field, manager: "kustomize-controller".to_owned() };
                let owners = |field| if self.is_in_git { vec![by_flux(field)] } else { Vec::new() };
                news(News::Owners(fields.into_iter().map(|(object, field)| (object, Some(owners(field)))).collect()))
            }
            // what is written down is not kept here
            Effect::Commit(commit) => {
                let answered = |effect| match self.take(effect, app) {
                    Taken::Answered(messages) => messages,
                    Taken::Foreign(effect) => panic!("a record permits writes only: {effect:?}"),
                };
                Taken::Answered(commit.then.into_iter().flat_map(answered).collect())
            }
            Effect::Write { task, step, .. } if self.holds => {
                self.held.push((task, *step));
                Taken::Answered(Vec::new())
            }
            Effect::Write { task, step, .. } => Taken::Answered(self.write(task, &step, app)),
            Effect::Propose { ticket, query, .. } => {
                self.plans.push((ticket, *query));
                Taken::Answered(Vec::new())
            }
            Effect::Manuscript { ticket, query } => {
                self.manuscripts.push((ticket, *query));
                Taken::Answered(Vec::new())
            }
            Effect::WriteDown { ticket, text, .. } => {
                self.sheets.push((ticket, text));
                Taken::Answered(Vec::new())
            }
            Effect::Change { task, step, change, .. } => {
                self.steps.push((task, step, *change));
                Taken::Answered(Vec::new())
            }
            Effect::Remark(at, remark) => {
                self.remarks.push((*remark).clone());
                Taken::Answered(vec![Message::Remarked(at, remark, Ok(()))])
            }
            other => Taken::Foreign(other),
        }
    }

    fn write(&mut self, task: Task, step: &Step, app: &App) -> Vec<Message> {
        let id = &step.object;
        self.writes.push((id.to_string(), step.request.body(step.uid)));
        if (self.fails)(id) {
            return vec![Message::Outcome(task, Outcome::Refused(Error::failed("admission webhook said no", "")))];
        }
        let cluster = app.state().cluster();
        let mut generation = 1;
        let delta = match &step.request {
            Request::Delete => {
                self.objects.remove(id);
                Delta::Remove(id.clone())
            }
            Request::Merge(patch) => {
                let object = self.objects.get_mut(id).expect("only what is there is patched");
                merge(object, patch);
                generation = object["metadata"]["generation"].as_i64().unwrap_or(1) + i64::from(patch.get("spec").is_some());
                object["metadata"]["generation"] = generation.into();
                read(object, id, app)
            }
        };
        vec![
            Message::Outcome(task, Outcome::Taken { generation, is_proven: true }),
            Message::Cluster(cluster.id, cluster.epoch, News::Deltas(vec![delta])),
        ]
    }
}

fn read(body: &Value, id: &ObjectRef, app: &App) -> Delta {
    let kind = kinds::rules(&id.gk.group, &id.gk.kind);
    let wire: Wire = serde_json::from_value(body.clone()).expect("an object of the API");
    let version = kind.versions.first().copied().unwrap_or("v1");
    Delta::Upsert(Box::new(Reader::new(id.cluster, id.gk.clone(), version, kind).read(&wire, app.state().clock)))
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else { return *target = patch.clone() };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        if value.is_null() {
            target.as_object_mut().expect("made one above").remove(key);
        } else {
            merge(&mut target[key], value);
        }
    }
}
