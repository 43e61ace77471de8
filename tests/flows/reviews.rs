//! A change in git from the row to the pull request, on the screen: the panel, the form, the review, the job.

use super::driver::Driver;
use super::proposals;
use fluxdeck_model::change::{
    ChangeOrder, Check, CheckResult, CompetingPull, CompetingTouch, FieldLeftOut, FieldLines, ForgeChoice, LayerChoice, LineSpan,
    Proposal, Proposed, competing,
};
use fluxdeck_model::domain::pattern::Pattern;
use fluxdeck_model::domain::{Guarded, Policy, Pull, PullState};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::jobs::{ChangeOutcome, ChangeStep, Loaded};
use fluxdeck_model::state::{ChangeQuery, Effect, Message, Reply, Settings, Terminal};

/// The row of a workload that git has.
pub const ROW: &str = ": \"deploy_/checkout\" enter";

pub async fn live(width: u16, height: u16) -> Driver {
    Driver::live(width, height, Settings::default()).await
}

pub fn ready(order: &ChangeOrder, edit: impl FnOnce(&mut Proposal)) -> Proposed {
    let mut proposal = proposals::ready(order);
    edit(&mut proposal);
    Proposed::Ready(Box::new(proposal))
}

impl Driver {
    /// What was asked to be planned last.
    pub fn asked(&mut self) -> ChangeQuery {
        self.api().plans.last().expect("a change to be planned").1.clone()
    }

    /// From the row to the review of a change from 3 to 5, drawn.
    pub async fn review(&mut self, edit: impl FnOnce(&mut Proposal)) -> &mut Self {
        self.keys(ROW).await.keys("a n \"5\" enter").await;
        let order = self.asked().order;
        self.plan(ready(&order, edit)).await;
        self.screen();
        self
    }

    pub fn jobs(&self) -> usize {
        self.app.state().jobs.all().len()
    }
}

