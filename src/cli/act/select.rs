//! Which objects are meant, and what has to be read to know the side effects of an act on them.

use std::collections::BTreeSet;

use super::Acting;
use crate::cli::Call;
use crate::cluster::Kubeconfig;
use crate::runtime::Origin;
use fluxdeck_model::actions::confirm::Skip;
use fluxdeck_model::actions::{self, Action, Confirmation, Fit, Target, Where};
use fluxdeck_model::commands::unknown_kind;
use fluxdeck_model::domain::query::{Fuzzy, Query, Visible};
use fluxdeck_model::domain::text::nearest;
use fluxdeck_model::domain::{Coverage, GroupKind, ObjectRef, Scope, Str};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds::{self, Kind};
use fluxdeck_model::state::{Settings, State, policy_of};

/// The objects that the arguments select.
pub(super) struct Choice {
    pub kind: &'static Kind,
    names: BTreeSet<String>,
    all: bool,
    labels: Option<Query>,
}

impl Choice {
    /// Reads kind and names.
    ///
    /// # Errors
    /// An unknown kind, with the nearest known one; names together with `--all`; nothing selected.
    pub fn read(acting: &Acting) -> Result<Self> {
        let mut names: Vec<_> = acting.names.clone();
        let mut word = acting.kind.as_str();
        let two = names.first().and_then(|second| spelt(&format!("{word} {second}")));
        if let Some(kind) = two {
            names.remove(0);
            word = kind.plural;
        } else if let Some(kind) = spelt(word) {
            word = kind.plural;
        } else if let Some((kind, name)) = word.split_once('/') {
            names.insert(0, name.to_owned());
            word = kind;
        }
        let kind = kinds::by_name(word).first().copied().ok_or_else(|| unknown_kind(word))?;
        let labels = acting.selector.as_deref().map(Query::labels).transpose().map_err(|why| Error::usage(why, ""))?.flatten();
        let names: BTreeSet<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
        match (names.is_empty(), acting.all || labels.is_some()) {
            (true, false) => Err(Error::usage(format!("which {}?", kind.plural), "name objects, or say --all or -l LABELS")),
            (false, true) => Err(Error::usage("names cannot be combined with --all or -l", "leave out one of them")),
            _ => Ok(Self { kind, names, all: acting.all, labels }),
        }
    }

    fn gk(&self) -> GroupKind {
        self.kind.gk()
    }

    /// In one word, for messages.
    fn what(&self) -> &'static str {
        if self.all { "--all" } else { "-l" }
    }
}

/// The kind with that name in `flux`.
fn spelt(words: &str) -> Option<&'static Kind> {
    kinds::ALL.iter().copied().find(|kind| !kind.flux.is_empty() && kind.flux == words)
}

/// Refuses before any request where nothing may be written: the kubeconfig has the context's name.
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

/// The context's rules, the same as on the screen.
pub(in crate::cli) fn settings(call: &Call) -> Settings {
    let keeps_jobs = call.options.state_dir.is_some();
    Settings { keeps_jobs, readonly: call.readonly, guarded: call.config.contexts.clone(), ..Settings::default() }
}

/// The namespaces that are meant: those of -n, none for all, by default the context's, as in kubectl.
pub(in crate::cli) fn namespaces(call: &Call) -> Result<Option<BTreeSet<Str>>> {
    if call.all_namespaces {
        return Ok(None);
    }
    if !call.options.namespaces.is_empty() {
        return Ok(Some(call.options.namespaces.clone()));
    }
    let own = match &call.options.origin {
        Origin::Live(access) => {
            let kubeconfig = Kubeconfig::read(access).map_err(|failure| failure.error("the API server"))?;
            kubeconfig.context().and_then(|context| context.namespace.clone())
        }
        Origin::Demo(guest) => Some(guest.user.namespace().to_owned()),
        // it says nothing of one
        Origin::Recorded(_) => None,
    };
    Ok(Some([own.as_deref().unwrap_or("default").into()].into()))
}

