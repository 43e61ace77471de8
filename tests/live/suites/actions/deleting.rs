//! What goes along, and what stays, when something of Flux is deleted: as it was said before.

use super::{Sandbox, admin, exists, succeeds};
use crate::harness::trials;
use crate::support::bed;

const KS: &str = "kustomizations.kustomize.toolkit.fluxcd.io";

fn a_kustomization_takes_along_what_was_listed_and_a_suspended_one_leaves_it() {
    let bed = bed::alone();
    let user = admin(&bed);
    let sandbox = Sandbox::new(&bed, "acts-deleting");
    sandbox.kustomization("gone", "./deploy/web");
    sandbox.kustomization("kept", "./deploy/web");
    for name in ["gone", "kept"] {
        sandbox.settled(KS, name);
    }

    let asked = user.run(&["delete", "ks", "gone", "-n", sandbox.name]);
    assert!(asked.code == 1 && asked.err.contains("--yes"), "no terminal, no consent: {asked:?}");
    assert!(exists(&bed, KS, sandbox.name, "gone"));
    let ran = user.run(&["delete", "ks", "gone", "-n", sandbox.name, "--yes", "--wait"]);
    succeeds(&ran);
    assert!(ran.err.contains("danger: 2 objects go with it"), "{ran:?}");
    for object in ["Deployment acts-deleting/web-gone", "Service acts-deleting/web-gone"] {
        assert!(ran.err.contains(object), "{ran:?}");
    }
    assert!(!exists(&bed, KS, sandbox.name, "gone") && !exists(&bed, "deployments.apps", sandbox.name, "web-gone"));

    succeeds(&user.run(&["suspend", "ks", "kept", "-n", sandbox.name]));
    let ran = user.run(&["delete", "ks", "kept", "-n", sandbox.name, "--yes", "--wait"]);
    succeeds(&ran);
    assert!(ran.err.contains("it is suspended: 2 objects stay"), "{ran:?}");
    assert!(!exists(&bed, KS, sandbox.name, "kept") && exists(&bed, "deployments.apps", sandbox.name, "web-kept"), "orphaned");
}

fn the_root_asks_for_its_name() {
    let bed = bed::alone();
    let user = admin(&bed);
    for (kind, verb) in [("ks", "delete"), ("ks", "suspend"), ("gitrepo", "delete"), ("gitrepo", "suspend")] {
        for more in [&["--yes"][..], &["--confirm", "flux"]] {
            let ran = user.run(&[&[verb, kind, "flux-system", "-n", "flux-system"], more].concat());
            assert!(ran.code != 0 && ran.out.is_empty(), "{verb} {kind} {more:?}: {ran:?}");
            assert!(ran.err.contains("flux-system"), "{ran:?}");
        }
    }
    for plural in [KS, "gitrepositories.source.toolkit.fluxcd.io"] {
        assert!(super::object(&bed, plural, "flux-system", "flux-system")["spec"].get("suspend").is_none(), "{plural}");
    }
}

trials![a_kustomization_takes_along_what_was_listed_and_a_suspended_one_leaves_it, the_root_asks_for_its_name,];
