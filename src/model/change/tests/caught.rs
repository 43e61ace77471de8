//! Changes that look harmless and are not: each is caught, in these words, and with no other.

use super::super::LayerChoice;
use super::fleet::{FileEdit, said_in, said_of};
use super::{ChangeScope, TestRepo, folder};

/// A name, what is edited, and all that is said.
type Row = (&'static str, &'static [FileEdit], &'static [&'static str]);

fn assert_caught(rows: &[Row]) {
    let said = rows.iter().map(|(name, edits, expected)| (name, said_of(edits), expected));
    let wrong: Vec<_> = said.filter(|(_, said, expected)| said != *expected).collect();
    assert!(wrong.is_empty(), "name, what is said, what is expected: {wrong:#?}");
}

const WEB: &str = "apps/prod/web.yaml";
const RULES: &str = "apps/prod/rules.yaml";
const CLAIM: &str = "data/claim.yaml";

#[test]
fn what_the_api_server_refuses_is_caught() {
    assert_caught(&[
        (
            "another selector",
            &[(WEB, "selector: {matchLabels: {app: web}}", "selector: {matchLabels: {app: web, tier: front}}")],
            &[
                "Deployment shop/web: spec.selector cannot change: the API server refuses it, and with it the rest of prod/flux-system/apps",
            ],
        ),
        (
            "the selector of an object of the same name",
            &[("apps/prod/blog.yaml", "selector: {matchLabels: {app: web}}", "selector: {matchLabels: {app: web, tier: x}}")],
            &[
                "Deployment blog/web: spec.selector cannot change: the API server refuses it, and with it the rest of prod/flux-system/apps",
            ],
        ),
        (
            "a place that two clusters share, one of which waits",
            &[("base/shared.yaml", "type: Opaque", "type: test.io/token")],
            &[
                "Secret shop/shared: type cannot change: the API server refuses it, and with it the rest of prod/flux-system/apps and staging/flux-system/apps",
                "Secret shop/shared: what changes waits, for git suspends staging/flux-system/apps",
            ],
        ),
        (
            "another image of a Job",
            &[("tools/job.yaml", "migrate:1", "migrate:2")],
            &[
                "Job tools/migrate: spec.template cannot change: the API server refuses it, and with it the rest of prod/flux-system/tools",
            ],
        ),
        (
            "a Service without an address",
            &[(WEB, "  selector: {app: web}\n", "  clusterIP: None\n  selector: {app: web}\n")],
            &[
                "Service shop/web: spec.clusterIP cannot change: the API server refuses it, and with it the rest of prod/flux-system/apps",
            ],
        ),
        (
            "the content of an immutable ConfigMap",
            &[("apps/prod/blog.yaml", "immutable: true\ndata: {colour: blue}", "immutable: true\ndata: {colour: red}")],
            &[
                "ConfigMap blog/fixed: data (immutable: true) cannot change: the API server refuses it, and with it the rest of prod/flux-system/apps",
            ],
        ),
        (
            "the scope of a CustomResourceDefinition",
            &[("data/classes.yaml", "scope: Namespaced", "scope: Cluster")],
            &[
                "CustomResourceDefinition widgets.test.io: spec.scope cannot change: the API server refuses it, and with it the rest of prod/flux-system/data",
            ],
        ),
        (
            "a claim that shrinks",
            &[(CLAIM, "storage: 10Gi", "storage: 5Gi")],
            &[
                "PersistentVolumeClaim data/files: spec.resources.requests.storage (from 10Gi to 5Gi: claims do not shrink) cannot change: the API server refuses it, and with it the rest of prod/flux-system/data",
            ],
        ),
        (
            "another role of a binding",
            &[(RULES, "kind: Role, name: reader", "kind: ClusterRole, name: admin")],
            &[
                "RoleBinding shop/readers: roleRef.kind and roleRef.name cannot change: the API server refuses it, and with it the rest of prod/flux-system/apps",
            ],
        ),
    ]);
}