#[tokio::test(start_paused = true)]
async fn the_panel_has_both_halves_with_one_cursor_and_one_search() {
    let mut deck = live(140, 40).await;
    deck.keys(ROW).await.keys("a").await;
    deck.shows("In the cluster, now")
        .shows("Through git, as a pull request")
        .shows("n  number of replicas…")
        .shows("f  set a field…");
    deck.shows("2 of 2 running");
    // the cursor goes on from the last of the left half to the first of the right one, and says what that does
    deck.keys("down down down").await.shows("Edit an object as git builds it");
    deck.keys("left").await.shows("replace the pods of a Deployment, StatefulSet or DaemonSet one after the other");
    deck.keys("/ \"set_a_field\"").await.shows("f  set a field…").hides("restart").hides("number of replicas");
    deck.keys("enter").await.shows("set-field Deployment shop/checkout ── bed-admin");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_go_through_git_says_why() {
    let mut deck = live(140, 40).await;
    deck.keys(": \"hr_web\" enter a").await.shows("f  set a field…").hides("number of replicas");
    // a chart makes it: git has its HelmRelease
    deck.keys("esc : \"deploy_/web-server\" enter a").await.shows("of HelmRelease web/web");
    deck.shows("o  fields and their files").shows("of HelmRelease web/web");
    deck.keys("n").await.shows("cannot scale Deployment web/web-server in git: HelmRelease web/web makes it");
    deck.shows("o shows the fields of HelmRelease web/web, its values among");
    // one key leads to them; which of the values sets the number is not guessed
    deck.keys("o")
        .await
        .shows("Deployment web/web-server is not in git itself: HelmRelease web/web is")
        .hides("In the cluster, now");
    deck.keys("esc : \"scale-in-git_5\" enter").await.shows("`:origins` shows the fields of HelmRelease web/web");
    deck.keys("a s ctrl-g").await.shows("HelmRelease web/web is").hides("In the cluster, now");
    deck.keys("esc").await;
    // what one of them does not have is not left out silently
    deck.keys(": \"deploy\" enter M a n").await.shows("HelmRelease web/web makes it");
}

#[tokio::test(start_paused = true)]
async fn marked_objects_get_the_same_in_one_change() {
    let mut deck = live(100, 30).await;
    deck.keys(": \"deploy_/^(checkout|frontend)$\" enter").await.keys("M a").await.shows("number of replicas…").keys("n").await;
    deck.shows("and 1 more ──").keys("ctrl-u \"5\" enter").await;
    let query = deck.asked();
    let names: Vec<_> = query.object.iter().chain(&query.also).map(ToString::to_string).collect();
    assert_eq!(names, ["Deployment shop/checkout", "Deployment web/frontend"]);
    let [one] = &query.order.also[..] else { panic!("{query:?}") };
    assert_eq!((one.object.as_str(), one.namespace.as_str()), ("Deployment.apps/frontend", "web"));
    // what is typed for both is not the draft of one
    deck.keys("esc").await.shows("and 1 more ──").keys("esc").await;
    deck.keys("ctrl-\\ a").await.hides("draft");
}

#[tokio::test(start_paused = true)]
async fn the_panel_is_one_list_where_it_is_narrow() {
    let mut deck = live(70, 24).await;
    deck.keys(ROW).await.keys("a").await.shows("Through git, as a pull request");
    let screen = deck.screen();
    let at = |text: &str| screen.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}: {screen:#?}"));
    assert!(
        at("In the cluster, now") < at("scale now")
            && at("scale now") < at("Through git")
            && at("Through git") < at("set a field")
    );
}

#[tokio::test(start_paused = true)]
async fn a_form_holds_what_is_there_now_and_its_answers_are_what_is_planned() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n").await.shows("replicas  [2 ").shows("now       2 of 2 running");
    deck.keys("\"many\"").await.shows("`many` is not a valid").keys("enter").await;
    assert!(deck.api().plans.is_empty());
    deck.keys("ctrl-u \"5\" tab \"black_friday\" enter").await.shows("planning…");
    let ChangeQuery { object, applier, order, .. } = deck.asked();
    assert_eq!(object.map(|object| object.to_string()).as_deref(), Some("Deployment shop/checkout"));
    assert_eq!(applier.map(|applier| applier.to_string()).as_deref(), Some("Kustomization flux-apps/checkout"));
    let expected = ChangeOrder {
        playbook: "scale".to_owned(),
        object: "Deployment.apps/checkout".to_owned(),
        namespace: "shop".to_owned(),
        also: Vec::new(),
        settings: vec![fluxdeck_model::change::ChangeSetting::set("replicas=5")],
        by_hand: None,
        taken_back: None,
        left_out: Vec::new(),
        layer: LayerChoice::Set,
        is_wide: false,
        site: Default::default(),
        title: String::new(),
        reason: "black friday".to_owned(),
        body: String::new(),
        labels: Vec::new(),
        reviewers: Vec::new(),
        is_draft: false,
        merges_later: false,
        expected: Vec::new(),
        is_push_only: false,
        may_fork: false,
    };
    assert_eq!(order, expected);
    // esc goes back to the form, as it was filled
    deck.keys("esc").await.shows("black friday").shows("replicas  [5 ");
    deck.keys("esc").await.hides("black friday");
}

#[tokio::test(start_paused = true)]
async fn what_is_typed_is_a_draft_until_it_is_submitted_or_discarded() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n").await.hides("discard").keys("esc").await.hides("draft");
    // as it was typed, right or wrong
    deck.keys("a n \"many\" tab \"black_friday\" esc").await.shows("kept as a draft").hides("[many");
    deck.keys("a").await.shows("draft, 2 of 2").keys("n").await;
    deck.shows("replicas  [many").shows("black friday").shows("draft     as you left it").shows("^x discard");
    // of another object nothing
    deck.keys("esc : \"deploy_/web-server\" enter a f").await.hides("black friday").keys("esc").await;
    // opened with an answer, that is meant
    deck.keys(ROW)
        .await
        .keys(": \"scale-in-git_7\" enter")
        .await
        .shows("replicas  [7 ")
        .hides("as you left it")
        .keys("esc")
        .await;
    deck.keys("a n ctrl-x")
        .await
        .shows("replicas  [2 ")
        .hides("black friday")
        .hides("^x discard")
        .keys("esc a")
        .await
        .hides("draft");
    // what it began with is not a draft
    deck.keys("n \"5\" backspace \"2\" esc a").await.hides("draft");
    // the review leaves it as it is until it is submitted, wherever one goes
    deck.keys("n \"5\" enter").await;
    let order = deck.asked().order;
    deck.plan(ready(&order, |_| {})).await;
    deck.screen();
    deck.keys(": \"tree\" enter").await.keys(ROW).await.keys("a n").await.shows("replicas  [5 ").keys("enter").await;
    deck.plan(ready(&order, |_| {})).await;
    deck.screen();
    deck.keys("enter").await.keys("a n").await.shows("replicas  [2 ").hides("as you left it");
    assert_eq!(deck.jobs(), 1);
}

