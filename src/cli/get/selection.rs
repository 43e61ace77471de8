//! Which objects are meant, in kubectl's words: `KIND`, `KIND,KIND`, `KIND NAME…`, `KIND/NAME…`, `all`.

use std::collections::BTreeSet;

use fluxdeck_model::commands::{kind_named, unknown_kind};
use fluxdeck_model::domain::text::nearest;
use fluxdeck_model::domain::{GroupKind, ServedKind, Store, Str};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::kinds::{self, Kind};
use fluxdeck_model::state::Cluster;

/// Every kind of Flux.
const ALL: &str = "all";

/// What was asked for, by kind.
pub(super) struct Selection {
    parts: Vec<Part>,
    /// Every kind of Flux: those without objects are left out.
    pub is_all: bool,
}

/// A kind as it was typed, and the names of its objects; all of them where none is named.
struct Part {
    word: String,
    names: Vec<String>,
}

impl Selection {
    /// Reads the arguments.
    ///
    /// # Errors
    /// What cannot be a kind; both ways to name objects at once.
    pub fn read(kind: &str, names: &[String]) -> Result<Self> {
        let parts = match kind.contains('/') {
            true => std::iter::once(kind).chain(names.iter().map(String::as_str)).map(paired).collect::<Result<_>>()?,
            false => listed(kind, names)?,
        };
        let is_all = matches!(parts.as_slice(), [part] if part.word == ALL);
        if let Some(part) = parts.iter().find(|part| !is_all && !may_be_kind(&part.word)) {
            return Err(unknown_kind(&part.word));
        }
        if is_all && !parts[0].names.is_empty() {
            return Err(Error::usage("`all` is every object of every kind of Flux", "name a kind before the names: ks apps"));
        }
        Ok(Self { parts, is_all })
    }

    /// The kinds with their names, as this cluster serves them, each kind once.
    ///
    /// # Errors
    /// A kind that nobody knows.
    pub fn kinds(&self, store: &Store, served: &[ServedKind]) -> Result<Vec<(GroupKind, BTreeSet<&str>)>> {
        if self.is_all {
            return Ok(kinds::ALL.iter().filter(|kind| kind.is_flux()).map(|kind| (kind.gk(), BTreeSet::new())).collect());
        }
        let mut found: Vec<(GroupKind, BTreeSet<&str>)> = Vec::new();
        for part in &self.parts {
            let known = kind_named(&part.word, store).filter(|_| !kinds::by_name(&part.word).is_empty());
            let gk = known.map_or_else(|| part.among(served).map(|kind| kind.gk.clone()), Ok)?;
            let names = part.names.iter().map(String::as_str);
            match found.iter_mut().find(|(known, _)| *known == gk) {
                Some((_, known)) => known.extend(names),
                None => found.push((gk, names.collect())),
            }
        }
        Ok(found)
    }

    /// The kinds that are known without a cluster, with those of the same name.
    pub fn known(&self) -> Vec<&'static Kind> {
        if self.is_all {
            return kinds::ALL.iter().copied().filter(|kind| kind.is_flux()).collect();
        }
        self.parts.iter().flat_map(|part| kinds::by_name(&part.word)).collect()
    }

    /// Whether some are not.
    pub fn has_unknown(&self) -> bool {
        !self.is_all && self.parts.iter().any(Part::is_unknown)
    }

    /// These, as the cluster serves them.
    ///
    /// # Errors
    /// A kind that it does not serve either.
    pub fn served<'a>(&self, served: &'a [ServedKind]) -> Result<Vec<&'a ServedKind>> {
        self.parts.iter().filter(|part| part.is_unknown()).map(|part| part.among(served)).collect()
    }

    /// Whether a kind is among them.
    pub fn has(&self, gk: &GroupKind, cluster: &Cluster) -> bool {
        self.kinds(&cluster.store, &cluster.server.kinds).is_ok_and(|kinds| kinds.iter().any(|(kind, _)| kind == gk))
    }
}

