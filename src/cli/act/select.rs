//! Which objects are meant, and what has to be read to know what an act on them brings about.

use std::collections::BTreeSet;

use super::Acting;
use crate::cli::Call;
use crate::cluster::Kubeconfig;
use crate::runtime::Origin;
use fluxdeck_model::actions::{Action, Confirmation, Target, Weight};
use fluxdeck_model::commands::{distance, unknown_kind};
use fluxdeck_model::domain::query::{Fuzzy, Query};
use fluxdeck_model::domain::{Coverage, GroupKind, ObjectRef, Scope, Str};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds::{self, Kind, Role, group};
use fluxdeck_model::state::{Settings, State, policy_of};

/// What the arguments choose.
pub(super) struct Choice {
    pub kind: &'static Kind,
    names: BTreeSet<String>,
    all: bool,
    labels: Option<Query>,
}

/// How flux spells kinds in two words.
const TWO_WORDS: &[(&str, &str, &str)] = &[
    ("source", "git", "gitrepositories"),
    ("source", "oci", "ocirepositories"),
    ("source", "helm", "helmrepositories"),
    ("source", "chart", "helmcharts"),
    ("source", "bucket", "buckets"),
    ("image", "repository", "imagerepositories"),
    ("image", "policy", "imagepolicies"),
    ("image", "update", "imageupdateautomations"),
];

impl Choice {
    /// Reads kind and names.
    ///
    /// # Errors
    /// A kind that we do not know, with its neighbour; names together with `--all`; nothing chosen.
    pub fn read(acting: &Acting) -> Result<Self> {
        let mut names: Vec<_> = acting.names.clone();
        let mut word = acting.kind.as_str();
        let two = TWO_WORDS.iter().find(|(first, second, _)| *first == word && names.first().is_some_and(|name| name == second));
        if let Some((_, _, plural)) = two {
            names.remove(0);
            word = plural;
        } else if word == "alert-provider" {
            word = "providers";
        } else if let Some((kind, name)) = word.split_once('/') {
            names.insert(0, name.to_owned());
            word = kind;
        }
        let kind = kinds::by_name(word).first().copied().ok_or_else(|| unknown_kind(word))?;
        let labels = acting.selector.as_deref().map(Query::labels).transpose().map_err(|why| Error::usage(why, ""))?.flatten();
        let names: BTreeSet<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
        match (names.is_empty(), acting.all || labels.is_some()) {
            (true, false) => Err(Error::usage(format!("which {}?", kind.plural), "name objects, or say --all or -l LABELS")),
            (false, true) => Err(Error::usage("names do not go with --all or -l", "leave out one of them")),
            _ => Ok(Self { kind, names, all: acting.all, labels }),
        }
    }

    fn gk(&self) -> GroupKind {
        GroupKind::new(self.kind.group, self.kind.kind)
    }

    /// In one word, for messages.
    fn what(&self) -> &'static str {
        if self.all { "--all" } else { "-l" }
    }
}

/// Refuses before any request where nothing may be written: the context's name stands in the kubeconfig.
pub(super) fn refuse_readonly(call: &Call, action: &Action) -> Result<()> {
    let context = match &call.options.origin {
        Origin::Live(access) => Kubeconfig::read(access).map_err(|failure| failure.error("the API server"))?.current,
        _ => call.context.clone(),
    };
    let policy = policy_of(&settings(call), &context);
    if policy.may_write() && !matches!(call.options.origin, Origin::Recorded(_)) {
        return Ok(());
    }
    let name = action.name;
    Err(match policy.readonly {
        true => Error::failed(
            format!("read-only: {name} would write to the cluster"),
            "`--readonly`, or `readonly = true` in the configuration, forbids it",
        ),
        false => Error::failed(format!("a snapshot cannot be changed: {name} needs a cluster"), "leave out --from"),
    })
}

/// The rules that hold headless as on the screen.
pub(in crate::cli) fn settings(call: &Call) -> Settings {
    let keeps_jobs = call.options.state_dir.is_some();
    Settings { keeps_jobs, readonly: call.readonly, guarded: call.config.contexts.clone(), ..Settings::default() }
}

/// Namespaces that are looked at: those of -n, none for all, else the kubeconfig's.
fn namespaces(call: &Call) -> Result<Option<BTreeSet<Str>>> {
    if call.all_namespaces {
        return Ok(None);
    }
    if !call.options.namespaces.is_empty() {
        return Ok(Some(call.options.namespaces.clone()));
    }
    let Origin::Live(access) = &call.options.origin else { return Ok(None) };
    let kubeconfig = Kubeconfig::read(access).map_err(|failure| failure.error("the API server"))?;
    let own = kubeconfig.context().and_then(|context| context.namespace.clone()).unwrap_or_else(|| "default".to_owned());
    Ok(Some([own.into()].into()))
}