#[tokio::test(start_paused = true)]
async fn playbooks_have_names_that_take_answers() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys(": \"scale-in-git_7\" enter").await.shows("replicas  [7 ");
    deck.keys("esc : \"set-field_spec.paused=true\" enter").await.shows("spec.paused").shows("value    [true");
    // the cursor is in the value
    deck.keys("ctrl-u \"no\" enter").await;
    assert_eq!(deck.asked().order.settings, [fluxdeck_model::change::ChangeSetting::set("spec.paused=no")]);
    deck.keys("esc esc : \"set-field_kind=Pod\" enter").await.shows("says which object it is, and is not set");
}

/// A check of others that is under way.
fn begun(proposal: &mut Proposal) {
    proposal.checked(&[Check { name: "server-side dry run".into(), result: CheckResult::UnderWay, why: String::new() }]);
}

#[tokio::test(start_paused = true)]
async fn what_others_are_asked_comes_later_and_is_waited_for() {
    // what was accepted meanwhile is submitted with the last answer, with what it says
    let mut deck = live(100, 30).await;
    deck.review(begun).await.shows("◐ running  server-side dry run").keys("enter").await;
    deck.shows("waiting for server-side dry run, then it is submitted");
    assert_eq!(deck.jobs(), 0);
    deck.check("server-side dry run", CheckResult::Passed, "1 object would be taken").await;
    assert_eq!(deck.jobs(), 1);
    let job = deck.app.state().jobs.all().last().expect("a job").clone();
    let body = &job.change().expect("a change").pull.body;
    assert!(body.contains("| server-side dry run | passed | 1 object would be taken |"), "{body}");

    // another view is on top of it by then: that one stays, and the form goes with the review
    let mut deck = live(100, 30).await;
    deck.review(begun).await.keys("enter").await.keys("J").await;
    deck.check("server-side dry run", CheckResult::Passed, "1 object would be taken").await;
    assert_eq!(deck.jobs(), 1);
    deck.shows("› jobs").hides("› review").keys("esc").await;
    deck.hides("› scale Deployment").hides("› jobs");

    // not where it is against it, nor where another key was pressed
    for is_refused in [true, false] {
        let mut deck = live(100, 30).await;
        deck.review(begun).await.keys("enter").await;
        match is_refused {
            true => {
                deck.check("server-side dry run", CheckResult::Failed, "spec.selector: field is immutable").await;
                deck.keys("enter").await;
                deck.shows("✗ failed   server-side dry run: spec.selector: field is immutable");
                deck.keys("enter").await.shows("type yes to submit all of this");
            }
            false => {
                deck.keys("tab").await;
                deck.check("server-side dry run", CheckResult::Passed, "1 object would be taken").await;
                deck.shows("✓ passed   edit, build, others, schema, server-side dry run");
            }
        }
        assert_eq!(deck.jobs(), 0);
    }
}

