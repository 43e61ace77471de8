//! An edit of a file as a change: the file may be edited, everything is built again with it, and all that is built otherwise then is named.
//!
//! Nothing particular is wanted: in what builds the object everything that differs is what the person typed. What others build otherwise
//! needs consent, as with any change; what could be built and cannot any more is refused.

use std::sync::Arc;

use super::super::builds::{Build, Builds};
use super::super::cautions::{self, TouchedLine};
use super::super::checks;
use super::super::compare::{self, BuildDifference};
use super::super::edited::{EditedFiles, EditedTree};
use super::super::outside::Outside;
use super::super::plan::{Begun, ChangeContext, MeantObject, ambiguous, begin, known, reference};
use super::super::proof::{ChangeProof, Rebuilding, TrialState};
use super::super::rendered::rendered;
use super::super::target::ChangeTarget;
use super::super::trial::Tried;
use super::super::wanted::{BuiltObject, WantedChange};
use super::super::ways::{Way, WayKind};
use super::super::write::ChangedFile;
use super::super::{ChangePlan, FieldChange, PlanOutcome, Refused};
use super::edit::HandEdit;
use super::files::readable;
use super::line::SourceLine;
use super::{check, files};
use crate::domain::text::counted;
use crate::error::{Error, Result};
use crate::guards;
use crate::insight::field::FieldPath;
use crate::insight::named::shown;
use crate::render::flux::Applied;
use crate::render::node::Text;
use crate::render::repository::BuildOutcome;

/// Most fields that are followed in the cluster, and named one by one in front of a change; what is built then has them all.
const FIELDS: usize = 100;
/// The layer of a field that changed because of it.
const LAYER: &str = "edited by hand";

/// Plans the edit of a file for an object.
///
/// # Errors
/// The object is not there, the tree cannot be read.
pub fn plan(context: &ChangeContext<'_>, builds: &mut Builds<'_>, meant: &MeantObject, edit: &HandEdit) -> Result<PlanOutcome> {
    let nothing = |_: &BuiltObject<'_>| Ok(WantedChange::Own(Vec::new()));
    let (target, mut before) = match begin(context, builds, &meant.named, &meant.namespaces, &nothing)? {
        Begun::One(target, state) => (target, *state),
        Begun::Several(_, choices) => return Ok(PlanOutcome::Refused(ambiguous(edit.file.clone(), choices))),
    };
    let (_, object) = target.of(&before.own).expect("it was found there");
    let object = object.clone();
    let refused = Refusing { object: shown(&object.node), build: before.own.name.clone(), edit };
    let (old, new, read) = match taken(context, edit) {
        Ok(taken) => taken,
        Err(error) => return Ok(refused.by(error)),
    };
    if old == new {
        return Ok(PlanOutcome::Nothing { object: refused.object });
    }
    let path = Text::from(edit.file.as_str());
    let files: EditedFiles = [(path.clone(), Some(Arc::from(new.as_bytes())))].into();
    let again = Rebuilding { scope: &context.scope, target: &target };
    let (after, mut proof) = rebuilt(context, builds, again, &mut before, files)?;
    if !proof.is_clean(&context.scope) && (!context.is_wide || !proof.broken.is_empty()) {
        return Ok(refused.shared(proof));
    }
    proof.checks = checks::by_hand(read, (&before.own, &after.own), &proof, context.schemas);
    let changed = ChangedFile { path, before: Some(Arc::from(old.as_bytes())), after: Some(Arc::from(new.as_bytes())) };
    Ok(PlanOutcome::Planned(planned((&target, &object), &before, &after, edit, changed, proof)))
}

/// The file before and after, and what was seen of the text.
///
/// # Errors
/// It must not be edited, others have changed the lines, or the text cannot be taken.
fn taken(context: &ChangeContext<'_>, edit: &HandEdit) -> Result<(String, String, std::result::Result<String, String>)> {
    let old = readable(context, &edit.file)?;
    let new = edit.applied(&old)?;
    let bytes: Arc<[u8]> = Arc::from(new.as_bytes());
    check::text(&edit.file, &bytes)?;
    let read = check::check(&edit.file, &old, &new)?;
    // it may have become another sort of file: encrypted, generated
    guards::check(&edit.file, Some(&bytes), context.tree, &context.guards)?;
    guards::values_are_kept(&edit.file, old.as_bytes(), &bytes)?;
    if files::has_secrets(&new) {
        let hint = "values of Secrets are written by hand, encrypted";
        return Err(Error::failed(format!("{} would hold values of a Secret", edit.file), hint));
    }
    Ok((old, new, read))
}

/// Builds everything with the files, and compares.
pub(in super::super) fn rebuilt(
    context: &ChangeContext<'_>,
    builds: &mut Builds<'_>,
    again: Rebuilding<'_>,
    before: &mut TrialState,
    files: EditedFiles,
) -> Result<(TrialState, ChangeProof)> {
    let tree = EditedTree { tree: context.tree, files: &files };
    let (own, others) = again.own(builds, &tree, before)?;
    let others = match others {
        Some(others) => others,
        None => builds.others(context.tree, &tree, &mut before.others, &files)?,
    };
    let mut proof = ChangeProof::default();
    let lost = match &own.outcome {
        BuildOutcome::Built(_) => None,
        BuildOutcome::Failed(error) => Some(error.to_string()),
        BuildOutcome::Elsewhere(why) => Some(why.clone()),
    };
    proof.broken.extend(lost.map(|why| (own.name.clone(), why)));
    again.of_others(&before.own, before.others.as_deref().unwrap_or_default(), &others, &files, &mut proof);
    gone(before.others.as_deref().unwrap_or_default(), &others, &mut proof);
    if let (BuildOutcome::Built(old), BuildOutcome::Built(new)) = (&before.own.outcome, &own.outcome) {
        let compared = compare::compare(old, new);
        (proof.renamed, proof.followed) = (compared.renamed, compared.followed);
    }
    Ok((TrialState { files, own, others: Some(others) }, proof))
}

