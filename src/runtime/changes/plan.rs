//! A change at a commit, on the thread of its repository: planned, proven, and as a patch.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::history;
use crate::git::{self, Checkout, Content, Written};
use crate::runtime::Bench;
use fluxdeck_model::change::outside::{PolicyQuestion, PolicyRun, UNALLOWED};
use fluxdeck_model::change::{
    self, Builds, ChangeContext, ChangeOrder, ChangePlan, ChangeScope, ChangedFile, MeantObject, Opening, OrderedObject,
    OwnerFiles, PlanOutcome, Refused, WantedField, hand, proposal,
};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::forms::Clock;
use fluxdeck_model::guards::{self, ChangePolicy, PolicyCommand, PolicySubject, RepositoryPolicy, RuleOwner};
use fluxdeck_model::insight::named::Named;
use fluxdeck_model::playbooks;
use fluxdeck_model::render::Cache;
use fluxdeck_model::render::flux;
use fluxdeck_model::render::repository::{BuildRequest, Builder};
use fluxdeck_model::render::tree::{PathKind, Tree};

/// Where forges look for the template of a pull request, in this order.
const TEMPLATES: &[&str] = &[
    ".github/pull_request_template.md",
    ".github/PULL_REQUEST_TEMPLATE.md",
    ".gitea/pull_request_template.md",
    ".gitea/PULL_REQUEST_TEMPLATE.md",
    ".gitlab/merge_request_templates/Default.md",
    ".gitlab/merge_request_templates/default.md",
    "pull_request_template.md",
    "PULL_REQUEST_TEMPLATE.md",
    "docs/pull_request_template.md",
    "docs/PULL_REQUEST_TEMPLATE.md",
];
/// Larger ones are cut, in bytes.
const LONGEST: usize = 16 << 10;
/// How many commits are looked at to see whether commits are signed off.
const LEARNT_FROM: usize = 10;

/// The result of planning an order at a commit.
pub struct Planned {
    /// The commit's id.
    pub base: String,
    pub outcome: PlanOutcome,
    /// The difference of the files, and its digest; empty unless it is planned.
    pub patch: String,
    pub digest: String,
    /// What the repository says of changes.
    pub policy: ChangePolicy,
    /// Its template for pull requests; empty where there is none.
    pub template: String,
    /// What it says of who owns which files.
    pub owners: OwnerFiles,
    /// Its last commits are signed off.
    pub signs_off: bool,
    /// The programs that it names as checks, which a person has to allow; and those of them that are meant for this change.
    pub question: Option<PolicyQuestion>,
    pub runs: Vec<PolicyRun>,
}

impl Planned {
    /// Whether the commit is to be signed off: as the repository says, else as its last commits are.
    pub fn is_signed_off(&self) -> bool {
        self.policy.sign_off.unwrap_or(self.signs_off)
    }

    /// Lets none of the programs run: no person has allowed that.
    pub(super) fn bar(&mut self) {
        self.runs = self.runs.drain(..).map(|run| run.barred(UNALLOWED)).collect();
    }
}

/// Kustomizations as a cluster has them, for a repository that does not declare them.
#[derive(Clone, Debug, Default)]
pub struct AppliedBuilds {
    /// The one that applies the object.
    pub own: Option<BuildRequest>,
    /// Others that read the repository.
    pub beside: Vec<BuildRequest>,
}

/// Plans an order at a commit or reference of the repository. `deny`: globs of the user's; `applied_here`: what the cluster builds of it.
///
/// # Errors
/// The order or the commit cannot be read, the object or a field is not there.
pub fn planned(
    bench: &mut Bench,
    revision: &str,
    order: &ChangeOrder,
    deny: &[String],
    applied_here: AppliedBuilds,
) -> Result<Planned> {
    let base = bench.checkout.commit(revision)?;
    let scope = applied(order, applied_here);
    let outcome = as_expected(outcome(bench, Some(&base), order, &namespaces(order), scope, deny)?, order)?;
    let view = bench.checkout.view(Some(&base))?;
    let (patch, digest) = match &outcome {
        PlanOutcome::Planned(plan) => {
            let patch = patch(plan)?;
            let digest = proposal::digest(&patch, plan);
            (patch, digest)
        }
        _ => Default::default(),
    };
    let policy = RepositoryPolicy::of(view.tree())?;
    let (question, runs) = programs(&policy.policy, order, view.tree(), &outcome);
    let policy = policy.changes;
    let template = template(view.tree());
    let owners = OwnerFiles::of(view.tree());
    let signs_off = bench.checkout.signs_off(&base, LEARNT_FROM);
    Ok(Planned { base, outcome, patch, digest, policy, template, owners, signs_off, question, runs })
}

