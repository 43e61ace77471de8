//! One way after the other, until one is proven. None is: refused, with what each would do.

use std::sync::Arc;

use super::builds::{Build, Builds, ChangeScope};
use super::cautions::{self, Caution, CautionQuery, Placed, TouchedLine};
use super::compare::{ObjectKey, is_secret, shown_value};
use super::edited::{EditedFiles, EditedTree};
use super::hand::SourceLine;
use super::inverse::{Inverse, inverse};
use super::layer::LayerChoice;
use super::lines::{ChangedLines, FieldLines};
use super::outside::Outside;
use super::proof::{ChangeProof, Claim, TrialState};
use super::rendered::{RenderedBuild, rendered};
use super::steps;
use super::target::{BuildChoice, ChangeTarget, FoundTarget};
use super::trial::{Trial, Tried, why};
use super::value::{self, Typed};
use super::wanted::{BuiltObject, WantedChange, WantedField, WantedOf};
use super::ways::{self, Way, WayQuery};
use super::write::ChangedFile;
use crate::domain::{ClusterId, GroupKind, ObjectRef};
use crate::error::{Error, Result};
use crate::guards;
use crate::insight::field::PathPart;
use crate::insight::named::{Named, shown};
use crate::insight::schema::Schemas;
use crate::render::Node;
use crate::render::flux::{self, Applied};
use crate::render::id::{meta_text, text_at};
use crate::render::node::Text;
use crate::render::tree::Tree;
use crate::render::write;

/// What the change is made in.
pub struct ChangeContext<'a> {
    pub tree: &'a dyn Tree,
    pub schemas: &'a Schemas,
    pub scope: ChangeScope,
    pub layer: LayerChoice,
    /// Fields that are left as they are, as they are written.
    pub left_out: &'a [String],
    /// What else changes is accepted, by name.
    pub is_wide: bool,
    /// Which files must not be edited.
    pub guards: guards::GuardRules<'a>,
}

/// The result of planning.
#[derive(Clone, Debug)]
pub enum PlanOutcome {
    /// Every field has its wanted value already.
    Nothing {
        object: String,
    },
    Planned(ChangePlan),
    Refused(Refused),
}

/// Proven.
#[derive(Clone, Debug)]
pub struct ChangePlan {
    pub object: String,
    pub build: String,
    pub done: Vec<FieldChange>,
    /// What the edit of a file does as a whole, where nothing particular is wanted; the fields have no proof of their own then.
    pub by_hand: Option<Box<ChangeProof>>,
    /// Of each of these fields the lines that it changes.
    pub lines: Vec<FieldLines>,
    /// Fields that are left as they are.
    pub left_out: Vec<FieldLeftOut>,
    pub files: Vec<ChangedFile>,
    /// What differs in all that is built.
    pub rendered: Vec<RenderedBuild>,
    pub cautions: Vec<Caution>,
    pub outside: Outside,
}

impl ChangePlan {
    /// The effects of everything that it does.
    pub fn proofs(&self) -> impl Iterator<Item = &ChangeProof> {
        self.by_hand.as_deref().into_iter().chain(self.done.iter().map(|done| &done.proof))
    }
}

/// A field that is wanted, and left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLeftOut {
    pub field: String,
    /// As it reads; nothing is there.
    pub before: Option<String>,
    /// What it would read; none where it would be taken out.
    pub after: Option<String>,
}

/// One field, and how it gets its value.
#[derive(Clone, Debug)]
pub struct FieldChange {
    /// The object as a cluster has it after the change; none where that is not known.
    pub of: Option<ObjectRef>,
    pub field: String,
    /// As they read; none where it is not there.
    pub before: Option<String>,
    pub after: Option<String>,
    /// What takes it back; none where it is set back to what it was.
    pub inverse: Option<Inverse>,
    pub way: Way,
    pub proof: ChangeProof,
}

