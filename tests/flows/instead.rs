//! What could be changed instead: named in a review and in a refusal, and planned in place of what was asked for.

use super::proposals;
use super::reviews::{ROW, live};
use fluxdeck_model::change::{ChangeRefusal, Proposed, SiteScope};

const OTHER: &str = "instead: HorizontalPodAutoscaler shop/checkout spec.minReplicas (2 at";

#[tokio::test(start_paused = true)]
async fn who_sets_the_field_again_can_be_changed_instead() {
    let mut deck = live(80, 24).await;
    deck.review(|proposal| {
        proposal.cautions = vec![proposals::autoscaled()];
        proposal.order.site.folder = "/fleet".to_owned();
    })
    .await;
    deck.shows("HorizontalPodAutoscaler shop/checkout scales it too").shows(OTHER).shows("i instead");
    deck.keys("i").await.shows("change this instead").shows("minReplicas  [5");
    deck.keys("esc").await.hides("change this instead").shows(OTHER);
    deck.keys("i ctrl-u \"6\" enter").await.shows("planning");
    let asked = deck.asked();
    assert_eq!(asked.object.expect("the same cluster has it").to_string(), "HorizontalPodAutoscaler shop/checkout");
    assert_eq!(asked.applier.expect("it is applied").to_string(), "Kustomization flux-apps/checkout");
    let order = asked.order;
    assert_eq!((&*order.playbook, &*order.object), ("set-field", "HorizontalPodAutoscaler.autoscaling/checkout"));
    assert_eq!(
        (&*order.namespace, &order.settings[..]),
        ("shop", &[fluxdeck_model::change::ChangeSetting::set("spec.minReplicas=6")][..])
    );
    let scope = SiteScope::Kustomization("production/flux-apps/checkout".to_owned());
    assert_eq!((&*order.site.folder, order.site.scope), ("/fleet", scope), "in the same repository");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_offers_it_behind_its_ways() {
    let mut deck = live(100, 40).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    let refusal = ChangeRefusal { cautions: vec![proposals::autoscaled()], ..proposals::refused() };
    deck.plan(Proposed::Refused(Box::new(refusal))).await;
    deck.shows(OTHER);
    deck.keys("G").await.shows("changes this instead").keys("enter").await.shows("change this instead");
    deck.keys("enter").await;
    assert_eq!(deck.asked().order.settings, [fluxdeck_model::change::ChangeSetting::set("spec.minReplicas=5")]);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_else_decides_the_key_says_so() {
    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.hides("i instead");
    deck.keys("i").await.shows("nothing else decides on this field");
}
