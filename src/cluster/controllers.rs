//! Flux's controllers: their Deployments, and the pods of these.
//!
//! They are found as the flux CLI finds them, by the label that says what they are a part of (flux2 `pkg/manifestgen/labels.go`,
//! `cmd/flux/logs.go`), but in all namespaces, since nothing says in which one Flux runs.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::List;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;

use super::connection::Connection;
use super::failure::Failure;
use super::look::get;
use super::served::escape;
use fluxdeck_model::domain::text::sanitise;

/// The Deployments of Flux, and of the Flux Operator.
const PART: &str = "app.kubernetes.io/part-of in (flux,flux-operator)";
const COMPONENT: &str = "app.kubernetes.io/component";
const NAME: &str = "app.kubernetes.io/name";
/// The flag that limits a controller to the objects of its shard (fluxcd/pkg `runtime/controller/watch.go`).
const SHARD: &str = "--watch-label-selector=";
/// The namespace of `flux install`, if nothing else is said.
pub const FLUX_NAMESPACE: &str = "flux-system";

/// One controller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controller {
    /// What it is: `kustomize-controller`.
    pub component: String,
    /// Its Deployment.
    pub name: String,
    pub namespace: String,
    /// The selector of the objects that it reconciles, where it does not reconcile all.
    pub shard: Option<String>,
    /// All of its pods: one is the leader, which reconciles, and which one may change.
    pub pods: Vec<String>,
}

/// Finds the controllers in a namespace, or in all.
///
/// # Errors
/// As for any request; also where their pods may not be listed.
pub async fn controllers(connection: &Connection, namespace: Option<&str>, limit: Duration) -> Result<Vec<Controller>, Failure> {
    let uri = format!("{}?labelSelector={}", deployments(namespace), escape(PART));
    let found: List<Deployment> = get(&connection.client, &uri, limit).await?;
    let mut controllers = Vec::new();
    for deployment in found.items {
        let mut controller = read(&deployment);
        let selector = deployment.spec.selector.match_labels.unwrap_or_default();
        controller.pods = pods(connection, &controller.namespace, &selector, limit).await?;
        controllers.push(controller);
    }
    controllers.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    Ok(controllers)
}

fn deployments(namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("/apis/apps/v1/namespaces/{}/deployments", escape(namespace)),
        None => "/apis/apps/v1/deployments".to_owned(),
    }
}

fn read(deployment: &Deployment) -> Controller {
    let metadata = &deployment.metadata;
    let name = metadata.name.clone().unwrap_or_default();
    let label = |key: &str| metadata.labels.as_ref().and_then(|labels| labels.get(key)).cloned();
    let arguments = deployment
        .spec
        .template
        .spec
        .iter()
        .flat_map(|spec| &spec.containers)
        .flat_map(|container| container.args.iter().flatten());
    let shard = arguments.filter_map(|argument| argument.strip_prefix(SHARD)).find(|selector| !selector.is_empty());
    Controller {
        component: label(COMPONENT).or_else(|| label(NAME)).unwrap_or_else(|| name.clone()),
        namespace: metadata.namespace.clone().unwrap_or_default(),
        shard: shard.map(|selector| sanitise(selector).into_owned()),
        name,
        pods: Vec::new(),
    }
}

async fn pods(
    connection: &Connection,
    namespace: &str,
    selector: &BTreeMap<String, String>,
    limit: Duration,
) -> Result<Vec<String>, Failure> {
    if selector.is_empty() {
        return Ok(Vec::new());
    }
    let labels: Vec<_> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let uri = format!("/api/v1/namespaces/{}/pods?labelSelector={}", escape(namespace), escape(&labels.join(",")));
    let found: List<Pod> = get(&connection.client, &uri, limit).await?;
    let mut names: Vec<_> = found.items.into_iter().filter_map(|pod| pod.metadata.name).collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_controller_is_what_its_labels_say_and_has_the_shard_of_its_flag() {
        let deployment = |labels: serde_json::Value, args: serde_json::Value| {
            let template = json!({"spec": {"containers": [{"name": "manager", "args": args}]}});
            let selector = json!({"matchLabels": {"app": "x"}});
            let metadata = json!({"name": "kustomize-controller-2", "namespace": "gitops", "labels": labels});
            serde_json::from_value::<Deployment>(
                json!({"metadata": metadata, "spec": {"selector": selector, "template": template}}),
            )
            .expect("a Deployment")
        };
        for (labels, args, component, shard) in [
            (json!({COMPONENT: "kustomize-controller"}), json!(["--log-level=info"]), "kustomize-controller", None),
            (
                json!({COMPONENT: "kustomize-controller"}),
                json!(["--watch-label-selector=key=2"]),
                "kustomize-controller",
                Some("key=2"),
            ),
            (json!({NAME: "flux-operator"}), json!([]), "flux-operator", None),
            (json!({}), json!(["--watch-label-selector="]), "kustomize-controller-2", None),
        ] {
            let read = read(&deployment(labels, args));
            assert_eq!((read.component.as_str(), read.shard.as_deref(), &*read.namespace), (component, shard, "gitops"));
        }
        assert_eq!(deployments(Some("a/b")), "/apis/apps/v1/namespaces/a%2Fb/deployments");
    }
}