/// What is read: the objects themselves; for acts with consequences also who applies, and who depends; with sources, these.
pub(super) fn scopes(call: &Call, action: &Action, chosen: &Choice) -> Result<Vec<Scope>> {
    let own = |namespace: Option<Str>| Scope { gk: chosen.gk(), namespace };
    let mut scopes: Vec<_> = match namespaces(call)?.filter(|_| chosen.kind.namespaced) {
        Some(names) => names.into_iter().map(|name| own(Some(name))).collect(),
        None => vec![own(None)],
    };
    let everywhere = |kind: &&'static Kind| Scope { gk: GroupKind::new(kind.group, kind.kind), namespace: None };
    let flux = kinds::ALL.iter().copied().filter(|kind| kind.is_flux());
    let also: Vec<_> = if action.name == "reconcile-with-source" {
        flux.filter(|kind| kind.role == Role::Source).map(|kind| everywhere(&kind)).collect()
    } else if action.weight == Weight::Grave && chosen.kind.is_flux() {
        flux.filter(|kind| kind.role == Role::Applier || kind.group == group::OPERATOR).map(|kind| everywhere(&kind)).collect()
    } else if action.name == "scale" {
        let scalers = GroupKind::new("autoscaling", "HorizontalPodAutoscaler");
        scopes.iter().map(|scope| Scope { gk: scalers.clone(), namespace: scope.namespace.clone() }).collect()
    } else if action.verb == "delete" && chosen.kind.kind == "Pod" {
        let owners = ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"];
        let is_owner = |kind: &&&'static Kind| owners.contains(&kind.kind);
        let here: Vec<_> = scopes.iter().map(|scope| scope.namespace.clone()).collect();
        let owners = kinds::ALL.iter().filter(is_owner).map(|kind| GroupKind::new(kind.group, kind.kind));
        owners.flat_map(|gk| here.iter().map(move |namespace| Scope { gk: gk.clone(), namespace: namespace.clone() })).collect()
    } else {
        Vec::new()
    };
    scopes.extend(also);
    Ok(scopes)
}

/// The objects that are meant.
///
/// # Errors
/// What does not exist, with its neighbour; what may not be listed.
pub(super) fn select(state: &State, call: &Call, chosen: &Choice) -> Result<Vec<Target>> {
    let store = &state.cluster().store;
    let wished = namespaces(call)?.filter(|_| chosen.kind.namespaced);
    refuse_blind(state, chosen, wished.as_ref())?;
    let is_here = |id: &ObjectRef| wished.as_ref().is_none_or(|names| names.contains(&id.namespace));
    let gk = chosen.gk();
    let nodes = || store.of_kind(&gk).filter(|node| is_here(store.reference(*node)));
    let mut found: Vec<ObjectRef> = Vec::new();
    if chosen.names.is_empty() {
        let mut fuzzy = Fuzzy::default();
        let fits = |labels: &fluxdeck_model::domain::Labels, fuzzy: &mut Fuzzy| {
            chosen.labels.as_ref().is_none_or(|query| query.matches("", labels, fuzzy))
        };
        found.extend(
            nodes()
                .filter(|node| store.object(*node).is_some_and(|object| fits(&object.labels, &mut fuzzy)))
                .map(|node| store.reference(node).clone()),
        );
        if found.is_empty() {
            let message = format!("no {} found{} by {}", chosen.kind.kind, place(wished.as_ref()), chosen.what());
            return Err(Error::failed(message, "nothing was done"));
        }
    }
    for name in &chosen.names {
        let of_name: Vec<_> = nodes().map(|node| store.reference(node)).filter(|id| *id.name == **name).cloned().collect();
        if of_name.is_empty() {
            let near = nodes().map(|node| store.reference(node).name.clone()).find(|known| distance(known, name) <= 2);
            let hint = near
                .map_or_else(|| "check the name and the namespace (-n, -A)".to_owned(), |near| format!("did you mean `{near}`?"));
            let message = format!("there is no {} `{name}`{}: nothing was done", chosen.kind.kind, place(wished.as_ref()));
            return Err(Error::failed(message, hint));
        }
        found.extend(of_name);
    }
    found.sort();
    Ok(state.targets(&found))
}

/// Names the way out where everything is suspended that was to be reconciled.
pub(super) fn hinted(refusal: Error, state: &State, confirmation: &Confirmation) -> Error {
    let is_suspended = |id: &ObjectRef| state.cluster().store.object_of(id).is_some_and(|object| object.suspension.is_some());
    let are_suspended =
        confirmation.action.name.starts_with("reconcile") && confirmation.skipped.iter().all(|(id, _)| is_suspended(id));
    match confirmation.skipped.first().filter(|_| are_suspended && refusal.hint.is_empty()) {
        Some((id, _)) => {
            let plural = kinds::rules(&id.gk.group, &id.gk.kind).plural;
            let hint = format!("`fluxdeck resume {plural}/{} -n {}` resumes and reconciles it", id.name, id.namespace);
            Error { hint, ..refusal }
        }
        None => refusal,
    }
}

fn refuse_blind(state: &State, chosen: &Choice, wished: Option<&BTreeSet<Str>>) -> Result<()> {
    let store = &state.cluster().store;
    let coverage: Vec<_> = store.coverage().filter(|(scope, _)| scope.gk == chosen.gk()).map(|(_, coverage)| coverage).collect();
    if coverage.iter().all(|coverage| *coverage == Coverage::NotServed) {
        return Err(Error::failed(format!("this cluster does not serve {}", chosen.gk()), ""));
    }
    if coverage.iter().all(|coverage| *coverage == Coverage::Restricted) {
        let message = format!("you may not list {}{}", chosen.kind.plural, place(wished));
        return Err(Error::new(ErrorKind::Denied, message, "name namespaces that you may read: -n a,b"));
    }
    Ok(())
}

fn place(namespaces: Option<&BTreeSet<Str>>) -> String {
    namespaces.map(|names| format!(" in {}", names.iter().map(|name| &**name).collect::<Vec<_>>().join(", "))).unwrap_or_default()
}
