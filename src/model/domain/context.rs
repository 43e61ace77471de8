//! What a kubeconfig calls a context: which cluster, as which user, in which namespace.

/// One context of the kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub name: String,
    pub cluster: String,
    pub user: String,
    pub namespace: Option<String>,
}