/// Another value for the same field makes a second pull request only knowingly.
#[tokio::test(start_paused = true)]
async fn an_open_pull_request_that_changes_the_same_is_named_before_anything_is_confirmed() {
    let begun = |proposal: &mut Proposal| {
        proposal.checked(&[Check { name: competing::COMPETING.into(), result: CheckResult::UnderWay, why: String::new() }]);
    };
    let pull = Pull { number: 12, author: "ana".to_owned(), ..proposals::pull(PullState::Open) };
    let touches = CompetingTouch::Fields(vec!["spec.replicas: 3 -> 4".to_owned()]);
    let mut deck = live(80, 24).await;
    // it was accepted before the forge had answered
    deck.review(begun).await.shows("◐ running  open pull requests").hides("the other").keys("enter").await;
    deck.compete(vec![CompetingPull { pull, is_own: true, touches }]).await;
    assert_eq!(deck.jobs(), 0, "it is not submitted by itself");
    deck.shows("! warning  open pull requests: #12 (yours, open) changes the same field:").shows("O the other");
    deck.keys("enter").await.shows("type yes to open one more pull request all the same").keys("esc").await;
    deck.keys("O").await.shows("ops/fleet#12").keys("esc").await;
    deck.keys("enter").await.keys("\"yes\" enter").await;
    assert_eq!(deck.jobs(), 1);
    let job = deck.app.state().jobs.all().last().expect("a job").clone();
    let body = &job.change().expect("a change").pull.body;
    assert!(body.contains("| open pull requests | **warning** | \\#12 (yours, open)"), "{body}");
    // what only pushes a branch competes with nobody
    let mut deck = live(80, 24).await;
    deck.review(begun).await;
    deck.compete(Vec::new()).await;
    deck.shows("open pull requests").keys("enter").await;
    assert_eq!(deck.jobs(), 1, "none does: nothing is asked");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_was_overridden_is_named_in_the_pull_request() {
    let mut deck = live(100, 30).await;
    deck.review(|proposal| *proposal = proposals::wide(&proposal.order.clone())).await;
    deck.keys("enter").await.keys("\"yes\" enter").await;
    let job = deck.app.state().jobs.all().last().expect("a job").clone();
    let body = &job.change().expect("a change").pull.body;
    let head = "> **Overridden:** 1 check had failed, and this was submitted all the same.\n> - others: also change: staging/flux-apps/checkout\n";
    assert!(body.starts_with(head), "{body}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_proven_is_one_line_until_it_is_unfolded() {
    let mut deck = live(80, 40).await;
    let all = (1..=6).map(|number| (format!("staging/flux-apps/app-{number}"), "it has no kustomization".to_owned()));
    let all: Vec<_> = all.collect();
    deck.review(move |proposal| proposal.unproven = all).await;
    deck.shows("not proven 6 Kustomizations (z lists them): it has no kustomization").hides("staging/flux-apps/app-6");
    deck.keys("z").await.shows("staging/flux-apps/app-1: it has no kustomization").shows("staging/flux-apps/app-6");
    deck.keys("z").await.hides("staging/flux-apps/app-6");
}

#[tokio::test(start_paused = true)]
async fn everything_to_decide_is_on_one_screen() {
    for (width, height) in [(80, 24), (180, 50)] {
        let mut deck = live(width, height).await;
        deck.review(|proposal| proposal.order.site.caution = "the source is pinned to v1.2".to_owned()).await;
        for text in [
            "Deployment shop/checkout  spec.replicas 3 → 5",
            "ops/fleet  main@86058ad → fluxdeck/scale-shop-checkout-3f2a",
            "✓ passed   edit, build, others, schema",
            "– not run  server-side dry run: no cluster was asked",
            "! the source is pinned to v1.2",
            "! main is 2 commits ahead of what the cluster has applied",
            "touches    production/flux-apps/checkout",
            "set at     flux/apps/production/kustomization.yaml:6 (replicas)",
            "title      Deployment shop/checkout: replicas 3 -> 5",
            "author     Ana <ana@example.test>, signed",
            "forge      gitea ops/fleet, token: GITEA_TOKEN",
            "6 - replicas: [{name: checkout, count: 3}]",
            "6 + replicas: [{name: checkout, count: 5}]",
            "⏎ opens a pull request at gitea ops/fleet",
        ] {
            deck.shows(text);
        }
        deck.keys("tab").await.shows("what is built then").shows("~ Deployment shop/checkout").shows("spec.replicas: 3 → 5");
        deck.keys("tab").await.shows("text of the pull request").shows("| `spec.replicas` | `3` | `5` |");
        deck.keys("tab tab").await.shows("6 + replicas");
    }
}

#[tokio::test(start_paused = true)]
async fn enter_submits_what_was_seen_and_nothing_else() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n \"5\" enter enter").await.shows("planning…");
    let order = deck.asked().order;
    deck.plan(ready(&order, |_| {})).await;
    // pressed for what was there before
    deck.press("enter").await;
    assert_eq!(deck.jobs(), 0);
    deck.screen();
    deck.keys("enter").await.hides("review").hides("replicas  [").shows("J follows it").shows("scale in git");
    assert_eq!(deck.jobs(), 1);
    let (_, step, change) = deck.api().steps.last().expect("a step").clone();
    assert_eq!((step, change.progress.branch.as_str()), (ChangeStep::Prepare, "fluxdeck/scale-shop-checkout-3f2a"));
    assert_eq!(change.target.map(|target| target.to_string()).as_deref(), Some("Deployment shop/checkout"));
    assert!(!change.order.is_push_only && !change.order.is_wide);
}

