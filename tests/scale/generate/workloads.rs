//! Deployments, their ReplicaSets and Pods, with the statuses that controllers and a kubelet
//! would have written.

use serde_json::{Map, Value, json};

use super::{
    children,
    identity::{Child, created, days_before},
    plan::{Applier, Condition, Plan},
    pods,
    random::Seed,
};

const COMPONENTS: [&str; 5] = ["", "worker", "proxy", "scheduler", "indexer"];

/// One Deployment on its way to JSON.
pub struct Workload<'a> {
    pub plan: &'a Plan,
    pub applier: &'a Applier,
    /// Its number in the fleet.
    pub index: usize,
    pub name: String,
    pub namespace: &'a str,
    pub seed: Seed,
    pub replicas: usize,
    /// That of its applier for the first one, ready for the others.
    pub condition: Condition,
}

/// The name of a Deployment, its Service and its ServiceAccount.
pub fn name(applier: &Applier, deployment: usize) -> String {
    let place = deployment - applier.deployments.start;
    let component = COMPONENTS[place % COMPONENTS.len()];
    let round = place / COMPONENTS.len();
    let dash = if component.is_empty() { "" } else { "-" };
    if round == 0 { format!("{}{dash}{component}", applier.name) } else { format!("{}{dash}{component}-n{round}", applier.name) }
}

/// What a Deployment brings into the inventory of its applier.
pub fn applied(plan: &Plan, applier: &Applier, deployment: usize) -> [Child; 3] {
    let namespace = &*plan.namespaces[applier.namespace];
    let name = name(applier, deployment);
    [
        Child::core("ServiceAccount", namespace, name.clone()),
        Child::core("Service", namespace, name.clone()),
        Child { group: "apps", ..Child::core("Deployment", namespace, name) },
    ]
}

/// A Deployment with all that belongs to it, in an order in which every owner comes first.
pub fn family(plan: &Plan, applier: &Applier, deployment: usize) -> Vec<Value> {
    let [account, service, child] = applied(plan, applier, deployment);
    let condition = match applier.condition {
        Condition::Unhealthy | Condition::Progressing if deployment == applier.deployments.start => applier.condition,
        _ => Condition::Ready,
    };
    let workload = Workload {
        plan,
        applier,
        index: deployment,
        name: child.name.clone(),
        namespace: &plan.namespaces[applier.namespace],
        seed: plan.seed.of("deployment", deployment),
        replicas: replicas(plan, deployment),
        condition,
    };
    let object = workload.deployment(&child);
    let revisions = 1 + share(plan.sizes.old_replica_sets, deployment, plan.sizes.deployments);
    let sets: Vec<Value> = (0..revisions).rev().map(|back| workload.replica_set(&object, back, revisions)).collect();
    let current = sets.last().expect("a Deployment has a current ReplicaSet");
    let pods: Vec<Value> = (0..workload.replicas).map(|pod| pods::pod(&workload, current, pod)).collect();
    let before = [children::service_account(plan, applier, &account), children::service(plan, applier, &service)];
    before.into_iter().chain([object]).chain(sets).chain(pods).collect()
}

/// How much of `total` falls to place `at` of `places`.
fn share(total: usize, at: usize, places: usize) -> usize {
    total * (at + 1) / places - total * at / places
}

/// Evenly shared, then moved within pairs, so that sizes differ and the sum stays exact.
fn replicas(plan: &Plan, deployment: usize) -> usize {
    let even = share(plan.sizes.pods, deployment, plan.sizes.deployments);
    let pair = deployment / 2;
    if pair * 2 + 1 >= plan.sizes.deployments {
        return even;
    }
    let less = share(plan.sizes.pods, pair * 2, plan.sizes.deployments);
    let moved = plan.seed.of("replicas", pair).below(less);
    if deployment.is_multiple_of(2) { even - moved } else { even + moved }
}

