//! A context of a kubeconfig: a cluster, a user and a namespace.

/// One context of the kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub name: String,
    pub cluster: String,
    pub user: String,
    pub namespace: Option<String>,
}