#[tokio::test(start_paused = true)]
async fn each_key_of_a_review_does_what_help_says() {
    let submitted = async |keys: &str| {
        let mut deck = live(100, 30).await;
        deck.review(|_| {}).await.keys(keys).await;
        deck.api().steps.last().map(|(_, _, change)| change.clone())
    };
    let plain = submitted("enter").await.expect("submitted");
    assert_eq!(plain.pull.title, "Deployment shop/checkout: replicas 3 -> 5");
    assert!(submitted("p").await.expect("pushed").order.is_push_only);
    let draft = submitted("D enter").await.expect("submitted");
    assert!(draft.pull.is_draft && draft.order.is_draft);
    let titled = submitted("t ctrl-u \"More_room\" enter enter").await.expect("submitted");
    assert_eq!((&*titled.pull.title, &*titled.order.title), ("More room", "More room"));
    let again = submitted("t ctrl-u enter enter").await.expect("submitted");
    assert_eq!(again.pull.title, "Deployment shop/checkout: replicas 3 -> 5", "an empty one is the playbook's");
    let marked = submitted("l \"flux,_chart,flux\" enter r \"ana,_ops/platform\" enter enter").await.expect("submitted");
    assert_eq!((marked.pull.labels.clone(), marked.pull.reviewers.clone()), (marked.order.labels, marked.order.reviewers));
    assert_eq!(
        (marked.pull.labels.join(" "), marked.pull.reviewers.join(" ")),
        ("flux chart".to_owned(), "ana ops/platform".to_owned())
    );
    for keys in ["esc", "y", "t enter", "t esc", "tab j k G g", "w c"] {
        assert_eq!(submitted(keys).await, None, "{keys}");
    }

    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.keys("y").await.shows("copied the patch, 10 lines");
    let is_copied = |effect: &Effect| matches!(effect, Effect::Terminal(Terminal::Copy(text)) if text.starts_with("diff --git"));
    assert!(deck.effects.iter().any(is_copied), "{:?}", deck.effects);
}

