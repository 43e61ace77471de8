//! Where a change is made, in the demo: for those who may not read the Kustomization; and of what is applied from an OCI artifact, whose
//! repository is the one that the artifact names, or the one that a person said once.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use fluxdeck::cluster::Connection;
use fluxdeck::demo::{Company, RunDirectory, User};
use fluxdeck::files::REAL;
use fluxdeck::records::readers::{SeenReader, SeenReaders, note};
use fluxdeck::runtime::{self, Answered, Changes, Desk, Guest, Options, Origin};
use fluxdeck_model::change::{
    ChangeOrder, ChangeSetting, ChangeSite, CheckResult, CompetingPull, Proposal, Proposed, ProposedField, SiteScope,
    SourceQuestion, competing,
};
use fluxdeck_model::domain::{ArtifactSource, ClusterId, GroupKind, ObjectRef, SaidSource};
use fluxdeck_model::playbooks;
use fluxdeck_model::state::{ChangeQuery, PolicyConsent};

const FLEET: &str = "http://forge.example.test/ops/fleet.git";
const KEY: &str = "oci://forge.example.test/ops/policies";
/// What the recorded Kustomization `policies` has applied, without its prefix and namespace.
const POLICIES: &[(&str, &str)] = &[
    ("kustomization.yaml", "resources: [deny-all.yaml, defaults.yaml]\n"),
    (
        "deny-all.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: deny-all\nspec:\n  podSelector: {}\n  policyTypes: [Ingress]\n",
    ),
    (
        "defaults.yaml",
        "apiVersion: v1\nkind: LimitRange\nmetadata:\n  name: defaults\n  annotations:\n    owner: ops # a comment\nspec:\n  limits:\n  - type: Container\n    default: {memory: 64Mi}\n",
    ),
];

/// The demo, with what plans changes in it.
struct Bench {
    company: Arc<Company>,
    live: Connection,
    options: Options,
    changes: Changes,
}

impl Bench {
    async fn new(user: User, state: Option<&Path>) -> Self {
        let began = "2026-11-21T08:00:00Z".parse().expect("a time");
        let company = Arc::new(Company::driven(RunDirectory::passing(), began));
        let guest = Guest { company: company.clone(), user, is_acting: false };
        let options = Options { state_dir: state.map(Path::to_owned), ..Options::of(Origin::Demo(guest)) };
        let live = runtime::connect(&options, "production").await.expect("the demo is there");
        let changes = options.changes(Desk::of(options.repositories()));
        let bench = Self { company, live, options, changes };
        let folder = bench.company.repository(FLEET).expect("made").expect("the demo's own");
        for (name, value) in [("user.name", "Ana"), ("user.email", "ana@example.test"), ("commit.gpgSign", "false")] {
            git(&folder, &["config", name, value]);
        }
        bench
    }

    /// Puts the policies into folders of the fleet's repository.
    fn push(&self, folders: &[&str]) {
        let work = tempfile::tempdir().expect("a folder");
        let folder = self.company.repository(FLEET).expect("made").expect("the demo's own");
        git(work.path(), &["clone", "-q", &folder.display().to_string(), "."]);
        for (folder, (file, text)) in folders.iter().flat_map(|folder| POLICIES.iter().map(move |file| (folder, file))) {
            let path = work.path().join(folder).join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        git(work.path(), &["add", "-A"]);
        git(work.path(), &["commit", "-q", "-m", "policies"]);
        git(work.path(), &["push", "-q", "origin", "HEAD:main"]);
    }

    async fn propose(&self, said: Option<ArtifactSource>) -> Proposed {
        let object = |group: &str, kind: &str, namespace: &str, name: &str| {
            Some(ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), namespace, name))
        };
        let order = ChangeOrder {
            playbook: "set-field".to_owned(),
            object: "LimitRange/prod-defaults".to_owned(),
            namespace: "platform".to_owned(),
            settings: vec![fluxdeck_model::change::ChangeSetting::set("metadata.annotations.owner=platform")],
            site: ChangeSite::default(),
            is_push_only: true,
            ..ChangeOrder::default()
        };
        let query = ChangeQuery {
            also: Vec::new(),
            object: object("", "LimitRange", "platform", "prod-defaults"),
            applier: object("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "policies"),
            order,
            said: said.map(|from| SaidSource { key: KEY.to_owned(), from }),
            consent: PolicyConsent::Kept,
        };
        self.changes.propose(Some(&self.live), query, false, "").await.expect("it is planned").0
    }

