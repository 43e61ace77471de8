//! Fields that the API server never changes in an object that is there.
//!
//! Sources: kubernetes v1.36; each row names the file of its rule, below `pkg/apis` where it begins with none of the staging repositories.
//! What a field is where it is not set: `pkg/apis/*/v1/defaults.go`.

use crate::kinds::{self, Kind};

/// What the cluster has where git does not set a field.
pub enum UnsetValue {
    /// Nothing: to set it, and to remove it, is a change.
    Nothing,
    Default(&'static str),
    /// What the cluster chose, which git does not show: only another value is known to be a change.
    Chosen,
}

pub struct FixedField {
    pub group: &'static str,
    pub kind: &'static str,
    pub path: &'static [&'static str],
    pub unset: UnsetValue,
}

const fn of(kind: &'static Kind, path: &'static [&'static str], unset: UnsetValue) -> FixedField {
    FixedField { group: kind.group, kind: kind.kind, path, unset }
}

use UnsetValue::{Chosen, Default, Nothing};

pub static FIXED: &[FixedField] = &[
    // apps/validation/validation.go: ValidateDeploymentUpdate, ValidateDaemonSetUpdate, ValidateReplicaSetUpdate, ValidateStatefulSetUpdate
    of(kinds::DEPLOYMENT, &["spec", "selector"], Nothing),
    of(kinds::DAEMON_SET, &["spec", "selector"], Nothing),
    of(kinds::REPLICA_SET, &["spec", "selector"], Nothing),
    of(kinds::STATEFUL_SET, &["spec", "selector"], Nothing),
    of(kinds::STATEFUL_SET, &["spec", "serviceName"], Nothing),
    of(kinds::STATEFUL_SET, &["spec", "volumeClaimTemplates"], Nothing),
    of(kinds::STATEFUL_SET, &["spec", "podManagementPolicy"], Default("OrderedReady")),
    // batch/validation/validation.go: ValidateJobSpecUpdate
    of(kinds::JOB, &["spec", "template"], Nothing),
    of(kinds::JOB, &["spec", "selector"], Chosen),
    of(kinds::JOB, &["spec", "completions"], Default("1")),
    of(kinds::JOB, &["spec", "completionMode"], Default("NonIndexed")),
    of(kinds::JOB, &["spec", "podFailurePolicy"], Nothing),
    of(kinds::JOB, &["spec", "successPolicy"], Nothing),
    of(kinds::JOB, &["spec", "backoffLimitPerIndex"], Nothing),
    of(kinds::JOB, &["spec", "managedBy"], Nothing),
    // core/validation/validation.go: ValidatePersistentVolumeClaimUpdate, ValidateSecretUpdate
    of(kinds::PERSISTENT_VOLUME_CLAIM, &["spec", "accessModes"], Nothing),
    of(kinds::PERSISTENT_VOLUME_CLAIM, &["spec", "selector"], Nothing),
    of(kinds::PERSISTENT_VOLUME_CLAIM, &["spec", "volumeMode"], Default("Filesystem")),
    of(kinds::PERSISTENT_VOLUME_CLAIM, &["spec", "storageClassName"], Chosen),
    of(kinds::PERSISTENT_VOLUME_CLAIM, &["spec", "volumeName"], Chosen),
    of(kinds::PERSISTENT_VOLUME_CLAIM, &["spec", "dataSource"], Chosen),
    of(kinds::PERSISTENT_VOLUME_CLAIM, &["spec", "dataSourceRef"], Chosen),
    of(kinds::SECRET, &["type"], Default("Opaque")),
    // storage/validation/validation.go: ValidateStorageClassUpdate
    of(kinds::STORAGE_CLASS, &["provisioner"], Nothing),
    of(kinds::STORAGE_CLASS, &["parameters"], Nothing),
    of(kinds::STORAGE_CLASS, &["reclaimPolicy"], Default("Delete")),
    of(kinds::STORAGE_CLASS, &["volumeBindingMode"], Default("Immediate")),
    // rbac/validation/validation.go: ValidateRoleBindingUpdate, ValidateClusterRoleBindingUpdate
    of(kinds::ROLE_BINDING, &["roleRef", "kind"], Nothing),
    of(kinds::ROLE_BINDING, &["roleRef", "name"], Nothing),
    of(kinds::CLUSTER_ROLE_BINDING, &["roleRef", "kind"], Nothing),
    of(kinds::CLUSTER_ROLE_BINDING, &["roleRef", "name"], Nothing),
    // apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go: validateCustomResourceDefinitionSpecUpdate
    of(kinds::CUSTOM_RESOURCE_DEFINITION, &["spec", "group"], Nothing),
    of(kinds::CUSTOM_RESOURCE_DEFINITION, &["spec", "scope"], Nothing),
    of(kinds::CUSTOM_RESOURCE_DEFINITION, &["spec", "names", "kind"], Nothing),
    of(kinds::CUSTOM_RESOURCE_DEFINITION, &["spec", "names", "plural"], Nothing),
    // networking/validation/validation.go: validateIngressClassSpecUpdate
    of(kinds::INGRESS_CLASS, &["spec", "controller"], Nothing),
    // scheduling/validation/validation.go: ValidatePriorityClassUpdate
    of(kinds::PRIORITY_CLASS, &["value"], Default("0")),
    of(kinds::PRIORITY_CLASS, &["preemptionPolicy"], Default("PreemptLowerPriority")),
    // node/validation/validation.go: ValidateRuntimeClassUpdate
    FixedField { group: "node.k8s.io", kind: "RuntimeClass", path: &["handler"], unset: Nothing },
];