#[test]
fn what_is_created_again_is_caught_with_what_is_lost() {
    const FORCED: FileEdit = ("clusters/prod/data.yaml", "  prune: true\n", "  prune: true\n  force: true\n");
    const FROM_NOW: &str = "Kustomization flux-system/data: from now on what the API server refuses to change is deleted and created again, with the data in it (spec.force)";
    assert_caught(&[
        (
            "a template of claims, with an annotation",
            &[("data/db.yaml", "storage: 1Gi", "storage: 2Gi")],
            &[
                "StatefulSet data/db: spec.volumeClaimTemplates cannot change: Flux deletes it and creates it again, and its pods stop meanwhile (kustomize.toolkit.fluxcd.io/force)",
            ],
        ),
        (
            "another storage class, by force",
            &[FORCED, (CLAIM, "storageClassName: fast", "storageClassName: slow")],
            &[
                "PersistentVolumeClaim data/files: spec.storageClassName cannot change: Flux deletes it and creates it again, with its data (StorageClass fast does not retain it) (spec.force of prod/flux-system/data)",
                FROM_NOW,
            ],
        ),
        (
            "the plural of a CustomResourceDefinition, by force",
            &[FORCED, ("data/classes.yaml", "plural: widgets", "plural: gadgets")],
            &[
                "CustomResourceDefinition widgets.test.io: spec.names.plural cannot change: Flux deletes it and creates it again, with every Widget of the cluster (spec.force of prod/flux-system/data)",
                FROM_NOW,
            ],
        ),
        (
            "a claim whose class does not expand, for which force does nothing",
            &[
                FORCED,
                (
                    CLAIM,
                    "storageClassName: safe\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 10Gi}}",
                    "storageClassName: safe\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 20Gi}}",
                ),
            ],
            &[
                "PersistentVolumeClaim data/backup: spec.resources.requests.storage (StorageClass safe does not expand volumes) cannot change: the API server refuses it, and with it the rest of prod/flux-system/data",
                FROM_NOW,
            ],
        ),
        (
            "another target namespace of a release",
            &[(
                "apps/prod/release.yaml",
                "name: queue, namespace: shop}\nspec:\n",
                "name: queue, namespace: shop}\nspec:\n  targetNamespace: queues\n",
            )],
            &[
                "HelmRelease shop/queue: Helm uninstalls shop/queue with all its objects, and installs it again (spec.targetNamespace)",
            ],
        ),
    ]);
}

#[test]
fn what_is_deleted_is_caught_with_its_data() {
    assert_caught(&[
        (
            "a file that is no longer listed",
            &[("apps/prod/kustomization.yaml", "- rules.yaml\n", "")],
            &[
                "Role shop/reader and RoleBinding shop/readers: no longer in git, and deleted by prod/flux-system/apps (spec.prune)",
            ],
        ),
        (
            "releases, of which one is suspended",
            &[("apps/prod/kustomization.yaml", "- release.yaml\n", "")],
            &[
                "HelmRelease shop/queue: no longer in git, and deleted by prod/flux-system/apps (spec.prune), and Helm uninstalls what it released",
                "HelmRelease shop/cache and ConfigMap shop/cache-values: no longer in git, and deleted by prod/flux-system/apps (spec.prune)",
            ],
        ),
        (
            "claims of which one keeps its volume",
            &[("data/kustomization.yaml", "", "resources: [db.yaml, classes.yaml]\n")],
            &[
                "PersistentVolumeClaim data/files: no longer in git, and deleted by prod/flux-system/data (spec.prune), with its data (StorageClass fast does not retain it)",
                "PersistentVolumeClaim data/backup: no longer in git, and deleted by prod/flux-system/data (spec.prune)",
            ],
        ),
        (
            "a file that two clusters share",
            &[("base/kustomization.yaml", "resources: [shared.yaml]", "resources: [../next/report.yaml]")],
            &[
                "Secret shop/shared and ConfigMap next/report: what changes waits, for git suspends staging/flux-system/apps",
                "Secret shop/shared: no longer in git, and deleted by prod/flux-system/apps and staging/flux-system/apps (spec.prune)",
            ],
        ),
        (
            "a path that leads elsewhere",
            &[("clusters/prod/data.yaml", "path: ./data", "path: ./next")],
            &[
                "PersistentVolumeClaim data/files: no longer in git, and deleted by prod/flux-system/data (spec.prune), with its data (StorageClass fast does not retain it)",
                "CustomResourceDefinition widgets.test.io: no longer in git, and deleted by prod/flux-system/data (spec.prune), with every Widget of the cluster",
                "PersistentVolumeClaim data/backup, StorageClass fast, StorageClass safe and StatefulSet data/db: no longer in git, and deleted by prod/flux-system/data (spec.prune)",
            ],
        ),
    ]);
}

