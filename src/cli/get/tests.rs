//! What `get` asks of the API server, by the demo's own count.

use std::sync::Arc;

use super::reading;
use super::selection::Selection;
use crate::cli::act::select;
use crate::cli::{Call, Look};
use crate::config::Config;
use crate::demo::faults::Verb;
use crate::demo::{Company, RunDirectory, User, World};
use crate::runtime::{Guest, Options, Origin};
use clap::{Args, FromArgMatches};
use fluxdeck_model::state::State;

/// The demo's production cluster, which counts.
fn counted() -> (Arc<Company>, World) {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    let world = company.enter("").expect("a context").world;
    world.wire();
    (company, world)
}

fn call(company: &Arc<Company>, user: User, namespace: &str) -> Call {
    let origin = Origin::Demo(Guest { company: company.clone(), user, is_acting: false });
    let namespaces = Some(namespace).filter(|name| *name != "-A").into_iter().map(Into::into).collect();
    Call {
        options: Options { namespaces, ..Options::of(origin) },
        context: String::new(),
        all_namespaces: namespace == "-A",
        readonly: false,
        config: Config::read(None).expect("the default one"),
        places: None,
    }
}

fn look(flags: &[&str]) -> Look {
    let matches = Look::augment_args(clap::Command::new("get").no_binary_name(true)).get_matches_from(flags);
    Look::from_arg_matches(&matches).expect("flags")
}

/// What a call asks for: the lists, and how many requests are beside them. Takes what was read, too.
async fn asked(user: User, kind: &str, namespace: &str, flags: &[&str], take: impl FnOnce(&State)) -> (Vec<String>, usize) {
    let (company, world) = counted();
    let call = call(&company, user, namespace);
    let selection = Selection::read(kind, &[]).expect("a kind");
    let namespaces = select::namespaces(&call).expect("known");
    let headless = reading::read(&call, &selection, namespaces.as_ref(), &look(flags)).await.expect("read");
    take(headless.state());
    let arrivals = world.take_arrivals();
    let mut lists: Vec<_> =
        arrivals.iter().filter(|arrival| arrival.asks.verb == Verb::List).map(|it| shortened(&it.asks.path)).collect();
    lists.sort();
    let others = arrivals.len() - lists.len();
    (lists, others)
}

/// `namespaces/web/pods` of `/api/v1/namespaces/web/pods`.
fn shortened(path: &str) -> String {
    let parts: Vec<_> = path.split('/').skip(if path.starts_with("/api/") { 3 } else { 4 }).collect();
    parts.join("/")
}

#[tokio::test(start_paused = true)]
async fn only_what_is_printed_is_read_and_what_its_columns_depend_on() {
    for (kind, namespace, flags, expected) in [
        (
            "ks",
            "flux-system",
            &[][..],
            &[
                "namespaces/flux-system/externalartifacts",
                "namespaces/flux-system/gitrepositories",
                "namespaces/flux-system/kustomizations",
                "namespaces/flux-system/ocirepositories",
            ][..],
        ),
        ("ks", "flux-system", &["-o", "name"], &["namespaces/flux-system/kustomizations"]),
        ("gitrepo", "-A", &[], &["gitrepositories"]),
        ("svc", "web", &[], &["namespaces/web/services"]),
        ("pods", "-A", &[], &["pods"]),
        ("ns", "-A", &[], &["namespaces"]),
        ("nodes", "-A", &[], &["nodes"]),
        (
            "helmreleases.helm.toolkit.fluxcd.io",
            "shop",
            &[],
            &["namespaces/flux-system/helmcharts", "namespaces/shop/helmreleases"],
        ),
        ("deploy", "web", &[], &["namespaces/web/deployments"]),
        (
            "deploy",
            "faults",
            &[],
            &[
                "namespaces/faults/deployments",
                "namespaces/faults/jobs",
                "namespaces/faults/pods",
                "namespaces/faults/replicasets",
            ],
        ),
        ("deploy", "web", &["-o", "name"], &["namespaces/web/deployments"]),
    ] {
        let (lists, others) = asked(User::admin(), kind, namespace, flags, |_| {}).await;
        assert_eq!(lists, expected, "get {kind} {namespace} {flags:?}");
        assert!(others <= 3, "get {kind}: {others} requests beside the lists");
    }
}
