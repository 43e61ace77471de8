//! Kinds without a relevant status: only their metadata is requested, so that no payload is transferred, least of all a Secret's.
//!
//! They are current as soon as they exist (kstatus' generic rule). They share a file because each is one line.

use super::{Body, Kind};

pub(super) const CONFIG_MAP: Kind = namespaced("", "ConfigMap", "configmaps", &["cm"]);
pub(super) const SECRET: Kind = namespaced("", "Secret", "secrets", &[]);
pub(super) const SERVICE_ACCOUNT: Kind = namespaced("", "ServiceAccount", "serviceaccounts", &["sa"]);
pub(super) const LIMIT_RANGE: Kind = namespaced("", "LimitRange", "limitranges", &["limits"]);
pub(super) const RESOURCE_QUOTA: Kind = namespaced("", "ResourceQuota", "resourcequotas", &["quota"]);

pub(super) const NETWORK_POLICY: Kind = namespaced("networking.k8s.io", "NetworkPolicy", "networkpolicies", &["netpol"]);

const RBAC: &str = "rbac.authorization.k8s.io";
pub(super) const ROLE: Kind = namespaced(RBAC, "Role", "roles", &[]);
pub(super) const ROLE_BINDING: Kind = namespaced(RBAC, "RoleBinding", "rolebindings", &[]);
pub(super) const CLUSTER_ROLE: Kind = cluster_wide(RBAC, "ClusterRole", "clusterroles", &[]);
pub(super) const CLUSTER_ROLE_BINDING: Kind = cluster_wide(RBAC, "ClusterRoleBinding", "clusterrolebindings", &[]);

pub(super) const INGRESS_CLASS: Kind = cluster_wide("networking.k8s.io", "IngressClass", "ingressclasses", &[]);
pub(super) const PRIORITY_CLASS: Kind = cluster_wide("scheduling.k8s.io", "PriorityClass", "priorityclasses", &["pc"]);
pub(super) const STORAGE_CLASS: Kind = cluster_wide("storage.k8s.io", "StorageClass", "storageclasses", &["sc"]);

const ADMISSION: &str = "admissionregistration.k8s.io";
pub(super) const MUTATING_WEBHOOK: Kind =
    cluster_wide(ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", &[]);
pub(super) const VALIDATING_WEBHOOK: Kind =
    cluster_wide(ADMISSION, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", &[]);

const fn namespaced(group: &'static str, kind: &'static str, plural: &'static str, short: &'static [&'static str]) -> Kind {
    Kind { kind, group, plural, short, body: Body::Metadata, ..Kind::BASE }
}

const fn cluster_wide(group: &'static str, kind: &'static str, plural: &'static str, short: &'static [&'static str]) -> Kind {
    Kind { namespaced: false, ..namespaced(group, kind, plural, short) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{CLUSTER_ROLE, SECRET};
    use crate::domain::Health;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{edges, read, table};

    #[test]
    fn to_exist_is_to_be_ready() {
        table(
            &CLUSTER_ROLE,
            &[
                ("there", json!({}), Ready, ""),
                ("being deleted", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}), Terminating, "Terminating"),
            ],
        );
    }

    #[test]
    fn metadata_alone_gives_the_owner() {
        let labels = json!({"kustomize.toolkit.fluxcd.io/name": "fleet", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
        let secret = read(&SECRET, &json!({"metadata": {"labels": labels}}));

        assert_eq!(secret.verdict.health, Health::Ready);
        assert_eq!(edges(&secret), ["managed by Kustomization.kustomize.toolkit.fluxcd.io flux-system/fleet"]);
    }

    #[test]
    fn a_release_of_helm_operator_is_known_by_annotation() {
        let secret = read(&SECRET, &json!({"metadata": {"annotations": {"helm.fluxcd.io/antecedent": "shop:helmrelease/web"}}}));

        assert_eq!(edges(&secret), ["managed by HelmRelease.helm.fluxcd.io shop/web"]);
    }
}
