//! Every fault of the demo's list × screen, orders, headless, write. No cell is empty: what makes no sense says why.

use super::cells::{self, Headless, KIND, Screen, Write};
use super::not_yet::{self, NOT_YET};
use fluxdeck::demo::faults::Fault;

/// What must hold under one fault.
struct Row {
    name: &'static str,
    screen: Screen,
    headless: Headless,
    write: Write,
}

const fn row(name: &'static str, screen: Screen, headless: Headless, write: Write) -> Row {
    Row { name, screen, headless, write }
}

const WRITTEN: Screen = Screen::Senseless("it affects writes alone, and a screen shows its job");
const NO_WATCH: Headless = Headless::Done;
const READS_ONLY: Headless = Headless::Senseless("it meets what is written alone, and a command that reads writes nothing");
const NO_BODIES: Headless = Headless::Senseless("the commands of this column read neither events nor logs");
const NO_RIGHTS: Headless =
    Headless::Senseless("what is only read is not asked for rights; those who write are in the next column");
const NO_LOOK: Write = Write::Senseless("a write reads neither events nor logs");

const ROWS: &[Row] = &[
    row("slow", Screen::Live, Headless::Done, Write::Done),
    row("unanswered", Screen::Marked("no answer"), Headless::Ends("answer"), Write::Unseen),
    row("refused", Screen::Marked("refused"), Headless::Ends("refused"), Write::NotDone),
    row("reset_undone", Screen::Marked("reset"), Headless::Ends("reset"), Write::Unseen),
    row("reset_done", Screen::Marked("reset"), Headless::Ends("reset"), Write::Done),
    row("internal_error", Screen::Marked("500"), Headless::Ends("500"), Write::Unseen),
    row("webhook_fails", WRITTEN, READS_ONLY, Write::NotDone),
    row("error_page", Screen::Marked("503"), Headless::Ends("503"), Write::Unseen),
    row("bad_gateway", Screen::Marked("502"), Headless::Ends("502"), Write::Unseen),
    row("too_many_requests", Screen::Marked("429"), Headless::Ends("429"), Write::Reported),
    row("unauthorised", Screen::Marked("credentials"), Headless::Ends("credentials"), Write::NotDone),
    row("one_kind_fails", Screen::Marked(KIND), Headless::Without("ImageRepository"), Write::Done),
    row("one_kind_too_many_requests", Screen::Marked(KIND), Headless::Without("ImageRepository"), Write::Done),
    row("one_kind_unanswered", Screen::Marked(KIND), Headless::Without("ImageRepository"), Write::Done),
    row("forbidden", Screen::Partly("restricted"), Headless::Without("Kustomization"), Write::NotDone),
    row("not_found", Screen::Either(NOTICED), Headless::Without("Kustomization"), Write::NotDone),
    row("gone_answer", Screen::Either(RELISTED), NO_WATCH, Write::Done),
    row("gone_event", Screen::Either(RELISTED), NO_WATCH, Write::Done),
    row("watch_ends", Screen::Live, NO_WATCH, Write::Done),
    row("watch_ends_at_once", Screen::Either(RELISTED), NO_WATCH, Write::Done),
    row("watch_ends_after_an_event", Screen::Either(RELISTED), NO_WATCH, Write::Done),
    row("watch_reset", Screen::Either(NOTICED), NO_WATCH, Write::Done),
    row("watch_silent", Screen::Either(SILENT), NO_WATCH, Write::Done),
    row("truncated_body", Screen::Marked("reset"), Headless::Ends("reset"), Write::Done),
    row("hanging_body", Screen::Marked("no answer"), Headless::Ends("answer"), Write::Done),
    row("endless_body", Screen::Marked("no answer"), Headless::Ends("answer"), Write::Done),
    row("garbage", Screen::Marked("not readable"), Headless::Ends("is not readable"), Write::Unseen),
    row("arrives_late", WRITTEN, READS_ONLY, Write::Done),
    row("version_fails", Screen::Either(NOTICED), Headless::Ends("500"), Write::Done),
    row("discovery_one_by_one", Screen::Live, Headless::Done, Write::Done),
    row("discovery_stale", Screen::Live, Headless::Without("Image"), Write::Done),
    row("discovery_unanswered", Screen::Live, Headless::Ends("answer"), Write::Done),
    row("review_fails", Screen::Live, NO_RIGHTS, Write::Done),
    row("events_unanswered", Screen::Events, NO_BODIES, NO_LOOK),
    row("log_reset", Screen::CutLog, NO_BODIES, NO_LOOK),
    row("log_silent", Screen::DeadLog, NO_BODIES, NO_LOOK),
    row("log_unanswered", Screen::NoLog, NO_BODIES, NO_LOOK),
];

