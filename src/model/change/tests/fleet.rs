//! A company's repository with two clusters, and what is said of a change of its files.

use super::super::write::ChangedFile;
use super::super::{Builds, cautions_between};
use crate::render::repository::Builder;
use crate::render::tree::{Memory, Tree};

/// A change of one file: the text that is replaced, and by what. With the whole text empty the file is new.
pub type FileEdit = (&'static str, &'static str, &'static str);

const FILES: &[(&str, &str)] = &[
    ("clusters/prod/root.yaml", PROD),
    ("clusters/prod/apps.yaml", APPS),
    ("clusters/prod/data.yaml", DATA),
    ("clusters/prod/tools.yaml", TOOLS),
    ("clusters/prod/old.yaml", OLD),
    ("clusters/prod/infra.yaml", INFRA),
    ("clusters/prod/vars.yaml", VARS),
    ("clusters/prod/far.yaml", FAR),
    ("vars/all.yaml", VARIABLE),
    ("far/web.yaml", FAR_WEB),
    ("clusters/staging/root.yaml", STAGING),
    ("clusters/staging/apps.yaml", APPS_OF_STAGING),
    ("base/kustomization.yaml", "resources: [shared.yaml]\n"),
    ("base/shared.yaml", SHARED),
    ("apps/prod/kustomization.yaml", LISTED),
    ("apps/prod/web.yaml", WEB),
    ("apps/prod/blog.yaml", BLOG),
    ("apps/prod/rules.yaml", RULES),
    ("apps/prod/release.yaml", RELEASE),
    ("apps/staging/kustomization.yaml", "resources: [../../base, child.yaml]\n"),
    ("apps/staging/child.yaml", CHILD),
    ("infra/zone.yaml", ZONE),
    ("data/db.yaml", DB),
    ("data/claim.yaml", CLAIM),
    ("data/classes.yaml", CLASSES),
    ("tools/job.yaml", JOB),
    ("tools/agent.yaml", AGENT),
    ("old/report.yaml", REPORT),
    ("next/report.yaml", NEXT),
];

const PROD: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./clusters/prod, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec:
  url: https://git.test/fleet
"#;
const STAGING: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./clusters/staging, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
"#;
const APPS: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps/prod
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
"#;
const APPS_OF_STAGING: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps/staging
  prune: true
  suspend: true
  sourceRef: {kind: GitRepository, name: flux-system}
"#;
const DATA: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: data, namespace: flux-system}
spec:
  path: ./data
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
"#;
const TOOLS: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: tools, namespace: flux-system}
spec:
  path: ./tools
  prune: false
  sourceRef: {kind: GitRepository, name: flux-system}
"#;
const OLD: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: old, namespace: flux-system}
spec:
  path: ./old
  prune: false
  deletionPolicy: Delete
  sourceRef: {kind: GitRepository, name: flux-system}
