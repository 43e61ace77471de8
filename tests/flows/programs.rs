//! Programs that check a change, on the screen of its review: those of the repository, and helm.

use super::proposals::rendered;
use super::reviews::{live, ready};
use fluxdeck_model::change::outside::PolicyQuestion;
use fluxdeck_model::change::{Check, CheckResult, Proposal};
use fluxdeck_model::state::PolicyConsent;

fn asked(proposal: &mut Proposal, is_allowed: bool) {
    proposal.policy = Some(PolicyQuestion {
        repository: "ops/fleet".to_owned(),
        digest: "0a1b".to_owned(),
        commands: vec![("conftest".to_owned(), "conftest test flux --policy=ci/rules.rego".to_owned())],
        files: vec!["ci/rules.rego".to_owned()],
        is_allowed,
    });
    let (result, why) = if is_allowed { (CheckResult::UnderWay, "") } else { (CheckResult::NotRun, "nobody has allowed it yet") };
    proposal.checked(&[Check { name: "policy conftest".into(), result, why: why.to_owned() }]);
}

#[tokio::test(start_paused = true)]
async fn programs_of_a_repository_are_shown_before_they_may_run() {
    for (width, height) in [(80, 24), (140, 40)] {
        let mut deck = live(width, height).await;
        deck.review(|proposal| asked(proposal, false)).await;
        deck.shows("– not run  policy conftest: nobody has allowed it yet").shows("! P: which programs ops/fleet wants to run");
        deck.keys("P").await.shows("ops/fleet wants these programs to check changes of it:");
        deck.shows("conftest  conftest test flux --policy=ci/rules.rego").shows("They use of it: ci/rules.rego");
        deck.keys("enter").await.shows("type `yes`, or leave with esc");
        let count = deck.api().plans.len();
        deck.keys("esc").await.hides("type yes to let them run");
        assert_eq!(deck.api().plans.len(), count, "nothing is asked again");

        deck.keys("P \"yes\" enter").await;
        assert_eq!(deck.asked().consent, PolicyConsent::Given("0a1b".to_owned()), "exactly what was shown");
        let order = deck.asked().order;
        deck.plan(ready(&order, |proposal| asked(proposal, true))).await;
        deck.shows("◐ running  policy conftest").hides("which programs").keys("P").await.shows("they are allowed");
        deck.check("policy conftest", CheckResult::Failed, "exit 1: too many").await;
        deck.shows("✗ failed   policy conftest: exit 1: too many").keys("enter").await.shows("type yes to submit all of this");
        // another plan does not go by that answer
        deck.keys("esc esc").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_helm_makes_of_a_release_joins_what_is_built_then() {
    let mut deck = live(140, 40).await;
    deck.review(|proposal| {
        proposal.checked(&[Check { name: "helm".into(), result: CheckResult::UnderWay, why: String::new() }]);
    })
    .await;
    deck.shows("◐ running  helm").hides("helm HelmRelease web/web");
    deck.rendered(vec![rendered("helm HelmRelease web/web")]).await;
    deck.check("helm", CheckResult::Passed, "HelmRelease web/web: 1 Deployment changes").await;
    deck.shows("helm HelmRelease web/web").shows("built then");
    deck.rendered(vec![rendered("helm HelmRelease web/web")]).await;
    assert_eq!(deck.screen().join("\n").matches("helm HelmRelease web/web").count(), 1, "the same is there once");
}