/// Not proven.
#[derive(Clone, Debug)]
pub struct Refused {
    pub object: String,
    pub build: String,
    pub field: String,
    pub why: String,
    pub hint: String,
    /// What sets the field, where that is a file of the repository.
    pub set_at: Option<SourceLine>,
    pub tried: Vec<Tried>,
    /// Who builds the object, where several do: the change may be for one of them only.
    pub builds: Vec<BuildChoice>,
    /// What the field is called where it is left out; none where nothing else is wanted.
    pub leave_out: Option<String>,
    pub cautions: Vec<Caution>,
}

/// An object as it is named.
#[derive(Clone, Debug)]
pub struct MeantObject {
    pub named: Named,
    /// Its namespace, or those that it may be in; any where there is none.
    pub namespaces: Vec<String>,
}

/// Plans one object after the other, and of each one field after the other, each on what the ones before left.
///
/// # Errors
/// An object or a field is not there, a value does not fit, the tree cannot be read.
pub fn plan(
    context: &ChangeContext<'_>,
    builds: &mut Builds<'_>,
    meant: &[MeantObject],
    wanted: WantedOf<'_>,
) -> Result<PlanOutcome> {
    let [first, more @ ..] = meant else { return Err(Error::usage("no object is named", "name one: KIND/NAME")) };
    let (target, state) = match begin(context, builds, &first.named, &first.namespaces, wanted)? {
        Begun::One(target, state) => (target, *state),
        Begun::Several(field, choices) => return Ok(PlanOutcome::Refused(ambiguous(field, choices))),
    };
    // what is changed instead is of the same cluster, and may be of another build
    let by = Outside::by(&state.own);
    let mut under_way = UnderWay { state: Some(state), is_of_several: !more.is_empty(), ..UnderWay::default() };
    if let Some(refused) = under_way.object(context, builds, target, wanted)? {
        return Ok(PlanOutcome::Refused(*refused));
    }
    for one in more {
        let (target, state) = match beside(under_way.take(), one, wanted)? {
            Begun::One(target, state) => (target, *state),
            Begun::Several(field, choices) => return Ok(PlanOutcome::Refused(ambiguous(field, choices))),
        };
        under_way.state = Some(state);
        if let Some(refused) = under_way.object(context, builds, target, wanted)? {
            return Ok(PlanOutcome::Refused(*refused));
        }
    }
    under_way.is_something(context.left_out)?;
    Ok(under_way.planned(context, by))
}

/// A plan that is being made.
#[derive(Default)]
struct UnderWay {
    /// What is built by now. Taken while something is made of it.
    state: Option<TrialState>,
    /// What was built before the first change.
    first: Option<TrialState>,
    /// The first object that is changed, as it was.
    meant: Option<Applied>,
    done: Vec<(ChangeTarget, FieldChange)>,
    wanted: Vec<WantedField>,
    /// What was named, as it is shown.
    objects: Vec<String>,
    /// Several objects were named: a field is known by its object as well.
    is_of_several: bool,
    lines: ChangedLines,
    left_out: Vec<FieldLeftOut>,
    /// What can be left out.
    names: Vec<String>,
}

impl UnderWay {
    fn take(&mut self) -> TrialState {
        self.state.take().expect("it was put back")
    }

