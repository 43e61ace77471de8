//! Changes that are harmless, or of which nobody knows what they do: none is blamed.

use super::fleet::{FileEdit, said_of};

const WEB: &str = "apps/prod/web.yaml";
const BLOG: &str = "apps/prod/blog.yaml";
const RULES: &str = "apps/prod/rules.yaml";

const HARMLESS: &[(&str, &[FileEdit])] = &[
    ("another image", &[(WEB, "web:1.4.0", "web:1.5.0")]),
    ("more pods within budget and quota", &[(WEB, "replicas: 3", "replicas: 4")]),
    ("fewer pods than a budget of the same selector in another namespace wants", &[(BLOG, "replicas: 3", "replicas: 1")]),
    ("more pods than a quota of another namespace has room for", &[(BLOG, "replicas: 3", "replicas: 9")]),
    ("labels of the template that the selector does not want", &[(WEB, "{app: web, tier: front}", "{app: web, tier: back}")]),
    (
        "a generated ConfigMap that is immutable: it has another name",
        &[("apps/prod/kustomization.yaml", "colour=blue", "colour=red")],
    ),
    ("the content of a ConfigMap", &[("old/report.yaml", "{a: b}", "{a: c}")]),
    ("another image of a CronJob's Job", &[("tools/job.yaml", "nightly:1", "nightly:2")]),
    ("replicas of a StatefulSet", &[("data/db.yaml", "replicas: 1", "replicas: 3")]),
    ("another image of a StatefulSet", &[("data/db.yaml", "db:1", "db:2")]),
    ("a port of a Service", &[(WEB, "port: 80", "port: 8080")]),
    ("a claim that grows, of a class that expands", &[("data/claim.yaml", "storage: 10Gi", "storage: 20Gi")]),
    ("the same size in other words", &[("data/claim.yaml", "storage: 10Gi", "storage: 10240Mi")]),
    (
        "a default that is written down",
        &[("data/db.yaml", "  serviceName: db\n", "  serviceName: db\n  podManagementPolicy: OrderedReady\n")],
    ),
    ("fewer rights", &[(RULES, "verbs: [get, list]", "verbs: [get]")]),
    (
        "a right that another rule allows already",
        &[(RULES, "resources: [\"*\"], verbs: [get]", "resources: [\"*\", deployments], verbs: [get]")],
    ),
    ("one less in a binding", &[(RULES, "- {kind: ServiceAccount, name: bot, namespace: shop}\n", "")]),
    (
        "a new role that nothing binds",
        &[(
            "tools/role.yaml",
            "",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: tools}\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]\n",
        )],
    ),
    (
        "an object that leaves a Kustomization without prune",
        &[
            ("tools/agent.yaml", "kind: DaemonSet\nmetadata: {name: agent,", "kind: DaemonSet\nmetadata: {name: agent2,"),
            ("tools/agent.yaml", "      hostPID: true\n", ""),
        ],
    ),
    (
        "an object that its annotation keeps",
        &[(
            BLOG,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kept\n  namespace: blog\n  annotations: {kustomize.toolkit.fluxcd.io/prune: Disabled}\ndata: {colour: blue}\n",
            "",
        )],
    ),
    ("an interval", &[("clusters/prod/apps.yaml", "  prune: true\n", "  prune: true\n  interval: 1h\n")]),
    ("to suspend, and nothing else", &[("clusters/prod/apps.yaml", "  prune: true\n", "  prune: true\n  suspend: true\n")]),
    (
        "to suspend a release, and nothing else",
        &[(
            "apps/prod/release.yaml",
            "name: queue, namespace: shop}\nspec:\n",
            "name: queue, namespace: shop}\nspec:\n  suspend: true\n",
        )],
    ),
    (
        "to suspend what applies itself, which takes the rest along",
        &[
            ("clusters/prod/root.yaml", "prune: true,", "prune: true, suspend: true,"),
            ("clusters/prod/old.yaml", "path: ./old", "path: old"),
        ],
    ),
    (
        "to suspend a source, which was fetched before",
        &[
            ("clusters/prod/root.yaml", "  url: https://git.test/fleet\n", "  url: https://git.test/fleet\n  suspend: true\n"),
            (WEB, "web:1.4.0", "web:1.5.0"),
        ],
    ),
    ("pruning that ends", &[("clusters/prod/apps.yaml", "prune: true", "prune: false")]),
    (
        "a policy for the end that leaves what was applied",
        &[("clusters/prod/old.yaml", "deletionPolicy: Delete", "deletionPolicy: Orphan")],
    ),
    ("the same path in other words", &[("clusters/prod/apps.yaml", "path: ./apps/prod", "path: apps/prod/")]),
    (
        "a new Deployment without special powers",
        &[(
            "old/new.yaml",
            "",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: new, namespace: old}\nspec: {selector: {matchLabels: {app: new}}, template: {metadata: {labels: {app: new}}, spec: {containers: [{name: new, image: new}]}}}\n",
        )],
    ),
];

#[test]
fn nothing_is_said_of_what_does_no_harm() {
    assert!(HARMLESS.len() >= 20);
    for (name, edits) in HARMLESS {
        assert_eq!(said_of(edits), Vec::<String>::new(), "{name}");
    }
}

const UNKNOWN: &[(&str, &[FileEdit])] = &[
    ("what could not be built any more", &[("apps/prod/kustomization.yaml", "- rules.yaml\n", "- nowhere.yaml\n")]),
    ("what another repository has from now on", &[("clusters/prod/data.yaml", "name: flux-system}\n", "name: other}\n")]),
    (
        "whether it prunes, which a variable says",
        &[
            ("clusters/prod/tools.yaml", "prune: false", "prune: ${prune}"),
            ("tools/job.yaml", "metadata: {name: nightly,", "metadata: {name: daily,"),
        ],
    ),
    ("whether a variable has that value", &[("vars/all.yaml", "serviceName: ${name}", "serviceName: db")]),
    ("what is in an encrypted Secret that is immutable", &[("vars/all.yaml", "data:x", "data:y")]),
    ("whether a Job is there that deletes itself", &[("tools/job.yaml", "once:1", "once:2")]),
    ("whether a Job that waits has begun", &[("tools/job.yaml", "later:1", "later:2")]),
    ("what budget another cluster has", &[("far/web.yaml", "replicas: 3", "replicas: 1")]),
    (
        "what size a claim has that git does not say",
        &[("vars/all.yaml", "spec: {accessModes", "spec: {storageClassName: fast, accessModes")],
    ),
];

#[test]
fn nothing_is_said_of_what_cannot_be_known() {
    for (name, edits) in UNKNOWN {
        assert_eq!(said_of(edits), Vec::<String>::new(), "{name}");
    }
}