/// How long it may take to notice that a picture is old, in seconds: the next heartbeat, and what it may take.
const NOTICED: u64 = 20;
/// The same where no watch can be had, so that lists are all that there is.
const RELISTED: u64 = 35;
/// The same of a watch that says nothing: bookmarks come once a minute.
const SILENT: u64 = 100;

/// A way of using the program.
#[derive(Clone, Copy, Debug)]
enum Way {
    Screen,
    Orders,
    Headless,
    Write,
}

/// Tries one cell.
async fn cell(name: &str, way: Way) {
    let row = ROWS.iter().find(|row| row.name == name).expect("every fault has a row");
    let fault = Fault::named(name).expect("every row has a fault");
    let tried = async {
        match way {
            Way::Screen => cells::screen(fault, row.screen).await,
            Way::Orders => cells::orders(fault).await,
            Way::Headless => cells::headless(fault, row.headless).await,
            Way::Write => cells::write(fault, row.write).await,
        }
    };
    not_yet::tried(&format!("{name} {}", format!("{way:?}").to_lowercase()), tried).await;
}

macro_rules! faults {
    ($($name:ident)*) => {
        /// The faults that are tried, in the order of the demo's list.
        const TRIED: &[&str] = &[$(stringify!($name)),*];
        $(mod $name {
            use super::{Way, cell};

            #[tokio::test(start_paused = true)]
            async fn screen() {
                cell(stringify!($name), Way::Screen).await;
            }

            #[tokio::test(start_paused = true)]
            async fn orders() {
                cell(stringify!($name), Way::Orders).await;
            }

            #[tokio::test(start_paused = true)]
            async fn headless() {
                cell(stringify!($name), Way::Headless).await;
            }

            #[tokio::test(start_paused = true)]
            async fn write() {
                cell(stringify!($name), Way::Write).await;
            }
        })*
    };
}

faults! {
    slow unanswered refused reset_undone reset_done internal_error webhook_fails error_page bad_gateway too_many_requests unauthorised
    one_kind_fails one_kind_too_many_requests one_kind_unanswered forbidden not_found gone_answer gone_event watch_ends
    watch_ends_at_once watch_ends_after_an_event watch_reset watch_silent truncated_body hanging_body endless_body garbage arrives_late
    version_fails discovery_one_by_one discovery_stale discovery_unanswered review_fails events_unanswered log_reset log_silent
    log_unanswered
}

#[test]
fn every_fault_of_the_demo_is_tried_in_every_way() {
    let all: Vec<_> = Fault::ALL.iter().map(|fault| fault.name).collect();
    assert_eq!(TRIED, all, "`faults!` names each");
    assert_eq!(ROWS.iter().map(|row| row.name).collect::<Vec<_>>(), all, "each has a row");
    let ways = ["screen", "orders", "headless", "write"];
    let is_cell = |known: &str| known.split_once(' ').is_some_and(|(name, way)| all.contains(&name) && ways.contains(&way));
    for (known, why) in NOT_YET.iter().filter(|(known, _)| known.contains(' ')) {
        assert!(is_cell(known) && !why.is_empty(), "`{known}` is not a cell");
    }
}