    /// Plans the fields of one object.
    fn object(
        &mut self,
        context: &ChangeContext<'_>,
        builds: &mut Builds<'_>,
        target: ChangeTarget,
        wanted: WantedOf<'_>,
    ) -> Result<Option<Box<Refused>>> {
        let state = self.take();
        let change = {
            let (_, object) = target.of(&state.own).expect("it was found there");
            wanted(&BuiltObject { object, own: &state.own, all: &state.builds() })?
        };
        let (target, mut state, fields) = match change {
            WantedChange::Own(fields) => (target, state, fields),
            WantedChange::Other(key, fields) => {
                let (target, state) = turned(state, key)?;
                (target, state, fields)
            }
        };
        if fields.is_empty() {
            return Err(Error::usage("nothing is to be set", "write --set FIELD=VALUE"));
        }
        let (_, meant) = target.of(&state.own).expect("it was found there");
        let (object, meant) = (shown(&meant.node), meant.clone());
        let fields = steps::rewritten(fields, &meant.node)?;
        let fields = self.without(context.left_out, fields, &meant);
        let count = fields.len();
        for wanted in &fields {
            let name = self.name(&meant, wanted);
            match one(context, builds, &target, wanted, state)? {
                FieldOutcome::Nothing(same) => state = *same,
                FieldOutcome::Done(one, before, next) => {
                    self.lines.add(name, context.tree, &before.files, &next.files);
                    self.done.push((target.clone(), *one));
                    self.first.get_or_insert(*before);
                    state = *next;
                }
                FieldOutcome::Refused(refused, state) => {
                    let read = |at: &SourceLine| TouchedLine::at(at, &context.tree.read(&at.file).ok()?);
                    let lines: Vec<_> = refused.set_at.iter().filter_map(read).collect();
                    let cautions = cautions::all(&known(&meant, &state, &state, std::slice::from_ref(wanted), &lines));
                    // where it is the only one that was asked for, nothing would be left
                    let leave_out = (count > 1 || self.is_of_several || !self.done.is_empty()).then_some(name);
                    return Ok(Some(Box::new(Refused { cautions, leave_out, ..*refused })));
                }
            }
        }
        self.meant.get_or_insert(meant);
        self.wanted.extend(fields);
        self.objects.push(object);
        self.state = Some(state);
        Ok(None)
    }

    /// What a field is called where it is left out.
    fn name(&self, object: &Applied, field: &WantedField) -> String {
        if self.is_of_several { format!("{} {}", shown(&object.node), field.written) } else { field.written.clone() }
    }

    /// What is wanted of an object, without what is left out.
    fn without(&mut self, names: &[String], wanted: Vec<WantedField>, object: &Applied) -> Vec<WantedField> {
        self.names.extend(wanted.iter().map(|field| self.name(object, field)).collect::<Vec<_>>());
        let (out, kept): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|field| names.contains(&self.name(object, field)));
        for field in out {
            let now =
                field.field.reach(&object.node).ok().filter(|_| !field.is_inserted).and_then(|node| write::json(&node).ok());
            let before = now.as_ref().map(|now| shown_value(object, &field.written, now));
            let after = (!field.is_gone()).then(|| field.value.text().to_owned());
            self.left_out.push(FieldLeftOut { field: self.name(object, &field), before, after });
        }
        kept
    }

    /// Whether what is left out leaves something.
    ///
    /// # Errors
    /// A field is left out that nobody sets, or nothing is left.
    fn is_something(&self, left_out: &[String]) -> Result<()> {
        if let Some(unknown) = left_out.iter().find(|name| !self.names.contains(name)) {
            let hint = format!("set here: {}", self.names.join(", "));
            return Err(Error::usage(format!("`{unknown}` is not set by this change, and cannot be left out"), hint));
        }
        match self.wanted.is_empty() {
            true => Err(Error::usage("everything is left out", "take a field in again")),
            false => Ok(()),
        }
    }

    /// The plan, once every object was looked at.
    fn planned(mut self, context: &ChangeContext<'_>, by: Option<(String, String)>) -> PlanOutcome {
        let (object, state) = (objects(&self.objects), self.take());
        let (Some(first), Some(meant)) = (self.first, self.meant) else { return PlanOutcome::Nothing { object } };
        let rendered = rendered(&first.builds(), &state.builds());
        let file = |(path, after): (&Text, &Option<Arc<[u8]>>)| ChangedFile {
            path: path.clone(),
            before: context.tree.read(path).ok(),
            after: after.clone(),
        };
        let files: Vec<_> = state.files.iter().map(file).filter(|file| file.before != file.after).collect();
        let lines: Vec<_> = files.iter().flat_map(TouchedLine::of).collect();
        let query = known(&meant, &first, &state, &self.wanted, &lines);
        let (cautions, outside) = (cautions::all(&query), Outside { by, ..Outside::of(&query, &state.own) });
        let all = state.builds();
        let named = |(target, change): (ChangeTarget, FieldChange)| {
            let (_, object) = all.iter().filter(|build| build.name == target.build).find_map(|build| target.of(build))?;
            Some(FieldChange { of: Some(reference(&object.node)), ..change })
        };
        // one that is not built any more keeps its change
        let done = self.done.into_iter().map(|(target, change)| named((target, change.clone())).unwrap_or(change)).collect();
        let build = state.own.name.clone();
        let (lines, left_out) = (self.lines.all(), self.left_out);
        let by_hand = None;
        PlanOutcome::Planned(ChangePlan { object, build, done, by_hand, lines, left_out, files, rendered, cautions, outside })
    }
}

