//! A change in git from the row to the pull request, on the screen: the panel, the form, the review, the job.

use super::driver::Driver;
use super::proposals;
use fluxdeck_model::change::{ChangeOrder, ForgeChoice, LayerChoice, Proposal, Proposed};
use fluxdeck_model::domain::pattern::Pattern;
use fluxdeck_model::domain::{Guarded, Policy, PullState};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::jobs::{ChangeOutcome, ChangePhase, ChangeStep};
use fluxdeck_model::state::{ChangeQuery, Effect, Message, Reply, Settings, Terminal};

const ROW: &str = ": \"deploy_/checkout\" enter";

async fn live(width: u16, height: u16) -> Driver {
    Driver::live(width, height, Settings::default()).await
}

fn ready(order: &ChangeOrder, edit: impl FnOnce(&mut Proposal)) -> Proposed {
    let mut proposal = proposals::ready(order);
    edit(&mut proposal);
    Proposed::Ready(Box::new(proposal))
}

impl Driver {
    /// What was asked to be planned last.
    fn asked(&mut self) -> ChangeQuery {
        self.api().plans.last().expect("a change to be planned").1.clone()
    }

    /// From the row to the review of a change from 3 to 5, drawn.
    async fn review(&mut self, edit: impl FnOnce(&mut Proposal)) -> &mut Self {
        self.keys(ROW).await.keys("a n \"5\" enter").await;
        let order = self.asked().order;
        self.plan(ready(&order, edit)).await;
        self.screen();
        self
    }

    fn jobs(&self) -> usize {
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
    deck.keys("down down").await.shows("Change a field of an object, in the file that sets it");
    deck.keys("left").await.shows("replace the pods of a Deployment, StatefulSet or DaemonSet one after the other");
    deck.keys("/ \"field\"").await.shows("f  set a field…").hides("restart").hides("number of replicas");
    deck.keys("enter").await.shows("set-field Deployment shop/checkout ── bed-admin");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_go_through_git_says_why() {
    let mut deck = live(140, 40).await;
    deck.keys(": \"hr_web\" enter a").await.shows("f  set a field…").hides("number of replicas");
    // a chart makes it: git has its HelmRelease
    deck.keys("esc : \"deploy_/web-server\" enter a").await.shows("of HelmRelease web/web");
    deck.keys("n").await.shows("cannot scale Deployment web/web-server in git: HelmRelease web/web makes it");
    deck.keys("esc : \"deploy\" enter M a").await.shows("one object at a time");
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
    let ChangeQuery { object, applier, order } = deck.asked();
    assert_eq!(object.map(|object| object.to_string()).as_deref(), Some("Deployment shop/checkout"));
    assert_eq!(applier.map(|applier| applier.to_string()).as_deref(), Some("Kustomization flux-apps/checkout"));
    let expected = ChangeOrder {
        playbook: "scale".to_owned(),
        object: "Deployment.apps/checkout".to_owned(),
        namespace: "shop".to_owned(),
        settings: vec!["replicas=5".to_owned()],
        layer: LayerChoice::Set,
        is_wide: false,
        site: Default::default(),
        title: String::new(),
        reason: "black friday".to_owned(),
        is_draft: false,
        is_push_only: false,
    };
    assert_eq!(order, expected);
    // esc goes back to the form, as it was filled
    deck.keys("esc").await.shows("black friday").shows("replicas  [5 ");
    deck.keys("esc").await.hides("black friday");
}

#[tokio::test(start_paused = true)]
async fn playbooks_have_names_that_take_answers() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys(": \"scale-in-git_7\" enter").await.shows("replicas  [7 ");
    deck.keys("esc : \"set-field_spec.paused=true\" enter").await.shows("spec.paused").shows("value    [true");
    // the cursor is in the value
    deck.keys("ctrl-u \"no\" enter").await;
    assert_eq!(deck.asked().order.settings, ["spec.paused=no"]);
    deck.keys("esc esc : \"set-field_kind=Pod\" enter").await.shows("says which object it is, and is not set");
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
        deck.keys("tab").await.shows("text of the pull request").shows("| `spec.replicas` | `3` | `5` |");
        deck.keys("tab tab").await.shows("6 + replicas");
    }
}

