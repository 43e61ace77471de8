//! Commits taken back as a change: each from the newest on, in the newest files; guarded, everything built again, and what else they did said.

use std::sync::Arc;

use super::super::builds::{Build, Builds};
use super::super::cautions::{self, Caution, TouchedLine};
use super::super::checks::{self, Check, CheckResult};
use super::super::compare::{BuildDifference, ObjectKey, compare};
use super::super::edited::{EditedFiles, EditedTree};
use super::super::hand::{SourceLine, rebuilt};
use super::super::outside::Outside;
use super::super::plan::{ChangeContext, FieldOutcome, MeantObject, known, one, reference, turned};
use super::super::proof::{ChangeProof, Rebuilding, TrialState};
use super::super::rendered::rendered;
use super::super::trial::Tried;
use super::super::ways::{Way, WayKind};
use super::super::write::ChangedFile;
use super::super::{ChangePlan, FieldChange, PlanOutcome, Refused, TakenBack, WantedField};
use super::aim::{Aim, Aimed, Rendering, differing};
use super::past::{BackPart, LostPlace, PastCommit};
use super::sort::{SortedParts, Sorting};
use crate::domain::text::counted;
use crate::error::{Error, Result};
use crate::guards;
use crate::insight::field::FieldPath;
use crate::insight::named::shown;
use crate::render::flux::Applied;
use crate::render::node::Text;
use crate::render::repository::BuildOutcome;
use crate::render::tree::Tree;

/// Most fields that are followed in the cluster, and named one by one in front of a change; what is built then has them all.
const FIELDS: usize = 100;
/// The layer of a field that changed because of it.
const LAYER: &str = "taken back";
/// Most places that are named of what stays.
const PLACES: usize = 6;

/// What is taken back, read from the history.
pub struct Back<'t> {
    pub order: &'t TakenBack,
    /// The same with their files, the newest first.
    pub commits: Vec<PastCommit<'t>>,
    /// All files as they were before the oldest of them; none where that is not here.
    pub past: Option<&'t dyn Tree>,
}

/// Plans taking commits back for an object.
///
/// # Errors
/// The object is not there, a tree cannot be read.
pub fn plan(context: &ChangeContext<'_>, builds: &mut Builds<'_>, meant: &MeantObject, back: &Back<'_>) -> Result<PlanOutcome> {
    let aim = match Aim::find(context, builds, meant)? {
        Aimed::At(aim) => *aim,
        Aimed::Several(refused) => return Ok(PlanOutcome::Refused(*refused)),
    };
    let refusing = Refusing { object: aim.target.key.shown(), build: aim.own.name.clone(), field: back.order.name() };
    let mut work = Work { context, builds, aim: &aim, back, rest: Vec::new() };
    let files = match work.files()? {
        Ok(files) => files,
        Err(error) => return Ok(refusing.by(error)),
    };
    if files.is_empty() {
        return Ok(PlanOutcome::Nothing { object: refusing.object });
    }
    let mut before = TrialState { files: EditedFiles::new(), own: aim.own.clone(), others: aim.others.clone() };
    let again = Rebuilding { scope: &context.scope, target: &aim.target };
    let (after, proof) = rebuilt(context, work.builds, again, &mut before, files)?;
    let proof = work.judged(&before, &after, proof);
    if !proof.is_clean(&context.scope) && (!context.is_wide || !proof.broken.is_empty()) {
        let at = work.changed(&after.files).first().map(SourceLine::first_of).unwrap_or_default();
        return Ok(refusing.shared(proof, &at, before.own.outcome.objects().is_empty()));
    }
    let suspended = work.suspended(&before, after)?;
    Ok(PlanOutcome::Planned(work.planned(&before, suspended, proof)?))
}

