//! One way after the other, until one is proven. None is: refused, with what each would do.

use std::sync::Arc;

use super::builds::{Build, Builds, Scope};
use super::compare::{is_secret, said};
use super::edited::{Edited, Files};
use super::proof::{Claim, Proof, State};
use super::target::Target;
use super::trial::{Trial, Tried, why};
use super::value::{self, Typed};
use super::wanted::Wanted;
use super::ways::{self, Asked, Way};
use super::write::File;
use crate::error::{Error, Result};
use crate::guards;
use crate::insight::named::{Named, shown};
use crate::insight::schema::Schemas;
use crate::kinds::masked::MASKED;
use crate::render::Node;
use crate::render::flux::Applied;
use crate::render::node::Text;
use crate::render::tree::Tree;
use crate::render::write;

/// What the change is made in.
pub struct Ground<'a> {
    pub tree: &'a dyn Tree,
    pub schemas: &'a Schemas,
    pub scope: Scope,
    pub layer: Layer,
    /// What else changes is accepted, by name.
    pub is_wide: bool,
    /// Which files must not be edited.
    pub guards: guards::Rules<'a>,
    pub rules: Rules,
}

/// What whoever asks for a change knows of the objects that it is for.
#[derive(Clone, Copy)]
pub struct Rules {
    /// Whether it means anything for an object, and why not.
    pub fits: fn(&Node) -> Result<()>,
    /// What a person should know before it is made, of an object among all that are built with it.
    pub warns: fn(&Node, &[Applied]) -> Vec<String>,
}

impl Rules {
    pub const NONE: Self = Self { fits: |_| Ok(()), warns: |_, _| Vec::new() };
}

/// Which of the ways is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The one that sets the field.
    Set,
    /// By its number among all that there are, from 1.
    Number(usize),
    /// By where it stands.
    At { file: String, line: u32 },
    /// A patch for this object only.
    NewPatch,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Everything reads as wanted already.
    Nothing {
        object: String,
    },
    Planned(Plan),
    Refused(Refused),
}

/// Proven.
#[derive(Clone, Debug)]
pub struct Plan {
    pub object: String,
    pub build: String,
    pub done: Vec<Done>,
    pub files: Vec<File>,
    pub warnings: Vec<String>,
}

/// One field, and how it gets its value.
#[derive(Clone, Debug)]
pub struct Done {
    pub field: String,
    /// As they read; nothing was there before.
    pub before: Option<String>,
    pub after: String,
    pub way: Way,
    pub proof: Proof,
}

/// Not proven.
#[derive(Clone, Debug)]
pub struct Refused {
    pub object: String,
    pub build: String,
    pub field: String,
    pub why: String,
    pub hint: String,
    pub tried: Vec<Tried>,
}

/// Plans one field after the other, each on what the ones before left.
///
/// # Errors
/// The object or a field is not there, a value does not fit, the tree cannot be read.
pub fn plan(
    ground: &Ground<'_>,
    builds: &mut Builds<'_>,
    named: &Named,
    namespaces: &[String],
    wanted: &[Wanted],
) -> Result<Outcome> {
    let first = wanted.first().ok_or_else(|| Error::usage("nothing is to be set", "write --set FIELD=VALUE"))?;
    let (target, mut state) = begin(ground, builds, named, namespaces, first)?;
    let (_, meant) = target.of(&state.own).expect("it was found there");
    (ground.rules.fits)(&meant.node)?;
    let (object, warnings) = (shown(&meant.node), (ground.rules.warns)(&meant.node, state.own.objects()));
    let mut done = Vec::new();
    for wanted in wanted {
        match one(ground, builds, &target, wanted, state)? {
            Step::Nothing(same) => state = *same,
            Step::Done(one, next) => {
                done.push(*one);
                state = *next;
            }
            Step::Refused(refused) => return Ok(Outcome::Refused(*refused)),
        }
    }
    if done.is_empty() {
        return Ok(Outcome::Nothing { object });
    }
    let file = |(path, after): (&Text, &Arc<[u8]>)| File {
        path: path.clone(),
        before: ground.tree.read(path).ok(),
        after: after.clone(),
    };
    let files = state.files.iter().map(file).filter(|file| file.before.as_ref() != Some(&file.after)).collect();
    Ok(Outcome::Planned(Plan { object, build: state.own.name, done, files, warnings }))
}

