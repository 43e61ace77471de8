//! Objects that the user wants to be notified of: chosen on the panel, marked on their rows, said once by the terminal and on the screen.

use std::sync::Arc;
use std::time::Duration;

use fluxdeck::demo::{Company, RunDirectory, scenes};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::domain::NotifyBy;
use fluxdeck_model::state::{Effect, Settings, Terminal};

use super::driver::Driver;

fn company() -> Arc<Company> {
    Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")))
}

async fn deck(company: &Arc<Company>, notify: NotifyBy) -> Driver {
    let settings = Settings { theme: "dark".into(), notify, ..Settings::default() };
    Driver::demo(company.clone(), 120, 40, Depth::True, settings).await
}

/// What the terminal was asked to notify of.
fn notified(deck: &Driver) -> Vec<String> {
    let text = |effect: &Effect| match effect {
        Effect::Terminal(Terminal::Notify { text, .. }) => Some(text.clone()),
        _ => None,
    };
    deck.effects.iter().filter_map(text).collect()
}

/// Lets up to five minutes pass, in the cluster and on the screen, until something holds.
async fn until(company: &Company, deck: &mut Driver, holds: impl Fn(&Driver) -> bool) {
    let world = company.enter("production").expect("a context").world;
    for _ in 0..60 {
        if holds(deck) {
            return;
        }
        world.advance(Duration::from_secs(5));
        deck.pass(Duration::from_secs(5)).await;
    }
    panic!("it is never said:\n{}", deck.screen().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_kustomization_that_a_bad_commit_breaks_is_notified_once_and_once_when_it_is_healed() {
    let company = company();
    let mut deck = deck(&company, NotifyBy::Osc9).await;
    deck.keys(": \"ks_web\" enter / \"^web$\" enter").await.hides("◉");
    deck.keys("a").await.shows("notify me of changes");
    deck.keys("b").await.shows("notified when Kustomization web/web turns bad or good").shows("web ◉");
    deck.keys("a").await.shows("notify me no longer");
    deck.keys("esc").await;

    scenes::find("bad-commit").expect("a scene").play(&company).expect("played");
    until(&company, &mut deck, |deck| !notified(deck).is_empty()).await;
    let text = notified(&deck).remove(0);
    assert!(text.contains(": ks web/web fails: "), "{text}");
    deck.shows("ks web/web fails");

    scenes::find("healed").expect("a scene").play(&company).expect("played");
    until(&company, &mut deck, |deck| notified(deck).len() > 1).await;
    let text = notified(&deck).remove(1);
    assert!(text.contains("ks web/web is ready again"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn where_it_is_off_it_is_said_on_the_screen_alone() {
    let company = company();
    let mut deck = deck(&company, NotifyBy::default()).await;
    deck.keys(": \"ks_web\" enter / \"^web$\" enter a b").await.shows("`notify.how` is off");
    deck.keys("j").await;
    scenes::find("bad-commit").expect("a scene").play(&company).expect("played");
    let says = |deck: &Driver| deck.app.state().notice.as_ref().is_some_and(|notice| notice.is_error);
    until(&company, &mut deck, says).await;
    deck.shows("ks web/web fails");
    assert_eq!(notified(&deck), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn marked_objects_are_watched_together_and_the_command_says_how() {
    let company = company();
    let mut deck = deck(&company, NotifyBy::Off).await;
    deck.keys(": \"ks_all\" enter space j space").await;
    deck.keys(": \"notify\" enter").await.shows("notified when 2 objects turn").shows("◉");
    deck.keys(": \"notify\" enter").await.shows("no longer notified of 2 objects").hides("◉");
    deck.keys(": \"notify_bell\" enter").await;
    assert_eq!(deck.app.state().settings.notify, NotifyBy::Bell);
    deck.keys(": \"notify_mail\" enter").await.shows("`mail` is not a way to notify");
}
