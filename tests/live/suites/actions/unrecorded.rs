//! A disk without room: what cannot be written down is not sent, unless a person says so.

use portable_pty::CommandBuilder;

use super::halted::{Bulk, COUNT, SOON};
use crate::harness::trials;
use crate::support::bed;
use crate::support::program::Fluxdeck;
use crate::support::terminal::{Terminal, WIDE};

/// A program whose state directory is on a disk that has no room left, mounted for it alone. Where that cannot be done the test is skipped.
fn without_room(user: &Fluxdeck, call: &str) -> Terminal {
    let mount = |then: &str| {
        let full =
            "mkdir -p .local/state && mount -t tmpfs -o size=16k none .local/state && head -c 1M /dev/zero >.local/state/full";
        let mut command = CommandBuilder::new("unshare");
        command.args([
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            &format!("{full} 2>/dev/null; [ -e .local/state/full ] && {then}"),
        ]);
        user.open_command(command, WIDE)
    };
    if mount("true").end(SOON).success() {
        return mount(&format!("exec {} {call}", env!("CARGO_BIN_EXE_fluxdeck")));
    }
    bed::skip("no tmpfs can be mounted")
}

fn on_a_full_disk_nothing_is_sent_unless_a_person_says_so() {
    let bed = bed::alone();
    let bulk = Bulk::new(&bed, "acts-unrecorded");
    let arrived = || bulk.arrived().len();
    let act = format!("suspend ks left-00 -n {}", bulk.sandbox.name);
    let mut asked = without_room(&bulk.user, &format!("{act} </dev/null"));
    assert_eq!(asked.end(SOON).exit_code(), 1, "{}", asked.text());
    for said in [
        "nothing was sent: it cannot be written down",
        "No space left on device",
        "--unrecorded",
        "left-00: failed: nothing was sent",
    ] {
        assert!(asked.text().contains(said), "{said}: {}", asked.text());
    }
    assert_eq!(arrived(), 0);

    let rows = format!("-c 'ks {}'", bulk.sandbox.name);
    let mut screen = without_room(&bulk.user, &rows);
    screen.until("the rows", SOON, |text| text.contains("left-00") && text.lines().next().is_some_and(|it| it.contains("live")));
    screen.keys("Ms");
    screen.until_shows(&format!("suspend {COUNT} objects"), SOON);
    screen.keys("\r");
    screen.until("the question", SOON, |text| text.contains("nothing was sent") && text.contains("do it anyway"));
    screen.keys("n");
    screen.until("that nothing is asked any more", SOON, |text| !text.contains("do it anyway"));
    screen.keys("J");
    screen.until_shows(&format!("{COUNT}/{COUNT}"), SOON);
    screen.keys(":q\r");
    screen.end(SOON);
    assert_eq!(arrived(), 0, "nothing was sent");

    let mut done = without_room(&bulk.user, &format!("{act} --unrecorded </dev/null"));
    assert!(done.end(SOON).success() && done.text().contains("left-00: suspended"), "{}", done.text());
    assert_eq!(arrived(), 1);
}

trials![on_a_full_disk_nothing_is_sent_unless_a_person_says_so,];
