//! The command line: `:kind` and where to look ([`Place`]), or a command with its arguments.

use std::collections::{BTreeSet, VecDeque};

use super::place::{self, Place};
use super::{Command, Handler, Screen, all, find};
use crate::domain::text::nearest;
use crate::domain::{GroupKind, NotifyBy, ObjectRef, Store, is_event};
use crate::error::{Error, Result};
use crate::kinds::{self, Kind};
use crate::state::State;

/// What a typed line means.
pub enum Line {
    Command(&'static Command, String),
    Table { gk: GroupKind, place: Place },
}

/// Reads a typed line.
///
/// # Errors
/// Names what is unknown, and what is near it.
pub fn parse(line: &str, state: &State) -> Result<Line> {
    let (word, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    if let Some(command) = find(word) {
        if let Handler::Table(group, kind) = command.run {
            return Ok(Line::Table { gk: GroupKind::new(group, kind), place: Place::parse(rest)? });
        }
        return Ok(Line::Command(command, rest.trim().to_owned()));
    }
    let cluster = state.cluster();
    let served = || cluster.server.kinds.iter().find(|kind| kind.answers_to(word)).map(|kind| kind.gk.clone());
    let Some(gk) = kind_named(word, &cluster.store).or_else(served) else { return Err(unknown(word, state)) };
    Ok(Line::Table { gk, place: Place::parse(rest)? })
}

/// Returns the kind of that name: one that we know, or any that the cluster serves.
pub fn kind_named(word: &str, store: &Store) -> Option<GroupKind> {
    let served = |kind: &&'static Kind| store.of_kind(&GroupKind::new(kind.group, kind.kind)).next().is_some();
    let known = kinds::by_name(word);
    if let Some(kind) = known.iter().copied().find(served).or_else(|| known.first().copied()) {
        return Some(GroupKind::new(kind.group, kind.kind));
    }
    let seen: BTreeSet<_> = store.coverage().map(|(scope, _)| scope.gk.clone()).collect();
    seen.into_iter().find(|gk| {
        let kind = gk.kind.to_lowercase();
        let word = word.to_lowercase();
        word == kind || word == format!("{kind}s")
    })
}

/// The view of a kind's objects: with state and actions where they are followed and we know the kind; else as the API server prints them. Events have a view
/// of their own.
pub fn table_of(gk: &GroupKind, state: &State) -> Screen {
    if is_event(gk) {
        return Screen::EVENTS;
    }
    let cluster = state.cluster();
    let Some(kind) = kinds::find(&gk.group, &gk.kind) else { return Screen::PRINTED };
    let is_followed = kind.is_flux() || cluster.store.coverage().any(|(scope, _)| scope.gk == *gk);
    // until it is known what the cluster serves, the table says what is waited for
    if is_followed || cluster.server.kinds.is_empty() { Screen::OBJECTS } else { Screen::PRINTED }
}

/// Returns what a typed beginning may become, best first: commands, then kinds, then what the command takes.
pub fn complete(line: &str, state: &State) -> Vec<String> {
    let Some((word, start)) = line.split_once(' ') else { return words(line, state) };
    let cluster = state.cluster();
    let namespaces = || cluster.known_namespaces.iter().map(ToString::to_string);
    let offers: Vec<String> = match find(word).map(|command| command.name) {
        Some("contexts") => state.contexts.iter().map(|context| context.name.clone()).collect(),
        Some("scene") => state.settings.scenes.iter().map(|scene| scene.name.to_owned()).collect(),
        Some("theme") => state.settings.themes.clone(),
        Some("graph") => [vec!["all".to_owned()], namings(start, state)].concat(),
        Some("notify") => NotifyBy::ALL.map(|by| by.word().to_owned()).to_vec(),
        Some("tree") => super::super::state::projection::Root::ALL.iter().map(|root| root.word().to_owned()).collect(),
        Some("namespaces") => namespaces().chain(["all".to_owned()]).collect(),
        Some("why" | "trace") => namings(start, state),
        Some("events") | None => namespaces().collect(),
        Some(_) => Vec::new(),
    };
    let last = start.rsplit([' ', ',']).next().unwrap_or_default();
    let kept = &line[..line.len() - last.len()];
    offers.into_iter().filter(|offer| offer.starts_with(last)).map(|offer| format!("{kept}{offer}")).collect()
}

/// Commands and kinds that begin so, the shortest first; of the kinds those that we know before those that only the cluster does.
fn words(line: &str, state: &State) -> Vec<String> {
    let commands = all().flat_map(|command| std::iter::once(command.name).chain(command.aliases.iter().copied()));
    let known = kinds::ALL.iter().flat_map(|kind| kind.short.iter().copied().chain([kind.plural]));
    let served =
        state.cluster().server.kinds.iter().flat_map(|kind| kind.short.iter().map(|name| &**name).chain([&*kind.plural]));
    let begun = |name: &str| {
        name.get(..line.len())
            .filter(|_| !name.is_empty())?
            .eq_ignore_ascii_case(line)
            .then(|| format!("{line}{}", &name[line.len()..]))
    };
    let mut found: Vec<_> = commands.chain(known).filter_map(begun).collect();
    found.sort_by_key(|name| (name.len(), name.clone()));
    let mut of_cluster: Vec<_> = served.filter_map(begun).collect();
    of_cluster.sort_by_key(|name| (name.len(), name.clone()));
    found.extend(of_cluster);
    let mut seen = BTreeSet::new();
    found.retain(|name| seen.insert(name.clone()));
    found
}

/// The error for a word that is neither a command nor a kind, with the nearest right one.
fn unknown(word: &str, state: &State) -> Error {
    let commands = all().map(|command| command.name.to_owned());
    let served = state.cluster().server.kinds.iter().map(|kind| kind.plural.to_string());
    let message = match state.cluster().server.kinds.is_empty() {
        true => format!("`{word}` is not a command, and the cluster has not said yet what kinds it serves"),
        false => format!("`{word}` is neither a command nor a kind that this cluster has"),
    };
    Error::usage(
        message,
        suggestion(word, commands.chain(kind_names()).chain(served))
            .unwrap_or_else(|| "`:kinds` lists kinds, `?` commands".to_owned()),
    )
}

/// How an object is named on the command line.
const NAMING: &str = "write KIND/NAME: `ks/apps`, `-n flux-system ks/apps`, `ks flux-system/apps`";

/// The name of an object as it was typed, in the words of kubectl.
#[derive(Debug, PartialEq, Eq)]
struct Naming<'a> {
    kind: &'a str,
    name: &'a str,
    /// Where to look; none where nothing is said of that.
    namespaces: Option<Option<BTreeSet<crate::domain::Str>>>,
}

impl<'a> Naming<'a> {
    /// Reads `ks/apps`, `ks apps`, `ks flux-system/apps`, each with `-n` or `-A` before or behind.
    fn parse(text: &'a str) -> Result<Self> {
        let mut words: VecDeque<_> = text.split_whitespace().collect();
        let (mut named, mut namespaces) = (Vec::new(), None);
        while let Some(word) = words.pop_front() {
            let found = match place::flag(word, "-n", "--namespace", &mut words)? {
                Some(names) => place::namespaces(names)?,
                None if matches!(word, "-A" | "--all-namespaces") => None,
                None if word.starts_with('-') => {
                    return Err(Error::usage(format!("`{word}` has no meaning here"), NAMING));
                }
                None => {
                    named.push(word);
                    continue;
                }
            };
            if namespaces.replace(found).is_some() {
                return Err(Error::usage("the namespace was given already", NAMING));
            }
        }
        let wrong = || Error::usage(format!("`{}` does not name an object", text.trim()), NAMING);
        let (kind, name) = match named[..] {
            [one] => one.split_once('/').ok_or_else(wrong)?,
            [kind, name] if !kind.contains('/') => (kind, name),
            _ => return Err(wrong()),
        };
        let name = match name.split_once('/') {
            Some((namespace, name)) => {
                let own = place::namespaces(namespace)?;
                if namespaces.replace(own.clone()).is_some_and(|given| given != own) {
                    return Err(Error::usage("the namespace was given already", NAMING));
                }
                name
            }
            None => name,
        };
        if kind.is_empty() || name.is_empty() || name.contains('/') { Err(wrong()) } else { Ok(Self { kind, name, namespaces }) }
    }
}

/// The object that a text names: `ks/apps`, `-n flux-system ks/apps`, `ks flux-system/apps`. Of the namespaces that are looked at, if
/// none is named.
///
/// # Errors
/// What has no meaning there; there is none of that name, or there are several.
pub fn object_named(text: &str, state: &State) -> Result<ObjectRef> {
    let Naming { kind: word, name, namespaces } = Naming::parse(text)?;
    let cluster = state.cluster();
    let gk = kind_named(word, &cluster.store).ok_or_else(|| unknown_kind(word))?;
    let looked_at = namespaces.unwrap_or_else(|| cluster.namespaces.clone());
    let is_in = |object: &ObjectRef| {
        // what is in no namespace is in all of them
        object.namespace.is_empty() || looked_at.as_ref().is_none_or(|some| some.contains(&object.namespace))
    };
    let all = cluster.store.of_kind(&gk).map(|node| cluster.store.reference(node));
    let mut found: Vec<_> = all.filter(|object| &*object.name == name && is_in(object)).collect();
    found.sort();
    match found[..] {
        [object] => Ok(object.clone()),
        [] => Err(Error::failed(format!("there is no {} `{name}`", gk.kind), "check the name and the namespace")),
        [first, ..] => Err(Error::failed(
            format!("there are {} {} `{name}`", found.len(), gk.kind),
            format!("name the namespace: `{word} {}`", first.path()),
        )),
    }
}

/// Most names that are offered for the end of a line.
const OFFERED: usize = 50;

/// What may follow `:why`, `:trace` and `:graph`: namespaces behind `-n`, names behind a kind, else kinds. Costs a pass over the objects of the kind.
fn namings(start: &str, state: &State) -> Vec<String> {
    let cluster = state.cluster();
    let words: Vec<_> = start.split_whitespace().collect();
    let (before, last) = match start.ends_with(' ') {
        true => (&words[..], ""),
        false => (&words[..words.len().saturating_sub(1)], words.last().copied().unwrap_or_default()),
    };
    if before.last().is_some_and(|word| matches!(*word, "-n" | "--namespace")) {
        return cluster.known_namespaces.iter().map(ToString::to_string).collect();
    }
    let mut named = before.iter().copied().filter(|word| !word.starts_with('-'));
    let namespace = before.windows(2).find(|pair| matches!(pair[0], "-n" | "--namespace")).map(|pair| pair[1]);
    let kind = named.find(|word| Some(*word) != namespace);
    let (lead, kind) = match (last.split_once('/'), kind) {
        (_, Some(kind)) => (String::new(), kind),
        (Some((kind, _)), None) => (format!("{kind}/"), kind),
        (None, None) => {
            let names = kinds::ALL.iter().filter(|kind| cluster.store.of_kind(&kind.gk()).next().is_some());
            let names = names.flat_map(|kind| kind.short.iter().copied().chain([kind.plural]));
            return names.map(|name| format!("{name}/")).collect();
        }
    };
    let Some(gk) = kind_named(kind, &cluster.store) else { return Vec::new() };
    let is_in = |object: &&ObjectRef| match namespace {
        Some(name) => &*object.namespace == name,
        None => cluster.namespaces.as_ref().is_none_or(|some| some.contains(&object.namespace)),
    };
    let all = cluster.store.of_kind(&gk).map(|node| cluster.store.reference(node)).filter(is_in);
    // by its name alone where that was begun, else as it is written behind a kind
    let offer = |object: &ObjectRef| [object.name.to_string(), object.path()].map(|name| format!("{lead}{name}"));
    let mut found: Vec<_> = all.filter_map(|object| offer(object).into_iter().find(|name| name.starts_with(last))).collect();
    found.sort();
    found.dedup();
    found.truncate(OFFERED);
    found
}

/// The error for a word that is not a kind, with the nearest that is one.
pub fn unknown_kind(word: &str) -> Error {
    let message = format!("`{word}` is not a kind that this cluster has");
    Error::usage(message, suggestion(word, kind_names()).unwrap_or_else(|| "`fluxdeck tree` lists the objects".to_owned()))
}

fn kind_names() -> impl Iterator<Item = String> {
    let names = |kind: &&'static Kind| {
        kind.short.iter().map(|name| (*name).to_owned()).chain([kind.plural.to_owned(), kind.kind.to_lowercase()])
    };
    kinds::ALL.iter().flat_map(move |kind| names(kind).collect::<Vec<_>>())
}