    async fn asked(&self, said: Option<ArtifactSource>) -> SourceQuestion {
        match self.propose(said).await {
            Proposed::Unknown(question) => *question,
            other => panic!("{other:?}"),
        }
    }

    async fn ready(&self, said: Option<ArtifactSource>) -> Proposal {
        match self.propose(said).await {
            Proposed::Ready(proposal) => *proposal,
            other => panic!("{other:?}"),
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=ana", "-c", "user.email=ana@example.test"]).args(arguments).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let done = command.output().expect("git runs");
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn said(repository: &str, root: &str) -> Option<ArtifactSource> {
    Some(ArtifactSource { repository: repository.to_owned(), branch: String::new(), root: root.to_owned() })
}

#[tokio::test]
async fn those_who_may_not_read_the_kustomization_choose_which_one_of_that_name_is_meant() {
    let bench = Bench::new(User::developer(), None).await;
    let of = |group: &str, kind: &str, namespace: &str, name: &str| {
        Some(ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), namespace, name))
    };
    let order = ChangeOrder {
        playbook: "scale".to_owned(),
        object: "Deployment.apps/frontend".to_owned(),
        namespace: "web".to_owned(),
        settings: vec![fluxdeck_model::change::ChangeSetting::set("replicas=5")],
        is_push_only: true,
        ..ChangeOrder::default()
    };
    let query = |order: &ChangeOrder| ChangeQuery {
        also: Vec::new(),
        object: of("apps", "Deployment", "web", "frontend"),
        applier: of("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "apps"),
        order: order.clone(),
        said: None,
        consent: PolicyConsent::Kept,
    };
    let asked = bench.changes.propose(Some(&bench.live), query(&order), false, "").await.expect("it is planned").0;
    let Proposed::Refused(refusal) = asked else { panic!("{asked:?}") };
    let builds: Vec<_> = refusal.builds.iter().map(|choice| choice.build.as_str()).collect();
    assert_eq!(builds, ["production/flux-system/apps", "staging/flux-system/apps"]);

    let site = ChangeSite { scope: SiteScope::Kustomization(builds[0].to_owned()), ..ChangeSite::default() };
    let planned = bench
        .changes
        .propose(Some(&bench.live), query(&ChangeOrder { site, ..order }), false, "")
        .await
        .expect("it is planned")
        .0;
    let Proposed::Ready(proposal) = planned else { panic!("{planned:?}") };
    assert_eq!(proposal.build, "production/flux-system/apps");
    let rule = "you may not read Kustomization flux-system/apps: ops/fleet declares it";
    assert_eq!((&*proposal.order.site.found_by, &*proposal.order.site.base), (rule, "main"));
}

/// Somebody else has set it since to what the cluster of the demo has: 3.
#[tokio::test]
async fn what_takes_a_change_back_takes_back_nothing_that_was_changed_since() {
    let bench = Bench::new(User::admin(), None).await;
    let of = |group: &str, kind: &str, namespace: &str, name: &str| {
        Some(ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), namespace, name))
    };
    let field = |after: &str| ProposedField {
        of: None,
        field: "spec.replicas".to_owned(),
        before: Some("2".to_owned()),
        after: Some(after.to_owned()),
        inverse: None,
        place: String::new(),
        layer: String::new(),
    };
    let done = ChangeOrder {
        playbook: "scale".to_owned(),
        object: "Deployment.apps/frontend".to_owned(),
        namespace: "web".to_owned(),
        is_push_only: true,
        ..ChangeOrder::default()
    };
    let undone = async |after: &str| {
        let order = playbooks::undo(&done, &[field(after)]).expect("it can be taken back");
        let query = ChangeQuery {
            also: Vec::new(),
            object: of("apps", "Deployment", "web", "frontend"),
            applier: of("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "apps"),
            order: ChangeOrder { is_push_only: true, ..order },
            said: None,
            consent: PolicyConsent::Kept,
        };
        bench.changes.propose(Some(&bench.live), query, false, "").await.expect("it is planned").0
    };
    let Proposed::Ready(proposal) = undone("3").await else { panic!("it is what it was given") };
    let fields: Vec<_> = proposal.fields.iter().map(|one| (one.before.as_deref(), one.after.as_deref())).collect();
    assert_eq!(fields, [(Some("3"), Some("2"))]);
    let Proposed::Refused(refusal) = undone("5").await else { panic!("another has changed it") };
    assert_eq!(refusal.why, "it reads `3` by now, not `5`: it was changed again since, and that would be taken back too");

    let new = ProposedField { before: None, ..field("5") };
    let order = playbooks::undo(&done, &[new]).expect("it is taken out");
    assert_eq!(order.settings, [ChangeSetting::Unset("spec.replicas".to_owned())]);
    assert_eq!(order.expected, ["spec.replicas=5"]);
}

#[tokio::test]
async fn an_artifact_names_its_repository_and_the_folder_is_the_one_that_builds_what_was_applied() {
    let bench = Bench::new(User::admin(), None).await;
    let question = bench.asked(None).await;
    assert_eq!((&*question.source, &*question.key), ("OCIRepository flux-system/policies", KEY));
    assert_eq!(question.why, "no folder of ops/fleet builds what Kustomization flux-system/policies applies");
    assert_eq!((&*question.known.repository, &*question.known.branch), (FLEET, "main"), "as far as it is known");

    bench.push(&["teams/policies"]);
    let proposal = bench.ready(None).await;
    let site = &proposal.order.site;
    let rule = "applied by Kustomization flux-system/policies from OCIRepository flux-system/policies, whose artifact names the \
                repository; made from teams/policies: it builds exactly what was applied";
    assert_eq!((&*site.found_by, &*site.base, &*site.url), (rule, "main", FLEET));
    assert!(site.caution.contains("merging deploys nothing until the next one is pushed"), "{}", site.caution);
    let files: Vec<_> = proposal.files.iter().map(|file| (&*file.path, file.added, file.removed)).collect();
    assert_eq!(files, [("teams/policies/defaults.yaml", 1, 1)]);
    assert!(proposal.patch.contains("+    owner: platform # a comment"), "{}", proposal.patch);
    assert_eq!(proposal.source.map(|question| question.known.root).as_deref(), Some("teams/policies"), "one may say another");

    // two that build the same: a person says which
    bench.push(&["copies/policies"]);
    let question = bench.asked(None).await;
    assert_eq!(question.roots, ["copies/policies", "teams/policies"]);
    assert!(question.why.starts_with("2 folders of ops/fleet could be"), "{}", question.why);
}

#[tokio::test]
async fn what_a_person_says_of_a_source_is_asked_once_kept_without_a_secret_and_forgotten_on_request() {
    let state = tempfile::tempdir().expect("a folder");
    let bench = Bench::new(User::admin(), Some(state.path())).await;
    bench.push(&["teams/policies", "copies/policies"]);
    let wrong = bench.asked(said(FLEET, "nowhere")).await;
    assert!(wrong.why.contains("has no folder `nowhere`"), "{}", wrong.why);
    let wrong = bench.asked(said(FLEET, "flux/apps/production/web")).await;
    assert!(wrong.why.contains("`flux/apps/production/web` builds no LimitRange platform/prod-defaults"), "{}", wrong.why);
    assert!(bench.asked(None).await.why.starts_with("2 folders"), "what led nowhere is not kept");

    let proposal = bench.ready(said("http://ana:PLANTED@forge.example.test/ops/fleet.git", "./copies/policies/")).await;
    assert!(proposal.order.site.found_by.ends_with("made from copies/policies, as you said"), "{:?}", proposal.order.site);
    assert_eq!(proposal.files[0].path, "copies/policies/defaults.yaml");
    let proposal = bench.ready(None).await;
    assert!(proposal.order.site.found_by.contains("made from copies/policies, as you said on 20"), "{:?}", proposal.order.site);
    let kept = std::fs::read_to_string(state.path().join("sources.json")).expect("it is kept");
    assert!(kept.contains(KEY) && kept.contains("copies/policies") && !kept.contains("PLANTED"), "{kept}");

    // another run knows it
    let again = bench.options.changes(Desk::of(bench.options.repositories()));
    let bench = Bench { changes: again, ..bench };
    assert_eq!(bench.ready(None).await.files[0].path, "copies/policies/defaults.yaml");
    assert!(bench.asked(said("", "")).await.why.starts_with("2 folders"), "without a repository it is forgotten");
    assert!(bench.asked(None).await.why.starts_with("2 folders"));
}

/// Nobody asks it: it was seen when it was looked at last. What the repository declares is proven, and so is not in it.
#[tokio::test]
async fn what_another_context_was_seen_to_apply_is_said_of_a_change() {
    let state = tempfile::tempdir().expect("a directory");
    let bench = Bench::new(User::admin(), Some(state.path())).await;
    let reader = |name: &str, folder: &str, branch: &str| SeenReader {
        repository: "forge.example.test/ops/fleet".to_owned(),
        branch: Some(branch.to_owned()),
        namespace: "flux-system".to_owned(),
        name: name.to_owned(),
        folder: folder.to_owned(),
    };
    let at: jiff::Timestamp = "2026-11-19T08:00:00Z".parse().expect("a time");
    let production = "flux/apps/production";
    let elsewhere = vec![
        reader("apps-us", production, "main"),
        reader("tools", "tools", "main"),
        // this one is declared, and that follows another branch
        reader("apps", production, "main"),
        reader("apps-dev", production, "dev"),
    ];
    for (context, all) in [("us-east", elsewhere), ("production", vec![reader("mine", production, "main")])] {
        note(REAL, Some(state.path()), context, SeenReaders { at, all }).expect("kept");
    }
    let of = |group: &str, kind: &str, namespace: &str, name: &str| {
        Some(ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), namespace, name))
    };
    let query = ChangeQuery {
        also: Vec::new(),
        object: of("apps", "Deployment", "web", "frontend"),
        applier: of("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "apps"),
        order: ChangeOrder {
            playbook: "scale".to_owned(),
            object: "Deployment.apps/frontend".to_owned(),
            namespace: "web".to_owned(),
            settings: vec![ChangeSetting::Set("replicas=5".to_owned())],
            is_push_only: true,
            ..ChangeOrder::default()
        },
        said: None,
        consent: PolicyConsent::Kept,
    };
    let proposed = bench.changes.propose(Some(&bench.live), query, false, "production").await.expect("it is planned").0;
    let Proposed::Ready(proposal) = proposed else { panic!("{proposed:?}") };
    let now = "2026-11-21T08:00:00Z".parse().expect("a time");
    let said: Vec<_> = proposal.elsewhere.iter().map(|one| one.words(&proposal.files, now)).collect();
    assert_eq!(
        said,
        [
            "@us-east, seen 2d ago: Kustomization flux-system/apps-us reads ./flux/apps/production, with a file that changes",
            "@us-east, seen 2d ago: Kustomization flux-system/tools reads ./tools",
        ]
    );
}