/// The objects of a change in a few words.
fn objects(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [first, more @ ..] => format!("{first} and {} more", more.len()),
    }
}

/// A built object as a cluster has it.
pub(super) fn reference(node: &Node) -> ObjectRef {
    let gk = GroupKind::new(crate::insight::named::group(node), text_at(node, "kind"));
    ObjectRef::new(ClusterId(0), gk, meta_text(node, "namespace"), meta_text(node, "name"))
}

/// Another object of the same cluster, with what builds that.
///
/// # Errors
/// It is not there.
fn beside(mut state: TrialState, meant: &MeantObject, wanted: WantedOf<'_>) -> Result<Begun> {
    let found = {
        let own = &state.own;
        let others = state.others.iter().flatten().filter(|other| other.is_with(own));
        let all: Vec<&Build> = std::iter::once(own).chain(others).collect();
        let of = format!(
            "it is not built with what {} builds: what another repository or cluster has needs a pull request of its own",
            own.name
        );
        ChangeTarget::find(&all, &all, &meant.named, wanted, &meant.namespaces).map_err(|error| Error { hint: of, ..error })?
    };
    let target = match found {
        FoundTarget::One(target) => target,
        FoundTarget::Several(field, choices) => return Ok(Begun::Several(field, choices)),
    };
    let others = state.others.iter_mut().flatten();
    if let Some(other) = others.into_iter().find(|build| build.name == target.build && build.name != state.own.name) {
        std::mem::swap(&mut state.own, other);
    }
    Ok(Begun::One(target, Box::new(state)))
}

/// The object that is named as it is built, and the name of what builds it. Where several build it in different ways, the first.
///
/// # Errors
/// It is not there.
pub fn object(
    context: &ChangeContext<'_>,
    builds: &mut Builds<'_>,
    named: &Named,
    namespaces: &[String],
) -> Result<(Applied, String)> {
    match begin(context, builds, named, namespaces, &|_| Ok(WantedChange::Own(Vec::new())))? {
        Begun::One(target, state) => {
            let (_, object) = target.of(&state.own).expect("it was found there");
            Ok((object.clone(), state.own.name))
        }
        Begun::Several(field, choices) => Err(several(field, choices)),
    }
}

/// The same as an error, where nobody is asked.
pub(super) fn several(field: String, choices: Vec<BuildChoice>) -> Error {
    let refused = ambiguous(field, choices);
    Error::failed(format!("{}: {}", refused.object, refused.why), refused.hint)
}

/// What is known of a change once it is built. Where it is refused, nothing is another one after it.
pub(super) fn known<'a>(
    object: &'a Applied,
    before: &'a TrialState,
    after: &'a TrialState,
    wanted: &'a [WantedField],
    lines: &'a [TouchedLine],
) -> CautionQuery<'a> {
    let meant = Some(Placed { build: &before.own, object });
    CautionQuery::new(meant, (before.builds(), after.builds()), wanted, lines)
}

/// Where a plan begins.
pub(super) enum Begun {
    One(ChangeTarget, Box<TrialState>),
    Several(String, Vec<BuildChoice>),
}

