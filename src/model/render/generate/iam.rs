//! The generator `IAMPolicyGenerator`: a service account bound to one of Google's.
//! Source: kustomize api v0.21.1 `filters/iampolicygenerator`.

use super::super::decode::{Fields, Mode};
use super::super::error::{BuildError, Result};
use super::super::fields;
use super::super::node::{Layer, Node, Notation, Tag, Trace};
use super::super::resource::Resource;

/// Makes the ServiceAccount that its settings describe.
///
/// # Errors
/// Another cloud.
pub fn service_account(settings: &Node) -> Result<Resource> {
    let all = Fields::of(settings, &["cloud", "kubernetesService", "serviceAccount"], Mode::Lenient)?;
    if all.plain("cloud")?.as_ref() != "gke" {
        return Err(
            BuildError::invalid(format!("cloud provider {} not supported yet", all.plain("cloud")?)).at(settings.origin())
        );
    }
    let null = Node::null(settings.trace.clone());
    let service = Fields::of(all.get("kubernetesService").unwrap_or(&null), &["name", "namespace"], Mode::Lenient)?;
    let account = Fields::of(all.get("serviceAccount").unwrap_or(&null), &["name", "projectId"], Mode::Lenient)?;
    let trace = Trace::new(settings.origin().as_layer(Layer::Generator).as_form(Notation::Maker));
    let text = |text: &str| Node::scalar(text, Tag::Str, trace.clone());
    let mut node = Node::map(Vec::new(), trace.clone());
    fields::set(&mut node, "apiVersion", text("v1"))?;
    fields::set(&mut node, "kind", text("ServiceAccount"))?;
    let mut annotations = Node::map(Vec::new(), trace.clone());
    let email = format!("{}@{}.iam.gserviceaccount.com", account.plain("name")?, account.plain("projectId")?);
    fields::set(&mut annotations, "iam.gke.io/gcp-service-account", text(&email))?;
    let mut meta = Node::map(Vec::new(), trace.clone());
    fields::set(&mut meta, "annotations", annotations)?;
    fields::set(&mut meta, "name", text(&service.plain("name")?))?;
    let namespace = service.plain("namespace")?;
    if !namespace.is_empty() {
        fields::set(&mut meta, "namespace", text(&namespace))?;
    }
    fields::set(&mut node, "metadata", meta)?;
    Ok(Resource::new(node))
}
