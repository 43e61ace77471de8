//! Update chart version: of a HelmRelease, where its version is said: in the release itself, or in the source that its `chartRef` names.
//!
//! Sources: helm-controller v2 `api/v2/helmrelease_types.go` (`chart` or `chartRef`; a HelmChart or an OCIRepository); source-controller v1
//! `api/v1/ocirepository_types.go` (`digest` over `semver` over `tag`). Of Flux v1: fluxcd/helm-operator 1.4
//! `pkg/apis/helm.fluxcd.io/v1/types_helmrelease.go` (`chart.version` of a Helm repository, or `chart.ref` of a git repository).

use super::known::KnownObject;
use super::{AssignmentTarget, OfferSource, OnOffer, Playbook, PlaybookStart, PresentState};
use crate::change::{ObjectKey, WantedChange, WantedField};
use crate::domain::published::Catalogue;
use crate::domain::version::VersionRange;
use crate::error::{Error, Result};
use crate::forms::{Answers, Choices, Field, Form, InputKind};
use crate::kinds::{self, Kind, Role, Trait};
use crate::render::Node;
use crate::render::flux::Applied;
use crate::render::id::meta_text;

const VERSION: &str = "version";
const OWN: &str = "spec.chart.spec.version";
/// Of a release of Flux v1: by a Helm repository, or by a git repository with whatever git takes for a revision.
const OF_V1: &str = "spec.chart.version";
const REF: &str = "spec.chart.ref";
const GIT: &str = "spec.chart.git";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "update-chart-version",
    command: "update-chart-version",
    doc: "Change the version of a chart, in the release or in the source that it names",
    key: "V",
    label: "chart version…",
    keys: &[],
    start: PlaybookStart::Form,
    offers,
    present: |_| PresentState::default(),
    form,
    on_offer,
    assigns_to: AssignmentTarget::FormField,
    wanted,
};

fn offers(kind: &Kind) -> std::result::Result<(), String> {
    let is_chart = [kinds::HELM_CHART, kinds::OCI_REPOSITORY].iter().any(|one| one.gk() == kind.gk());
    match is_chart || kind.has(Trait::Charted) && kind.group == kinds::group::HELM || kind.role == Role::Legacy {
        true => Ok(()),
        false => Err(format!("{} has no chart", kind.kind)),
    }
}

fn form(known: &KnownObject<'_>) -> Form {
    let input = InputKind::Choice { from: Choices::Now(Vec::new()), free: true };
    let help = match known.has(GIT) {
        true => "A branch, a tag or a commit of the repository with the chart",
        false => "A version, or a range: 1.2.3, 1.x, >=1.2 <2",
    };
    let field = Field::new(VERSION, VERSION, help, input);
    Form::of([field.default(now(known))])
}

/// The version as git has it now.
fn now<'k>(known: &'k KnownObject<'_>) -> &'k str {
    [OWN, OF_V1, REF, "spec.version", "spec.ref.semver", "spec.ref.tag"]
        .iter()
        .find_map(|path| known.value(path))
        .unwrap_or_default()
}

/// The versions that the source of the chart has.
fn on_offer(known: &KnownObject<'_>, _: &Answers) -> Option<OnOffer> {
    let text = |path: &str| known.value(path).unwrap_or_default().to_owned();
    let source = |at: &str, chart: String| {
        let namespace = Some(text(&format!("{at}.namespace"))).filter(|name| !name.is_empty());
        let (kind, name) = (text(&format!("{at}.kind")), text(&format!("{at}.name")));
        Some(OfferSource::Source { kind, namespace, name, chart }).filter(|_| known.has(&format!("{at}.name")))
    };
    let from = match known.kind.map(Kind::gk) {
        Some(gk) if gk == kinds::OCI_REPOSITORY.gk() => {
            let is_plain = known.value("spec.insecure") == Some("true");
            let name = known.value("spec.url").filter(|_| !known.has("spec.ref.digest"))?.to_owned();
            Some(OfferSource::Catalogue(Catalogue::Tags { name, is_plain }))
        }
        Some(gk) if gk == kinds::HELM_CHART.gk() => source("spec.sourceRef", text("spec.chart")),
        _ if known.has("spec.chart.spec") => source("spec.chart.spec.sourceRef", text("spec.chart.spec.chart")),
        Some(_) if known.has("spec.chart.repository") => {
            let (url, chart) = (text("spec.chart.repository"), text("spec.chart.name"));
            Some(OfferSource::Catalogue(Catalogue::Chart { url, is_plain: false, chart }))
        }
        _ => source("spec.chartRef", String::new()),
    };
    Some(OnOffer { field: VERSION, from: from?, sign: "", now: now(known).to_owned() })
}