/// Whether a commit changed something of an object, where it was made.
///
/// # Errors
/// As [`plan`].
pub fn touches(
    context: &ChangeContext<'_>,
    builds: &mut Builds<'_>,
    meant: &MeantObject,
    commit: &PastCommit<'_>,
) -> Result<bool> {
    let Aimed::At(aim) = Aim::find(context, builds, meant)? else { return Ok(true) };
    let sorted = Sorting { aim: &aim, scope: &context.scope, builds, commit }.sorted()?;
    Ok(!sorted.own.is_empty())
}

struct Work<'w, 'b, 't> {
    context: &'w ChangeContext<'w>,
    builds: &'w mut Builds<'b>,
    aim: &'w Aim,
    back: &'w Back<'t>,
    /// What else the commits did, a line for each.
    rest: Vec<String>,
}

/// What is built once image automation is suspended too.
struct Suspended {
    after: TrialState,
    fields: Vec<FieldChange>,
    /// Automation that writes over it, which no file here can suspend.
    cautions: Vec<Caution>,
}

impl Work<'_, '_, '_> {
    /// The files as they are to be. Inside: why nothing can be taken back.
    fn files(&mut self) -> Result<Result<EditedFiles>> {
        let mut files = EditedFiles::new();
        let mut is_any = false;
        for commit in &self.back.commits {
            let sorted = match self.back.order.is_whole {
                true => match commit.unread() {
                    None => SortedParts { own: commit.parts(), rest: Vec::new() },
                    Some(file) => return Ok(Err(unread(commit, file))),
                },
                false => Sorting { aim: self.aim, scope: &self.context.scope, builds: self.builds, commit }.sorted()?,
            };
            if sorted.own.is_empty() {
                continue;
            }
            is_any = true;
            let tree = EditedTree { tree: self.context.tree, files: &files };
            let edits = match commit.taken_back(&sorted.own, &tree) {
                Ok(edits) => edits,
                Err(lost) => return Ok(Err(conflict(commit, &lost))),
            };
            if let Err(error) = self.guarded(&tree, &edits) {
                return Ok(Err(error));
            }
            files.extend(edits);
            self.rest.extend(rest(commit, &sorted.rest));
        }
        let today = |path: &Text| self.context.tree.entry(path).is_some().then(|| self.context.tree.read(path).ok()).flatten();
        files.retain(|path, bytes| *bytes != today(path));
        match is_any {
            true => Ok(Ok(files)),
            false => Ok(Err(untouched(self.back, &self.aim.target.key.shown()))),
        }
    }

    /// Whether each of the files may be edited. One that comes back whole is as git had it: what encrypts it guards all of it.
    fn guarded(&self, tree: &dyn Tree, edits: &EditedFiles) -> Result<()> {
        let rules = &self.context.guards;
        for (path, after) in edits {
            let before = tree.entry(path).is_some().then(|| tree.read(path)).transpose()?;
            guards::check(path, before.as_deref(), self.context.tree, rules)?;
            let (old, new) = (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
            if before.is_none() && guards::encrypted_at(new).is_some() {
                continue;
            }
            guards::check(path, after.as_deref(), self.context.tree, rules)?;
            guards::values_are_kept(path, old, new)?;
        }
        Ok(())
    }

    /// The proof, with what is meant taken out of what else changes.
    fn judged(&self, before: &TrialState, after: &TrialState, proof: ChangeProof) -> ChangeProof {
        let (old, new) = (rendering(before), rendering(after));
        let names = self.aim.names(&old, &new);
        let build = |name: &str| before.builds().into_iter().find(|build| build.name == name).cloned();
        let is_other = |build: &Build, one: &BuildDifference| !self.aim.is_meant(build, &one.key, &names);
        let mut proof = proof;
        if let (false, BuildOutcome::Built(was), BuildOutcome::Built(is)) =
            (self.back.order.is_whole, &before.own.outcome, &after.own.outcome)
        {
            let all = compare(was, is).differences.into_iter().map(|(_, one)| one);
            proof.inside = all.filter(|one| is_other(&before.own, one)).collect();
        }
        for (name, differences) in &mut proof.elsewhere {
            if let Some(build) = build(name) {
                differences.retain(|one| is_other(&build, one));
            }
        }
        proof.elsewhere.retain(|(_, differences)| !differences.is_empty());
        proof
    }

    fn changed(&self, files: &EditedFiles) -> Vec<ChangedFile> {
        let one = |(path, after): (&Text, &Option<Arc<[u8]>>)| {
            let is_there = self.context.tree.entry(path).is_some();
            let before = is_there.then(|| self.context.tree.read(path).ok()).flatten();
            ChangedFile { path: path.clone(), before, after: after.clone() }
        };
        files.iter().map(one).filter(|file| file.before != file.after).collect()
    }

    /// Suspends the image automation that would write over what was taken back, where that is wanted and declared here.
    fn suspended(&mut self, before: &TrialState, after: TrialState) -> Result<Suspended> {
        let mut suspended = Suspended { after, fields: Vec::new(), cautions: Vec::new() };
        if !self.back.order.suspends {
            return Ok(suspended);
        }
        let lines: Vec<_> = self.changed(&suspended.after.files).iter().flat_map(TouchedLine::of).collect();
        let keys = {
            let (_, object) = self.any(before, &suspended.after);
            cautions::image_automations(&known(&object, before, &suspended.after, &[], &lines))
        };
        if keys.is_empty() {
            let text = "no image automation that this repository declares writes over it: nothing is suspended in git; \
                        suspend it in the cluster, if there is any";
            suspended.cautions.push(Caution { text: text.to_owned(), instead: None });
        }
        let wanted = WantedField::new("spec.suspend", "true")?;
        for key in keys {
            let (target, state) = turned(suspended.after, key)?;
            match one(self.context, self.builds, &target, &wanted, state)? {
                FieldOutcome::Nothing(state) => suspended.after = *state,
                FieldOutcome::Done(field, _, state) => {
                    let of = target.of(&state.own).map(|(_, object)| reference(&object.node));
                    suspended.fields.push(FieldChange { of, ..*field });
                    suspended.after = *state;
                }
                FieldOutcome::Refused(refused, state) => {
                    let text = format!("{} is not suspended here: {}", refused.object, refused.why);
                    suspended.cautions.push(Caution { text, instead: None });
                    suspended.after = *state;
                }
            }
        }
        suspended.after.turn_to(&before.own);
        Ok(suspended)
    }

    /// An object that the change is about, for what rules say of it: the one that is meant, else the first that changes.
    fn any(&self, before: &TrialState, after: &TrialState) -> (String, Applied) {
        let all = before.builds().into_iter().chain(after.builds());
        let meant = all.clone().find_map(|build| self.aim.target.of(build)).map(|(_, object)| object);
        let first = meant.or_else(|| all.flat_map(Build::objects).next());
        let object = first.expect("something is built, else nothing was taken back").clone();
        (shown(&object.node), object)
    }

    fn planned(&mut self, before: &TrialState, suspended: Suspended, mut proof: ChangeProof) -> Result<ChangePlan> {
        let Suspended { after, fields: more, cautions } = suspended;
        let files = self.changed(&after.files);
        proof.checks = self.checks(before, &after, &proof)?;
        let lines: Vec<_> = files.iter().flat_map(TouchedLine::of).collect();
        let (_, object) = self.any(before, &after);
        let query = known(&object, before, &after, &[], &lines);
        let outside = Outside { by: Outside::by(&before.own), ..Outside::of(&query, &after.own) };
        let mut all: Vec<Caution> = self.rest.drain(..).map(|text| Caution { text, instead: None }).collect();
        all.extend(cautions);
        all.extend(cautions::all(&query));
        let mut done = self.fields(before, &after, &files);
        done.retain(|field| more.iter().all(|other| (&other.of, &other.field) != (&field.of, &field.field)));
        done.extend(more);
        Ok(ChangePlan {
            object: self.aim.target.key.shown(),
            build: before.own.name.clone(),
            done,
            by_hand: Some(Box::new(proof)),
            lines: Vec::new(),
            left_out: Vec::new(),
            files,
            rendered: rendered(&before.builds(), &after.builds()),
            cautions: all,
            outside,
        })
    }

    /// What was looked at: as for a file that was edited by hand, and whether all is as it was before the oldest commit.
    fn checks(&mut self, before: &TrialState, after: &TrialState, proof: &ChangeProof) -> Result<Vec<Check>> {
        let said = format!("the lines that {} changed are as they were before", self.back.order.words());
        let mut checks = checks::by_hand(Ok(said), (&before.own, &after.own), proof, self.context.schemas);
        let Some(past) = self.back.past else { return Ok(checks) };
        let past = self.aim.rendered(&self.context.scope, self.builds, past)?;
        let (result, why) = match &past.own {
            Some(Build { outcome: BuildOutcome::Built(_), .. }) => {
                match differing(self.aim, &past, &rendering(after)).as_slice() {
                    [] => (CheckResult::Passed, "it is built as it was before".to_owned()),
                    [first] => (CheckResult::Warned, format!("not as it was before: {first}")),
                    [first, more @ ..] => {
                        (CheckResult::Warned, format!("not as it was before: {first} and {}", counted(more.len(), "other")))
                    }
                }
            }
            _ => (CheckResult::NotRun, "it could not be built before either".to_owned()),
        };
        checks.insert(2, Check { name: "as before".into(), result, why });
        Ok(checks)
    }

    /// The fields of what is meant that are others then: what the cluster carries once it is applied.
    fn fields(&self, before: &TrialState, after: &TrialState, files: &[ChangedFile]) -> Vec<FieldChange> {
        let names = self.aim.names(&rendering(before), &rendering(after));
        let mut found = Vec::new();
        let news = after.builds();
        let pairs = before.builds().into_iter().filter_map(|old| Some((old, *news.iter().find(|new| new.is_same(old))?)));
        for (old, new) in pairs {
            let (BuildOutcome::Built(was), BuildOutcome::Built(is)) = (&old.outcome, &new.outcome) else { continue };
            let own = compare(was, is).differences.into_iter();
            let own = own.filter(|(_, one)| {
                self.back.order.is_whole && old.is_same(&before.own) || self.aim.is_meant(old, &one.key, &names)
            });
            found.extend(own.filter_map(|(at, one)| field(is.get(at)?, one, files)));
        }
        found.truncate(FIELDS);
        found
    }
}