#[test]
fn what_goes_with_a_kustomization_moves_or_is_pruned_from_now_on_is_caught() {
    assert_caught(&[
        (
            "a Kustomization that prunes nothing, and deletes all when it is deleted",
            &[("clusters/prod/old.yaml", "kind: Kustomization\nmetadata: {name: old", "kind: Nothing\nmetadata: {name: old")],
            &[
                "Kustomization flux-system/old: no longer in git, and deleted by prod/flux-system/flux-system (spec.prune)",
                "ConfigMap old/report: no longer in git, and deleted by prod/flux-system/old (deleted itself)",
            ],
        ),
        (
            "a Kustomization that leaves what it applied",
            &[(
                "clusters/prod/tools.yaml",
                "kind: Kustomization\nmetadata: {name: tools",
                "kind: Nothing\nmetadata: {name: tools",
            )],
            &["Kustomization flux-system/tools: no longer in git, and deleted by prod/flux-system/flux-system (spec.prune)"],
        ),
        (
            "a suspended Kustomization, which leaves what it applied",
            &[(
                "clusters/staging/apps.yaml",
                "kind: Kustomization\nmetadata: {name: apps",
                "kind: Nothing\nmetadata: {name: apps",
            )],
            &["Kustomization flux-system/apps: no longer in git, and deleted by staging/flux-system/flux-system (spec.prune)"],
        ),
        (
            "an object that another Kustomization applies then",
            &[
                ("data/kustomization.yaml", "", "resources: [db.yaml, classes.yaml]\n"),
                (
                    "tools/claim.yaml",
                    "",
                    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: files, namespace: data}\nspec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: backup, namespace: data}\nspec: {storageClassName: safe, accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}\n",
                ),
            ],
            &[
                "PersistentVolumeClaim data/files: applied by prod/flux-system/tools instead of prod/flux-system/data; if prod/flux-system/data is applied first, deleted and created again, with its data (StorageClass fast does not retain it)",
                "PersistentVolumeClaim data/backup: applied by prod/flux-system/tools instead of prod/flux-system/data; if prod/flux-system/data is applied first, deleted and created again",
            ],
        ),
        (
            "pruning that begins",
            &[("clusters/prod/tools.yaml", "prune: false", "prune: true")],
            &["Kustomization flux-system/tools: from now on what leaves git is deleted from the cluster (spec.prune)"],
        ),
        (
            "a policy for the end",
            &[("clusters/prod/tools.yaml", "  prune: false\n", "  prune: false\n  deletionPolicy: WaitForTermination\n")],
            &[
                "Kustomization flux-system/tools: once it is deleted, all that it applied is deleted with it (spec.deletionPolicy)",
            ],
        ),
    ]);
}