/// The programs that a repository names as checks, as its base branch says it, and those that are meant for a plan.
fn programs(
    policies: &[PolicyCommand],
    order: &ChangeOrder,
    base: &dyn Tree,
    outcome: &PlanOutcome,
) -> (Option<PolicyQuestion>, Vec<PolicyRun>) {
    let PlanOutcome::Planned(plan) = outcome else { return (None, Vec::new()) };
    let site = &order.site;
    let key = if site.url.is_empty() { site.folder.clone() } else { git::repository_key(&site.url) };
    (PolicyQuestion::of(policies, &site.name(), &key, base), meant(policies, order, base, plan))
}

/// Those of these programs that are meant for a plan. `base`: the files before it.
pub fn meant(policies: &[PolicyCommand], order: &ChangeOrder, base: &dyn Tree, plan: &ChangePlan) -> Vec<PolicyRun> {
    let subject = PolicySubject {
        paths: plan.files.iter().map(|file| file.path.to_string()).collect(),
        kinds: plan.outside.kinds.clone(),
        playbook: Some(order.playbook.clone()),
    };
    PolicyRun::all(policies, &subject, base)
}

/// The same, unless a field that the order expects to have a value has another one: somebody has changed it since.
fn as_expected(outcome: PlanOutcome, order: &ChangeOrder) -> Result<PlanOutcome> {
    let PlanOutcome::Planned(plan) = &outcome else { return Ok(outcome) };
    for text in &order.expected {
        let expected = WantedField::parse(text)?;
        let is_other =
            |done: &&change::FieldChange| done.field == expected.written && done.before.as_deref() != Some(expected.value.text());
        let Some(done) = plan.done.iter().find(is_other) else { continue };
        let now = done.before.as_deref().unwrap_or("nothing");
        return Ok(PlanOutcome::Refused(Refused {
            object: plan.object.clone(),
            build: plan.build.clone(),
            field: done.field.clone(),
            why: format!(
                "it reads `{now}` by now, not `{}`: it was changed again since, and that would be taken back too",
                expected.value.text()
            ),
            hint: format!("set {} itself, if that is what you want", done.field),
            set_at: None,
            tried: Vec::new(),
            builds: Vec::new(),
            cautions: Vec::new(),
            leave_out: None,
        }));
    }
    Ok(outcome)
}

/// Plans an order in a commit, or in the files as they are in the work tree. `namespaces`: of the object; any where none is named.
///
/// # Errors
/// As [`planned`].
pub fn outcome(
    bench: &mut Bench,
    revision: Option<&str>,
    order: &ChangeOrder,
    namespaces: &[String],
    scope: ChangeScope,
    deny: &[String],
) -> Result<PlanOutcome> {
    let missing = || Error::usage(format!("there is no playbook `{}`", order.playbook), "see `fluxdeck run --help`");
    let playbook = playbooks::find(&order.playbook).ok_or_else(missing)?;
    let meant = first(order, namespaces)?;
    if let Some(edit) = &order.by_hand {
        return within(bench, revision, order, scope, deny, |context, builds, _| hand::plan(context, builds, &meant, edit));
    }
    if playbook == playbooks::roll_back() {
        let order = history::resolved(bench, revision, order, namespaces, scope.clone(), deny)?;
        let back = order.taken_back.as_deref().expect("it was found");
        return within(bench, revision, &order, scope, deny, |context, builds, checkout| {
            history::taken_back(checkout, context, builds, &meant, back)
        });
    }
    let clock = Clock { now: Timestamp::now(), zone: TimeZone::system() };
    let assigned = playbook.read(&order.settings, &clock)?;
    let one = |one: &OrderedObject| {
        let own = Some(&one.namespace).filter(|name| !name.is_empty()).cloned();
        let namespaces = own.map_or_else(|| namespaces.to_vec(), |own| vec![own]);
        Ok(MeantObject { named: Named::parse(&one.object)?, namespaces })
    };
    let more = order.also.iter().map(one).collect::<Result<Vec<_>>>()?;
    let meant: Vec<_> = std::iter::once(meant).chain(more).collect();
    within(bench, revision, order, scope, deny, |context, builds, _| {
        change::plan(context, builds, &meant, &|built| playbook.wanted_of(&assigned, built))
    })
}

/// The object that an order names first.
pub(super) fn first(order: &ChangeOrder, namespaces: &[String]) -> Result<MeantObject> {
    Ok(MeantObject { named: Named::parse(&order.object)?, namespaces: namespaces.to_vec() })
}

/// The namespace of an order; none where it may be any.
pub(super) fn namespaces(order: &ChangeOrder) -> Vec<String> {
    Some(&order.namespace).filter(|name| !name.is_empty()).cloned().into_iter().collect()
}

/// The file that makes the object of an order, in a commit or in the work tree, or the choice of them.
///
/// # Errors
/// As [`planned`]; no file makes it, or it must not be edited.
pub fn opening(
    bench: &mut Bench,
    revision: Option<&str>,
    order: &ChangeOrder,
    namespaces: &[String],
    scope: ChangeScope,
    deny: &[String],
) -> Result<Opening> {
    let meant = first(order, namespaces)?;
    within(bench, revision, order, scope, deny, |context, builds, _| hand::open(context, builds, &meant))
}

