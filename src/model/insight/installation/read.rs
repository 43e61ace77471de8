//! What an installation is made of, from whole bodies.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::text::sanitise;
use crate::domain::{ClusterId, Health, ObjectRef, Str};
use crate::kinds::{self, Kind, Reader, Wire};

/// One controller as its Deployment says.
#[derive(Clone, Debug, PartialEq)]
pub struct InstalledController {
    pub object: ObjectRef,
    /// By kstatus' rule, which flux goes by.
    pub health: Health,
    pub reason: String,
    pub message: String,
    /// Ready and desired.
    pub replicas: Option<(u32, u32)>,
    /// Of its containers, in order.
    pub images: Vec<String>,
    /// `v2.9.4`.
    pub distribution: Option<String>,
}

/// One kind of Flux as its CustomResourceDefinition says.
#[derive(Clone, Debug, PartialEq)]
pub struct InstalledApi {
    pub object: ObjectRef,
    pub kind: String,
    /// In which versions objects may be stored, the newest last.
    pub stored: Vec<String>,
    pub served: Vec<String>,
    /// `v2.9.4`.
    pub version: Option<String>,
    /// The Kustomization that applies it, by its label.
    pub applied_by: Option<String>,
}

fn texts(value: Option<&Value>, read: impl Fn(&Value) -> Option<&str>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|entry| read(entry).map(|text| sanitise(text).into_owned())).collect()
}

fn label(body: &Value, key: &str) -> Option<String> {
    body["metadata"]["labels"][key].as_str().map(|text| sanitise(text).into_owned())
}

fn named(body: &Value, kind: &Kind) -> ObjectRef {
    let text = |key: &str| Str::from(&*sanitise(body["metadata"][key].as_str().unwrap_or_default()));
    ObjectRef::new(ClusterId::default(), kind.gk(), text("namespace"), text("name"))
}

impl InstalledController {
    /// Reads a whole Deployment; none where it is not one.
    pub fn read(body: &Value) -> Option<Self> {
        let wire: Wire = serde_json::from_value(body.clone()).ok()?;
        // nothing that is read of a Deployment depends on its age
        let now = Timestamp::UNIX_EPOCH;
        let read = Reader::new(ClusterId::default(), kinds::DEPLOYMENT.gk(), "v1", kinds::DEPLOYMENT).read(&wire, now);
        Some(Self {
            object: named(body, kinds::DEPLOYMENT),
            health: read.verdict.health,
            reason: read.verdict.reason.to_string(),
            message: read.verdict.message.to_string(),
            replicas: read.facts.ready,
            images: texts(body.pointer("/spec/template/spec/containers"), |container| container["image"].as_str()),
            distribution: label(body, "app.kubernetes.io/version"),
        })
    }
}

impl InstalledApi {
    /// Reads a whole CustomResourceDefinition.
    pub fn read(body: &Value) -> Self {
        let kind = body.pointer("/spec/names/kind").and_then(Value::as_str).unwrap_or_default();
        let is_served = |version: &Value| version["served"].as_bool() == Some(true);
        Self {
            object: named(body, kinds::CUSTOM_RESOURCE_DEFINITION),
            kind: sanitise(kind).into_owned(),
            stored: texts(body.pointer("/status/storedVersions"), Value::as_str),
            served: texts(body.pointer("/spec/versions"), |version| version["name"].as_str().filter(|_| is_served(version))),
            version: label(body, "app.kubernetes.io/version"),
            applied_by: label(body, "kustomize.toolkit.fluxcd.io/namespace"),
        }
    }

    /// The one by which flux knows an installation.
    pub(super) fn is_of_git(&self) -> bool {
        *self.object.name == *"gitrepositories.source.toolkit.fluxcd.io"
    }
}