#[test]
fn what_waits_is_caught() {
    assert_caught(&[
        (
            "another image below what is suspended with it",
            &[
                ("clusters/prod/apps.yaml", "  prune: true\n", "  prune: true\n  suspend: true\n"),
                (WEB, "web:1.4.0", "web:1.5.0"),
            ],
            &["Deployment shop/web: what changes may wait, for the same change suspends prod/flux-system/apps"],
        ),
        (
            "a new path of a Kustomization whose applier is suspended",
            &[("apps/staging/child.yaml", "path: ./old", "path: ./next")],
            &[
                "Kustomization flux-system/child, ConfigMap old/report and ConfigMap next/report: what changes waits, for git suspends staging/flux-system/apps",
                "ConfigMap old/report: no longer in git, and deleted by staging/flux-system/child (spec.prune)",
            ],
        ),
        (
            "what comes from a source that is suspended",
            &[("infra/zone.yaml", "{a: b}", "{a: c}")],
            &["ConfigMap infra/zone: what changes waits, for git suspends GitRepository flux-system/infra"],
        ),
        (
            "values of a suspended release",
            &[("apps/prod/release.yaml", "values: {size: 1}", "values: {size: 2}")],
            &["HelmRelease shop/cache: what changes in it waits, for git suspends HelmRelease shop/cache"],
        ),
        (
            "a ConfigMap with values of a suspended release",
            &[("apps/prod/release.yaml", "size: 2", "size: 3")],
            &["ConfigMap shop/cache-values: what changes waits, for git suspends HelmRelease shop/cache"],
        ),
    ]);
}

#[test]
fn what_arrives_at_once_or_has_no_effect_is_caught() {
    assert_caught(&[
        (
            "a Kustomization that goes on",
            &[("clusters/staging/apps.yaml", "  suspend: true\n", "")],
            &[
                "Kustomization flux-system/apps resumes: all that changed in git since it was suspended is applied at once, and what left git is deleted (spec.prune)",
            ],
        ),
        (
            "a release that goes on",
            &[("apps/prod/release.yaml", "  suspend: true\n", "")],
            &["HelmRelease shop/cache resumes: all that changed in git since it was suspended is released at once"],
        ),
        (
            "an object that Flux leaves alone",
            &[
                (WEB, "annotations: {team: shop}", "annotations: {kustomize.toolkit.fluxcd.io/reconcile: Disabled}"),
                (WEB, "web:1.4.0", "web:1.5.0"),
            ],
            &[
                "Deployment shop/web: Flux leaves it alone (kustomize.toolkit.fluxcd.io/reconcile: disabled): what git changes in it has no effect",
            ],
        ),
        (
            "an object that is only created",
            &[
                (WEB, "annotations: {team: shop}", "labels: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}"),
                (WEB, "{app: web, tier: front}", "{app: web, tier: back}"),
            ],
            &[
                "Deployment shop/web: Flux leaves it alone (kustomize.toolkit.fluxcd.io/ssa: IfNotPresent): what git changes in it has no effect",
            ],
        ),
        (
            "a number that an autoscaler sets again",
            &[(WEB, "replicas: 2", "replicas: 12")],
            &[
                "HorizontalPodAutoscaler shop/api scales Deployment shop/api too, and sets another number again; its maxReplicas is 9",
            ],
        ),
    ]);
}