/// What the file declared and does not declare any more was taken out by the person: all of it goes, which needs consent.
fn gone(before: &[Build], after: &[Build], proof: &mut ChangeProof) {
    let is_left = |name: &String| after.iter().any(|build| build.name == *name);
    for (name, why) in std::mem::take(&mut proof.broken) {
        match before.iter().find(|build| build.name == name).filter(|_| !is_left(&name)) {
            Some(old) => {
                let objects = old.objects().iter().map(|object| BuildDifference::object(&object.node, true)).collect();
                proof.elsewhere.push((name, objects));
            }
            None => proof.broken.push((name, why)),
        }
    }
}

fn planned(
    (target, object): (&ChangeTarget, &Applied),
    before: &TrialState,
    after: &TrialState,
    edit: &HandEdit,
    file: ChangedFile,
    proof: ChangeProof,
) -> ChangePlan {
    let lines = TouchedLine::of(&file);
    let query = known(object, before, after, &[], &lines);
    let outside = Outside { by: Outside::by(&before.own), ..Outside::of(&query, &after.own) };
    let last = target.of(&after.own).map_or(object, |(_, object)| object);
    ChangePlan {
        object: shown(&last.node),
        build: before.own.name.clone(),
        done: fields(&before.own, &after.own, edit),
        by_hand: Some(Box::new(proof)),
        lines: Vec::new(),
        left_out: Vec::new(),
        files: vec![file],
        rendered: rendered(&before.builds(), &after.builds()),
        cautions: cautions::all(&query),
        outside,
    }
}

/// The fields that are others in what builds the object: what the cluster carries once it is applied. An object that comes or goes has none.
fn fields(before: &Build, after: &Build, edit: &HandEdit) -> Vec<FieldChange> {
    let (BuildOutcome::Built(old), BuildOutcome::Built(new)) = (&before.outcome, &after.outcome) else { return Vec::new() };
    let one = |(at, one): (usize, BuildDifference)| {
        let object = new.get(at).filter(|_| one.field.is_some())?;
        // what only the cluster knows cannot be compared with what is there
        let is_open = |value: &Option<String>| value.as_deref().is_some_and(|value| value.contains("${"));
        if !object.unknown.is_empty() && is_open(&one.after) {
            return None;
        }
        let field = one.field?;
        Some(FieldChange {
            of: Some(reference(&object.node)),
            way: way(edit, &place(object, &field, edit)),
            field,
            before: one.before,
            after: one.after,
            inverse: None,
            proof: ChangeProof::default(),
        })
    };
    compare::compare(old, new).differences.into_iter().filter_map(one).take(FIELDS).collect()
}

/// The line of a field, where the edited file sets it; else where the edit begins.
fn place(object: &Applied, field: &str, edit: &HandEdit) -> SourceLine {
    let found = FieldPath::parse(field).ok().and_then(|path| SourceLine::of(path.find(&object.node).ok()?));
    found.filter(|at| at.file == edit.file).unwrap_or_else(|| edit.place_after())
}

fn way(edit: &HandEdit, at: &SourceLine) -> Way {
    let file = Text::from(edit.file.as_str());
    Way { kind: WayKind::Sets, layer: LAYER.to_owned(), file, line: at.line, attempts: Vec::new() }
}

/// What a refusal is about.
struct Refusing<'a> {
    object: String,
    build: String,
    edit: &'a HandEdit,
}

impl Refusing<'_> {
    fn refused(&self, why: String, hint: String, tried: Vec<Tried>) -> PlanOutcome {
        PlanOutcome::Refused(Refused {
            object: self.object.clone(),
            build: self.build.clone(),
            field: self.edit.file.clone(),
            why,
            hint,
            set_at: Some(self.edit.place()),
            tried,
            builds: Vec::new(),
            leave_out: None,
            cautions: Vec::new(),
        })
    }

    fn by(&self, error: Error) -> PlanOutcome {
        self.refused(error.message, error.hint, Vec::new())
    }

    /// Others build the file too, or something cannot be built any more.
    fn shared(&self, proof: ChangeProof) -> PlanOutcome {
        let (why, hint) = match proof.broken.as_slice() {
            [] => (format!("the file is shared: {} would change with it", named(&proof)), "--wide changes all of them"),
            [(build, why), ..] => {
                (format!("{build} could not be built any more: {why}"), "edit it again: what you typed is kept")
            }
        };
        let way = way(self.edit, &self.edit.place());
        self.refused(why, hint.to_owned(), vec![Tried::only(way, proof)])
    }
}

/// Whose builds change besides; of many the first.
fn named(proof: &ChangeProof) -> String {
    let all: Vec<_> = proof.elsewhere.iter().map(|(build, _)| build.as_str()).collect();
    match all.as_slice() {
        [first, _, _, ..] => format!("{first} and {}", counted(all.len() - 1, "other")),
        few => few.join(" and "),
    }
}