/// One field of an object. An object that comes or goes has none; what only the cluster knows cannot be compared with what is there.
fn field(object: &Applied, one: BuildDifference, files: &[ChangedFile]) -> Option<FieldChange> {
    let is_open = one.after.as_deref().is_some_and(|value| value.contains("${"));
    let field = one.field.filter(|_| object.unknown.is_empty() || !is_open)?;
    let found = FieldPath::parse(&field).ok().and_then(|path| SourceLine::of(path.find(&object.node).ok()?));
    let at = found.or_else(|| files.first().map(SourceLine::first_of)).unwrap_or_default();
    let way = way(&at);
    let (before, after) = (one.before, one.after);
    let of = Some(reference(&object.node));
    Some(FieldChange { of, field, before, after, inverse: None, way, proof: ChangeProof::default() })
}

fn way(at: &SourceLine) -> Way {
    Way { kind: WayKind::Sets, layer: LAYER.to_owned(), file: at.file.as_str().into(), line: at.line, attempts: Vec::new() }
}

fn rendering(state: &TrialState) -> Rendering {
    Rendering { own: Some(state.own.clone()), others: state.others.clone().unwrap_or_default() }
}

/// What else a commit did, in one sentence.
fn rest(commit: &PastCommit<'_>, parts: &[BackPart]) -> Option<String> {
    let mut files: Vec<(&Text, usize)> = Vec::new();
    let unread = commit.files.iter().filter(|file| !file.is_text).map(|file| &file.path);
    for path in parts.iter().map(|part| &commit.files[part.file()].path).chain(unread) {
        match files.iter_mut().find(|(known, _)| *known == path) {
            Some((_, count)) => *count += 1,
            None => files.push((path, 1)),
        }
    }
    if files.is_empty() {
        return None;
    }
    let one = |(path, count): &(&Text, usize)| match count {
        1 => path.to_string(),
        count => format!("{path} ({})", counted(*count, "place")),
    };
    let mut names: Vec<_> = files.iter().take(PLACES).map(one).collect();
    if files.len() > PLACES {
        names.push(counted(files.len() - PLACES, "other file"));
    }
    Some(format!("{} also changed, which stays: {}", commit.commit.words(), names.join(", ")))
}