/// Builds what was named, and finds the object.
fn begin(
    ground: &Ground<'_>,
    builds: &mut Builds<'_>,
    named: &Named,
    namespaces: &[String],
    first: &Wanted,
) -> Result<(Target, State)> {
    let files = Files::new();
    if let Scope::Folder { path, variables } = &ground.scope {
        let own = builds.folder(ground.tree, path, variables.as_ref());
        let target = Target::find(&[&own], named, &first.field, namespaces)?;
        return Ok((target, State { files, own, others: None }));
    }
    let mut all = builds.members(ground.tree)?;
    let meant: Vec<&Build> = match &ground.scope {
        Scope::Kustomization(name) => {
            let names = builds.named(ground.tree, name)?;
            all.iter().filter(|build| names.contains(&build.name)).collect()
        }
        _ => all.iter().collect(),
    };
    let target = Target::find(&meant, named, &first.field, namespaces)?;
    let at = all.iter().position(|build| build.name == target.build).expect("it was found there");
    let own = all.remove(at);
    Ok((target, State { files, own, others: Some(all) }))
}

enum Step {
    Nothing(Box<State>),
    Done(Box<Done>, Box<State>),
    Refused(Box<Refused>),
}

/// Plans one field.
fn one(ground: &Ground<'_>, builds: &mut Builds<'_>, target: &Target, wanted: &Wanted, mut state: State) -> Result<Step> {
    let own = state.own.clone();
    let (_, object) = target.of(&own).ok_or_else(|| Error::failed("the object is no longer built", ""))?;
    refuse_secret(object, wanted)?;
    let now = wanted.field.reach(&object.node).ok().and_then(|node| write::json(&node).ok());
    let schema = value::by_schema(ground.schemas, &object.node, wanted.field.parts());
    let typed = Typed::read(&wanted.value, Typed::taken(now.as_ref(), schema)?)?;
    if now.as_ref().is_some_and(|now| typed.is(now)) {
        return Ok(Step::Nothing(Box::new(state)));
    }
    let files = state.files.clone();
    let edited = Edited { tree: ground.tree, files: &files };
    let found = ways::find(&Asked::new(&edited, &own, object, wanted, &typed, ground.schemas));
    let claim = Claim { scope: &ground.scope, target, wanted, typed: &typed, schemas: ground.schemas };
    let mut trial = Trial { ground, builds, claim, tried: Vec::new() };
    let chosen = trial.chosen(&found)?;
    if let Some((way, proof, next)) = trial.first(&chosen, &mut state, &found)? {
        let before = now.as_ref().map(|now| if is_secret(object) { MASKED.to_owned() } else { said(now) });
        let done = Done { field: wanted.written.clone(), before, after: typed.text(), way, proof };
        return Ok(Step::Done(Box::new(done), Box::new(next)));
    }
    trial.rest(&found, &mut state)?;
    let tried = trial.tried;
    let (why, hint) = why(&tried, &found, &ground.scope);
    let hint = match &target.twins[..] {
        [] => hint,
        twins => {
            format!("{hint}; {} is built the same by {}: name one with --kustomization", shown(&object.node), twins.join(", "))
        }
    };
    let (object, build) = (shown(&object.node), own.name.clone());
    Ok(Step::Refused(Box::new(Refused { object, build, field: wanted.written.clone(), why, hint, tried })))
}

fn refuse_secret(object: &Applied, wanted: &Wanted) -> Result<()> {
    use crate::insight::field::PathPart;
    let is_value = matches!(wanted.field.parts().first(), Some(PathPart::Key(key)) if ["data", "stringData", "binaryData"].contains(&&**key));
    if object.is_encrypted {
        return Err(Error::failed(format!("{} is encrypted by SOPS", shown(&object.node)), "use `sops edit`"));
    }
    if is_secret(object) && is_value {
        return Err(Error::failed("the values of Secrets are not set", "change what the Secret is made of"));
    }
    Ok(())
}
