//! `roll back` on the bed: a commit breaks a Deployment, the pull request that takes it back is opened on the real forge, merged, and heals.

use crate::harness::trials;
use crate::shop::{DEPLOYMENT, SOON, Shop, address, git, merge, open, user};
use crate::support::bed;
use crate::support::within;

const IMAGE: &str = ".spec.template.spec.containers[0].image";

/// Commits another text for a part of a file to the branch, as a colleague would.
fn commit(shop: &Shop, edits: &[(&str, &str, &str)], subject: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = address(shop.bed, &shop.name);
    git(folder.path(), &["clone", "-q", &url, "."]);
    for (path, from, to) in edits {
        let at = folder.path().join(path);
        let text = std::fs::read_to_string(&at).expect(path);
        assert!(text.contains(from), "{path}: {from}");
        std::fs::write(at, text.replacen(from, to, 1)).expect(path);
    }
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["-c", "user.name=ben", "-c", "user.email=ben@example.test", "commit", "-q", "-m", subject]);
    git(folder.path(), &["push", "-q", &url, "HEAD:main"]);
}

fn a_commit_that_broke_a_deployment_is_taken_back_and_the_cluster_has_what_it_had() {
    let bed = bed::alone();
    let shop = Shop::of(&bed, "rolled", &[("deploy/web.yaml", DEPLOYMENT), ("README.md", "# shop\n")]);
    let user = user(&bed, "admin");
    commit(&shop, &[("deploy/web.yaml", "web:1.0", "web:broken"), ("README.md", "# shop", "# the shop")], "web: a better one");
    let reconciled = user.run(&["reconcile", "ks", &shop.name, "-n", &shop.name, "--with-source"]);
    assert_eq!(reconciled.code, 0, "{reconciled:?}");
    let reads = |image: &str| within(SOON, || (shop.reads("deployment/web", IMAGE) == image).then_some(()));
    assert!(reads("registry.invalid/web:broken").is_some(), "{}", shop.reads("deployment/web", IMAGE));

    let object = format!("ks/{}", shop.name);
    let ran = user.run(&["run", "roll-back", &object, "-n", &shop.name, "--yes", "--reason", "it does not start"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let all = open(&bed, &shop.name);
    let [(number, title)] = all.as_slice() else { panic!("one is opened: {all:?} {ran:?}") };
    assert!(title.starts_with("Roll back Kustomization"), "{title}");
    // the README of the same commit stays
    let lines = ["-        image: registry.invalid/web:broken # pinned", "+        image: registry.invalid/web:1.0 # pinned"];
    assert_eq!(shop.lines(*number), lines);
    // the same again finds it
    let again = user.run(&["run", "roll-back", &object, "-n", &shop.name, "--yes", "--reason", "it does not start"]);
    assert_eq!((again.code, open(&bed, &shop.name).len()), (0, 1), "{again:?}");

    merge(&bed, &shop.name, *number, "squash");
    let reconciled = user.run(&["reconcile", "ks", &shop.name, "-n", &shop.name, "--with-source"]);
    assert_eq!(reconciled.code, 0, "{reconciled:?}");
    assert!(reads("registry.invalid/web:1.0").is_some(), "{}", shop.reads("deployment/web", IMAGE));
    let ready = r#".status.conditions[?(@.type=="Ready")].status"#;
    assert_eq!(shop.reads(&format!("kustomization.kustomize.toolkit.fluxcd.io/{}", shop.name), ready), "True");
}

trials![a_commit_that_broke_a_deployment_is_taken_back_and_the_cluster_has_what_it_had,];