/// The CronJob is applied from an ExternalArtifact: copies of a folder of the repository behind a GitRepository in another namespace.
#[tokio::test]
async fn what_an_artifact_generator_copies_is_changed_in_the_repository_that_it_copies_from() {
    let bench = Bench::new(User::admin(), None).await;
    let of = |group: &str, kind: &str, namespace: &str, name: &str| {
        Some(ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), namespace, name))
    };
    let order = ChangeOrder {
        playbook: "set-field".to_owned(),
        object: "CronJob.batch/report".to_owned(),
        namespace: "shop".to_owned(),
        settings: vec![ChangeSetting::Set("spec.schedule=0 6 * * *".to_owned())],
        is_push_only: true,
        ..ChangeOrder::default()
    };
    let query = ChangeQuery {
        also: Vec::new(),
        object: of("batch", "CronJob", "shop", "report"),
        applier: of("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "reports"),
        order,
        said: None,
        consent: PolicyConsent::Kept,
    };
    let planned = bench.changes.propose(Some(&bench.live), query, false, "production").await.expect("it is planned").0;
    let Proposed::Ready(proposal) = planned else { panic!("{planned:?}") };
    let site = &proposal.order.site;
    let rule = "applied by Kustomization flux-system/reports from ExternalArtifact flux-system/reports, made by ArtifactGenerator \
                flux-system/split, which copies from GitRepository flux-apps/apps";
    assert_eq!((&*site.found_by, &*site.url), (rule, "http://forge.example.test/ops/apps.git"));
    let files: Vec<_> = proposal.files.iter().map(|file| (&*file.path, file.added, file.removed)).collect();
    assert_eq!(files, [("deploy/reports/cronjob.yaml", 1, 1)]);
    assert!(!site.applied.is_empty(), "its revision is that of the source");
}

