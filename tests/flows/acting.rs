//! Acting through the screen: the panel, single keys, confirmations, and what forbids.

use super::driver::Driver;
use fluxdeck_model::domain::pattern::Pattern;
use fluxdeck_model::domain::{Guarded, Policy};
use fluxdeck_model::state::Settings;
use serde_json::json;

async fn live() -> Driver {
    Driver::live(140, 40, Settings::default()).await
}

fn guarded(policy: Policy) -> Settings {
    Settings { guarded: vec![Guarded { pattern: Pattern::parse("bed-*").expect("a pattern"), policy }], ..Settings::default() }
}

#[tokio::test(start_paused = true)]
async fn the_panel_lists_what_can_be_done_and_why_the_rest_cannot() {
    let mut deck = live().await;
    deck.keys(": \"hr_web\" enter a").await;

    deck.shows("HelmRelease web/web ── bed-admin").shows("R  reconcile").shows("^d  delete…");
    deck.shows("r  resume                      not suspended").hides("restart").hides("scale");
    deck.keys("r").await.shows("cannot resume HelmRelease web/web: not suspended").shows("In the cluster, now");
    deck.keys("esc").await.hides("In the cluster, now");
    assert!(deck.written().is_empty());
}

#[tokio::test(start_paused = true)]
async fn typing_in_the_panel_finds_and_enter_runs() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter a / \"with_its\"").await.shows("reconcile with its source").hides("suspend…");
    deck.keys("enter").await.hides("In the cluster, now");

    assert_eq!(deck.written(), ["GitRepository flux-apps/apps"], "the source comes first");
    deck.answer("GitRepository flux-apps/apps", true, "stored artifact").await;
    assert_eq!(deck.written()[1..], ["Kustomization flux-apps/checkout"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_reconciles_at_once_and_the_row_shows_the_progress() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter R").await;

    assert_eq!(deck.written(), ["Kustomization flux-apps/checkout"]);
    let asked = &deck.api().writes[0].1["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"];
    assert!(asked.is_string(), "{asked}");
    deck.shows("requested 0s, reconcile");
    deck.later(7).await;
    deck.shows("requested 7s, reconcile");
    deck.answer("Kustomization flux-apps/checkout", true, "Applied revision").await;
    deck.shows("done 7s, reconcile: applied revision main@");
    deck.later(31).await;
    deck.hides("done 7s");
}

#[tokio::test(start_paused = true)]
async fn the_same_act_on_the_same_object_joins_the_one_that_is_under_way() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter R R R").await;
    deck.shows("reconcile Kustomization flux-apps/checkout is already under way: joined");
    assert_eq!(deck.written(), ["Kustomization flux-apps/checkout"], "one request");
    assert_eq!(deck.app.state().jobs.all().len(), 1);
    // another act is another act
    deck.keys("a / \"with_its\" enter").await;
    assert_eq!(deck.written().len(), 2);
    deck.answer("GitRepository flux-apps/apps", true, "stored artifact").await;
    deck.answer("Kustomization flux-apps/checkout", true, "Applied revision").await;
    // and after its end it is asked again
    let before = deck.written().len();
    deck.keys("R").await.hides("already under way");
    assert_eq!(deck.written().len(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_ends_no_job() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter R").await.shows("requested");
    for seconds in [8 * 3600, -9 * 3600] {
        deck.later(20).await;
        deck.jump(seconds).await;
        assert_eq!(deck.app.state().jobs.under_way().count(), 1, "{seconds}");
        deck.hides("timed out");
    }
    deck.later(300).await;
    deck.shows("timed out");
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_shown_on_the_row_and_can_be_watched_further() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter R").await;
    deck.answer("Kustomization flux-apps/checkout", false, "kustomize build failed").await;
    deck.shows("failed 0s, reconcile: kustomize build failed");

    deck.keys("J").await.shows("✗ failed").shows("kustomize build failed");
    deck.keys("enter").await.shows("w keeps watching");
    deck.keys("w").await.shows("watching on").shows("◐ handled");
    deck.answer("Kustomization flux-apps/checkout", true, "Applied revision").await;
    deck.shows("● done");
}

#[tokio::test(start_paused = true)]
async fn a_failure_leaves_the_row_once_the_object_is_ready_or_another_act_has_ended() {
    let mut deck = live().await;
    let object = "Kustomization flux-apps/checkout";
    deck.keys(": \"ks_flux-apps\" enter R").await;
    deck.answer(object, false, "kustomize build failed").await;
    deck.shows("failed 0s, reconcile: kustomize build failed");
    deck.later(10).await;
    deck.shows("failed 0s, reconcile");
    let healed = deck.now.to_string();
    deck.change(object, |body| {
        let ready = &mut body["status"]["conditions"][0];
        (ready["status"], ready["message"]) = (json!("True"), json!("Applied revision"));
        ready["lastTransitionTime"] = json!(healed);
    })
    .await;
    deck.hides("failed 0s").hides("failed 10s");

    // the older failure does not come back when the younger success has been shown long enough
    deck.keys("R").await;
    deck.answer(object, false, "kustomize build failed").await;
    deck.later(1).await;
    deck.keys("R").await;
    deck.answer(object, true, "Applied revision").await;
    deck.shows("done 0s, reconcile: applied revision");
    deck.later(40).await;
    deck.hides("✗ failed").hides("done 0s");
}

#[tokio::test(start_paused = true)]
async fn what_was_suspended_meanwhile_shows_by_whom() {
    let mut deck = live().await;
    let object = "Kustomization flux-apps/checkout";
    deck.keys(": \"ks_flux-apps\" enter R").await;
    deck.answer(object, false, "kustomize build failed").await;
    deck.change(object, |body| {
        body["spec"]["suspend"] = json!(true);
        body["metadata"]["annotations"]["fluxdeck.dev/suspended-by"] = json!("ben");
        body["metadata"]["annotations"]["fluxdeck.dev/suspend-reason"] = json!("node repair");
    })
    .await;
    deck.hides("reconcile failed").shows("by ben \"node repair\"");
}

#[tokio::test(start_paused = true)]
async fn suspending_asks_why_and_until_when_and_a_past_date_is_refused_in_place() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter s").await;
    deck.shows("suspend Kustomization flux-apps/checkout").shows("stay as applied").shows("flux suspend kustomization checkout");
    deck.keys("\"db_migration\" tab \"2020-01-01\"").await.shows("`2020-01-01` is past");
    deck.keys("enter").await.shows("`2020-01-01` is past");
    assert!(deck.written().is_empty());
    deck.keys("ctrl-u \"4h\"").await.shows("in 4h");
    deck.keys("enter").await;

    let patch = deck.api().writes[0].1.clone();
    assert_eq!(patch["spec"], json!({"suspend": true}));
    let said = &patch["metadata"]["annotations"];
    assert_eq!(
        (&said["fluxdeck.dev/suspended-by"], &said["fluxdeck.dev/suspend-reason"]),
        (&json!("ana"), &json!("db migration"))
    );
    deck.shows("‖ Suspended").shows("by ana \"db migration\" until 2026-11-21");
    deck.keys(": \"suspended\" enter / \"checkout\" enter").await.shows("by ana \"db migration\"");
    deck.later(5 * 3600).await;
    deck.shows("overdue, by ana \"db migration\"");

    // the same key resumes, and says first whose suspension that is
    deck.keys("s").await.shows("resume Kustomization flux-apps/checkout").shows("suspended: overdue, by ana");
    deck.keys("enter").await;
    let patch = deck.api().writes[1].1.clone();
    assert_eq!(patch["metadata"]["annotations"]["fluxdeck.dev/suspend-reason"], json!(null));
    assert!(patch["metadata"]["annotations"].as_object().is_some_and(|said| said.contains_key("fluxdeck.dev/suspend-until")));
}

#[tokio::test(start_paused = true)]
async fn reconciling_what_is_suspended_offers_to_resume_it_first() {
    let mut deck = live().await;
    deck.keys(": \"ks_/faults.*suspended\" enter").await.shows("R resume and reconcile");
    for keys in ["R", ": \"reconcile\" enter", "a R"] {
        deck.keys(keys).await.shows("resume-and-reconcile Kustomization faults/suspended").shows("node repair");
        deck.shows("its controller will reconcile it again");
        deck.shows("flux resume kustomization suspended -n faults --context bed-admin && flux reconcile");
        deck.keys("esc").await.shows("nothing was done");
    }
    assert!(deck.written().is_empty());
    deck.keys("R enter").await;

    assert_eq!(deck.written(), ["Kustomization faults/suspended"; 2]);
    let writes = &deck.api().writes;
    assert_eq!(writes[0].1["spec"], json!({"suspend": null}), "resumed first");
    assert!(writes[1].1["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].is_string());
    deck.answer("Kustomization faults/suspended", true, "Applied revision").await;
    deck.shows("done 0s, resume: Applied revision");
}

#[tokio::test(start_paused = true)]
async fn the_panel_says_why_not_and_offers_the_way_beside_it() {
    let mut deck = live().await;
    deck.keys(": \"ks_/faults.*suspended\" enter a").await;
    deck.shows("R  reconcile                   suspended: resume it first").shows("R  resume and reconcile…");
    deck.keys("esc : \"ks_flux-apps\" enter a").await.hides("resume and reconcile");
}

#[tokio::test(start_paused = true)]
async fn deleting_names_what_goes_with_it_and_enter_alone_does_not_do_it() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter ctrl-d").await;
    deck.shows("2 objects go with it").shows("Deployment shop/checkout").shows("recreates it at its next run");
    deck.keys("enter").await.shows("something will be lost: press y to confirm");
    assert!(deck.written().is_empty());
    deck.keys("esc").await.shows("nothing was done");
    deck.keys("ctrl-d alt-y alt-enter").await.shows("2 objects go with it");
    assert!(deck.written().is_empty(), "with alt it is another key");
    deck.keys("y").await;
    assert_eq!(deck.written(), ["Kustomization flux-apps/checkout"]);
}

#[tokio::test(start_paused = true)]
async fn the_root_needs_its_name() {
    let mut deck = live().await;
    deck.keys(": \"ks_/Kustomization_flux-system/flux\" enter ctrl-d").await;
    deck.shows("type flux-system to delete Kustomization flux-system/flux-system");
    deck.keys("\"y\" enter").await.shows("nothing was done");
    deck.keys("ctrl-u \"flux-syste\" enter").await;
    assert!(deck.written().is_empty());
    deck.keys("\"m\" enter").await;
    assert_eq!(deck.written(), ["Kustomization flux-system/flux-system"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_typed_wrong_stays_said_while_the_cluster_goes_on() {
    let mut deck = live().await;
    deck.keys(": \"ks_/Kustomization_flux-system/flux\" enter ctrl-d \"wrong\" enter").await.shows("nothing was done");
    deck.appear("Kustomization faults/refused", "aaa").await;
    deck.shows("type `flux-system` to delete").shows("nothing was done");
}

#[tokio::test(start_paused = true)]
async fn read_only_is_said_above_and_blocks_every_act_with_a_sentence() {
    let mut deck = Driver::live(140, 40, Settings { readonly: true, ..Settings::default() }).await;
    deck.keys(": \"ks_flux-apps\" enter").await.shows("READ-ONLY");
    for key in ["R", "W", "s", "ctrl-d"] {
        deck.keys(key).await.shows("read-only: ");
    }
    for line in ["suspend", "resume", "delete", "reconcile"] {
        deck.keys(&format!(": \"{line}\" enter")).await.hides("nothing happens");
    }
    deck.keys("a").await.shows("R  reconcile                   read-only");
    deck.keys("R").await.shows("cannot reconcile");
    assert!(deck.written().is_empty());
}

#[tokio::test(start_paused = true)]
async fn production_is_named_and_asks_for_its_name() {
    let mut deck = Driver::live(140, 40, guarded(Policy { production: true, most: Some(2), ..Policy::default() })).await;
    deck.keys(": \"ks_flux-apps\" enter").await.shows("bed-admin PRODUCTION");
    deck.keys("R").await.shows("reconcile Kustomization flux-apps/checkout ──");
    assert!(deck.written().is_empty(), "even that is confirmed");
    deck.keys("enter").await;
    assert_eq!(deck.written().len(), 1);

    deck.keys("s").await.shows("type bed-admin to suspend");
    deck.keys("enter").await.shows("type `bed-admin` to suspend");
    deck.keys("\"bed-admin\" enter").await;
    assert_eq!(deck.written().len(), 2);

    deck.keys(": \"ks_faults\" enter M R").await.shows("objects at once: `bed-admin` allows 2");
    assert_eq!(deck.written().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_is_greyed_with_its_reason_and_never_sent() {
    let mut deck = live().await;
    deck.api().denies = |ask| &*ask.namespace == "flux-apps";
    deck.keys(": \"ks_flux-apps\" enter a")
        .await
        .shows("R  reconcile                   you may not patch kustomization…")
        // of the selected one the whole reason is shown
        .shows(" you may not patch kustomizations in \"flux-apps\" ");
    deck.keys("R").await.shows("you may not patch kustomizations in \"flux-apps\"");
    deck.keys("esc R").await.shows("cannot reconcile Kustomization flux-apps/checkout: you may not patch kustomizations");
    assert!(deck.written().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_marked_one_is_hit_although_rows_move_while_keys_are_pressed() {
    let mut deck = live().await;
    deck.keys(": \"ks_faults\" enter / \"refused\" enter esc").await;
    deck.keys("space ctrl-d").await.shows("delete Kustomization faults/refused");
    // two appear above it, and no frame is drawn before the next key
    deck.appear("Kustomization faults/refused", "aaa").await;
    deck.appear("Kustomization faults/refused", "aab").await;
    deck.keys("y").await;
    assert_eq!(deck.written(), ["Kustomization faults/refused"]);
}

#[tokio::test(start_paused = true)]
async fn a_light_act_hits_what_the_last_frame_showed() {
    let mut deck = live().await;
    deck.keys(": \"ks_faults\" enter / \"refused\" enter esc").await;
    deck.screen();
    deck.appear("Kustomization faults/refused", "aaa").await;
    deck.appear("Kustomization faults/refused", "aab").await;
    deck.press("R").await;
    assert_eq!(deck.written(), ["Kustomization faults/refused"]);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_was_replaced_meanwhile_is_not_hit() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter ctrl-d").await.shows("delete Kustomization flux-apps/checkout");
    deck.change("Kustomization flux-apps/checkout", |body| body["metadata"]["uid"] = json!("another")).await;
    deck.press("y").await;
    deck.shows("another object has taken its name");
    assert!(deck.written().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_question_that_comes_up_by_itself_takes_no_key_that_was_meant_for_something_else() {
    let mut deck = live().await;
    deck.api().is_in_git = true;
    deck.keys(": \"ks_/faults.*suspended\" enter r").await;
    // looked up meanwhile: git says `suspend: true`, and the next key comes before the frame
    deck.press("y").await;
    assert!(deck.written().is_empty());
    deck.shows("spec.suspend is set in git (by kustomize-controller)").shows("node repair");
    deck.keys("y").await;
    assert_eq!(deck.written(), ["Kustomization faults/suspended"]);
}

#[tokio::test(start_paused = true)]
async fn marks_do_not_follow_into_another_context() {
    let mut deck = Driver::start(140, 40).await;
    deck.keys("/ \"worker\" enter M").await.shows("marked");
    deck.keys(": \"ctx_bed-admin\" enter").await.shows("gitrepo flux-system/flux-system").hides("marked");
}

#[tokio::test(start_paused = true)]
async fn no_screen_is_too_small_for_a_dialog() {
    for (width, height) in [(1, 1), (20, 5), (40, 10), (80, 24)] {
        let mut deck = Driver::live(80, 24, guarded(Policy { production: true, ..Policy::default() })).await;
        for keys in ["a", "a s", "ctrl-d", "M s"] {
            deck.resize(80, 24);
            deck.keys(": \"ks\" enter").await;
            deck.resize(width, height);
            deck.keys(keys).await.screen();
            deck.keys("tab x down down pgup esc esc").await.screen();
        }
    }
}