fn suggestion(word: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let word = word.to_lowercase();
    let near = nearest(&word, names.filter(|name| !name.is_empty()), 2)?;
    Some(format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Beginning;

    fn table(line: &str) -> (String, Option<String>, Option<String>, Option<String>) {
        match parse(line, &State::new(Beginning::default())) {
            Ok(Line::Table { gk, place: Place { namespaces, filter, context } }) => {
                (gk.kind.to_string(), namespaces, filter, context)
            }
            Ok(Line::Command(command, _)) => panic!("{line} is the command {}", command.name),
            Err(error) => panic!("{line}: {error}"),
        }
    }

    #[test]
    fn kinds_are_named_as_in_k9s() {
        let some = |text: &str| Some(text.to_owned());
        for (line, expected) in [
            ("ks", ("Kustomization", None, None, None)),
            ("Kustomization", ("Kustomization", None, None, None)),
            ("kustomizations flux-system", ("Kustomization", some("flux-system"), None, None)),
            ("ks /web api", ("Kustomization", None, some("web api"), None)),
            ("ks web /!x y @prod", ("Kustomization", some("web"), some("!x y"), some("prod"))),
            ("ks @prod web app=a", ("Kustomization", some("web"), some("-l app=a"), some("prod"))),
            ("deploy -f wb", ("Deployment", None, some("-f wb"), None)),
        ] {
            let (kind, namespaces, filter, context) = expected;
            assert_eq!(table(line), (kind.to_owned(), namespaces, filter, context), "{line}");
        }
    }

    #[test]
    fn objects_are_named_as_in_kubectl() {
        let names = |text: &str| Some(place::namespaces(text).expect("names"));
        for (text, expected) in [
            ("ks/apps", ("ks", "apps", None)),
            ("ks apps", ("ks", "apps", None)),
            ("ks flux-system/apps", ("ks", "apps", names("flux-system"))),
            ("ks/flux-system/apps", ("ks", "apps", names("flux-system"))),
            ("-n shop ks/apps", ("ks", "apps", names("shop"))),
            ("ks/apps -n shop", ("ks", "apps", names("shop"))),
            ("-nshop deploy web", ("deploy", "web", names("shop"))),
            ("deploy --namespace=shop web", ("deploy", "web", names("shop"))),
            ("-A ks/apps", ("ks", "apps", Some(None))),
            ("-n shop ks shop/apps", ("ks", "apps", names("shop"))),
        ] {
            let (kind, name, namespaces) = expected;
            assert_eq!(Naming::parse(text).expect(text), Naming { kind, name, namespaces }, "{text}");
        }
        for (text, named) in [
            ("apps", "`apps` does not name an object"),
            ("ks/", "does not name"),
            ("/apps", "does not name"),
            ("ks apps web", "does not name"),
            ("ks/a/b/c", "does not name"),
            ("-n", "`-n` needs a value"),
            ("-n ks/apps", "cannot be the name of a namespace"),
            ("-n shop", "does not name"),
            ("-n shop -A ks/apps", "given already"),
            ("-n shop ks web/apps", "given already"),
            ("-o wide ks/apps", "`-o` has no meaning here"),
            ("--watch ks/apps", "`--watch` has no meaning"),
        ] {
            let error = Naming::parse(text).expect_err(text);
            assert!(error.message.contains(named), "{text}: {error}");
            assert_eq!(error.exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn a_typo_names_its_neighbour() {
        let state = State::new(Beginning::default());
        let error = parse("kustomizatons", &state).err().expect("unknown");

        assert!(error.hint.contains("`kustomizations`"), "{error}");
    }

    #[test]
    fn completion_offers_the_shortest_first() {
        let state = State::new(Beginning::default());

        assert_eq!(complete("ks", &state).first().map(String::as_str), Some("ks"));
        // the rest of a name, however its beginning was typed
        assert_eq!(complete("GitR", &state).first().map(String::as_str), Some("GitRepo"));
        assert!(complete("conte", &state).contains(&"contexts".to_owned()));
        assert!(complete("tree so", &state).contains(&"tree sources".to_owned()));
    }
}