/// Builds what was named, and finds the object.
pub(super) fn begin(
    context: &ChangeContext<'_>,
    builds: &mut Builds<'_>,
    named: &Named,
    namespaces: &[String],
    wanted: WantedOf<'_>,
) -> Result<Begun> {
    let find = |builds: &[&Build], all: &[&Build]| ChangeTarget::find(builds, all, named, wanted, namespaces);
    let begun = |found, own, others| match found {
        FoundTarget::One(target) => Begun::One(target, Box::new(TrialState { files: EditedFiles::new(), own, others })),
        FoundTarget::Several(field, choices) => Begun::Several(field, choices),
    };
    if let ChangeScope::Folder { path, variables } = &context.scope {
        let own = builds.folder(context.tree, path, variables.as_ref());
        return Ok(begun(find(&[&own], &[&own])?, own, None));
    }
    let mut all = builds.members(context.tree)?;
    let meant: Vec<&Build> = match &context.scope {
        ChangeScope::Kustomization(name) => {
            let names = builds.named(context.tree, name)?;
            all.iter().filter(|build| names.contains(&build.name)).collect()
        }
        ChangeScope::Applied { name, path, request, .. } => match (applied(&all, name, path), request) {
            (Err(_), Some(request)) => {
                let own = builds.requested(context.tree, request)?;
                let found = find(&[&own], &std::iter::once(&own).chain(&all).collect::<Vec<_>>())?;
                return Ok(begun(found, own, Some(all)));
            }
            (found, _) => found?,
        },
        _ => all.iter().collect(),
    };
    let target = match find(&meant, &all.iter().collect::<Vec<_>>())? {
        FoundTarget::One(target) => target,
        FoundTarget::Several(field, choices) => return Ok(Begun::Several(field, choices)),
    };
    let at = all.iter().position(|build| build.name == target.build).expect("it was found there");
    let own = all.remove(at);
    Ok(begun(FoundTarget::One(target), own, Some(all)))
}

/// Turns to another object of the same cluster, with what builds that.
///
/// # Errors
/// The repository does not build it.
pub(super) fn turned(mut state: TrialState, key: ObjectKey) -> Result<(ChangeTarget, TrialState)> {
    let has = |build: &Build| build.objects().iter().any(|object| ObjectKey::of(&object.node) == key);
    let target = |build: String, key: ObjectKey| ChangeTarget { key, build, twins: Vec::new() };
    if has(&state.own) {
        return Ok((target(state.own.name.clone(), key), state));
    }
    let is_it = |build: &Build| state.own.cluster.is_some() && build.is_with(&state.own) && has(build);
    let others = state.others.as_deref().unwrap_or_default();
    let Some(at) = others.iter().position(is_it) else {
        let ObjectKey { kind, namespace, name, .. } = key;
        let message = format!("{kind} {namespace}/{name}, which decides on it, is not built from this repository");
        return Err(Error::failed(message, "change it where it is declared, or set the field itself with set-field"));
    };
    let others = state.others.as_mut().expect("it was found there");
    std::mem::swap(&mut state.own, &mut others[at]);
    Ok((target(state.own.name.clone(), key), state))
}

/// Several builds make the object, and not in the same way: one has to be named.
pub(super) fn ambiguous(field: String, choices: Vec<BuildChoice>) -> Refused {
    let names: Vec<_> = choices.iter().map(|choice| format!("{} of {}", choice.object, choice.build)).collect();
    Refused {
        object: choices.first().map(|choice| choice.object.clone()).unwrap_or_default(),
        build: String::new(),
        field,
        why: "it is built in several ways".to_owned(),
        hint: format!("name one with -n or --kustomization: {}", names.join("; ")),
        set_at: None,
        tried: Vec::new(),
        builds: choices,
        leave_out: None,
        cautions: Vec::new(),
    }
}

/// The Flux Kustomizations of a name that build a folder.
pub(super) fn applied<'b>(all: &'b [Build], name: &str, path: &str) -> Result<Vec<&'b Build>> {
    let folder = flux::folder(path);
    let is_named = |build: &&Build| {
        build.folder == folder && build.spec.as_ref().is_some_and(|spec| format!("{}/{}", spec.namespace, spec.name) == name)
    };
    let found: Vec<_> = all.iter().filter(is_named).collect();
    if found.is_empty() {
        let hint = "its manifest may have been moved or removed since it was applied, or be in another repository";
        let path = if folder.is_empty() { "." } else { &folder };
        return Err(Error::failed(format!("the repository declares no Kustomization {name} that builds `{path}`"), hint));
    }
    Ok(found)
}

