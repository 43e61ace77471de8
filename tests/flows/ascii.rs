//! A terminal that has ASCII only gets nothing else: every view and dialog, each reached by its keys, on screens of four sizes.

use std::collections::BTreeSet;
use std::sync::Arc;

use fluxdeck::demo::{Company, RunDirectory};
use fluxdeck::ui::theme::Depth;
use fluxdeck::ui::views;
use fluxdeck_model::change::Proposed;
use fluxdeck_model::state::Settings;

use super::driver::Driver;
use super::proposals;
use super::reviews::ROW;
use super::scenes;

const SIZES: [(u16, u16); 4] = [(180, 50), (120, 30), (80, 24), (40, 12)];

fn settings() -> Settings {
    Settings { theme: "dark".into(), ascii: true, guide: true, scenes: scenes::offered(), ..Settings::default() }
}

/// The views that were looked at.
#[derive(Default)]
struct Seen(BTreeSet<&'static str>);

impl Seen {
    /// Looks at the present screen in every size.
    #[track_caller]
    fn look(&mut self, deck: &mut Driver) {
        for (width, height) in SIZES {
            deck.resize(width, height);
            for line in deck.screen() {
                assert!(line.bytes().all(|byte| byte <= 126), "{width}x{height}: {line}");
            }
        }
        deck.resize(140, 44);
        self.0.extend(deck.app.view().map(|view| view.name()));
    }

    async fn follow(&mut self, deck: &mut Driver, steps: &[&str]) {
        for keys in steps {
            deck.keys(keys).await;
            self.look(deck);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_view_and_no_dialog_writes_anything_but_ascii() {
    let mut seen = Seen::default();
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    let mut deck = Driver::demo(company, 140, 44, Depth::True, settings()).await;
    seen.look(&mut deck);
    let looks = [
        "p",
        "p j j j right right",
        "Z",
        "G",
        "tab",
        "tab",
        "tab !",
        "esc : \"ks\"",
        "enter",
        "S",
        "ctrl-w",
        "ctrl-w space",
        "/ \"fa\"",
        "esc : \"ks_shards_/hostile\" enter d",
        "esc 0 : \"ks_/crashing\" enter d",
        "y",
        "g",
        "esc esc L",
        "enter",
        "esc v",
        ": \"deployments_web_/frontend\" enter e",
        "esc d o",
        "/ \"spec.replicas\" enter",
        "o",
        ": \"drift\" enter",
        ": \"why\" enter",
        "enter",
        ": \"why_ks/loop-a\" enter",
        ": \"trace_deploy_web/frontend\" enter",
        ": \"graph_all\" enter",
        "G",
        ": \"prs\" enter",
        "enter",
        "tab",
        "C",
        "esc A",
        "esc",
        ": \"pods_web_/frontend\" enter l",
        "esc 0 : \"values_hr/worker\" enter",
        "tab",
        "tab",
        ": \"hr_web\" enter a",
        "/ \"sus\"",
        "esc esc s",
        "esc : \"nodes\" enter",
        ": \"events\" enter",
        "/ \"^warning$\" enter",
        "esc z",
        ": \"timeline\" enter",
        "esc : \"pulse\" enter",
        "esc : \"ctx\" enter",
        ": \"ns\" enter",
        ": \"kinds\" enter",
        ": \"scene\" enter",
        "?",
        "esc @",
        ": \"nonsense\" enter",
    ];
    seen.follow(&mut deck, &looks).await;

    let mut deck = Driver::live(140, 44, settings()).await;
    seen.follow(&mut deck, &[ROW, "a", "n", "\"5\" tab \"black_friday\"", "enter"]).await;
    deck.plan(Proposed::Refused(Box::new(proposals::refused()))).await;
    seen.follow(&mut deck, &["j", "j enter"]).await;
    let order = deck.asked().order;
    deck.plan(Proposed::Ready(Box::new(proposals::ready(&order)))).await;
    seen.follow(&mut deck, &["tab", "tab", "t", "esc enter", "J", "enter"]).await;
    for outcome in proposals::outcomes() {
        deck.step(outcome).await;
        seen.look(&mut deck);
    }
    seen.follow(&mut deck, &["esc", ": \"ks_flux-apps\" enter R", ": \"q\" enter"]).await;
    deck.api().holds = true;
    deck.keys("esc : \"ks_faults_/crashing\" enter R").await;
    deck.unrecorded("no space left on device").await;
    seen.look(&mut deck);

    let all: BTreeSet<_> = views::ALL.iter().map(|view| view.screen.name()).collect();
    assert_eq!(seen.0, all, "each view was looked at");
}
