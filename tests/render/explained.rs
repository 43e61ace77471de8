//! Who sets a field of the fleet, as somebody finds it who reads its files: every way in which a value gets where it is.

use fluxdeck_model::insight::field::FieldPath;
use fluxdeck_model::insight::named::Named;
use fluxdeck_model::insight::setting::{self, Given};
use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::render::node::Origin;
use fluxdeck_model::render::repository::{Builder, Repository};

use super::fleet;

const BASE: &str = "flux/apps/base";
const PRODUCTION: &str = "flux/apps/production";
const APPS: &str = "flux/clusters/production/apps.yaml";
const VARIABLES: &str = "flux/system/production/cluster-vars.yaml";

/// Cluster, Kustomization, object, field, and the layers: folder or file, the rest of the path with its line, the layer; the winner first,
/// then what it overrode, the parts of the value, and where it is written.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);

const CASES: &[Case] = &[
    // nothing but the base
    ("staging", "apps", "Deployment/frontend", "spec.replicas", &[(BASE, "/frontend/deployment.yaml:6", "resource")]),
    // an overlay's settings
    (
        "production",
        "apps",
        "Deployment/frontend",
        "spec.replicas",
        &[(PRODUCTION, "/web/kustomization.yaml:11", "replicas"), (BASE, "/frontend/deployment.yaml:6", "resource")],
    ),
    (
        "production",
        "apps",
        "Deployment/frontend",
        "spec.template.spec.containers[name=frontend].image",
        &[
            (PRODUCTION, "/web/kustomization.yaml:15", "images"),
            (BASE, "/frontend/deployment.yaml:16", "resource"),
            (PRODUCTION, "/web/kustomization.yaml:14", "images as name"),
            (PRODUCTION, "/web/kustomization.yaml:15", "images as tag"),
        ],
    ),
    (
        "production",
        "apps",
        "Deployment/frontend",
        "metadata.namespace",
        &[(PRODUCTION, "/web/kustomization.yaml:3", "namespace")],
    ),
    // patches: an overlay's, a component's, a Flux Kustomization's with a variable of the cluster in it
    (
        "production",
        "apps",
        "Deployment/frontend",
        "spec.template.spec.containers[name=frontend].resources.requests.memory",
        &[(PRODUCTION, "/web/resources.yaml:11", "patch")],
    ),
    (
        "production",
        "edge",
        "Deployment/probe",
        "spec.template.spec.securityContext.runAsNonRoot",
        &[("flux/apps/components", "/hardened/kustomization.yaml:8", "patch")],
    ),
    (
        "production",
        "apps",
        "Deployment/cart",
        "spec.template.metadata.annotations['example.test/zone']",
        &[
            (VARIABLES, ":6", "cluster ConfigMap"),
            (VARIABLES, ":6", "cluster ConfigMap as variable zone"),
            (APPS, ":29", "Flux patch as written"),
        ],
    ),
    // the other settings of a Flux Kustomization
    (
        "production",
        "apps",
        "Deployment/cart",
        "spec.template.spec.containers[name=cart].image",
        &[
            (APPS, ":32", "Flux images"),
            (BASE, "/shop/cart.yaml:12", "resource"),
            (BASE, "/shop/cart.yaml:12", "resource as name"),
            (APPS, ":32", "Flux images as tag"),
        ],
    ),
    ("production", "apps", "Deployment/cart", "metadata.labels.team", &[(APPS, ":23", "Flux commonMetadata")]),
    (
        "production",
        "apps",
        "Deployment/cart",
        "metadata.labels['kustomize.toolkit.fluxcd.io/namespace']",
        &[(APPS, ":5", "Flux owner label")],
    ),
    // variables
    (
        "production",
        "apps",
        "Deployment/cart",
        "metadata.labels.tier",
        &[
            (APPS, ":17", "substitution"),
            (APPS, ":17", "substitution as variable tier"),
            (PRODUCTION, "/shop/kustomization.yaml:7", "labels as written"),
        ],
    ),
    (
        "production",
        "apps",
        "Ingress/frontend",
        "spec.rules[0].host",
        &[
            (VARIABLES, ":5", "cluster ConfigMap"),
            (PRODUCTION, "/web/ingress.yaml:7", "resource as text"),
            (VARIABLES, ":5", "cluster ConfigMap as variable cluster_domain"),
            (PRODUCTION, "/web/ingress.yaml:7", "resource as written"),
        ],
    ),
    // what is generated, and what follows its hash: the name is written where it is used
    (
        "production",
        "configs",
        "ConfigMap/dashboards-5tttk4665t",
        "data['overview.json']",
        &[("flux/system/production/configs", "/overview.json:1", "generator")],
    ),
    (
        "production",
        "apps",
        "Deployment/frontend",
        "spec.template.spec.containers[name=frontend].envFrom[0].configMapRef.name",
        &[
            (BASE, "/frontend/deployment.yaml:18", "name reference"),
            (BASE, "/frontend/kustomization.yaml:7", "generator as text"),
            (BASE, "/frontend/deployment.yaml:18", "resource as written"),
        ],
    ),
];

