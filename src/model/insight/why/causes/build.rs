//! Manifests from which nothing can be built.

use std::sync::LazyLock;

use regex::Regex;

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, captured, plain, says};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "build-failed", doc: "nothing can be built from the manifests: a file is missing or wrong", find };

static NO_FILE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"open ([^:']+): no such file or directory").expect("a pattern"));
static LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"((?:yaml|json): (?:line \d+: )?[^:]+)").expect("a pattern"));
/// sigs.k8s.io/kustomize `api/internal/plugins/builtinhelpers`, `kyaml/errors`: `MalformedYAMLError: yaml: line 5: … in File: x.yaml`.
static MALFORMED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"MalformedYAMLError: yaml: (line \d+): (.+?) in File: ([^\s':]+)").expect("a pattern"));
/// fluxcd/pkg `kustomize`: `failed to decode Kubernetes YAML from apps/x.yaml: missing Resource metadata`.
static DECODED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"failed to decode Kubernetes YAML from ([^:\s]+): (.+)").expect("a pattern"));
/// sigs.k8s.io/kustomize `api/resmap/reswrangler.go`.
static TWICE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"may not add resource with an already registered id: (\S+)").expect("a pattern"));
static NO_TARGET: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"no matches for Id ([^;'\s]+)").expect("a pattern"));
static NO_KUSTOMIZATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"unable to find one of 'kustomization.yaml'.* in directory '([^']+)'").expect("a pattern"));

/// What kustomize says of manifests that it cannot put together; none where that is another text.
fn of_kustomize(text: &str) -> Option<String> {
    // `Deployment.v1.apps/web.[noNs]`: kustomize's own way of writing an object
    let object = |text: &str| text.trim_end_matches(['\'', '.', ',', ':']).replace(".[noGrp]", "").replace(".[noNs]", "");
    if let Some(found) = MALFORMED.captures(text) {
        return Some(format!("{} of {} is not YAML: {}", &found[1], &found[3], brief(&found[2])));
    }
    if let Some(found) = DECODED.captures(text) {
        return Some(format!("{} is not a manifest: {}", &found[1], brief(&found[2])));
    }
    if let Some(twice) = captured(&TWICE, text) {
        return Some(format!("two manifests make {}", object(twice)));
    }
    if let Some(target) = captured(&NO_TARGET, text) {
        return Some(format!("a patch is for {}, which nothing makes", object(target)));
    }
    captured(&NO_KUSTOMIZATION, text)
        .map(|folder| format!("folder {folder} has no kustomization.yaml, and is named as one that has"))
}

fn find(clue: &Clue) -> Option<Diagnosis> {
    let message = clue
        .failed()
        .filter(|message| matches!(clue.reason, "BuildFailed") || says(message, &["kustomize build failed", "post render"]))?;
    let text = plain(message);
    if let Some(found) = of_kustomize(&text) {
        let after = if says(message, &["post render"]) { "after rendering the chart: " } else { "" };
        return Some(clue.diagnose(format!("{after}{found}")).press(&[Remedy::File]));
    }
    let says = match (captured(&NO_FILE, &text), captured(&LINE, &text)) {
        (Some(file), _) => format!("there is no file {file}, which its manifests name"),
        (None, Some(line)) if line.contains("line") => format!("its manifests cannot be read: {}", brief(&text)),
        _ => brief(&text),
    };
    Some(clue.diagnose(says).press(&[Remedy::File]))
}