fn wanted(answers: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    let version = answers.text(VERSION).ok_or_else(|| Error::usage("no version", "write --set version=1.2.3"))?;
    let own = |path: &str| Ok(WantedChange::Own(vec![field(path, version)?]));
    match known.kind.map(Kind::gk) {
        Some(gk) if gk == kinds::OCI_REPOSITORY.gk() => own(reference(|path| known.has(path), &known.name)?),
        Some(gk) if gk == kinds::HELM_CHART.gk() => own("spec.version"),
        _ if known.has("spec.chart.spec") => own(OWN),
        _ if known.has(GIT) => own(REF),
        _ if known.has("spec.chart.repository") => own(OF_V1),
        _ if known.has("spec.chartRef") => of_source(known, version),
        _ => Err(Error::failed(format!("{} names no chart", known.name), "it needs spec.chart or spec.chartRef")),
    }
}

/// The version of the source that a release names.
fn of_source(known: &KnownObject<'_>, version: &str) -> Result<WantedChange> {
    let text = |key: &str| known.value(&format!("spec.chartRef.{key}")).unwrap_or_default();
    let built = known.built.ok_or_else(|| Error::failed("the source of the chart is not known yet", "the review finds it"))?;
    let namespace = match text("namespace") {
        "" => meta_text(&built.object.node, "namespace"),
        namespace => namespace,
    };
    let (kind, name) = (text("kind"), text("name"));
    let is_it = |object: &&Applied| {
        let node = &object.node;
        crate::render::id::text_at(node, "kind") == kind
            && meta_text(node, "namespace") == namespace
            && meta_text(node, "name") == name
            && crate::insight::named::group(node) == kinds::group::SOURCE
    };
    let Some(source) = built.beside().find(is_it) else {
        let message =
            format!("the chart of {} comes from {kind} {namespace}/{name}, which this repository does not declare", known.name);
        return Err(Error::failed(message, "change its version where it is declared"));
    };
    let node = &source.node;
    let field = match kind == kinds::HELM_CHART.kind {
        true => "spec.version",
        false => reference(|path| has(node, path), &crate::insight::named::shown(node))?,
    };
    Ok(WantedChange::Other(ObjectKey::of(node), vec![self::field(field, version)?]))
}

/// A field with its version. Any text is a tag; the others take what Flux reads as a version or a range (Masterminds semver 3.4).
fn field(path: &str, version: &str) -> Result<WantedField> {
    if !path.ends_with(".tag") && path != REF && VersionRange::of(version).is_none() {
        return Err(Error::usage(format!("`{version}` is not a version or a range"), "write 1.2.3, 1.x, or >=1.2 <2"));
    }
    WantedField::new(path, version)
}

fn has(node: &Node, path: &str) -> bool {
    node.at(&path.split('.').collect::<Vec<_>>()).is_some()
}

/// The field of an OCIRepository that says which version is taken.
///
/// # Errors
/// A digest is: no version means anything beside it.
fn reference(has: impl Fn(&str) -> bool, name: &str) -> Result<&'static str> {
    if has("spec.ref.digest") {
        let hint = "take spec.ref.digest out of its manifest first, or set it with set-field";
        return Err(Error::failed(format!("{name} takes a digest, whatever version is named"), hint));
    }
    Ok(if has("spec.ref.semver") { "spec.ref.semver" } else { "spec.ref.tag" })
}