#[tokio::test(start_paused = true)]
async fn more_than_was_wanted_needs_a_typed_word_after_its_names() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    let mut order = deck.asked().order;
    order.is_wide = true;
    deck.plan(Proposed::Ready(Box::new(proposals::wide(&order)))).await;
    deck.shows("✗ failed   others: also change: staging/flux-apps/checkout");
    deck.keys("enter").await.shows("type yes to submit all of this").shows("also changes staging/flux-apps/checkout:");
    deck.keys("enter").await.shows("type `yes`, or leave with esc");
    deck.keys("\"y\" enter").await.shows("type `yes`");
    assert_eq!(deck.jobs(), 0);
    deck.keys("esc enter \"yes\" enter").await;
    assert_eq!(deck.jobs(), 1);
    assert!(deck.api().steps[0].2.order.is_wide);
}

#[tokio::test(start_paused = true)]
async fn production_asks_for_its_name_and_a_read_only_run_submits_nothing() {
    let guarded = |policy: Policy| Settings {
        guarded: vec![Guarded { pattern: Pattern::parse("bed-*").expect("a pattern"), policy }],
        ..Settings::default()
    };
    let mut deck = Driver::live(100, 30, guarded(Policy { production: true, ..Policy::default() })).await;
    deck.review(|_| {}).await.keys("enter").await.shows("type bed-admin to change production");
    deck.keys("\"yes\" enter").await.shows("type `bed-admin`");
    assert_eq!(deck.jobs(), 0);
    deck.keys("ctrl-u \"bed-admin\" enter").await;
    assert_eq!(deck.jobs(), 1);

    let readonly = Settings { readonly: true, ..Settings::default() };
    for settings in [readonly, guarded(Policy { readonly: true, ..Policy::default() })] {
        let mut deck = Driver::live(100, 30, settings).await;
        deck.review(|_| {}).await.shows("read-only: nothing is pushed").shows("6 + replicas");
        deck.keys("enter p").await.shows("read-only: nothing is pushed");
        assert_eq!(deck.jobs(), 0);
        assert_eq!(deck.struck_keys(), ["⏎ submit", "p push only"]);
    }
    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.shows("⏎ submit");
    assert!(deck.struck_keys().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_read_only_run_strikes_out_what_writes_in_the_list_of_jobs() {
    let mut deck = live(140, 30).await;
    deck.review(|_| {}).await.keys("enter").await;
    deck.step(ChangeOutcome::Unrecorded("the disk is full".to_owned())).await;
    deck.keys("J").await.shows("r continue");
    assert!(deck.struck_keys().is_empty());
    let job = deck.app.state().jobs.all()[0].clone();

    let mut deck = Driver::live(140, 30, Settings { readonly: true, ..Settings::default() }).await;
    deck.keys("J").await;
    let jobs = vec![Loaded { job, is_elsewhere: false }];
    deck.receive(Message::JobsLoaded { jobs, unread: Vec::new() });
    deck.settle().await;
    deck.shows("r continue");
    assert_eq!(deck.struck_keys(), ["r continue"]);
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_is_open_or_has_no_forge_says_so() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    deck.plan(Proposed::Unchanged { object: "Deployment shop/checkout".to_owned(), base: "main".to_owned() }).await;
    deck.shows("nothing changes: main has all of it already");
    deck.keys("enter").await.shows("replicas  [5 ");

    let mut deck = live(100, 30).await;
    deck.review(|proposal| proposal.open = Some(proposals::pull(PullState::Open))).await;
    deck.shows("! the same change is open as #12: https://forge.example/ops/fleet/pulls/12")
        .shows("follows #12; nothing is pushed");
    deck.keys("enter").await;
    let prepared = proposals::prepared(Some(proposals::pull(PullState::Open)));
    deck.step(ChangeOutcome::Prepared(Box::new(prepared))).await;
    deck.shows("checkout #12");

    let mut deck = live(100, 30).await;
    let none = ForgeChoice::None { why: "no token".to_owned(), page: Some("https://forge.example/compare".to_owned()) };
    deck.review(|proposal| proposal.forge = none).await;
    deck.shows("pushes the branch; the pull request is opened by hand")
        .shows("no token; open it at https://forge.example/compare");
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_planned_can_be_tried_again() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    let (ticket, _) = deck.api().plans[0].clone();
    deck.receive(Message::Reply(ticket, Reply::Failed(Error::failed("the repository does not answer", ""))));
    deck.shows("the repository does not answer").shows("enter tries it again");
    deck.keys("enter").await.shows("planning…");
    assert_eq!(deck.api().plans.len(), 2);
    // an answer to the first question comes too late
    let order = deck.asked().order;
    deck.receive(Message::Reply(ticket, Reply::Proposed(Box::new(ready(&order, |_| {})))));
    deck.shows("planning…");
}

/// A change of two fields in two lines that follow each other.
fn two_fields(proposal: &mut Proposal) {
    let file = "flux/apps/production/kustomization.yaml";
    proposal.patch = format!(
        "diff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n@@ -4,4 +4,4 @@\n resources:\n-cpu: 500m\n-memory: 1Gi\n+cpu: 1\n+memory: 2Gi\n patches:\n"
    );
    let (mut cpu, mut memory) = (proposal.fields[0].clone(), proposal.fields[0].clone());
    (cpu.field, cpu.after) = ("spec.cpu".to_owned(), Some("1".to_owned()));
    (memory.field, memory.after) = ("spec.memory".to_owned(), Some("2Gi".to_owned()));
    proposal.fields = vec![cpu, memory];
    let span = |name: &str, start: usize| FieldLines {
        name: name.to_owned(),
        spans: vec![LineSpan { file: file.to_owned(), start, end: start + 1 }],
    };
    proposal.lines = vec![span("spec.cpu", 5), span("spec.memory", 6)];
}

#[tokio::test(start_paused = true)]
async fn a_field_is_left_out_by_its_lines_planned_again_and_taken_in_again() {
    let mut deck = live(80, 24).await;
    deck.review(two_fields).await.shows("▌    5 - cpu: 500m").shows("▌    5 + cpu: 1").shows("space leave out");
    deck.keys("down").await.shows("▌    6 - memory: 1Gi").shows("▌    6 + memory: 2Gi").hides("▌    5 +");
    deck.keys("space").await.shows("planning…");
    let order = deck.asked().order;
    assert_eq!(order.left_out, ["spec.memory"]);
    let out = FieldLeftOut { field: "spec.memory".to_owned(), before: Some("1Gi".to_owned()), after: Some("2Gi".to_owned()) };
    deck.plan(ready(&order, |proposal| proposal.left_out = vec![out])).await;
    deck.shows("– spec.memory left out").shows("▌  – spec.memory  1Gi → 2Gi").shows("space take in");
    // the last one stays
    deck.keys("up").await.shows("▌    6 + replicas").keys("space").await.shows("one field has to stay");
    deck.keys("down space").await.shows("planning…");
    assert!(deck.asked().order.left_out.is_empty());
    assert_eq!(deck.jobs(), 0);
    // of one field there is nothing to choose
    let mut deck = live(80, 24).await;
    deck.review(|_| {}).await.hides("leave out").hides("▌    6").keys("space").await.shows("there is nothing to leave out");
}

#[tokio::test(start_paused = true)]
async fn where_one_of_several_fields_is_refused_the_rest_can_go_on() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    let mut refusal = proposals::refused();
    (refusal.leave_out, refusal.ways) = (Some("spec.replicas".to_owned()), Vec::new());
    deck.plan(Proposed::Refused(Box::new(refusal))).await;
    deck.shows("> 1  leave spec.replicas out, and continue with the rest").shows("⏎ does that and plans again");
    deck.keys("enter").await.shows("planning…");
    assert_eq!(deck.asked().order.left_out, ["spec.replicas"]);
    let mut refusal = proposals::refused();
    refusal.order.left_out = vec!["spec.replicas".to_owned()];
    refusal.ways = Vec::new();
    deck.plan(Proposed::Refused(Box::new(refusal))).await;
    deck.shows("> 1  take spec.replicas in again").keys("enter").await.shows("planning…");
    assert!(deck.asked().order.left_out.is_empty());
}
