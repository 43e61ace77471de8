//! Whether Flux itself is as it has to be: what `flux check` asks (flux2 `cmd/flux/check.go`), with its verdicts.
//!
//! ```text
//!  read         Deployments and CustomResourceDefinitions as the API server has them
//!  minimum      the oldest Kubernetes that each Flux wants
//! ```
//! One thing differs: how old the `flux` program is matters to nobody here. What flux only waits for (a Deployment that is not ready
//! yet) is asked again by who asks.

mod minimum;
mod read;
#[cfg(test)]
mod tests;

use crate::domain::text::{counted, sanitise};
use crate::domain::{Health, ObjectRef};
use crate::kinds;

pub use minimum::{NEWEST_FLUX, minimum_for};
pub use read::{InstalledApi, InstalledController};

/// The label by which Flux marks what it is made of (flux2 `pkg/manifestgen/labels.go`), as a selector.
pub const SELECTOR: &str = "app.kubernetes.io/part-of=flux";
/// The namespace that flux looks in where none is named.
pub const NAMESPACE: &str = "flux-system";
/// What flux installs where nobody says otherwise, and what `--components-extra` comes on top of (flux2 `manifestgen/install/options.go`).
pub const COMPONENTS: &[&str] = &["source-controller", "kustomize-controller", "helm-controller", "notification-controller"];
/// How Flux comes to a cluster that does not have it.
const HOW: &str = "install it: `flux bootstrap`, `flux install`, or the Flux Operator (https://fluxcd.io/flux/installation/)";

/// What was found of an installation. What could not be asked is there as the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Installation {
    /// Where the controllers were looked for.
    pub namespace: String,
    pub controllers: Result<Vec<InstalledController>, String>,
    pub apis: Result<Vec<InstalledApi>, String>,
}

/// A group of checks.
#[derive(Clone, Debug, PartialEq)]
pub struct InstallPart {
    pub title: &'static str,
    pub lines: Vec<InstallLine>,
}

/// One thing that was checked, or is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct InstallLine {
    pub outcome: InstallOutcome,
    pub text: String,
    pub object: Option<ObjectRef>,
    /// What to do about it; empty where there is nothing to do.
    pub hint: String,
}

/// What one line of checks says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallOutcome {
    Passed,
    Failed,
    /// Nothing that flux judges.
    Noted,
}

impl InstallOutcome {
    pub fn slug(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Noted => "noted",
        }
    }

    pub fn glyph(self) -> char {
        match self {
            Self::Passed => '✓',
            Self::Failed => '✗',
            Self::Noted => '►',
        }
    }
}

impl InstallLine {
    fn new(outcome: InstallOutcome, text: impl Into<String>) -> Self {
        Self { outcome, text: text.into(), object: None, hint: String::new() }
    }

    fn passed(text: impl Into<String>) -> Self {
        Self::new(InstallOutcome::Passed, text)
    }

    fn failed(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..Self::new(InstallOutcome::Failed, text) }
    }

    fn of(self, object: &ObjectRef) -> Self {
        Self { object: Some(object.clone()), ..self }
    }
}

impl InstallPart {
    pub fn is_passed(&self) -> bool {
        self.lines.iter().all(|line| line.outcome != InstallOutcome::Failed)
    }
}

impl Installation {
    /// The version of the installation as its CRDs are labelled, `v2.9.4`; those of the controllers where these may not be read.
    pub fn version(&self) -> Option<&str> {
        let apis = self.apis.iter().flatten().find(|api| api.is_of_git()).or_else(|| self.apis.iter().flatten().next());
        let controller = || self.controllers.iter().flatten().find_map(|controller| controller.distribution.as_deref());
        apis.and_then(|api| api.version.as_deref()).or_else(controller)
    }

    /// Whether a Kustomization applies Flux itself (flux2 `cmd/flux/cluster_info.go`); none where CRDs may not be read.
    fn is_bootstrapped(&self) -> Option<bool> {
        let apis = self.apis.as_ref().ok()?;
        Some(apis.iter().any(|api| api.is_of_git() && api.applied_by.is_some()))
    }

    /// Whether each controller that is there is ready, so that nothing is to be waited for.
    pub fn is_settled(&self) -> bool {
        self.controllers.iter().flatten().all(|controller| controller.health == Health::Ready)
    }
}

/// What must hold before Flux is installed: Kubernetes is new enough. `flux`: the version that is installed, if one is.
pub fn prerequisites(kubernetes: &str, flux: Option<&str>, is_installed: bool) -> InstallPart {
    let (of, least) = minimum_for(flux);
    let shown = sanitise(kubernetes).trim_start_matches('v').to_owned();
    let line = match minimum::is_enough(kubernetes, least) {
        Some(true) => InstallLine::passed(format!("Kubernetes {shown}: Flux {of} wants 1.{least} or later")),
        Some(false) => InstallLine::failed(
            format!("Kubernetes {shown} is too old: Flux {of} wants 1.{least} or later"),
            "update the cluster, or take an older Flux (https://fluxcd.io/flux/installation/#prerequisites)",
        ),
        None => InstallLine::failed(
            format!("the version of Kubernetes cannot be read: `{shown}`"),
            "ask its API server: GET /version",
        ),
    };
    let mut lines = vec![line];
    if !is_installed {
        lines.push(InstallLine { hint: HOW.to_owned(), ..InstallLine::new(InstallOutcome::Noted, "Flux is not installed here") });
    }
    InstallPart { title: "prerequisites", lines }
}

