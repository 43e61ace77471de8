//! A small cluster in which a value is composed in every way there is.

use fluxdeck_model::render::tree::Memory;

/// Its repository.
pub fn tree() -> Memory {
    Memory::new([
        ("clusters/one/flux.yaml", ROOT),
        ("clusters/one/apps.yaml", APPS),
        (
            "clusters/one/vars/kustomization.yaml",
            "kind: Kustomization\nnamespace: flux-system\nconfigMapGenerator:\n- name: made\n  literals: [zone=eu, 'note=\"a b\"']\n  envs: [more.env]\n  options: {disableNameSuffixHash: true}\n",
        ),
        ("clusters/one/vars/more.env", "# more\ntier=gold\nempty=\n"),
        ("apps/kustomization.yaml", OVERLAY),
        ("apps/files/app.conf", "color = blue\n"),
        ("apps/add.yaml", ADD),
        (
            "apps/quoted.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: quoted}\ndata: {a: b, c: d, e: 'pay 5$$ to $${not} ${host}', path: /one/two}\n",
        ),
        (
            "base/kustomization.yaml",
            "kind: Kustomization\nresources: [web.yaml]\nimages:\n- {name: app, newName: forge.test/app}\n- {name: side, tagSuffix: -slim}\n",
        ),
        ("base/web.yaml", WEB),
    ])
}

const ROOT: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\n\
    spec: {path: ./clusters/one, sourceRef: {kind: GitRepository, name: flux-system}}\n";

const APPS: &str = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: GitRepository, name: flux-system}
  namePrefix: p-
  commonMetadata: {labels: {team: a$$b}}
  images:
  - {name: forge.test/app, newTag: \"${tag}-x\"}
  patches:
  - target: {kind: Deployment}
    patch: |
      - op: add
        path: /spec/minReadySeconds
        value: 5
      - op: add
        path: /metadata/annotations
        value: {zone: \"in-${zone}\", price: \"5$$\"}
  - target: {kind: ConfigMap, name: quoted}
    patch: \"data:\\n  c: patched\\nkind: ConfigMap\\nmetadata: {name: quoted}\\napiVersion: v1\\n\"
  postBuild:
    substitute: {tag: \"1.2\", count: \"3\", host: example.test}
    substituteFrom:
    - {kind: ConfigMap, name: made}
";

const OVERLAY: &str = "\
kind: Kustomization
resources: [../base, quoted.yaml]
nameSuffix: -s
transformers: [add.yaml]
labels:
- pairs: {app: &app web, also: *app}
  includeSelectors: false
configMapGenerator:
- name: files
  files: [files/app.conf]
  literals:
  - plain=a
  - quoted='b c'
  options: {disableNameSuffixHash: true}
replacements:
- source: {kind: ConfigMap, name: quoted, fieldPath: data.a}
  targets:
  - select: {kind: Deployment}
    fieldPaths: [spec.template.metadata.annotations.copied]
    options: {create: true}
  - select: {kind: Deployment}
    fieldPaths: [spec.template.metadata.annotations.path]
    options: {delimiter: /, index: 1}
- source: {kind: Deployment, fieldPath: spec.template.metadata.annotations.from, options: {delimiter: '-', index: 1}}
  targets:
  - select: {kind: Deployment}
    fieldPaths: [spec.template.metadata.annotations.piece]
vars:
- name: WHO
  objref: {apiVersion: apps/v1, kind: Deployment, name: web}
  fieldref: {fieldPath: spec.template.metadata.annotations.who}
";

const ADD: &str = "\
apiVersion: builtin
kind: ValueAddTransformer
metadata: {name: add}
value: inserted
targets:
- {fieldPath: data/path, filePathPosition: 2, selector: {name: quoted}}
";

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${count}
  revisionHistoryLimit: ${kept:=4}
  template:
    metadata:
      annotations:
        path: one/two/three
        from: x-piece-y
        piece: none
        who: somebody
        url: https://${host}/${zone}?twice=${zone}
        upper: ${tier^^}
        default: ${none:=nothing} of it
        empty: pre${empty}post
        folded: >-
          a long
          ${note} text
    spec:
      containers:
      - name: app
        image: app:1
        args: [\"--who=$(WHO)\", \"$(WHO)\", \"$$(NOT) $(WHO)\"]
        env:
        - {name: A, value: &shared both}
        - {name: B, value: *shared}
      - {name: side, image: \"side:2@sha256:ab\"}
      - {name: other, image: other}
";