/// The owner reference to an object that was generated before.
pub fn owner(of: &Value) -> Value {
    json!({"apiVersion": of["apiVersion"], "kind": of["kind"], "name": of["metadata"]["name"], "uid": of["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true})
}

impl Workload<'_> {
    pub fn selector(&self) -> Map<String, Value> {
        let mut labels = Map::new();
        labels.insert("app.kubernetes.io/name".into(), self.name.clone().into());
        labels.insert("app.kubernetes.io/instance".into(), self.applier.name.clone().into());
        labels
    }

    /// Pods that are not ready: one of a workload in trouble.
    fn unready(&self) -> usize {
        usize::from(self.condition != Condition::Ready)
    }

    fn deployment(&self, child: &Child) -> Value {
        let mut labels = self.applier.owner_labels(self.plan);
        labels.extend(self.selector());
        labels.insert("app.kubernetes.io/part-of".into(), self.applier.name.clone().into());
        let mut object = child.object(self.plan.seed, labels, &created(self.seed));
        object["metadata"]["annotations"] =
            json!({"deployment.kubernetes.io/revision": "2", "reloader.example.test/match": "true"});
        object["spec"] = json!({"replicas": self.replicas, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": self.selector()}, "template": self.template(None),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}});
        object["status"] = self.deployment_status();
        object
    }

    fn deployment_status(&self) -> Value {
        let since = days_before(1, self.seed);
        let ready = self.replicas - self.unready();
        let set = self.set_name(0);
        let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since, "lastUpdateTime": since});
        let available = if ready > 0 {
            condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        let progressing = match self.condition {
            Condition::Unhealthy => condition(
                "Progressing",
                "False",
                "ProgressDeadlineExceeded",
                &format!("ReplicaSet \"{set}\" has timed out progressing."),
            ),
            Condition::Progressing => {
                condition("Progressing", "True", "ReplicaSetUpdated", &format!("ReplicaSet \"{set}\" is progressing."))
            }
            _ => condition(
                "Progressing",
                "True",
                "NewReplicaSetAvailable",
                &format!("ReplicaSet \"{set}\" has successfully progressed."),
            ),
        };
        json!({"observedGeneration": 1, "replicas": self.replicas, "updatedReplicas": self.replicas, "readyReplicas": ready,
            "availableReplicas": ready, "unavailableReplicas": self.unready(), "conditions": [available, progressing]})
    }

    /// The hash of a pod template, `back` revisions ago.
    pub fn template_hash(&self, back: usize) -> String {
        self.seed.of("template", back).suffix(10)
    }

    fn set_name(&self, back: usize) -> String {
        format!("{}-{}", self.name, self.template_hash(back))
    }

    fn replica_set(&self, deployment: &Value, back: usize, revisions: usize) -> Value {
        let replicas = if back == 0 { self.replicas } else { 0 };
        let ready = replicas - self.unready().min(replicas);
        let hash = self.template_hash(back);
        let mut labels = self.selector();
        labels.insert("pod-template-hash".into(), hash.clone().into());
        let child = Child { group: "apps", ..Child::core("ReplicaSet", self.namespace, self.set_name(back)) };
        let mut object = child.object(self.plan.seed, labels.clone(), &created(self.seed));
        object["metadata"]["ownerReferences"] = json!([owner(deployment)]);
        object["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": (revisions - back).to_string(),
            "deployment.kubernetes.io/desired-replicas": self.replicas.to_string(), "deployment.kubernetes.io/max-replicas": (self.replicas + 1).to_string()});
        object["spec"] =
            json!({"replicas": replicas, "selector": {"matchLabels": labels}, "template": self.template(Some(&hash))});
        object["status"] = json!({"observedGeneration": 1, "replicas": replicas, "fullyLabeledReplicas": replicas,
            "readyReplicas": ready, "availableReplicas": ready});
        object
    }

    fn template(&self, hash: Option<&str>) -> Value {
        let mut labels = self.selector();
        if let Some(hash) = hash {
            labels.insert("pod-template-hash".into(), hash.into());
        }
        json!({"metadata": {"labels": labels, "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9090"}}, "spec": pods::spec(self)})
    }
}
