//! Inventory ids: how Flux records what it applied.

use super::identity::{ClusterId, GroupKind, ObjectRef};

/// Reads one inventory id, `<namespace>_<name>_<group>_<kind>`.
///
/// The namespace ends at the first `_`, the kind starts after the last, the group after the last of the rest; in the name `__` stands for
/// `:`, which only RBAC names contain (fluxcd/cli-utils `pkg/object/objmetadata.go`). Returns `None` for anything else.
pub fn parse(cluster: ClusterId, id: &str) -> Option<ObjectRef> {
    let (namespace, rest) = id.split_once('_')?;
    let (rest, kind) = rest.rsplit_once('_')?;
    let (name, group) = rest.rsplit_once('_')?;
    if name.is_empty() || kind.is_empty() {
        return None;
    }
    let name = if name.contains("__") { name.replace("__", ":") } else { name.to_owned() };
    Some(ObjectRef::new(cluster, GroupKind::new(group, kind), namespace, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_as_flux_writes_them() {
        for (id, namespace, name, group, kind) in [
            ("web_web_apps_Deployment", "web", "web", "apps", "Deployment"),
            ("_flux-system__Namespace", "", "flux-system", "", "Namespace"),
            ("default_cm__ConfigMap", "default", "cm", "", "ConfigMap"),
            (
                "_system__coredns_rbac.authorization.k8s.io_ClusterRole",
                "",
                "system:coredns",
                "rbac.authorization.k8s.io",
                "ClusterRole",
            ),
            ("a_my_role_rbac.authorization.k8s.io_Role", "a", "my_role", "rbac.authorization.k8s.io", "Role"),
        ] {
            let found = parse(ClusterId(0), id).expect(id);
            assert_eq!((&*found.namespace, &*found.name, &*found.gk.group, &*found.gk.kind), (namespace, name, group, kind));
        }
    }

    #[test]
    fn an_invalid_id_is_refused() {
        for id in ["", "web", "a_b", "a_b_c", "__apps_Deployment", "a_b_apps_"] {
            assert_eq!(parse(ClusterId(0), id), None, "{id}");
        }
    }
}