#[test]
fn wider_rights_are_caught() {
    assert_caught(&[
        (
            "a verb and a resource more",
            &[(
                RULES,
                "resources: [pods, secrets], verbs: [get, list]",
                "resources: [pods, secrets, configmaps], verbs: [get, list, delete]",
            )],
            &["Role shop/reader allows more: get/list/delete configmaps, delete pods and delete secrets"],
        ),
        ("everything of a group", &[(RULES, "verbs: [get]}", "verbs: ['*']}")], &["Role shop/reader allows more: * *.apps"]),
        (
            "one more for a role",
            &[(RULES, "- {kind: Group", "- {kind: ServiceAccount, name: ci, namespace: build}\n- {kind: Group")],
            &["RoleBinding shop/readers gives ServiceAccount build/ci the rights of Role reader in namespace shop"],
        ),
        (
            "a new binding in the whole cluster",
            &[(
                "tools/binding.yaml",
                "",
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: ci}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects: [{kind: User, name: ci}]\n",
            )],
            &["ClusterRoleBinding ci gives User ci the rights of ClusterRole cluster-admin in the whole cluster"],
        ),
        (
            "a role that widens another",
            &[(
                "tools/role.yaml",
                "",
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: more, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}\nrules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]\n",
            )],
            &["ClusterRole more allows more: get secrets"],
        ),
        (
            "pods with the node's network and files",
            &[
                (
                    "tools/agent.yaml",
                    "      hostPID: true\n",
                    "      hostPID: true\n      hostNetwork: true\n      volumes: [{name: run, hostPath: {path: /run}}]\n",
                ),
                (
                    "tools/agent.yaml",
                    "image: registry.test/agent:1",
                    "image: registry.test/agent:1\n        securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN]}}",
                ),
            ],
            &[
                "the pods of DaemonSet tools/agent may do more on their nodes: SYS_ADMIN of agent, hostNetwork, hostPath /run and privileged agent",
            ],
        ),
        (
            "a token",
            &[(WEB, "      automountServiceAccountToken: false\n", "")],
            &["the pods of Deployment shop/web get the token of their ServiceAccount (automountServiceAccountToken)"],
        ),
    ]);
}

#[test]
fn budgets_quotas_and_limits_of_the_same_repository_are_caught() {
    assert_caught(&[
        (
            "as few pods as the budget wants",
            &[(WEB, "replicas: 3", "replicas: 2")],
            &[
                "PodDisruptionBudget shop/web lets no pod of Deployment shop/web be evicted (minAvailable 2 of 2 pods): draining its node waits",
            ],
        ),
        (
            "a budget of nothing",
            &[(WEB, "minAvailable: 2", "maxUnavailable: 0%")],
            &[
                "PodDisruptionBudget shop/web lets no pod of Deployment shop/web be evicted (maxUnavailable 0%): draining its node waits",
            ],
        ),
        (
            "more pods than the quota has room for",
            &[(WEB, "replicas: 3", "replicas: 7")],
            &[
                "the pods of namespace shop ask for more requests.memory than ResourceQuota shop/quota allows (6Gi): some are refused",
            ],
        ),
        (
            "more than a container may have",
            &[(WEB, "limits: {memory: 2Gi}", "limits: {memory: 5Gi}")],
            &["Deployment shop/web: more memory in container web than LimitRange shop/range allows: its pods are refused"],
        ),
        (
            "a smaller quota",
            &[(WEB, "pods: \"20\"", "pods: \"2\"")],
            &["the pods of namespace shop ask for more pods than ResourceQuota shop/quota allows (2): some are refused"],
        ),
    ]);
}

#[test]
fn what_an_instance_of_the_operator_syncs_is_pruned() {
    let instance = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux, namespace: flux-system}\nspec:\n  distribution: {version: 2.x, registry: ghcr.io/fluxcd}\n  sync: {kind: GitRepository, url: https://git.test/fleet, ref: refs/heads/main, path: clusters/op}\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: a}\n";
    let (one, other) = (map.replace("NAME", "one"), map.replace("NAME", "other"));
    let patched = instance.replace("spec:\n", "spec:\n  kustomize: {patches: [{target: {kind: Kustomization}, patch: '[{op: add, path: /spec/force, value: true}]'}]}\n");
    for instance in [instance, &patched] {
        let files = [("clusters/op/instance.yaml", instance), ("clusters/op/one.yaml", &one), ("clusters/op/other.yaml", &other)];
        let said = said_in(&files, &[("clusters/op/other.yaml", "name: other", "name: another")]);
        assert_eq!(said, ["ConfigMap a/other: no longer in git, and deleted by op/flux-system/flux-system (spec.prune)"]);
    }
}

const SELECTED: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: a}\nspec:\n  selector: {matchLabels: {app: web}}\n  replicas: 2\n";
const APPLIER: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: NAME, namespace: flux-system}\nspec:\n  path: ./apps\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n";

