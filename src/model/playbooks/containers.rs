//! The containers of a workload, as a field of a form and as paths.

use super::known::KnownObject;
use crate::error::{Error, Result};
use crate::forms::{Answers, Choice, Choices, Field, InputKind};
use crate::kinds::{Kind, Trait};

/// The field that chooses one.
pub const CONTAINER: &str = "container";
/// Where kinds have the spec of their pods (kubernetes `pkg/apis/{apps,batch,core}/types.go`); the longest first.
const SPECS: &[&str] = &["spec.jobTemplate.spec.template.spec", "spec.template.spec", "spec"];
/// The lists of containers in it, by what a person means first.
const LISTS: &[&str] = &["containers", "initContainers"];

/// One container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerField {
    /// Empty where it has no name of its own.
    pub name: String,
    /// `spec.template.spec.containers[name=web]`.
    pub path: String,
}

/// All of them, in order, those that only prepare last.
pub fn all(known: &KnownObject<'_>) -> Vec<ContainerField> {
    let found = SPECS.iter().find(|spec| known.has(&format!("{spec}.containers")));
    let lists = found.into_iter().flat_map(|spec| LISTS.iter().map(move |list| format!("{spec}.{list}")));
    let of_list = |list: String| {
        let one = |item: String| {
            let name = item.strip_prefix("[name=").and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
            ContainerField { name: name.to_owned(), path: format!("{list}{item}") }
        };
        known.items(&list).into_iter().map(one).collect::<Vec<_>>()
    };
    lists.flat_map(of_list).collect()
}

/// Whether a kind has containers that git can say something of.
pub fn offers(kind: &Kind) -> std::result::Result<(), String> {
    match kind.has(Trait::MakesPods) {
        true => Ok(()),
        false => Err(format!("{} has no containers of its own", kind.kind)),
    }
}

/// The field that asks which one; `note` says something of each.
pub fn field(known: &KnownObject<'_>, note: impl Fn(&ContainerField) -> String) -> Field {
    let all = all(known);
    let from = match (known.is_known(), &all[..]) {
        (false, _) => Choices::Later,
        (true, all) => Choices::Now(all.iter().map(|one| Choice::new(&one.name, note(one))).collect()),
    };
    let field = Field::new(CONTAINER, CONTAINER, "Which container", InputKind::Choice { from, free: true });
    match &all[..] {
        // the only one needs no name, and nobody knows yet whether it is
        [] => field.optional(),
        [only] => field.optional().default(&only.name),
        _ => field,
    }
}

/// The container that is meant: the only one, where none is named.
///
/// # Errors
/// There is none, several are there and none is named, or none of that name.
pub fn chosen(known: &KnownObject<'_>, answers: &Answers) -> Result<ContainerField> {
    let all = all(known);
    let names = || all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    match (answers.text(CONTAINER), &all[..]) {
        (_, []) => Err(Error::failed(format!("{} has no containers", known.name), "name a workload: deployment/web")),
        (None, [only]) => Ok(only.clone()),
        // one that only prepares is meant where it is named
        (None, [first, rest @ ..]) if rest.iter().all(|one| one.path.contains("initContainers")) => Ok(first.clone()),
        (None, _) => Err(Error::usage(
            format!("{} has several containers: {}", known.name, names()),
            format!("name one: --set {CONTAINER}=NAME"),
        )),
        (Some(name), all) => match all.iter().find(|one| one.name == name) {
            Some(one) => Ok(one.clone()),
            None => Err(Error::failed(format!("{} has no container `{name}`", known.name), format!("there are {}", names()))),
        },
    }
}
