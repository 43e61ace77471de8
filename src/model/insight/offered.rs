//! Where versions of a source are on offer, read from its object.
//!
//! Source: source-controller v1 `api/v1/{helmrepository,helmchart,ocirepository}_types.go`.

use serde_json::Value;

use crate::domain::published::{Catalogue, Offered};
use crate::domain::{GroupKind, ObjectRef};
use crate::kinds;

/// Where the versions of a source are on offer, as the cluster has it.
///
/// # Errors
/// Why they are in no catalogue.
pub fn of_source(source: &ObjectRef, body: &Value, chart: &str) -> Result<Offered, String> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let is_plain = body.pointer("/spec/insecure").and_then(Value::as_bool).unwrap_or_default();
    let is = |kind: &kinds::Kind| source.gk == kind.gk();
    if is(kinds::HELM_REPOSITORY) {
        return Ok(Offered::Known(Catalogue::Chart { url: text("/spec/url").to_owned(), is_plain, chart: chart.to_owned() }));
    }
    if is(kinds::OCI_REPOSITORY) {
        return Ok(Offered::Known(Catalogue::Tags { name: text("/spec/url").to_owned(), is_plain }));
    }
    if is(kinds::HELM_CHART) {
        let gk = GroupKind::new(kinds::group::SOURCE, text("/spec/sourceRef/kind"));
        let named = ObjectRef::new(source.cluster, gk, &*source.namespace, text("/spec/sourceRef/name"));
        return Ok(Offered::OfSource { source: named, chart: text("/spec/chart").to_owned() });
    }
    Err(format!("{source} has no list of versions: a chart in it has the one that is there"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ClusterId;

    fn source(kind: &kinds::Kind) -> ObjectRef {
        ObjectRef::new(ClusterId(1), kind.gk(), "web", "it")
    }

    #[test]
    fn a_source_leads_to_its_catalogue_or_to_the_source_that_does() {
        let of = |kind: &kinds::Kind, spec: Value| of_source(&source(kind), &json!({ "spec": spec }), "db");
        let (url, chart) = ("https://charts.test".to_owned(), "db".to_owned());
        let index = Offered::Known(Catalogue::Chart { url, is_plain: false, chart });
        assert_eq!(of(kinds::HELM_REPOSITORY, json!({"url": "https://charts.test"})), Ok(index));
        let tags = Offered::Known(Catalogue::Tags { name: "oci://r.test/db".to_owned(), is_plain: true });
        assert_eq!(of(kinds::OCI_REPOSITORY, json!({"url": "oci://r.test/db", "insecure": true})), Ok(tags));
        let reference = json!({"chart": "redis", "sourceRef": {"kind": "HelmRepository", "name": "charts"}});
        let repository = ObjectRef::new(ClusterId(1), kinds::HELM_REPOSITORY.gk(), "web", "charts");
        assert_eq!(of(kinds::HELM_CHART, reference), Ok(Offered::OfSource { source: repository, chart: "redis".to_owned() }));
        assert!(of(kinds::GIT_REPOSITORY, json!({})).is_err_and(|why| why.contains("no list of versions")));
    }
}