#[tokio::test(start_paused = true)]
async fn enter_submits_what_was_seen_and_nothing_else() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n \"5\" enter enter").await.shows("it is still being planned");
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
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_shows_the_other_ways_and_takes_one() {
    let refused = || Proposed::Refused(Box::new(proposals::refused()));
    let mut deck = live(80, 24).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    deck.plan(refused()).await;
    deck.shows("✗ refused  production and staging are built from the line that sets it").shows("choose a way");
    deck.shows("> 1  flux/apps/base/checkout/deployment.yaml:5  resource  changes more");
    deck.shows("also changes staging/flux-apps/checkout:")
        .shows("3  flux/apps/base/kustomization.yaml:9  replicas  cannot be taken");
    // that one changes more: it is shown again, and confirmed
    deck.keys("enter").await.shows("take this way");
    deck.keys("enter").await.shows("more will change: press y to confirm");
    assert_eq!(deck.api().plans.len(), 1);
    deck.keys("y").await.shows("planning…");
    assert_eq!((deck.asked().order.layer, deck.asked().order.is_wide), (LayerChoice::Number(1), true));

    deck.plan(refused()).await;
    deck.screen();
    deck.keys("G enter").await.shows("this way cannot be taken: the file is generated");
    deck.keys("k enter").await.shows("planning…");
    assert_eq!((deck.asked().order.layer, deck.asked().order.is_wide), (LayerChoice::NewPatch, false));
    assert_eq!(deck.jobs(), 0);
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

#[tokio::test(start_paused = true)]
async fn a_change_is_followed_from_its_commit_to_its_pods_step_by_step() {
    let mut deck = live(120, 40).await;
    deck.review(|_| {}).await.keys("enter").await.shows("scale in git, 0s: prepare");
    deck.keys(": \"changes\" enter").await.shows("changes in git").shows("Deployment shop/checkout: replicas 3 -> 5");
    deck.keys("enter").await.shows("◐ committed");
    let prepared = proposals::prepared(None);
    deck.step(ChangeOutcome::Prepared(Box::new(prepared))).await;
    deck.shows("● committed     57943ce on main@86058ad").shows("◐ pushed");
    let denied = ChangeOutcome::Failed { why: "remote rejected".to_owned(), hint: "ask for the right to push".to_owned() };
    deck.step(denied).await;
    deck.shows("‖ pushed        remote rejected; ask for the right to push").shows("r continues it, x ends it");
    deck.keys("r").await;
    deck.step(ChangeOutcome::Branch(None)).await;
    deck.step(ChangeOutcome::Pushed).await;
    deck.shows("● pushed        fluxdeck/scale-shop-checkout-3f2a").shows("◐ pull request");
    deck.keys("o").await.shows("it has no pull request yet");
    deck.step(ChangeOutcome::Pull(proposals::pull(PullState::Open))).await;
    deck.shows("● pull request  #12 open · checks 1 of 2 passed  https://forge.example/ops/fleet/pulls/12").shows("◌ merged");
    deck.keys("R").await.shows("it is not merged yet");
    deck.keys("y").await.shows("copied https://forge.example/ops/fleet/pulls/12");
    deck.keys("esc").await.shows("◌ #12 open");
    deck.keys("esc").await.shows("checkout #12");
    deck.keys(": \"tree\" enter / \"shop/checkout\" enter").await.shows("shop/checkout").shows("#12");
    assert!(deck.written().is_empty(), "nothing was written to the cluster");

    deck.keys("esc J enter").await;
    deck.later(15).await;
    deck.step(ChangeOutcome::Pull(proposals::pull(proposals::merged()))).await;
    deck.shows("● merged        3d3b4b7 by ben").shows("◐ fetched").shows("R reconciles what applies it");
    deck.keys("R").await;
    assert_eq!(deck.written(), ["GitRepository flux-apps/apps"], "the source comes first");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_stopped_says_what_it_leaves_behind() {
    let mut deck = live(120, 40).await;
    deck.review(|_| {}).await.keys("enter J").await;
    let [prepared, pushed, open, _] = proposals::outcomes();
    for outcome in [prepared, pushed, open] {
        deck.step(outcome).await;
    }
    deck.keys("x")
        .await
        .shows("the user stopped it; #12 stays as it is: https://forge.example/ops/fleet/pulls/12")
        .shows("‖ stopped");
    deck.keys("esc").await.hides("#12");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_another_one_by_now_is_reviewed_again_and_takes_the_place_of_the_first() {
    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.keys("enter").await;
    deck.step(ChangeOutcome::Differs { why: "main has moved, and the line with it".to_owned() }).await;
    deck.keys("J").await.shows("review again").keys("enter").await.shows("⏎ reviews it again");
    deck.keys("enter").await.shows("planning…");
    let order = deck.asked().order;
    assert_eq!(order.site.base, "main", "the site is known");
    deck.plan(ready(&order, |_| {})).await;
    deck.screen();
    deck.keys("enter").await;
    let jobs = deck.app.state().jobs.all();
    let phases: Vec<_> = jobs.iter().filter_map(|job| job.change()).map(|change| change.phase().is_over()).collect();
    assert_eq!(phases, [true, false]);
    assert!(matches!(jobs[1].change().map(|change| change.phase().clone()), Some(ChangePhase::Prepare(_))));
}

#[tokio::test(start_paused = true)]
async fn scaling_now_offers_to_do_it_in_git_with_the_number_that_was_typed() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("s \"9\"").await.shows("^g in git instead");
    deck.keys("ctrl-g").await.shows("scale Deployment shop/checkout ── bed-admin").shows("replicas  [9 ");
    assert!(deck.written().is_empty());
    // what git does not have cannot be changed there
    deck.keys("esc : \"hr_web\" enter s").await.hides("in git instead");
}

#[tokio::test(start_paused = true)]
async fn no_text_of_a_proposal_reaches_the_terminal_as_it_is() {
    let bad = "\u{1b}]0;x\u{7}\u{202e}x\r\u{9b}2J";
    let mut deck = live(120, 40).await;
    deck.review(|proposal| {
        let texts = [
            &mut proposal.object,
            &mut proposal.base,
            &mut proposal.branch,
            &mut proposal.build,
            &mut proposal.patch,
            &mut proposal.pull.title,
            &mut proposal.pull.body,
            &mut proposal.author.author,
            &mut proposal.order.site.base,
            &mut proposal.order.site.url,
            &mut proposal.order.site.caution,
            &mut proposal.order.site.found_by,
            &mut proposal.order.reason,
            &mut proposal.files[0].path,
            &mut proposal.checks[4].why,
        ];
        texts.into_iter().for_each(|text| text.push_str(bad));
        let field = &mut proposal.fields[0];
        for text in [&mut field.field, &mut field.after, &mut field.place, &mut field.layer] {
            text.push_str(bad);
        }
        (proposal.besides, proposal.readers) = (vec![bad.to_owned()], vec![bad.to_owned()]);
        (proposal.warnings, proposal.unproven) = (vec![bad.to_owned()], vec![(bad.to_owned(), bad.to_owned())]);
        proposal.forge = ForgeChoice::None { why: bad.to_owned(), page: Some(bad.to_owned()) };
        proposal.open = Some(fluxdeck_model::domain::Pull { url: bad.to_owned(), ..proposals::pull(PullState::Open) });
        proposal.order.is_wide = true;
    })
    .await;
    let is_clean =
        |screen: Vec<String>| screen.iter().all(|line| line.chars().all(|letter| !letter.is_control() && letter != '\u{202e}'));
    for keys in ["tab", "tab", "t", "esc", "enter", "J", "enter"] {
        assert!(is_clean(deck.keys(keys).await.screen()), "{keys}");
    }
    let mut refusal = proposals::refused();
    for text in [&mut refusal.object, &mut refusal.field, &mut refusal.why, &mut refusal.hint] {
        text.push_str(bad);
    }
    refusal.ways[0].place.push_str(bad);
    refusal.ways[0].word.push_str(bad);
    refusal.ways[0].result = Ok(vec![bad.to_owned()]);
    refusal.ways[2].result = Err(bad.to_owned());
    let mut deck = live(120, 40).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    deck.plan(Proposed::Refused(Box::new(refusal))).await;
    for keys in ["j", "enter", "k", "enter", "y"] {
        assert!(is_clean(deck.keys(keys).await.screen()), "{keys}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_screen_is_too_small_for_a_change() {
    for (width, height) in [(1, 1), (20, 5), (40, 10), (75, 12), (161, 7)] {
        for way in ["ready", "wide", "refused"] {
            let mut deck = live(80, 24).await;
            deck.keys(ROW).await;
            deck.resize(width, height);
            deck.keys("a down right n tab x tab ctrl-u \"5\" enter").await.screen();
            let order = deck.asked().order;
            deck.plan(match way {
                "ready" => ready(&order, |_| {}),
                "wide" => Proposed::Ready(Box::new(proposals::wide(&order))),
                _ => Proposed::Refused(Box::new(proposals::refused())),
            })
            .await;
            for keys in ["tab", "j j G", "tab k", "t x enter", "enter", "x esc", "enter esc", "J", "enter", "G", "esc esc"] {
                deck.keys(keys).await.screen();
            }
        }
    }
}
