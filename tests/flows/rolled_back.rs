//! `roll back` in the demo that a bad commit has broken, on a small screen: from the row to an open revert in a few keys, and its merge heals.

use std::sync::Arc;
use std::time::Duration;

use fluxdeck::demo::{Company, RunDirectory, scenes};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;
use serde_json::{Value, json};

use super::demo::ask;
use super::driver::Driver;

const FILE: &str = "deploy/web/deployment.yaml";

/// The demo two minutes after the bad commit, with the row of the Kustomization that it broke.
async fn on_call() -> (Arc<Company>, Driver, String) {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    let before = text(&company);
    scenes::find("bad-commit").expect("a scene").play(&company).expect("played");
    company.enter("production").expect("a context").world.advance(Duration::from_secs(120));
    let settings = Settings { theme: "dark".into(), ..Settings::default() };
    let mut deck = Driver::demo(company.clone(), 80, 24, Depth::True, settings).await;
    deck.keys(": \"ks_web_/^web$\" enter").await.shows("web");
    (company, deck, before)
}

/// The file on the branch that is applied.
fn text(company: &Company) -> String {
    let repository = company.repositories().open("apps").expect("opened").expect("a repository");
    let found = repository.revparse_single(&format!("refs/heads/main:{FILE}")).expect("a file");
    String::from_utf8(found.peel_to_blob().expect("a file").content().to_vec()).expect("text")
}

/// The open pull requests of the repository that the commit broke, as its forge has them.
async fn opened(company: &Company) -> Vec<Value> {
    let forge = company.forge().expect("a forge");
    let (code, all) = ask(&forge, "GET", "repos/ops/apps/pulls?state=open", json!(null)).await;
    assert_eq!(code, 200, "{all}");
    let is_ours = |pull: &&Value| pull["title"].as_str().is_some_and(|title| title.starts_with("Roll back"));
    all.as_array().into_iter().flatten().filter(is_ours).cloned().collect()
}

async fn until_opened(company: &Company, deck: &mut Driver) -> Value {
    let began = std::time::Instant::now();
    loop {
        deck.settle().await;
        if let [one] = opened(company).await.as_slice() {
            return one.clone();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "nothing is opened:\n{}", deck.screen().join("\n"));
        deck.pass(Duration::from_millis(500)).await;
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(start_paused = true)]
async fn from_the_row_to_an_open_revert_it_is_four_keys_and_its_merge_heals() {
    let (company, mut deck, before) = on_call().await;
    deck.keys("a").await.shows("roll back…");
    deck.keys("B").await.shows("roll-back Kustomization web/web");
    // the newest commit is meant, by whom and why
    deck.work_until(|text| text.contains("keep sessions in the database`, the newest")).await;
    deck.keys("enter").await;
    deck.work_until(|text| text.contains("opens a pull request")).await;
    deck.shows("✓ passed").shows("as before");
    deck.keys("enter").await;
    let pull = until_opened(&company, &mut deck).await;
    assert_eq!(pull["title"], "Roll back Kustomization web/web to before \"web: keep sessions in the da…");
    let body = pull["body"].as_str().unwrap_or_default();
    assert!(body.contains("This takes back what belongs to Kustomization web/web of:") && body.contains(" by cleo"), "{body}");

    let forge = company.forge().expect("a forge");
    let path = format!("repos/ops/apps/pulls/{}/merge", pull["number"]);
    let (code, merged) = ask(&forge, "PUT", &path, json!({})).await;
    assert_eq!(code, 200, "{merged}");
    assert_eq!(text(&company), before);
}

#[tokio::test(start_paused = true)]
async fn why_opens_it_for_what_it_names() {
    let (_company, mut deck, _) = on_call().await;
    deck.keys("w").await;
    deck.work_until(|text| text.contains("B roll back")).await;
    deck.keys("B").await.shows("roll-back Kustomization web/web");
    deck.work_until(|text| text.contains("keep sessions in the database`, the newest")).await;
    // the whole commit is the other choice, and named as git names it
    deck.keys("tab ctrl-u \"commit\" enter").await;
    deck.work_until(|text| text.contains("opens a pull request")).await;
    deck.keys("tab tab").await.shows("This reverts, with all that it did");
}