"#;
const INFRA: &str = r#"apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: infra, namespace: flux-system}
spec: {url: "https://git.test/fleet", suspend: true}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: infra, namespace: flux-system}
spec: {path: ./infra, prune: true, sourceRef: {kind: GitRepository, name: infra}}
"#;
/// Applied by a Kustomization that is suspended, and not suspended itself.
const CHILD: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: child, namespace: flux-system}
spec: {path: ./old, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
"#;
const SHARED: &str = r#"apiVersion: v1
kind: Secret
metadata: {name: shared, namespace: shop}
type: Opaque
"#;
const LISTED: &str = r#"resources:
- ../../base
- web.yaml
- blog.yaml
- rules.yaml
- release.yaml
configMapGenerator:
- name: settings
  namespace: shop
  literals: [colour=blue]
  options: {immutable: true}
"#;
/// A Deployment with a budget and a quota, another one with an autoscaler, and the same names in another namespace (`BLOG`).
const WEB: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations: {team: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      automountServiceAccountToken: false
      containers:
      - name: web
        image: registry.test/web:1.4.0
        envFrom: [{configMapRef: {name: settings}}]
        resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "registry.test/api:1", resources: {requests: {memory: 1Gi}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api, namespace: shop}
spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota, namespace: shop}
spec: {hard: {requests.memory: 6Gi, pods: "20"}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: range, namespace: shop}
spec: {limits: [{type: Container, max: {memory: 4Gi}}, {type: PersistentVolumeClaim, max: {storage: 50Gi}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"#;
const BLOG: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: blog}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.test/blog:1", resources: {requests: {memory: 9Gi}}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: fixed, namespace: blog}
immutable: true
data: {colour: blue}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: kept
  namespace: blog
  annotations: {kustomize.toolkit.fluxcd.io/prune: Disabled}
data: {colour: blue}
"#;
const RULES: &str = r#"apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [""], resources: [pods, secrets], verbs: [get, list]}
- {apiGroups: [apps], resources: ["*"], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: bot, namespace: shop}
- {kind: Group, name: developers, apiGroup: rbac.authorization.k8s.io}
"#;
const RELEASE: &str = r#"apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cache, namespace: shop}
spec:
  suspend: true
  chartRef: {kind: OCIRepository, name: cache}
  valuesFrom: [{kind: ConfigMap, name: cache-values}]
  values: {size: 1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cache-values, namespace: shop}
data: {values.yaml: "size: 2"}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: queue, namespace: shop}
spec:
  chartRef: {kind: OCIRepository, name: cache}
  values: {size: 1}
"#;
const DB: &str = r#"apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
  namespace: data
  annotations: {kustomize.toolkit.fluxcd.io/force: enabled}
spec:
  serviceName: db
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "registry.test/db:1"}]}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}]
"#;
const CLAIM: &str = r#"apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files, namespace: data}
spec:
  storageClassName: fast
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 10Gi}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: backup, namespace: data}
spec:
  storageClassName: safe
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 10Gi}}
"#;
const CLASSES: &str = r#"apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: csi.test
allowVolumeExpansion: true
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: safe}
provisioner: csi.test
reclaimPolicy: Retain
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.test.io}
spec: {group: test.io, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: []}
"#;
const JOB: &str = r#"apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: tools}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: migrate, image: "registry.test/migrate:1"}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: tools}
spec:
  ttlSecondsAfterFinished: 60
  template:
    spec: {restartPolicy: Never, containers: [{name: once, image: "registry.test/once:1"}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: later, namespace: tools}
spec:
  suspend: true
  template:
    spec: {restartPolicy: Never, containers: [{name: later, image: "registry.test/later:1"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: tools}
spec:
  schedule: 0 3 * * *
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: nightly, image: "registry.test/nightly:1"}]}
"#;
const AGENT: &str = r#"apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: tools}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      hostPID: true
      containers:
      - name: agent
        image: registry.test/agent:1
"#;
const REPORT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: report, namespace: old}\ndata: {a: b}\n";

/// Built with variables that only the cluster knows.
const VARS: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: vars, namespace: flux-system}
spec:
  path: ./vars
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substituteFrom: [{kind: Secret, name: vars}]}
"#;
const VARIABLE: &str = r#"apiVersion: apps/v1
kind: StatefulSet
metadata: {name: vars, namespace: vars}
spec:
  serviceName: ${name}
  selector: {matchLabels: {app: vars}}
  template:
    metadata: {labels: {app: vars}}
    spec: {containers: [{name: vars, image: "registry.test/vars:1"}]}
---
apiVersion: v1
kind: Secret
metadata: {name: sealed, namespace: vars}
immutable: true
data: {a: "ENC[AES256_GCM,data:x,iv:a,tag:b,type:str]"}
sops: {version: 3.9.0}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: plain, namespace: vars}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"#;
/// Applied to another cluster.
const FAR: &str = r#"apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: far, namespace: flux-system}
spec:
  path: ./far
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
  kubeConfig: {secretRef: {name: far}}
"#;
const FAR_WEB: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: far, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.test/web:1", resources: {requests: {memory: 9Gi}}}]}
"#;
const NEXT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: report, namespace: next}\ndata: {a: b}\n";
const ZONE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: zone, namespace: infra}\ndata: {a: b}\n";

/// What is said of a change.
pub fn said_of(edits: &[FileEdit]) -> Vec<String> {
    said_in(FILES, edits)
}

/// The same in another repository.
pub fn said_in(files: &[(&str, &str)], edits: &[FileEdit]) -> Vec<String> {
    let mut tree = Memory::new(files.iter().copied());
    let mut builder = Builder::default();
    let before = Builds::new(&mut builder).members(&tree).expect("it can be read");
    let mut changed = Vec::new();
    for (path, old, new) in edits {
        let bytes = tree.read(path).ok();
        let text = bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        assert!(text.contains(old), "{path} does not say {old}");
        let after = text.replacen(old, new, 1);
        tree.insert(path, after.as_bytes());
        changed.push(ChangedFile { path: (*path).into(), before: bytes, after: Some(after.as_bytes().into()) });
    }
    let after = Builds::new(&mut builder).members(&tree).expect("it can be read");
    cautions_between(&before, &after, &changed).into_iter().map(|caution| caution.text).collect()
}
