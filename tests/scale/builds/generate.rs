//! The repository: one cluster, and for each Flux Kustomization a base with its manifests, an overlay that uses most of kustomize, and a
//! base and a component in common.

use std::fmt::Write as _;
use std::path::Path;

/// How large it is.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub kustomizations: usize,
    /// Manifests in each base.
    pub manifests: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { kustomizations: 100, manifests: 15 }
    }
}

/// Folders that hold a kustomization file of their own, as `kustomize build` takes them.
pub fn paths(sizes: Sizes) -> Vec<String> {
    (0..sizes.kustomizations).map(|index| format!("apps/{index}/overlay")).collect()
}

/// Writes all files; returns how many.
pub fn write(root: &Path, sizes: Sizes) -> usize {
    let mut files = Files { root, count: 0 };
    files.add("shared/component/kustomization.yaml", COMPONENT);
    edit_shared(root, 0);
    files.count += 1;
    files.add("clusters/main/flux-system/sync.yaml", &format!("{}{SOURCE}", flux("flux-system", "clusters/main", "")));
    let post = "  postBuild:\n    substitute: {zone: z1, size: \"3\"}\n";
    for index in 0..sizes.kustomizations {
        files.add(
            &format!("clusters/main/app-{index}.yaml"),
            &flux(&format!("app-{index}"), &format!("apps/{index}/overlay"), post),
        );
        files.add(&format!("apps/{index}/overlay/kustomization.yaml"), &overlay(index));
        files.add(&format!("apps/{index}/overlay/patch.yaml"), PATCH);
        files.add(&format!("apps/{index}/overlay/app.properties"), "level=info\nzone=${zone}\n");
        let mut list = "resources:\n".to_owned();
        for number in 0..sizes.manifests {
            let name = format!("part-{number}.yaml");
            let _ = writeln!(list, "- {name}");
            files.add(&format!("apps/{index}/base/{name}"), &manifest(number));
        }
        files.add(&format!("apps/{index}/base/kustomization.yaml"), &list);
    }
    files.count
}

/// Changes a file that one Kustomization reads.
pub fn edit_one(root: &Path, turn: usize) {
    let text = manifest(1).replace("value: plain", &format!("value: turn-{turn}"));
    std::fs::write(root.join("apps/7/base/part-1.yaml"), text).expect("the throwaway directory");
}

/// Changes a file that all Kustomizations read.
pub fn edit_shared(root: &Path, turn: usize) {
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shared}}\ndata: {{turn: \"{turn}\"}}\n");
    std::fs::write(root.join("shared/component/shared.yaml"), text).expect("the throwaway directory");
}

struct Files<'r> {
    root: &'r Path,
    count: usize,
}

impl Files<'_> {
    fn add(&mut self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the throwaway directory");
        std::fs::write(path, text).expect("the throwaway directory");
        self.count += 1;
    }
}

fn flux(name: &str, path: &str, more: &str) -> String {
    let head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  namespace: flux-system\n";
    format!(
        "{head}  name: {name}\nspec:\n  interval: 1h\n  prune: true\n  path: ./{path}\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n{more}"
    )
}

fn overlay(index: usize) -> String {
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: app-{index}\nnamePrefix: prod-\nresources:\n- ../base\n\
         components:\n- ../../../shared/component\nlabels:\n- pairs: {{app.example.test/name: app-{index}}}\n  includeSelectors: true\n\
         patches:\n- path: patch.yaml\n  target: {{kind: Deployment}}\nimages:\n- name: registry.example.test/web\n  newTag: 1.{index}.0\n\
         replicas:\n- {{name: web-0, count: 3}}\nconfigMapGenerator:\n- name: settings\n  files: [app.properties]\n"
    )
}

const COMPONENT: &str = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [shared.yaml]\n\
    commonAnnotations: {example.test/shared: \"true\"}\n";

const SOURCE: &str = "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\n\
    spec: {interval: 1m, url: \"https://git.example.test/fleet.git\"}\n";

const PATCH: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: any}\nspec:\n  template:\n    spec:\n      containers:\n      \
    - name: web\n        resources: {limits: {memory: 128Mi}}\n        envFrom: [{configMapRef: {name: settings}}]\n";

/// A workload, its service, its settings, in turn.
fn manifest(number: usize) -> String {
    match number % 3 {
        0 => format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{number}\nspec:\n  replicas: 1\n  selector:\n    matchLabels: {{app: web-{number}}}\n  \
             template:\n    metadata:\n      labels: {{app: web-{number}}}\n    spec:\n      containers:\n      - name: web\n        \
             image: registry.example.test/web:1.0.0\n        ports: [{{containerPort: 8080, name: http}}]\n        env:\n        \
             - {{name: ZONE, value: \"${{zone}}\"}}\n        - name: SETTING\n          valueFrom: {{configMapKeyRef: {{name: settings, key: app.properties}}}}\n        \
             readinessProbe:\n          httpGet: {{path: /ready, port: http}}\n      - name: proxy\n        image: registry.example.test/proxy:2\n"
        ),
        1 => format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config-{number}\n  annotations: {{note: plain}}\ndata:\n  value: plain\n  text: |\n    one\n    two\n    three\n"
        ),
        _ => format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web-{number}\nspec:\n  selector: {{app: web-{number}}}\n  ports:\n  - {{name: http, port: 80, targetPort: http}}\n"
        ),
    }
}
