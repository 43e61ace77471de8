//! `fluxdeck get`: kinds by all their names, narrowed by all the flags, with exit codes that scripts can trust.

use std::collections::BTreeSet;

use crate::harness::trials;
use crate::node::Node;
use crate::support::bed::{self, Bed};
use crate::support::program::{Fluxdeck, Ran};

fn user(bed: &Bed) -> Fluxdeck {
    Fluxdeck::with(&bed.kubeconfig("admin"))
}

fn names(ran: &Ran) -> BTreeSet<String> {
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out.lines().map(str::to_owned).collect()
}

/// What kubectl lists, in the form of `-o name`; of several namespaces, which kubectl leaves out there, with each one's.
fn listed(bed: &Bed, kind: &str, more: &[&str]) -> BTreeSet<String> {
    let printed = bed.kubectl(&[&["get", kind, "-o", "name"], more].concat());
    if !more.contains(&"-A") {
        return printed.lines().map(str::to_owned).collect();
    }
    let Some((kind_and_group, _)) = printed.lines().next().and_then(|line| line.split_once('/')) else { return BTreeSet::new() };
    let template = "{{range .items}}{{.metadata.name}} -n {{.metadata.namespace}}{{\"\\n\"}}{{end}}";
    let places = bed.kubectl(&[&["get", kind, "-o", "go-template", "--template", template], more].concat());
    let named = |line: &str| format!("{kind_and_group}/{}", line.trim_end_matches(" -n <no value>"));
    places.lines().map(named).collect()
}

fn every_kind_answers_to_its_plural_its_kind_and_its_short_names_as_in_kubectl() {
    let bed = bed::shared();
    let user = user(&bed);
    let served = bed.kubectl(&["api-resources", "--verbs=list", "--no-headers", "--sort-by=name"]);
    let mut kinds = 0;
    for line in served.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let [plural, .., version, _, kind] = words[..] else { continue };
        let group = version.split('/').next().unwrap_or_default();
        if !group.ends_with(".toolkit.fluxcd.io") && group != "source.extensions.fluxcd.io" && group != "fluxcd.controlplane.io" {
            continue;
        }
        kinds += 1;
        let expected = listed(&bed, &format!("{plural}.{group}"), &["-A"]);
        let short = if words.len() == 5 { words[1].split(',').collect() } else { Vec::new() };
        for name in [plural, kind, &kind.to_lowercase(), &format!("{plural}.{group}")].into_iter().chain(short) {
            assert_eq!(names(&user.run(&["get", name, "-A", "-o", "name"])), expected, "get {name}");
        }
    }
    assert_eq!(kinds, 19, "every kind of Flux and its operator is served:\n{served}");
}

fn kinds_of_flux_v1_are_named_with_their_group() {
    let bed = bed::shared();
    let user = user(&bed);
    for kind in [
        "helmreleases.helm.fluxcd.io",
        "helmreleases.flux.weave.works",
        "fluxhelmreleases.helm.integrations.flux.weave.works",
        "fhr",
    ] {
        let found = names(&user.run(&["get", kind, "-A", "-o", "name"]));
        assert_eq!(found, listed(&bed, kind, &["-A"]), "get {kind}");
        assert!(!found.is_empty(), "there are some: {kind}");
    }
}