#[test]
fn a_planned_change_has_the_cautions_of_all_that_changes_with_it() {
    let apps = APPLIER.replace("NAME", "apps");
    let files = [("clusters/prod/apps.yaml", apps.as_str()), ("apps/web.yaml", SELECTED)];
    let refused = "Deployment a/web: spec.selector cannot change: the API server refuses it";
    let rest = format!("{refused}, and with it the rest of prod/flux-system/apps");
    for (scope, expected) in [(ChangeScope::Any, rest.as_str()), (folder("apps"), &rest)] {
        let plan = TestRepo::of(&files, scope).planned("deploy/web", &["spec.selector.matchLabels.app=other"]);
        let texts: Vec<_> = plan.cautions.iter().map(|caution| caution.text.as_str()).collect();
        assert_eq!(texts, [expected], "a folder that a Kustomization applies is applied by it");
    }
    let plan = TestRepo::of(&files[1..], folder("apps")).planned("deploy/web", &["spec.selector.matchLabels.app=other"]);
    assert_eq!(plan.cautions.len(), 1);
    assert_eq!(plan.cautions[0].text, refused, "nobody knows who applies it");
}

#[test]
fn several_fields_of_one_change_are_compared_with_what_is_there_today() {
    let apps = APPLIER.replace("NAME", "apps");
    let files = [("clusters/prod/apps.yaml", apps.as_str()), ("apps/web.yaml", SELECTED)];
    let set = ["spec.selector.matchLabels.app=other", "spec.replicas=3"];
    let plan = TestRepo::of(&files, ChangeScope::Any).planned("deploy/web", &set);
    assert_eq!(plan.cautions.len(), 1, "{:?}", plan.cautions);
    let patched = TestRepo::of(&files, ChangeScope::Any).layer(LayerChoice::NewPatch);
    let plan = patched.planned("deploy/web", &["spec.selector.matchLabels.app=other"]);
    assert_eq!(plan.cautions.len(), 1, "whatever the layer: {:?}", plan.cautions);
}

#[test]
fn what_is_asked_beyond_a_limit_and_another_major_version_are_caught() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: db, namespace: a}\nspec: {chart: {spec: {chart: postgres, version: 1.9.0}}}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: one, namespace: a}\nspec: {containers: [{name: web, image: \"r.test/web:2.1.0\", resources: {requests: {memory: 1Gi, cpu: 1}, limits: {memory: 2Gi}}}]}\n";
    let apps = APPLIER.replace("NAME", "apps");
    let files = [("clusters/prod/apps.yaml", apps.as_str()), ("apps/db.yaml", release), ("apps/one.yaml", pod)];
    let refused = "Pod a/one: more memory is requested in container web than its limit allows: the API server refuses it";
    for (edit, expected) in [
        (("apps/one.yaml", "memory: 1Gi", "memory: 2049Mi"), vec![refused]),
        (("apps/one.yaml", "memory: 2Gi", "memory: 1000M"), vec![refused]),
        (("apps/one.yaml", "memory: 1Gi", "memory: 2048Mi"), vec![]),
        (("apps/one.yaml", "cpu: 1", "cpu: 64"), vec![]),
        (
            ("apps/db.yaml", "1.9.0", "2.0.0"),
            vec!["HelmRelease a/db: chart postgres 1.9.0 -> 2.0.0 is a new major version, which may not be compatible"],
        ),
        (
            ("apps/one.yaml", "web:2.1.0", "web:1.9.9"),
            vec![
                "Pod a/one: image r.test/web of container web 2.1.0 -> 1.9.9 is a major version back: what the newer one has changed may not be readable",
            ],
        ),
        (("apps/db.yaml", "1.9.0", "1.10.0"), vec![]),
        (("apps/db.yaml", "1.9.0", "2.x"), vec![]),
    ] {
        let said: Vec<_> = said_in(&files, &[edit]).into_iter().filter(|text| !text.contains("cannot change")).collect();
        assert_eq!(said, expected, "{edit:?}");
    }
}
