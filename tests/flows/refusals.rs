//! A change that is not proposed as it was asked for, on the screen: other ways, one of several builds, the file edited by hand; and a
//! repository that only the user knows.

use super::proposals;
use super::reviews::{ROW, live, ready};
use fluxdeck_model::change::{BuildChoice, ChangeRefusal, LayerChoice, Proposed, SiteScope, SourceQuestion};
use fluxdeck_model::domain::{ArtifactSource, SaidSource};
use fluxdeck_model::state::ChangeQuery;

#[tokio::test(start_paused = true)]
async fn a_refused_change_shows_the_other_ways_and_takes_one() {
    let refused = || Proposed::Refused(Box::new(proposals::refused()));
    let mut deck = live(80, 24).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    deck.plan(refused()).await;
    deck.shows("✗ refused  production and staging are built from the line that sets it")
        .shows("other ways, and what each does besides");
    deck.shows("⏎ take it").hides("push only").hides("copy patch");
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

/// Nothing is offered that would be refused again, and no key that does nothing.
#[tokio::test(start_paused = true)]
async fn a_way_that_cannot_be_taken_is_not_offered() {
    let mut deck = live(80, 24).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    let mut refusal = proposals::refused();
    refusal.ways.swap(0, 2);
    deck.plan(Proposed::Refused(Box::new(refusal.clone()))).await;
    deck.shows("> 2  flux/apps/production/kustomization.yaml").shows("⏎ takes the selected way, E edits the file, esc goes back");
    deck.keys("k").await.shows("> 1").hides("⏎ take it").hides("takes the selected way").shows("E edits the file");

    refusal.ways.truncate(1);
    deck.keys("esc").await.keys("enter").await;
    deck.plan(Proposed::Refused(Box::new(refusal))).await;
    deck.shows("places that set it: none of them can be changed from here").hides("take it").shows("E edits the file");
}

#[tokio::test(start_paused = true)]
async fn of_a_refused_change_the_file_itself_is_edited_at_the_head_of_its_branch() {
    for (way, file, line) in [
        ("k", "flux/apps/base/checkout/deployment.yaml", 5),
        // of a patch that is not there yet the file that would list it
        ("j", "flux/apps/production/kustomization.yaml", 1),
    ] {
        let mut deck = live(120, 30).await;
        deck.keys(ROW).await.keys("a n \"5\" enter").await;
        deck.plan(Proposed::Refused(Box::new(proposals::refused()))).await;
        deck.shows("E edit its file").shows("E opens flux/apps/base/checkout/deployment.yaml:5 in $EDITOR");
        deck.keys(way).await.keys("E").await.shows("edit-file Deployment shop/checkout").shows("building it as git has it");
        let order = deck.api().manuscripts.last().expect("a file to be opened").1.order.clone();
        assert_eq!(order.layer, LayerChoice::At { file: file.to_owned(), line });
        assert!(order.playbook == "edit-file" && order.settings.is_empty() && !order.is_wide, "{order:?}");
    }
    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.keys("E").await;
    // nothing was refused: the words are what is edited
    assert!(deck.api().sheets.len() == 1 && deck.api().manuscripts.is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_several_builds_of_an_object_the_one_that_is_meant_is_chosen() {
    let builds = ["production", "staging"].map(|cluster| BuildChoice {
        build: format!("{cluster}/flux-apps/checkout"),
        object: "Deployment shop/checkout".to_owned(),
    });
    for (width, height) in [(80, 24), (180, 50)] {
        let mut deck = live(width, height).await;
        deck.keys(ROW).await.keys("a n \"5\" enter").await;
        let refusal = ChangeRefusal {
            why: "it is built in several ways".to_owned(),
            set_at: None,
            ways: Vec::new(),
            builds: builds.to_vec(),
            ..proposals::refused()
        };
        deck.plan(Proposed::Refused(Box::new(refusal))).await;
        deck.shows("which one is meant?").shows("> 1  only production/flux-apps/checkout").hides("other way");
        deck.keys("j").await.shows("> 2  only staging/flux-apps/checkout").shows("continues with the selected Kustomization");
        deck.keys("enter").await.shows("planning…");
        let order = deck.asked().order;
        assert_eq!(order.site.scope, SiteScope::Kustomization("staging/flux-apps/checkout".to_owned()));
        deck.plan(ready(&order, |_| {})).await;
        deck.shows("6 + replicas").keys("enter").await;
        assert_eq!(deck.api().steps[0].2.order.site.scope, order.site.scope, "the choice goes on");
    }
    // built the same by both: behind the ways
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    deck.plan(Proposed::Refused(Box::new(ChangeRefusal { builds: builds.to_vec(), ..proposals::refused() }))).await;
    deck.shows("> 1  flux/apps/base").keys("G enter").await.shows("planning…");
    // another number is for the same one
    deck.keys("esc").await.shows("for       staging/flux-apps/checkout, as you chose").keys("ctrl-u \"6\" enter").await;
    let order = deck.asked().order;
    assert_eq!(order.site.scope, SiteScope::Kustomization("staging/flux-apps/checkout".to_owned()));
    assert_eq!((order.layer, order.is_wide), (LayerChoice::Set, false));
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_nobody_knows_is_asked_for_and_another_can_be_said() {
    let question = SourceQuestion {
        source: "OCIRepository flux-apps/shop".to_owned(),
        key: "oci://registry.example/shop".to_owned(),
        why: "2 folders of ops/fleet could be what the artifact was made from".to_owned(),
        known: ArtifactSource { repository: "https://forge.example/ops/fleet".to_owned(), ..ArtifactSource::default() },
        roots: vec!["deploy".to_owned(), "deploy/base".to_owned()],
    };
    for (width, height) in [(80, 24), (180, 50)] {
        let mut deck = live(width, height).await;
        deck.keys(ROW).await.keys("a n \"5\" enter").await;
        deck.plan(Proposed::Unknown(Box::new(question.clone()))).await;
        deck.shows("where does OCIRepository flux-apps/shop come from?").shows("2 folders of ops/fleet could be");
        deck.shows("https://forge.example/ops/fleet");
        // back to the form, as it was filled
        deck.keys("esc").await.shows("replicas  [5 ").keys("enter").await;
        deck.plan(Proposed::Unknown(Box::new(question.clone()))).await;
        deck.keys("tab \"main\" tab").await.shows("deploy/base").keys("down enter enter").await.shows("planning…");
        let ChangeQuery { order, said, .. } = deck.asked();
        let from = ArtifactSource { branch: "main".to_owned(), root: "deploy/base".to_owned(), ..question.known.clone() };
        assert_eq!(said, Some(SaidSource { key: question.key.clone(), from: from.clone() }));
        let known = SourceQuestion { known: from, why: String::new(), ..question.clone() };
        deck.plan(ready(&order, |proposal| proposal.source = Some(known))).await;
        deck.shows("6 + replicas").keys("U").await.shows("where does OCIRepository").shows("[deploy/base");
        deck.keys("esc").await.shows("6 + replicas").keys("U ctrl-u enter").await;
        let said = deck.asked().said.expect("it is said");
        assert_eq!(said.from.repository, "", "what was said is forgotten");
    }
    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.keys("U").await.shows("its repository need not be said");
}