fn namespaces_are_those_of_kubectl_and_may_be_several() {
    let bed = bed::shared();
    let user = user(&bed);
    let ks = |more: &[&str]| names(&user.run(&[&["get", "ks", "-o", "name"], more].concat()));

    assert_eq!(ks(&["-n", "faults"]), listed(&bed, "kustomizations.kustomize.toolkit.fluxcd.io", &["-n", "faults"]));
    assert_eq!(ks(&["-A"]), listed(&bed, "kustomizations.kustomize.toolkit.fluxcd.io", &["-A"]));
    let with_place =
        |namespace: &'static str| ks(&["-n", namespace]).into_iter().map(move |name| format!("{name} -n {namespace}"));
    let both: BTreeSet<_> = with_place("web").chain(with_place("flux-apps")).collect();
    assert_eq!(both.len(), 2);
    assert_eq!(ks(&["-n", "web,flux-apps"]), both);
    // none named: the context's, as for kubectl
    let ran = user.run(&["get", "ks"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.err.contains("no Kustomization found in default"), "{ran:?}");
}

fn a_missing_namespace_is_reported_with_the_probable_one() {
    let bed = bed::shared();
    let ran = user(&bed).run(&["get", "ks", "-n", "falts"]);

    assert_eq!(ran.out, "", "{ran:?}");
    assert!(ran.err.contains("falts") && ran.err.contains("did you mean the namespace `faults`?"), "{ran:?}");
}

fn one_object_prints_in_every_format() {
    let bed = bed::shared();
    let user = user(&bed);
    let get = |format: &[&str]| user.run(&[&["get", "ks", "suspended", "-n", "faults"], format].concat());

    let nodes: Vec<Node> = get(&["-o", "json"]).json();
    let [node] = &nodes[..] else { panic!("one object: {nodes:?}") };
    assert_eq!((node.name.as_str(), node.health.as_str(), node.suspended), ("suspended", "suspended", true));
    let suspension = node.suspension.as_ref().expect("it is suspended");
    assert_eq!(suspension.by.as_deref(), Some("dave@example.test"));
    let created = bed.kubectl(&["get", "ks", "suspended", "-n", "faults", "-o", "jsonpath={.metadata.creationTimestamp}"]);
    assert_eq!(node.created.as_deref(), Some(created.trim()));
    let yaml: Vec<Node> = serde_yaml::from_str(&get(&["-o", "yaml"]).out).expect("YAML");
    assert_eq!(yaml, nodes, "the same in both");
    assert_eq!(get(&["-o", "name"]).out, "kustomization.kustomize.toolkit.fluxcd.io/suspended\n");
    let (plain, wide) = (get(&[]), get(&["-o", "wide"]));
    for words in ["NAME", "STATE", "MESSAGE", "suspended", "Suspended", "dave@example.test", "node repair"] {
        assert!(plain.out.contains(words) && wide.out.contains(words), "{words}: {plain:?} {wide:?}");
    }
    assert!(!plain.out.contains("PATH") && wide.out.contains("PATH"), "wide has more columns: {wide:?}");
    assert_eq!((plain.out.lines().count(), wide.out.lines().count()), (2, 2), "a heading and a row");
}

fn objects_of_one_name_in_two_namespaces_are_distinguished() {
    let bed = bed::shared();
    let user = user(&bed);

    let nodes: Vec<Node> = user.run(&["get", "hr", "web", "-A", "-o", "json"]).json();
    let places: BTreeSet<_> = nodes.iter().map(|node| node.namespace.as_str()).collect();
    assert_eq!((nodes.len(), places), (2, BTreeSet::from(["shop", "web"])));
    assert!(user.run(&["get", "hr", "web", "-A"]).out.starts_with("NAMESPACE"), "their namespaces are a column");
}

fn state_and_labels_narrow_what_is_printed() {
    let bed = bed::shared();
    let user = user(&bed);

    let failing: Vec<Node> = user.run(&["get", "ks", "-A", "--status", "failed,stalled", "-o", "json"]).json();
    assert!(failing.iter().all(|node| ["failed", "stalled"].contains(&node.health.as_str())), "{failing:?}");
    for name in ["build-error", "access-denied", "crashing"] {
        assert!(failing.iter().any(|node| node.name == name), "{name} is failing");
    }
    let chosen = names(&user.run(&["get", "ks", "-A", "-l", "sharding.fluxcd.io/key=retired", "-o", "name"]));
    assert_eq!(
        chosen,
        listed(&bed, "kustomizations.kustomize.toolkit.fluxcd.io", &["-A", "-l", "sharding.fluxcd.io/key=retired"])
    );
    assert!(chosen.len() > 5, "{chosen:?}");
    let without = names(&user.run(&["get", "ks", "-A", "-l", "!sharding.fluxcd.io/key", "-o", "name"]));
    assert!(without.is_disjoint(&chosen) && !without.is_empty(), "{without:?}");
}

fn the_exit_code_reports_the_outcome() {
    let bed = bed::shared();
    let user = user(&bed);
    let mut wrong = Vec::new();
    for (arguments, code, words) in [
        (&["get", "ks", "-n", "faults"][..], 0, ""),
        (&["get", "ks", "-n", "faults", "--exit-code"], 1, ""),
        (&["get", "ks", "-n", "flux-apps", "--exit-code"], 0, ""),
        (&["get", "ks", "-n", "faults", "--status", "suspended", "--exit-code"], 0, ""),
        (&["tree", "ks/flux-system", "-n", "flux-system", "--exit-code"], 1, ""),
        (&["tree", "ks/web", "-n", "web", "--exit-code"], 0, ""),
        (&["get", "ks", "nowhere", "-n", "faults"], 1, "no Kustomization `nowhere` in faults"),
        (&["get", "ks", "web", "-n", "shop"], 1, "no Kustomization `web` in shop"),
        (&["tree", "ks/nowhere"], 1, "no Kustomization `nowhere`"),
        (&["tree", "nowhere"], 2, "ks/apps"),
        (&["get", "kustomisations", "-A"], 2, "did you mean `kustomizations`?"),
        (&["get", "gitrepositry", "-A"], 2, "did you mean"),
        (&["get", "nothing-like-it"], 2, "`nothing-like-it`"),
        (&["tree", "kss/apps"], 2, "did you mean `ks`?"),
        (&["get", "ks", "--statuss", "failed"], 2, "--status"),
        (&["get", "ks", "--status", "broken"], 2, "failed, stalled"),
        (&["get", "ks", "-o", "josn"], 2, "json"),
        (&["get", "ks", "-l", "a in ("], 2, ""),
        (&["get", "ks", "--timeout", "soon"], 2, "30s"),
        (&["gett", "ks"], 2, "subcommand"),
        (&["get"], 2, "KIND"),
    ] {
        let ran = user.run(arguments);
        if ran.code != code || !ran.err.contains(words) || code == 2 && !ran.out.is_empty() {
            wrong.push(format!("{arguments:?}: {code}, «{words}»; {} «{}»", ran.code, ran.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn children_of_flux_are_kinds_like_others() {
    let bed = bed::shared();
    let user = user(&bed);
    for kind in ["deploy", "pods", "svc", "sts"] {
        let found = names(&user.run(&["get", kind, "-n", "shop", "-o", "name"]));
        assert_eq!(found, listed(&bed, kind, &["-n", "shop"]), "get {kind}");
    }
}

trials![
    every_kind_answers_to_its_plural_its_kind_and_its_short_names_as_in_kubectl,
    kinds_of_flux_v1_are_named_with_their_group,
    namespaces_are_those_of_kubectl_and_may_be_several,
    a_missing_namespace_is_reported_with_the_probable_one,
    one_object_prints_in_every_format,
    objects_of_one_name_in_two_namespaces_are_distinguished,
    state_and_labels_narrow_what_is_printed,
    the_exit_code_reports_the_outcome,
    children_of_flux_are_kinds_like_others,
];
