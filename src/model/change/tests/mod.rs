//! Ways of every kind, tried and proven on trees in memory.

mod caught;
mod cautions;
mod fleet;
mod gone;
mod harmless;
mod layers;
mod many;
mod mistakes;
mod outside;
mod policy;
mod pulls;
mod refused;
mod releases;
mod rendered;
mod shared;

use super::{
    Builds, ChangeContext, ChangePlan, ChangeScope, LayerChoice, MeantObject, PlanOutcome, Refused, WantedChange, WantedField,
    WantedOf, plan,
};
use crate::error::Result;
use crate::guards;
use crate::insight::named::Named;
use crate::insight::schema::Schemas;
use crate::render::repository::Builder;
use crate::render::tree::{Memory, Tree};

/// What is asked of a tree.
pub struct TestRepo {
    pub tree: Memory,
    pub scope: ChangeScope,
    pub layer: LayerChoice,
    pub is_wide: bool,
    pub left_out: Vec<String>,
}

pub fn folder(path: &str) -> ChangeScope {
    ChangeScope::Folder { path: path.to_owned(), variables: None }
}

/// An object of any namespace.
pub fn meant(object: &str) -> Result<MeantObject> {
    Ok(MeantObject { named: Named::parse(object)?, namespaces: Vec::new() })
}

impl TestRepo {
    pub fn of(files: &[(&str, &str)], scope: ChangeScope) -> Self {
        Self { tree: Memory::new(files.iter().copied()), scope, layer: LayerChoice::Set, is_wide: false, left_out: Vec::new() }
    }

    pub fn layer(self, layer: LayerChoice) -> Self {
        Self { layer, ..self }
    }

    pub fn without(self, field: &str) -> Self {
        Self { left_out: vec![field.to_owned()], ..self }
    }

    pub fn wide(self) -> Self {
        Self { is_wide: true, ..self }
    }

    pub fn plan(&self, object: &str, set: &[&str]) -> Result<PlanOutcome> {
        let wanted = set.iter().map(|text| WantedField::parse(text)).collect::<Result<Vec<_>>>()?;
        self.plan_wanted(object, &|_| Ok(WantedChange::Own(wanted.clone())))
    }

    pub fn plan_wanted(&self, object: &str, wanted: WantedOf<'_>) -> Result<PlanOutcome> {
        let meant = object.split_whitespace().map(meant).collect::<Result<Vec<_>>>()?;
        self.within(|context, builds| plan(context, builds, &meant, wanted))
    }

    /// Does something with the tree, as a change does.
    pub fn within<T>(&self, work: impl FnOnce(&ChangeContext<'_>, &mut Builds<'_>) -> Result<T>) -> Result<T> {
        let mut builder = Builder::default();
        let context = ChangeContext {
            tree: &self.tree,
            schemas: &Schemas::read(&schemas())?,
            scope: self.scope.clone(),
            layer: self.layer.clone(),
            left_out: &self.left_out,
            is_wide: self.is_wide,
            guards: guards::GuardRules {
                deny: &guards::DenyList::new([("denied/**", guards::RuleOwner::Repository)])?,
                sources: &guards::SecretSources::in_tree(&self.tree),
                filter: &|_| None,
            },
        };
        work(&context, &mut Builds::new(&mut builder))
    }

    pub fn planned(&self, object: &str, set: &[&str]) -> ChangePlan {
        match self.plan(object, set) {
            Ok(PlanOutcome::Planned(plan)) => plan,
            other => panic!("{object} {set:?}: {other:?}"),
        }
    }

    pub fn refused(&self, object: &str, set: &[&str]) -> Refused {
        match self.plan(object, set) {
            Ok(PlanOutcome::Refused(refused)) => refused,
            other => panic!("{object} {set:?}: {other:?}"),
        }
    }

    /// The lines that go and come, by file: `file:-old`, `file:+new`.
    pub fn lines(&self, plan: &ChangePlan) -> Vec<String> {
        let mut found = Vec::new();
        for file in &plan.files {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (before, after) = (text(file.before.as_deref().unwrap_or_default()), text(file.new_bytes()));
            let (old, new): (Vec<_>, Vec<_>) = (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
            let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
            let rest = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(a, b)| a == b).count();
            let line = |sign: char, line: &&str| format!("{}:{sign}{}", file.path, line.trim_end_matches('\n'));
            found.extend(old[same..old.len() - rest].iter().map(|one| line('-', one)));
            found.extend(new[same..new.len() - rest].iter().map(|one| line('+', one)));
        }
        found
    }

    pub fn text(&self, path: &str) -> String {
        String::from_utf8_lossy(&self.tree.read(path).expect(path)).into_owned()
    }

    /// Every file is as it was.
    pub fn is_untouched(&self, files: &[(&str, &str)]) -> bool {
        files.iter().all(|(path, text)| self.tree.read(path).is_ok_and(|bytes| *bytes == *text.as_bytes()))
    }
}

/// The table, unpacked.
fn schemas() -> Vec<u8> {
    let mut text = Vec::new();
    let packed = crate::insight::schema::EMBEDDED;
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut text).expect("the table is gzipped");
    text
}