/// What is checked of an installation. `wanted`: components that must be there, whatever is.
pub fn checks(installation: &Installation, wanted: &[String]) -> Vec<InstallPart> {
    vec![status(installation), controllers(installation, wanted), apis(installation)]
}

fn status(installation: &Installation) -> InstallPart {
    let mut lines = Vec::new();
    if let Some(version) = installation.version() {
        lines.push(InstallLine::passed(format!("distribution: flux-{version}")));
    }
    match installation.is_bootstrapped() {
        Some(is_bootstrapped) => lines.push(InstallLine::passed(format!("bootstrapped: {is_bootstrapped}"))),
        None => lines.push(InstallLine::failed(
            "it is not known what installed Flux: its CustomResourceDefinitions cannot be read",
            "it takes the right to list CustomResourceDefinitions",
        )),
    }
    InstallPart { title: "installation", lines }
}

fn controllers(installation: &Installation, wanted: &[String]) -> InstallPart {
    let namespace = &installation.namespace;
    let lines = match &installation.controllers {
        Err(why) => vec![InstallLine::failed(format!("Deployments in {namespace} cannot be listed: {why}"), "")],
        Ok(found) if found.is_empty() => vec![InstallLine::failed(
            format!("there is no controller in {namespace}: no Deployment is labelled {SELECTOR}"),
            format!("name the namespace of Flux: -n NAME; or {HOW}"),
        )],
        Ok(found) => {
            let missing = wanted.iter().filter(|name| !found.iter().any(|controller| *controller.object.name == ***name));
            let missing = missing.map(|name| {
                InstallLine::failed(format!("{name} is not in {namespace}"), "install it: `flux install --components-extra`")
            });
            found.iter().flat_map(controller).chain(missing).collect()
        }
    };
    InstallPart { title: "controllers", lines }
}

/// A controller, and what flux does not mind of it.
fn controller(found: &InstalledController) -> Vec<InstallLine> {
    let name = &found.object.name;
    let images = found.images.join(", ");
    if found.health != Health::Ready {
        let why = if found.message.is_empty() { found.reason.clone() } else { found.message.clone() };
        let text = format!("{name} is not ready: {why} ({images})");
        let hint = format!("`fluxdeck why deploy/{name} -n {}` says why", found.object.namespace);
        return vec![InstallLine::failed(text, hint).of(&found.object)];
    }
    let mut lines = vec![InstallLine::passed(format!("{name} is ready: {images}")).of(&found.object)];
    if found.replicas == Some((0, 0)) {
        let text = format!("{name} is scaled to 0: nothing of its kinds is reconciled, and `flux check` does not mind");
        let hint = format!("kubectl scale deploy/{name} -n {} --replicas=1", found.object.namespace);
        lines.push(InstallLine { hint, ..InstallLine::new(InstallOutcome::Noted, text) }.of(&found.object));
    }
    lines
}

fn apis(installation: &Installation) -> InstallPart {
    let lines = match &installation.apis {
        Err(why) => vec![InstallLine::failed(format!("CustomResourceDefinitions cannot be listed: {why}"), "")],
        Ok(found) if found.is_empty() => {
            let text = format!("no CustomResourceDefinition is labelled {SELECTOR}: Flux is not installed");
            vec![InstallLine::failed(text, HOW)]
        }
        Ok(found) => found.iter().flat_map(api).collect(),
    };
    InstallPart { title: "APIs", lines }
}

/// The version in which its objects are stored, which flux prints; and older ones that have to be migrated before they may go.
fn api(found: &InstalledApi) -> Vec<InstallLine> {
    let name = &found.object.name;
    let Some(newest) = found.stored.last() else {
        return vec![
            InstallLine::failed(format!("{name} has no stored version"), "apply Flux's manifests again").of(&found.object),
        ];
    };
    let mut lines = vec![InstallLine::passed(format!("{name}/{newest}")).of(&found.object)];
    let older: Vec<_> = found.stored[..found.stored.len() - 1].iter().map(String::as_str).collect();
    if !older.is_empty() {
        let kind = if found.kind.is_empty() { name.to_string() } else { found.kind.clone() };
        let text =
            format!("objects of {kind} may still be stored in {}: {}", counted(older.len(), "older version"), older.join(", "));
        let hint = "`flux migrate` stores them in the newest".to_owned();
        lines.push(InstallLine { hint, ..InstallLine::new(InstallOutcome::Noted, text) }.of(&found.object));
    }
    lines
}

/// Whether a cluster that serves these kinds has Flux.
pub fn is_installed<'k>(mut served: impl Iterator<Item = &'k crate::domain::GroupKind>) -> bool {
    served.any(|gk| kinds::KUSTOMIZATION.is(gk) || kinds::HELM_RELEASE.is(gk))
}
