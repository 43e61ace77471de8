//! What is not allowed, not there, or not sensible: said clearly, and nothing is done.

use serde_json::json;

use super::{admin, mark, object, requests};
use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::program::Fluxdeck;
use crate::support::proxy::Proxy;
use crate::truth::text;

const VERBS: &[&[&str]] = &[
    &["suspend", "ks", "web"],
    &["resume", "hr", "web"],
    &["reconcile", "ks", "web"],
    &["reconcile", "hr", "web", "--force"],
    &["delete", "ks", "web", "--yes"],
    &["restart", "deploy", "web"],
    &["scale", "deploy", "web", "--replicas", "5"],
    &["delete", "pod", "--all", "--yes"],
];

/// Writing requests of a user since a mark, whatever became of them; questions about oneself are none.
fn writes(bed: &Bed, user: &str, since: usize) -> Vec<String> {
    let reads = ["get", "list", "watch"];
    let is_write = |(verb, uri, _, name): &(String, String, u64, String)| {
        name == user && !reads.contains(&verb.as_str()) && !uri.contains("/selfsubject")
    };
    requests(bed, since).into_iter().filter(is_write).map(|(verb, uri, code, _)| format!("{verb} {code} {uri}")).collect()
}

fn missing_rights_are_reported_before_anything_is_sent() {
    let bed = bed::alone();
    for user in ["developer", "viewer"] {
        let program = Fluxdeck::with(&bed.kubeconfig(user));
        let since = mark(&bed);
        for verb in VERBS {
            let ran = program.run(&[verb, &["-n", "web"][..]].concat());
            let is_asked = !matches!(verb[0], "resume");
            assert!(ran.code != 0 || !is_asked, "{user} {verb:?}: {ran:?}");
            assert!(!is_asked || ran.err.contains("you may not") || ran.out.contains("you may not"), "{user} {verb:?}: {ran:?}");
        }
        assert_eq!(writes(&bed, user, since), [] as [String; 0], "{user}: not even a refused one");
    }
    let ran = Fluxdeck::with(&bed.kubeconfig("developer")).run(&["suspend", "ks", "web", "-n", "web"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("you may not patch kustomizations in \"web\""), "{ran:?}");
}

fn read_only_asks_nobody() {
    let bed = bed::alone();
    // a client that connects there would wait for ever
    let nobody = Proxy::black_hole();
    let text = std::fs::read_to_string(bed.kubeconfig("admin")).expect("the bed's kubeconfig");
    let by_flag = Fluxdeck::new();
    let config = text.replace(&format!("127.0.0.1:{}", bed.port()), &format!("127.0.0.1:{}", nobody.port));
    let by_context = Fluxdeck::new();
    by_context.write("config.toml", "[contexts.\"bed-*\"]\nreadonly = true\n");
    let home = by_context.file("").display().to_string();
    let by_context = by_context.set("FLUXDECK_CONFIG_DIR", &home);
    for (user, more) in [(by_flag, &["--readonly"][..]), (by_context, &[])] {
        let file = user.write("kubeconfig", &config);
        let user = user.set("KUBECONFIG", file.to_str().expect("a path"));
        for verb in VERBS {
            let ran = user.run(&[verb, &["-n", "web"][..], more].concat());
            assert!(ran.code == 1 && ran.err.contains("read-only:"), "{verb:?}: {ran:?}");
            assert!(ran.took < std::time::Duration::from_secs(5), "{verb:?}: it asked somebody: {ran:?}");
        }
    }
}

fn bad_input_is_named_and_nothing_is_done() {
    let bed = bed::alone();
    let user = admin(&bed);
    let since = mark(&bed);
    for (arguments, code, said) in [
        (&["suspend", "kustomizatons", "web"][..], 2, "did you mean `kustomizations`?"),
        (&["suspend", "ks"], 2, "--all or -l"),
        (&["suspend", "ks", "web", "--all"], 2, "names cannot be combined with --all"),
        (&["suspend", "ks", "wep"], 1, "did you mean `web`?"),
        (&["suspend", "ks", "web", "nothing-like-it"], 1, "there is no Kustomization `nothing-like-it` in web"),
        (&["suspend", "ks", "web", "--until", "2020-01-01"], 2, "is past"),
        (&["suspend", "ks", "web", "--until", "soon"], 2, "is not a valid time"),
        (&["reconcile", "deploy", "web"], 1, "Flux does not reconcile a Deployment"),
        (&["suspend", "pod", "--all"], 1, "cannot be suspended"),
        (&["delete", "deploy", "web", "--yes"], 1, "only Flux objects and pods can be deleted here"),
        (&["scale", "deploy", "web"], 2, "--replicas"),
        (&["scale", "ds", "--all", "--replicas", "2"], 1, "no DaemonSet found"),
        (&["restart", "ks", "web"], 1, "cannot be restarted"),
        (&["reconcile", "ks", "-l", "no=such"], 1, "no Kustomization found"),
        (&["delete", "ks", "web"], 1, "pass --yes"),
    ] {
        let ran = user.run(&[arguments, &["-n", "web"]].concat());
        assert!(ran.code == code && ran.err.contains(said), "{arguments:?}: {ran:?}");
        assert_eq!(ran.out, "", "{arguments:?}");
    }
    let ran = user.run(&["suspend", "ks", "web", "-n", "web", "--dry-run"]);
    assert!(ran.code == 0 && ran.out.starts_with("PATCH Kustomization web/web\n"), "{ran:?}");
    let sent: Vec<_> = super::our_patches(&bed, since);
    assert_eq!(sent, [] as [String; 0]);
}

fn what_was_done_is_written_down() {
    let bed = bed::alone();
    let user = admin(&bed);
    super::succeeds(&user.run(&["suspend", "ks", "web", "-n", "web"]));
    super::succeeds(&user.run(&["resume", "ks", "web", "-n", "web"]));
    let log = std::fs::read_to_string(user.file(".local/state/fluxdeck/acts.jsonl")).expect("the log of acts");
    let acts: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let line = |verb: &str| format!("flux {verb} kustomization web -n web --context bed-admin");
    for (verb, outcome) in [("suspend", "done: suspended"), ("resume", "done: applied revision main@")] {
        let of_verb: Vec<_> = acts.iter().filter(|act| text(act, "/line") == line(verb)).collect();
        let [first, .., last] = of_verb.as_slice() else { panic!("before it is sent, and when it is done: {acts:?}") };
        assert_eq!((text(first, "/user"), text(first, "/outcome")), ("admin", ""));
        assert!(text(first, "/last").starts_with("while the request for it was on its way"), "{first}");
        assert!(text(last, "/outcome").starts_with(outcome), "{last}");
    }
    assert!(object(&bed, "kustomizations.kustomize.toolkit.fluxcd.io", "web", "web")["spec"].get("suspend").is_none());
}

fn a_role_that_names_one_object_allows_that_one() {
    let bed = bed::alone();
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "acts-one", "namespace": "web"},
        "rules": [{"apiGroups": ["kustomize.toolkit.fluxcd.io"], "resources": ["kustomizations"], "resourceNames": ["web"], "verbs": ["patch"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "acts-one", "namespace": "web"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "acts-one"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "developers"}],
    });
    bed.apply(&json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]}), &[]);
    let user = admin(&bed);
    // somebody else than the developer of the bed, who must never write
    let ben = |arguments: &[&str]| user.run(&[arguments, &["-n", "web", "--as", "ben", "--as-group", "developers"]].concat());
    // the authorizer reads Roles by watch
    let allowed = || Some(ben(&["suspend", "ks", "web"])).filter(|ran| ran.code == 0);
    let ran = crate::support::within(super::SETTLED, allowed);
    let by = object(&bed, "kustomizations.kustomize.toolkit.fluxcd.io", "web", "web");
    let (resumed, other) = (ben(&["resume", "ks", "web"]), ben(&["suspend", "hr", "web"]));
    bed.kubectl(&["delete", "role,rolebinding", "acts-one", "-n", "web"]);
    assert!(ran.is_some_and(|ran| ran.out.contains("suspended")));
    assert_eq!(super::annotation(&by, "fluxdeck.dev/suspended-by"), "ben", "who, as the API server knows him");
    super::succeeds(&resumed);
    assert!(other.code == 3 && other.err.contains("you may not patch helmreleases"), "{other:?}");
}