impl Part {
    fn is_unknown(&self) -> bool {
        kinds::by_name(&self.word).is_empty()
    }

    fn among<'a>(&self, served: &'a [ServedKind]) -> Result<&'a ServedKind> {
        served.iter().find(|kind| kind.answers_to(&self.word)).ok_or_else(|| unknown_kind(&self.word))
    }
}

/// `ks,hr` and names.
fn listed(kinds: &str, names: &[String]) -> Result<Vec<Part>> {
    if let Some(name) = names.iter().find(|name| name.contains('/')) {
        return Err(Error::usage(
            format!("`{kinds} {name}` names a kind twice"),
            format!("write `{kinds} NAME`, or `{name}` without a kind before it"),
        ));
    }
    let words = kinds.split(',').map(str::trim);
    Ok(words.map(|word| Part { word: word.to_owned(), names: names.to_vec() }).collect())
}

/// `ks/apps`.
fn paired(pair: &str) -> Result<Part> {
    match pair.split_once('/') {
        Some((word, name)) if !word.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok(Part { word: word.to_owned(), names: vec![name.to_owned()] })
        }
        _ => Err(Error::usage(format!("`{pair}` is not KIND/NAME"), "write each as ks/apps")),
    }
}

/// Whether a word can be the name of a kind that only the cluster knows.
fn may_be_kind(word: &str) -> bool {
    !kinds::by_name(word).is_empty()
        || !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}

/// The namespace that was probably meant, if the requested one has nothing in it.
pub(super) fn near(store: &Store, namespaces: Option<&BTreeSet<Str>>) -> String {
    let known: BTreeSet<_> = store.of_kind(&kinds::NAMESPACE.gk()).map(|id| &store.reference(id).name).collect();
    let strange = namespaces.into_iter().flatten().filter(|name| !known.contains(name));
    let near = strange.filter_map(|name| nearest(name, known.iter().map(|known| &***known), 2));
    near.map(|name| format!("; did you mean the namespace `{name}`?")).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Vec<String>> {
        let names: Vec<_> = arguments[1..].iter().map(|word| (*word).to_owned()).collect();
        let found = Selection::read(arguments[0], &names)?;
        let store = Store::default();
        let kinds = found.kinds(&store, &[])?;
        Ok(kinds
            .into_iter()
            .map(|(gk, names)| format!("{} {}", gk.kind, names.into_iter().collect::<Vec<_>>().join("+")))
            .collect())
    }

    #[test]
    fn kinds_and_names_are_read_as_kubectl_reads_them() {
        for (arguments, expected) in [
            (&["ks"][..], &["Kustomization "][..]),
            (&["ks,hr"], &["Kustomization ", "HelmRelease "]),
            (&["ks", "a", "b", "a"], &["Kustomization a+b"]),
            (&["ks/a"], &["Kustomization a"]),
            (&["ks/a", "hr/b", "kustomization/c"], &["Kustomization a+c", "HelmRelease b"]),
            (&["ks,hr", "web"], &["Kustomization web", "HelmRelease web"]),
            (&["kustomizations.kustomize.toolkit.fluxcd.io"], &["Kustomization "]),
        ] {
            assert_eq!(read(arguments).expect("it can be read"), expected, "{arguments:?}");
        }
        let all = read(&["all"]).expect("it can be read");
        assert!(all.contains(&"GitRepository ".to_owned()) && !all.iter().any(|kind| kind.starts_with("Pod")), "{all:?}");
    }

    #[test]
    fn what_cannot_be_meant_is_a_wrong_call() {
        for arguments in [
            &[""][..],
            &[","],
            &["ks", "hr/b"],
            &["ks/a", "b"],
            &["ks/a/b"],
            &["/a"],
            &["k s"],
            &["all", "web"],
            &["nothing-like-it"],
        ] {
            assert_eq!(read(arguments).expect_err("refused").exit_code(), 2, "{arguments:?}");
        }
    }
}
