//! One screen on which a user makes one change after the other, each from its row to its merge: they are waited for together.

use std::time::Duration;

use serde_json::Value;

use crate::shop::{SOON, Shop, merge, open};
use crate::support::program::Fluxdeck;
use crate::support::terminal::{SMALL, Terminal, WIDE};
use crate::support::within;

/// How long the pods of a release may need, with all that was asked before.
pub const LATER: Duration = Duration::from_secs(120);

/// One change by a playbook: the table, the row and the key in the panel; what is typed into its form; the lines of the difference; and the
/// field of the object in the cluster, with its value then.
pub struct Run {
    pub table: &'static str,
    /// As a pattern of its whole name.
    pub row: &'static str,
    pub key: &'static str,
    pub typed: &'static str,
    pub lines: &'static [&'static str],
    pub object: &'static str,
    pub path: &'static str,
    pub value: &'static str,
}

/// A user at work on what a shop has.
pub struct Walk<'a> {
    pub shop: &'a Shop<'a>,
    user: &'a Fluxdeck,
    pub screen: Terminal,
    /// What was merged and may not be done yet: its pull request, and what it is.
    merged: Vec<(u64, String)>,
    /// How many changes were begun: a small terminal and a wide one take turns.
    begun: usize,
}

impl<'a> Walk<'a> {
    pub fn of(shop: &'a Shop<'a>, user: &'a Fluxdeck) -> Self {
        let mut screen = user.open(&[], SMALL);
        screen.until_shows("● live", LATER);
        Self { shop, user, screen, merged: Vec::new(), begun: 0 }
    }

    /// Goes to a row, or to several that a pattern finds.
    pub fn go_to(&mut self, table: &str, row: &str) {
        self.screen.resize([SMALL, WIDE][self.begun % 2]);
        self.begun += 1;
        self.screen.keys(&format!(":{table} {}\r", self.shop.name));
        self.screen.until(row, LATER, |text| row.split('|').all(|name| text.contains(name)));
        self.screen.keys(&format!("/^({row})$\r"));
        // the cursor goes to what is found
        let found = format!(" {} of ", row.split('|').count());
        self.screen.until("what is found", LATER, |text| text.contains(&found));
    }

    /// From the row to the cluster.
    pub fn run(&mut self, run: &Run) {
        self.go_to(run.table, run.row);
        self.fill(run);
        self.submit(run);
    }

    /// Opens the panel and the form, and fills it.
    pub fn fill(&mut self, run: &Run) {
        self.screen.keys("a");
        self.screen.until_shows("Through git", SOON);
        self.screen.keys(run.key);
        self.screen.until_shows("why ", SOON);
        // of a field that git sets already, its value is in the form before it is typed over
        if run.lines[0].starts_with('-') && !["v", "U"].contains(&run.key) && !run.row.contains('|') {
            self.screen.until_shows("set by", SOON);
        }
        self.screen.keys(&format!("{}\r", run.typed));
    }

    /// Confirms the review.
    pub fn submit(&mut self, run: &Run) {
        self.review(run.lines, &format!("{} {}", run.key, run.object), "\r");
        self.arrives(run);
    }

    /// Asserts that a merged change has come to its object.
    pub fn arrives(&self, run: &Run) {
        let is_there = within(SOON, || (self.shop.reads(run.object, run.path) == run.value).then_some(()));
        assert!(is_there.is_some(), "{} {}: {} is {:?}", run.key, run.object, run.path, self.shop.reads(run.object, run.path));
    }

    /// Confirms the review with these keys; the pull request has exactly these lines. It is merged, and Flux applies it.
    pub fn review(&mut self, lines: &[&str], what: &str, confirm: &str) {
        let (bed, name) = (self.shop.bed, &self.shop.name);
        self.screen.until_shows("opens a pull request", SOON);
        assert_eq!(open(bed, name), [], "{what}: nothing is sent before it is confirmed");
        for keys in confirm.split_inclusive('\r') {
            self.screen.keys(keys);
            self.screen.read(Duration::from_millis(200));
        }
        let number = within(SOON, || {
            self.screen.read(Duration::from_millis(50));
            open(bed, name).first().map(|(number, _)| *number)
        });
        let number = number.unwrap_or_else(|| panic!("{what} is opened: {}", self.screen.text()));
        assert_eq!(self.shop.lines(number), lines, "{what}");
        merge(bed, name, number, "squash");
        let reconciled = self.user.run(&["reconcile", "ks", name, "-n", name, "--with-source"]);
        assert_eq!(reconciled.code, 0, "{what}: {reconciled:?}");
        self.merged.push((number, what.to_owned()));
    }

    /// Waits until everything that was merged is rolled out.
    pub fn settles(&mut self) {
        let mut left = self.merged.clone();
        let all_done = within(LATER, || {
            self.screen.read(Duration::from_millis(200));
            let done = self.done();
            left.retain(|(number, _)| !done.contains(number));
            left.is_empty().then_some(())
        });
        assert!(all_done.is_some(), "{left:?} is rolled out: {}\n{}", self.user.run(&["changes"]).out, self.screen.text());
        self.merged.clear();
    }

    /// The pull requests of the changes that are done.
    fn done(&self) -> Vec<u64> {
        let ran = self.user.run(&["changes", "-o", "json"]);
        let all: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let is_done = |change: &&Value| change["state"] == "done";
        all.as_array().into_iter().flatten().filter(is_done).filter_map(|change| change["pull"]["number"].as_u64()).collect()
    }

    /// Waits for everything, and leaves.
    pub fn ends(mut self) {
        self.settles();
        self.screen.keys(":quit\r");
    }
}