/// The same of the applications' repository, and of what is copied from it.
const OTHERS: &[Case] = &[
    ("production", "checkout", "Deployment/checkout", "spec.replicas", &[("deploy/checkout", "/deployment.yaml:6", "resource")]),
    (
        "production",
        "checkout",
        "Deployment/checkout",
        "metadata.namespace",
        &[("clusters/production", "/kustomization-checkout.yaml:11", "Flux targetNamespace")],
    ),
    (
        "production",
        "checkout",
        "Deployment/checkout",
        "spec.template.spec.containers[name=checkout].env[name=API_KEY].valueFrom.secretKeyRef.name",
        &[
            ("deploy/checkout", "/deployment.yaml:16", "name reference"),
            ("deploy/checkout", "/kustomization.yaml:7", "generator as text"),
            ("deploy/checkout", "/deployment.yaml:16", "resource as written"),
        ],
    ),
    ("production", "reports", "CronJob/report", "spec.schedule", &[("deploy/reports", "/cronjob.yaml:6", "resource")]),
    (
        "production",
        "reports",
        "CronJob/report",
        "metadata.namespace",
        &[("clusters/production", "/kustomization-reports.yaml:9", "Flux targetNamespace")],
    ),
];

fn object<'r>(repository: &'r Repository, cluster: &str, kustomization: &str, object: &str) -> &'r Applied {
    let named = Named::parse(object).expect("an object's name");
    let cluster = repository.clusters.iter().find(|found| found.name == cluster).expect("a cluster of the fleet");
    let member = cluster.members.iter().find(|found| found.spec.name.as_ref() == kustomization).expect("a Kustomization of it");
    let mut objects = member.outcome.objects().iter();
    objects.find(|found| named.is_meant(&found.node, &[])).unwrap_or_else(|| panic!("{object} is applied"))
}

#[test]
fn who_sets_a_field_is_what_a_reader_of_the_files_finds() {
    let applications = Builder::default().build(&fleet::applications()).expect("a repository");
    let (fleet, all) =
        (fleet::repository(), CASES.iter().map(|case| (case, true)).chain(OTHERS.iter().map(|case| (case, false))));
    for ((cluster, kustomization, name, path, layers), is_fleet) in all {
        let object = object(if is_fleet { &fleet } else { &applications }, cluster, kustomization, name);
        let node =
            FieldPath::parse(path).and_then(|field| field.find(&object.node)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let setting = setting::of(node);
        let place = |found: &Origin| format!("{}:{} {}", found.location, found.line, found.layer.word());
        let part =
            |given: &Given<'_>| given.layers.first().map(|found| format!("{} as {}", place(found), given.part.role.word()));
        let written = setting.written.map(|found| format!("{} as written", place(found)));
        let layers_shown = setting.layers.iter().map(|found| place(found));
        let shown: Vec<_> = layers_shown.chain(setting.parts.iter().filter_map(part)).chain(written).collect();
        let expected: Vec<_> = layers.iter().map(|(file, rest, layer)| format!("{file}{rest} {layer}")).collect();
        assert_eq!(shown, expected, "{cluster} {name} {path}");
    }
}
