//! Pods that may do more on the nodes that they run on, or get a token.
//!
//! Sources: kubernetes v1.36 `pod-security-admission/policy` (what its baseline forbids: `check_hostNamespaces.go`, `check_hostPathVolumes.go`,
//! `check_privileged.go`, `check_capabilities_baseline.go`), `plugin/pkg/admission/serviceaccount/admission.go` (`shouldAutomount`: the pod
//! decides, then its ServiceAccount, else there is a token).

use std::collections::BTreeSet;

use super::query::{CautionQuery, Placed, is, text_of};
use super::{FoundCautions, listed, pods};
use crate::insight::named::shown;
use crate::kinds;
use crate::render::Node;
use crate::render::id::{meta_text, text_at};

const TOKEN: &str = "automountServiceAccountToken";

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for change in &query.changes {
        let Some(after) = change.applied() else { continue };
        let node = after.node();
        if let Some(spec) = pods::spec(node) {
            let had = change.before.and_then(|before| pods::spec(before.node())).map(powers).unwrap_or_default();
            let gained: Vec<_> = powers(spec).into_iter().filter(|power| !had.contains(power)).collect();
            if !gained.is_empty() {
                found.say(format!("the pods of {} may do more on their nodes: {}", shown(node), listed(&gained, "other power")));
            }
        }
        let had = change.before.and_then(|before| mounts(query, before, false));
        if had == Some(false) && mounts(query, after, true) == Some(true) {
            found.say(format!("the pods of {} get the token of their ServiceAccount ({TOKEN})", shown(node)));
        }
    }
}

/// What a pod may do that others may not.
fn powers(spec: &Node) -> BTreeSet<String> {
    let is_true = |node: &Node, path: &[&str]| text_of(node, path) == "true";
    let host = ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|key| is_true(spec, &[key])).map(str::to_owned);
    let volumes = spec.get("volumes").map(Node::items).unwrap_or_default();
    let paths = volumes.iter().map(|volume| text_of(volume, &["hostPath", "path"])).filter(|path| !path.is_empty());
    let mut found: BTreeSet<String> = host.chain(paths.map(|path| format!("hostPath {path}"))).collect();
    for (name, container) in pods::containers(spec) {
        if is_true(container, &["securityContext", "privileged"]) {
            found.insert(format!("privileged {name}"));
        }
        let added = container.at(&["securityContext", "capabilities", "add"]).map(Node::items).unwrap_or_default();
        found.extend(added.iter().filter_map(Node::text).map(|capability| format!("{capability} of {name}")));
    }
    found
}

/// Whether the pods of an object get a token; none where it has none, or the ServiceAccount that decides is not declared.
fn mounts(query: &CautionQuery<'_>, of: Placed<'_>, is_after: bool) -> Option<bool> {
    let said = |node: &Node| node.get(TOKEN).and_then(Node::text).map(|text| text == "true");
    if is(of.node(), kinds::SERVICE_ACCOUNT) {
        return Some(said(of.node()).unwrap_or(true));
    }
    let spec = pods::spec(of.node())?;
    let name = Some(text_at(spec, "serviceAccountName")).filter(|name| !name.is_empty()).unwrap_or("default");
    let account =
        || query.in_namespace(of, kinds::SERVICE_ACCOUNT, is_after).find(|other| meta_text(other.node(), "name") == name);
    said(spec).or_else(|| said(account()?.node())).or(Some(true))
}
