//! What is suspended and was to be reconciled: refused with the way out, or offered to be resumed.

use super::{admin, annotation, object, our_patches, succeeds};
use crate::harness::trials;
use crate::support::bed;

use crate::truth::text;

const KS: &str = "kustomizations.kustomize.toolkit.fluxcd.io";
const SOON: std::time::Duration = std::time::Duration::from_secs(30);

fn what_is_suspended_is_resumed_and_reconciled_by_one_more_key() {
    let bed = bed::alone();
    let user = admin(&bed);
    succeeds(&user.run(&["suspend", "ks", "web", "-n", "web", "--reason", "a test"]));
    let refused = user.run(&["reconcile", "ks", "web", "-n", "web"]);
    assert_eq!(refused.code, 1, "as the CLI");
    assert!(refused.err.contains("suspended: resume it first"), "{refused:?}");
    assert!(refused.err.contains("`fluxdeck resume kustomizations/web -n web`"), "{refused:?}");

    let mark = super::mark(&bed);
    let mut screen = user.open(&["-c", "ks web /web/web"], (200, 24));
    screen.until("the row", SOON, |text| text.contains("by admin") && text.contains("R resume"));
    screen.keys("R");
    screen.until("what will be done", SOON, |text| {
        text.contains("resume-and-reconcile Kustomization web/web") && text.contains("suspended: by admin \"a test\"")
    });
    assert_eq!(our_patches(&bed, mark), [] as [String; 0]);
    // what he may do is being asked meanwhile: before that is known, nothing is confirmed
    while screen.read(std::time::Duration::from_millis(500)) {}
    screen.keys("y");
    screen.until("its end", SOON, |text| text.contains("applied revision main@"));
    assert_eq!(our_patches(&bed, mark).len(), 2, "one request to resume, one to reconcile");
    let after = object(&bed, KS, "web", "web");
    assert!(after["spec"].get("suspend").is_none() && annotation(&after, "fluxdeck.dev/suspended-by").is_empty());
    let asked = annotation(&after, "reconcile.fluxcd.io/requestedAt");
    assert!(!asked.is_empty());
    assert_eq!(text(&after, "/status/lastHandledReconcileAt"), asked, "the controller has handled it");
}

trials![what_is_suspended_is_resumed_and_reconciled_by_one_more_key,];