/// The object of an order as it is built at a commit or reference of the repository, as a text to be edited, with the line at which it begins.
///
/// # Errors
/// As [`planned`]; its values are not shown.
pub fn manuscript(
    bench: &mut Bench,
    revision: &str,
    order: &ChangeOrder,
    deny: &[String],
    request: Option<BuildRequest>,
) -> Result<(String, u32)> {
    let base = bench.checkout.commit(revision)?;
    let (named, namespaces) = (Named::parse(&order.object)?, namespaces(order));
    let scope = applied(order, AppliedBuilds { own: request, beside: Vec::new() });
    let (object, build) = within(bench, Some(&base), order, scope, deny, |context, builds, _| {
        change::object(context, builds, &named, &namespaces)
    })?;
    change::manuscript::document(&object, &build, base.get(..7).unwrap_or(&base))
}

/// The scope of an order, with the Kustomization that applies the object as the cluster has it.
pub(super) fn applied(order: &ChangeOrder, AppliedBuilds { own, beside }: AppliedBuilds) -> ChangeScope {
    match order.site.scope.scope() {
        ChangeScope::Applied { name, path, .. } => ChangeScope::Applied { name, path, request: own.map(Box::new), beside },
        scope => scope,
    }
}

/// Does something with what is built of a commit, or of the files as they are in the work tree.
pub(super) fn within<T>(
    bench: &mut Bench,
    revision: Option<&str>,
    order: &ChangeOrder,
    scope: ChangeScope,
    deny: &[String],
    work: impl FnOnce(&ChangeContext<'_>, &mut Builds<'_>, &Checkout) -> Result<T>,
) -> Result<T> {
    complete(bench, revision, &scope)?;
    let view = bench.checkout.view(revision)?;
    let attributes = bench.checkout.attributes();
    let own = deny.iter().map(|glob| (glob.as_str(), RuleOwner::User));
    let policy = RepositoryPolicy::of(view.tree())?;
    let deny = guards::DenyList::new(own.chain(policy.deny().map(|glob| (glob, RuleOwner::Repository))))?;
    let context = ChangeContext {
        tree: view.tree(),
        schemas: &crate::runtime::schemas()?,
        scope,
        layer: order.layer.clone(),
        left_out: &order.left_out,
        is_wide: order.is_wide,
        guards: guards::GuardRules {
            deny: &deny,
            sources: &guards::SecretSources::in_tree(view.tree()),
            filter: &|path| attributes.filter(view.tree(), path),
        },
    };
    let beside = if let ChangeScope::Applied { beside, .. } = &context.scope { beside.clone() } else { Vec::new() };
    work(&context, &mut Builds::new(&mut bench.builder).with(beside), &bench.checkout)
}

/// Looks the remote resources up that a build of the scope, and of everything else, asks for.
fn complete(bench: &mut Bench, revision: Option<&str>, scope: &ChangeScope) -> Result<()> {
    let Bench { checkout, builder, remotes } = bench;
    let view = checkout.view(revision)?;
    let all = |builder: &mut Builder| Ok(builder.build(view.tree())?);
    remotes.complete(builder, all, |repository, look| repository.remotes().for_each(look))?;
    match scope {
        ChangeScope::Folder { path, .. } => {
            let one = |builder: &mut Builder| Ok(flux::rendered(view.tree(), path, &Cache::default(), builder.remotes()));
            remotes.complete(builder, one, |rendered, look| look(&rendered.remotes)).map(drop)
        }
        ChangeScope::Applied { request, beside, .. } => {
            for request in request.iter().map(|request| &**request).chain(beside) {
                let one = |builder: &mut Builder| Ok(builder.one(view.tree(), request)?);
                remotes.complete(builder, one, |member, look| look(&member.remotes))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The difference of all files. Bytes that are not UTF-8 are shown as such.
///
/// # Errors
/// git cannot compare them.
pub fn patch(plan: &ChangePlan) -> Result<String> {
    let one = |file: &ChangedFile| git::patch(&file.path, file.before.as_deref(), file.after.as_deref());
    let all = plan.files.iter().map(one).collect::<Result<Vec<_>>>()?.concat();
    Ok(String::from_utf8_lossy(&all).into_owned())
}

/// The files of a plan, as a commit takes them.
pub fn written(plan: &ChangePlan) -> Vec<Written> {
    let one = |file: &ChangedFile| {
        let content = match (&file.after, &file.before) {
            (Some(bytes), Some(_)) => Content::Changed(bytes.to_vec()),
            (Some(bytes), None) => Content::New { bytes: bytes.to_vec(), is_executable: false },
            (None, _) => Content::Removed,
        };
        Written { path: file.path.to_string(), content }
    };
    plan.files.iter().map(one).collect()
}

fn template(tree: &dyn Tree) -> String {
    let found = TEMPLATES.iter().find(|path| matches!(tree.entry(path), Some(PathKind::File)));
    let bytes = found.and_then(|path| tree.read(path).ok());
    bytes.map(|bytes| String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).into_owned()).unwrap_or_default()
}
