//! The API groups of Flux, its operator and its predecessor.

pub const SOURCE: &str = "source.toolkit.fluxcd.io";
pub const EXTENSIONS: &str = "source.extensions.fluxcd.io";
pub const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io";
pub const HELM: &str = "helm.toolkit.fluxcd.io";
pub const NOTIFICATION: &str = "notification.toolkit.fluxcd.io";
pub const IMAGE: &str = "image.toolkit.fluxcd.io";
pub const OPERATOR: &str = "fluxcd.controlplane.io";

/// helm-operator 1.x.
pub const HELM_OPERATOR: &str = "helm.fluxcd.io";
/// helm-operator 0.5 to 0.10.
pub const WEAVE: &str = "flux.weave.works";
/// helm-operator before 0.5.
pub const INTEGRATIONS: &str = "helm.integrations.flux.weave.works";