/// Ben's pull request of the demo gives the same field another value.
#[tokio::test]
async fn the_forge_is_asked_which_open_pull_requests_change_the_same() {
    let bench = Bench::new(User::admin(), None).await;
    let of = |group: &str, kind: &str, namespace: &str, name: &str| {
        Some(ObjectRef::new(ClusterId(0), GroupKind::new(group, kind), namespace, name))
    };
    let proposed = async |settings: &str| {
        let order = ChangeOrder {
            playbook: "set-field".to_owned(),
            object: "Deployment.apps/checkout".to_owned(),
            namespace: "shop".to_owned(),
            settings: vec![ChangeSetting::Set(settings.to_owned())],
            ..ChangeOrder::default()
        };
        let query = ChangeQuery {
            also: Vec::new(),
            object: of("apps", "Deployment", "shop", "checkout"),
            applier: of("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-apps", "checkout"),
            order,
            said: None,
            consent: PolicyConsent::Kept,
        };
        let (planned, asking) = bench.changes.propose(Some(&bench.live), query, true, "production").await.expect("it is planned");
        let Proposed::Ready(mut proposal) = planned else { panic!("{planned:?}") };
        assert!(proposal.under_way().any(|name| name == competing::COMPETING), "{:?}", proposal.checks);
        for answered in bench.changes.asked(Some(&bench.live), &asking).await {
            match answered {
                Answered::Check(check) => proposal.checked(&[check]),
                Answered::Rendered(rendered) => proposal.also_renders(&rendered),
                Answered::Competing(pulls) => proposal.competing = pulls,
            }
        }
        let check = proposal.checks.iter().find(|check| check.name == competing::COMPETING).expect("it is one").clone();
        (proposal, check)
    };
    let (proposal, check) = proposed("spec.replicas=5").await;
    let texts: Vec<_> = proposal.competing.iter().map(CompetingPull::text).collect();
    assert_eq!(texts, ["#2 (by ben, open) changes the same field: spec.replicas: 2 -> 4"]);
    assert_eq!((check.result, &*check.why), (CheckResult::Warned, &*texts[0]));
    let (proposal, check) =
        proposed("spec.template.spec.containers[name=checkout].env[name=API_KEY].valueFrom.secretKeyRef.key=other").await;
    assert_eq!((proposal.competing.len(), check.result), (0, CheckResult::Passed), "{check:?}");
}