/// What planning one field comes to.
pub(super) enum FieldOutcome {
    Nothing(Box<TrialState>),
    /// With what was before, and what is then.
    Done(Box<FieldChange>, Box<TrialState>, Box<TrialState>),
    Refused(Box<Refused>, Box<TrialState>),
}

/// Plans one field.
pub(super) fn one(
    context: &ChangeContext<'_>,
    builds: &mut Builds<'_>,
    target: &ChangeTarget,
    wanted: &WantedField,
    mut state: TrialState,
) -> Result<FieldOutcome> {
    let own = state.own.clone();
    let (_, object) = target.of(&own).ok_or_else(|| Error::failed("the object is no longer built", ""))?;
    refuse_secret(object, wanted)?;
    let node = wanted.field.reach(&object.node).ok().filter(|_| !wanted.is_inserted);
    let now = node.as_ref().and_then(|node| write::json(node).ok());
    let schema = value::by_schema(context.schemas, &object.node, wanted.field.parts());
    let typed = Typed::wanted(&wanted.value, now.as_ref(), schema)?;
    if now.as_ref().map_or(typed == Typed::Gone, |now| typed.is(now)) {
        return Ok(FieldOutcome::Nothing(Box::new(state)));
    }
    let files = state.files.clone();
    let edited = EditedTree { tree: context.tree, files: &files };
    let found = ways::find(&WayQuery::new(&edited, &own, object, wanted, &typed, context.schemas));
    let claim = Claim { scope: &context.scope, target, wanted, typed: &typed, schemas: context.schemas };
    let mut trial = Trial { context, builds, claim, tried: Vec::new() };
    let chosen = trial.chosen(&found)?;
    if let Some((way, proof, next)) = trial.first(&chosen, &mut state, &found)? {
        let before = now.as_ref().map(|now| shown_value(object, &wanted.written, now));
        let after = (typed != Typed::Gone).then(|| typed.text());
        let inverse = inverse(wanted, object, target.of(&next.own).map(|(_, object)| object));
        let done = FieldChange { of: None, field: wanted.written.clone(), before, after, inverse, way, proof };
        return Ok(FieldOutcome::Done(Box::new(done), Box::new(state), Box::new(next)));
    }
    trial.rest(&found, &mut state)?;
    let tried = trial.tried;
    let set_at = node.as_deref().and_then(SourceLine::of);
    let (why, hint) = why(&tried, &found, &context.scope, set_at.as_ref());
    let (object, build) = (shown(&object.node), own.name.clone());
    let hint = match &target.twins[..] {
        [] => hint,
        twins => format!("{hint}; {object} is built the same by {}: name one with --kustomization", twins.join(", ")),
    };
    let twin = |build: &String| BuildChoice { build: build.clone(), object: object.clone() };
    let builds = match target.twins.is_empty() {
        true => Vec::new(),
        false => std::iter::once(&build).chain(&target.twins).map(twin).collect(),
    };
    let (field, cautions, leave_out) = (wanted.written.clone(), Vec::new(), None);
    let refused = Refused { object, build, field, why, hint, set_at, tried, builds, leave_out, cautions };
    Ok(FieldOutcome::Refused(Box::new(refused), Box::new(state)))
}

fn refuse_secret(object: &Applied, wanted: &WantedField) -> Result<()> {
    let is_value = matches!(wanted.field.parts().first(), Some(PathPart::Key(key)) if ["data", "stringData", "binaryData"].contains(&&**key));
    if object.is_encrypted {
        return Err(Error::failed(format!("{} is encrypted by SOPS", shown(&object.node)), "use `sops edit`"));
    }
    if is_secret(object) && is_value {
        return Err(Error::failed("the values of Secrets are not set", "change what the Secret is made of"));
    }
    Ok(())
}