/// Where the objects of these kinds are looked for.
pub(in crate::cli) fn scopes_of(call: &Call, wanted: &[&'static Kind]) -> Result<Vec<Scope>> {
    let namespaces = namespaces(call)?;
    Ok(wanted.iter().flat_map(|kind| scopes_in(namespaces.as_ref(), &kind.gk(), kind.namespaced)).collect())
}

/// A kind in these namespaces, where it has any.
pub(in crate::cli) fn scopes_in(namespaces: Option<&BTreeSet<Str>>, gk: &GroupKind, is_namespaced: bool) -> Vec<Scope> {
    match namespaces.filter(|_| is_namespaced) {
        Some(names) => names.iter().map(|name| Scope { gk: gk.clone(), namespace: Some(name.clone()) }).collect(),
        None => vec![Scope { gk: gk.clone(), namespace: None }],
    }
}

/// What is read: the objects themselves, and the kinds that the side effects of the act depend on.
pub(super) fn scopes(call: &Call, action: &Action, chosen: &Choice) -> Result<Vec<Scope>> {
    let of = |gk: GroupKind, namespace: Option<Str>| Scope { gk, namespace };
    let mut scopes = scopes_of(call, &[chosen.kind])?;
    let places: Vec<_> = scopes.iter().map(|scope| scope.namespace.clone()).collect();
    for kind in kinds::ALL {
        match (action.reads)(kind) {
            None => {}
            Some(Where::Everywhere) => scopes.push(of(kind.gk(), None)),
            Some(Where::Beside) => scopes.extend(places.iter().map(|namespace| of(kind.gk(), namespace.clone()))),
        }
    }
    Ok(scopes)
}

/// The selected objects.
///
/// # Errors
/// What does not exist, with its neighbour; what may not be listed.
pub(super) fn select(state: &State, call: &Call, chosen: &Choice) -> Result<Vec<Target>> {
    let store = &state.cluster().store;
    let wanted = namespaces(call)?.filter(|_| chosen.kind.namespaced);
    refuse_blind(state, chosen, wanted.as_ref())?;
    let is_here = |id: &ObjectRef| wanted.as_ref().is_none_or(|names| names.contains(&id.namespace));
    let gk = chosen.gk();
    let nodes = || store.of_kind(&gk).filter(|node| is_here(store.reference(*node)));
    let mut found: Vec<ObjectRef> = Vec::new();
    if chosen.names.is_empty() {
        let mut fuzzy = Fuzzy::default();
        let fits = |labels: &fluxdeck_model::domain::Labels, fuzzy: &mut Fuzzy| {
            chosen.labels.as_ref().is_none_or(|query| query.matches(Visible::default(), labels, fuzzy))
        };
        found.extend(
            nodes()
                .filter(|node| store.object(*node).is_some_and(|object| fits(&object.labels, &mut fuzzy)))
                .map(|node| store.reference(node).clone()),
        );
        if found.is_empty() {
            let message = format!("no {} found{} by {}", chosen.kind.kind, place(wanted.as_ref()), chosen.what());
            return Err(Error::failed(message, "nothing was done"));
        }
    }
    for name in &chosen.names {
        let of_name: Vec<_> = nodes().map(|node| store.reference(node)).filter(|id| *id.name == **name).cloned().collect();
        if of_name.is_empty() {
            let hint = nearest(name, nodes().map(|node| &*store.reference(node).name), 2)
                .map_or_else(|| "check the name and the namespace (-n, -A)".to_owned(), |near| format!("did you mean `{near}`?"));
            let message = format!("there is no {} `{name}`{}: nothing was done", chosen.kind.kind, place(wanted.as_ref()));
            return Err(Error::failed(message, hint));
        }
        found.extend(of_name);
    }
    found.sort();
    Ok(state.targets(&found))
}

/// Names the way out where everything is suspended that was to be reconciled.
pub(super) fn hinted(refusal: Error, confirmation: &Confirmation) -> Error {
    let are_suspended = confirmation.skipped.iter().all(|(_, why)| *why == Skip::Unfit(Fit::Suspended));
    match (confirmation.skipped.first().filter(|_| are_suspended && refusal.hint.is_empty()), actions::waker()) {
        (Some((id, _)), Some(waker)) => {
            let plural = kinds::of(&id.gk).plural;
            let hint = format!("`fluxdeck {} {plural}/{} -n {}` resumes and reconciles it", waker.name, id.name, id.namespace);
            Error { hint, ..refusal }
        }
        _ => refusal,
    }
}

fn refuse_blind(state: &State, chosen: &Choice, wanted: Option<&BTreeSet<Str>>) -> Result<()> {
    let store = &state.cluster().store;
    let coverage: Vec<_> = store.coverage().filter(|(scope, _)| scope.gk == chosen.gk()).map(|(_, coverage)| coverage).collect();
    if coverage.iter().all(|coverage| *coverage == Coverage::NotServed) {
        return Err(Error::failed(format!("this cluster does not serve {}", chosen.gk()), ""));
    }
    if coverage.iter().all(|coverage| *coverage == Coverage::Restricted) {
        let message = format!("you may not list {}{}", chosen.kind.plural, place(wanted));
        return Err(Error::new(ErrorKind::Denied, message, "name namespaces that you may read: -n a,b"));
    }
    Ok(())
}

fn place(namespaces: Option<&BTreeSet<Str>>) -> String {
    namespaces.map(|names| format!(" in {}", names.iter().map(|name| &**name).collect::<Vec<_>>().join(", "))).unwrap_or_default()
}