fn unread(commit: &PastCommit<'_>, file: &Text) -> Error {
    let message = format!("{} changed {file}, which is not text, or too large", commit.commit.words());
    Error::failed(message, format!("git revert {}", commit.commit.short()))
}

fn conflict(commit: &PastCommit<'_>, lost: &[LostPlace]) -> Error {
    let names: Vec<_> = lost.iter().take(PLACES).map(LostPlace::to_string).collect();
    let more = if lost.len() > PLACES { format!(" and {}", counted(lost.len() - PLACES, "other place")) } else { String::new() };
    let message = format!("{} was changed again since {}: that is not guessed", names.join(", ") + &more, commit.commit.words());
    Error::failed(message, "edit the file by hand; or take back what came later first")
}

fn untouched(back: &Back<'_>, object: &str) -> Error {
    let hint = "choose another version, or scope=commit for all that the commit did";
    Error::failed(format!("{} changed nothing of {object}", back.order.words()), hint)
}

impl ObjectKey {
    /// `Kind namespace/name`.
    pub fn shown(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("{} {}", self.kind, self.name),
            namespace => format!("{} {namespace}/{}", self.kind, self.name),
        }
    }
}

impl SourceLine {
    /// The first line of a file that changes.
    fn first_of(file: &ChangedFile) -> Self {
        let line = TouchedLine::of(file).first().map_or(1, |line| line.at.line);
        Self { file: file.path.to_string(), line }
    }
}