fn production_asks_for_the_contexts_name_and_allows_few_at_once() {
    let bed = bed::alone();
    let user = admin(&bed);
    user.write("config.toml", "[contexts.\"*-admin\"]\nproduction = true\nmost = 2\n");
    let home = user.file("").display().to_string();
    let user = user.set("FLUXDECK_CONFIG_DIR", &home);
    for more in [&[][..], &["--yes"], &["--confirm", "web"]] {
        let ran = user.run(&[&["suspend", "ks", "web", "-n", "web"], more].concat());
        assert!(ran.code != 0 && ran.out.is_empty() && ran.err.contains("bed-admin"), "{more:?}: {ran:?}");
    }
    let ran = user.run(&["suspend", "ks", "--all", "-n", "flux-system", "--confirm", "bed-admin"]);
    assert!(ran.code == 1 && ran.err.contains("`bed-admin` allows 2"), "{ran:?}");
    super::succeeds(&user.run(&["reconcile", "ks", "web", "-n", "web"]));
    super::succeeds(&user.run(&["suspend", "ks", "web", "-n", "web", "--confirm", "bed-admin"]));
    super::succeeds(&user.run(&["resume", "ks", "web", "-n", "web", "--confirm", "bed-admin"]));
}

trials![
    missing_rights_are_reported_before_anything_is_sent,
    read_only_asks_nobody,
    bad_input_is_named_and_nothing_is_done,
    what_was_done_is_written_down,
    a_role_that_names_one_object_allows_that_one,
    production_asks_for_the_contexts_name_and_allows_few_at_once,
];
