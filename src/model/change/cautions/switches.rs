//! What an object says of how Flux applies it, in its labels and annotations.
//!
//! Source: kustomize-controller v1.9.4 `internal/controller/kustomization_controller.go` (`apply`, `deleteObjects`), fluxcd/pkg v0.76
//! `ssa/utils/meta.go` (`AnyInMetadata`: labels and annotations, in whatever case) and `ssa/manager_apply.go` (`shouldSkipApply`).

use crate::render::Node;

const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
const RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";
const APPLY: &str = "kustomize.toolkit.fluxcd.io/ssa";
pub const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";

fn says(node: &Node, key: &str, value: &str) -> bool {
    let is_said =
        |map| node.at(&["metadata", map, key]).and_then(Node::text).is_some_and(|text| text.eq_ignore_ascii_case(value));
    is_said("labels") || is_said("annotations")
}

/// The switch by which Flux leaves an object alone. `is_there`: the cluster has it already.
pub fn leaves_alone(node: &Node, is_there: bool) -> Option<String> {
    let mut switches = vec![(RECONCILE, "disabled"), (APPLY, "Ignore")];
    switches.extend(is_there.then_some((APPLY, "IfNotPresent")));
    switches.into_iter().find(|(key, value)| says(node, key, value)).map(|(key, value)| format!("{key}: {value}"))
}

/// Whether it stays in the cluster when git no longer has it.
pub fn is_kept(node: &Node) -> bool {
    says(node, PRUNE, "disabled") || leaves_alone(node, false).is_some()
}

/// Whether it is deleted and created again where the API server refuses a change of it.
pub fn is_forced(node: &Node) -> bool {
    says(node, FORCE, "enabled")
}