/// What a refusal is about.
struct Refusing {
    object: String,
    build: String,
    /// The commit.
    field: String,
}

impl Refusing {
    fn refused(&self, why: String, hint: String, tried: Vec<Tried>) -> PlanOutcome {
        PlanOutcome::Refused(Refused {
            object: self.object.clone(),
            build: self.build.clone(),
            field: self.field.clone(),
            why,
            hint,
            set_at: None,
            tried,
            builds: Vec::new(),
            leave_out: None,
            cautions: Vec::new(),
        })
    }

    fn by(&self, error: Error) -> PlanOutcome {
        self.refused(error.message, error.hint, Vec::new())
    }

    /// Others change with it, or something cannot be built then.
    fn shared(&self, proof: ChangeProof, at: &SourceLine, was_broken: bool) -> PlanOutcome {
        let (why, hint) = match proof.broken.as_slice() {
            [] => {
                let mut names: Vec<_> = proof.elsewhere.iter().map(|(build, _)| build.clone()).collect();
                names.extend(proof.inside.iter().map(|one| one.object.clone()));
                names.dedup();
                let named = match names.as_slice() {
                    [first, _, _, ..] => format!("{first} and {}", counted(names.len() - 1, "other")),
                    few => few.join(" and "),
                };
                (format!("the lines are shared: {named} would change with it"), "--wide changes all of them")
            }
            [(build, why), ..] if was_broken && *build == self.build => {
                (format!("{build} still could not be built: {why}"), "an older version may be the one that broke it")
            }
            [(build, why), ..] => {
                (format!("{build} could not be built any more: {why}"), "take the whole commit back, or edit the file by hand")
            }
        };
        self.refused(why, hint.to_owned(), vec![Tried::only(way(at), proof)])
    }
}
