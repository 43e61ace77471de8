//! Remote resources that are not here, and those that move.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Findings, Level, Rule};
use crate::domain::text::{counted, redact};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::kinds;
use crate::render::node::Origin;
use crate::render::remote::{RemoteState, Revision};
use crate::render::repository::Repository;

pub(super) static RULE: Rule = Rule {
    name: "remote-resource",
    doc: "a remote resource that is not here, or that may be another one each time",
    look: Some(look),
};

/// What is said of one address.
#[derive(Default)]
struct Said<'r> {
    who: BTreeSet<String>,
    place: Option<&'r Origin>,
    doubts: usize,
    /// Why it could not be brought.
    why: BTreeSet<&'r str>,
}

/// One note for each address, however many Kustomizations look for it.
fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    let mut missing: BTreeMap<&str, Said<'_>> = BTreeMap::new();
    let mut moving: BTreeMap<(&str, &str), Said<'_>> = BTreeMap::new();
    for (place, member) in repository.members() {
        for one in &member.remotes.all {
            let said = match &one.state {
                RemoteState::Missing { why, .. } => {
                    let said = missing.entry(&one.address).or_default();
                    said.why.extend(Some(why.as_str()).filter(|why| !why.is_empty()));
                    said.doubts += member.remotes.doubts;
                    said
                }
                RemoteState::Known(revision @ Revision { moves: true, .. }) => {
                    moving.entry((&one.address, revision.short())).or_default()
                }
                RemoteState::Known(_) => continue,
            };
            said.who.insert(called(repository, place));
            said.place = said.place.or(one.place.as_ref());
        }
    }
    missing.into_iter().for_each(|(address, said)| said.report(findings, |who| absent(address, who, &said), hint(&said)));
    for ((address, digest), said) in moving {
        let message = |who: &str| format!("{who} {}, which may be another one each time: it was {digest}", redact(address));
        said.report(findings, message, "name a version or a commit in the address");
    }
}

fn absent(address: &str, who: &str, said: &Said<'_>) -> String {
    let why = said.why.iter().next().map(|why| format!(" ({why})")).unwrap_or_default();
    let doubts = match said.doubts {
        0 => String::new(),
        count => {
            format!(", and {} that may need them {} not proven", counted(count, "setting"), if count == 1 { "is" } else { "are" })
        }
    };
    format!("{who} {}, which is not here{why}: its objects are not known{doubts}", redact(address))
}

fn hint(said: &Said<'_>) -> &'static str {
    if said.why.is_empty() { "`fluxdeck check --fetch` brings it" } else { "" }
}

impl Said<'_> {
    fn report(&self, findings: &mut Findings, message: impl Fn(&str) -> String, hint: &str) {
        let who = format!(
            "{} {}",
            counted(self.who.len(), kinds::KUSTOMIZATION.kind),
            if self.who.len() == 1 { "uses" } else { "use" }
        );
        let found = Finding::new(Level::Note, &RULE, message(&who)).hint(hint);
        let found = match self.place {
            Some(place) => found.at(place),
            None => found,
        };
        self.who.iter().for_each(|who| findings.add(found.clone(), Some(who.clone())));
    }
}
