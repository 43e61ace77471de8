//! A task in the background that breaks: the user is left with a notice and a program that goes on.

use std::io;
use std::path::Path;
use std::sync::Arc;

use fluxdeck::demo::{Company, RunDirectory, User};
use fluxdeck::files::{Attempt, Disk, Look, OpenFile};
use fluxdeck::runtime::{Guest, Options, Origin};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::{Beginning, Link};

use super::driver::Driver;

/// A disk whose every use is a fault.
struct Broken;

fn fault() -> ! {
    panic!("a fault, as the test wants it")
}

impl Disk for Broken {
    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        fault()
    }

    fn list(&self, _: &Path) -> io::Result<Vec<std::ffi::OsString>> {
        fault()
    }

    fn look(&self, _: &Path) -> io::Result<Look> {
        fault()
    }

    fn make_dir(&self, _: &Path) -> io::Result<()> {
        fault()
    }

    fn create(&self, _: &Path) -> io::Result<Box<dyn OpenFile>> {
        fault()
    }

    fn open(&self, _: &Path) -> io::Result<Box<dyn OpenFile>> {
        fault()
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        fault()
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        fault()
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        fault()
    }

    fn try_lock(&self, _: &Path) -> io::Result<Attempt> {
        fault()
    }

    fn is_locked(&self, _: &Path) -> io::Result<bool> {
        fault()
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_breaks_leaves_a_notice_and_the_screen_goes_on() {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    let now = company.enter("").expect("a context").world.now();
    let guest = Guest { company, user: User::admin(), is_acting: false };
    let options = Options { disk: Arc::new(Broken), state_dir: Some("nowhere".into()), ..Options::of(Origin::Demo(guest)) };
    let mut deck = Driver::within(options, Beginning { now, ..Beginning::default() }, 120, 30, Depth::True).await;
    assert!(matches!(deck.app.state().cluster().link, Link::Live), "{:?}", deck.app.state().cluster().link);

    // the session remembers the namespaces that a person names
    deck.keys(": \"ns_web\" enter").await.shows("the connection to the cluster broke down");
    assert!(matches!(deck.app.state().cluster().link, Link::Unreachable(_)), "{:?}", deck.app.state().cluster().link);
    // what was read stays, and keys do what they do
    deck.shows("deploy web/frontend");
    deck.keys("?").await.shows("WHAT IT DOES");
    deck.keys("esc").await.hides("WHAT IT DOES");
    deck.keys(": \"ctx_production\" enter").await.hides("broke down");
    assert!(matches!(deck.app.state().cluster().link, Link::Live), "it connects again");
}
