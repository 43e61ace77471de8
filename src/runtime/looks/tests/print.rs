//! Printed tables against an API server that fails on order.

use std::collections::BTreeSet;

use super::*;
use fluxdeck_model::domain::{Printed, PrintedChange, PrintedNews, PrintedRow, Str};

impl Desk {
    fn print(&mut self, gk: GroupKind, namespaces: Option<&[&str]>, known: &[&str]) {
        let names = |names: &[&str]| names.iter().map(|name| Str::from(*name)).collect::<BTreeSet<_>>();
        let query = PrintedQuery { gk, namespaces: namespaces.map(names), known: names(known), about: None };
        self.looks.print(Ticket(1), ClusterId(0), query, Some(self.live.subscribe()), LIMIT, self.inbox.clone());
    }

    async fn news(&mut self) -> PrintedNews {
        match self.reply().await.0 {
            Reply::Printed(news) => *news,
            other => panic!("{other:?}"),
        }
    }

    async fn all(&mut self) -> Printed {
        match self.news().await {
            PrintedNews::All(printed) => printed,
            PrintedNews::Changed(changes) => panic!("{changes:?}"),
        }
    }
}

fn core(kind: &str) -> GroupKind {
    GroupKind::new("", kind)
}

fn names(printed: &Printed) -> Vec<String> {
    printed.rows.iter().map(|row| row.object.path()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_kind_is_printed_with_its_columns_and_then_watched() {
    let server = Server::new();
    let mut desk = Desk::new(Some(server.live(|_, _| None).await));
    desk.print(core("Node"), None, &[]);

    let printed = desk.all().await;
    let headings: Vec<_> = printed.columns.iter().map(|column| (&*column.heading, column.is_wide, column.is_age)).collect();
    assert_eq!(
        headings[..6],
        [
            ("NAME", false, false),
            ("STATUS", false, false),
            ("ROLES", false, false),
            ("AGE", false, true),
            ("VERSION", false, false),
            ("INTERNAL-IP", true, false)
        ]
    );
    assert_eq!((names(&printed), printed.every), (vec!["bed-node".to_owned()], None));
    assert_eq!(printed.rows[0].cells[1..3].iter().map(|cell| &**cell).collect::<Vec<_>>(), ["Ready", "worker"]);

    let node = ObjectRef::new(ClusterId(0), core("Node"), "", "bed-node");
    let live = desk.live.borrow().clone().expect("it is connected");
    testing::merge(&live, &node, &json!({"spec": {"unschedulable": true}})).await;
    let PrintedNews::Changed(changes) = desk.news().await else { panic!("it was watched") };
    let [PrintedChange::Row(row)] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!(&*row.cells[1], "Ready,SchedulingDisabled");
}

#[tokio::test(start_paused = true)]
async fn pages_are_one_table_and_each_namespace_is_asked_for() {
    let server = Server::new();
    let mut desk = Desk::new(Some(server.live(|_, _| None).await));
    desk.print(core("Pod"), Some(&["shop", "web"]), &[]);

    let printed = desk.all().await;
    let namespaces: BTreeSet<_> = printed.rows.iter().map(|row| row.object.namespace.to_string()).collect();
    assert_eq!(namespaces, BTreeSet::from(["shop".to_owned(), "web".to_owned()]));
    assert_eq!((server.asked("/namespaces/shop/pods?limit"), server.asked("/api/v1/pods?limit")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn events_are_about_what_they_happened_to() {
    let server = Server::new();
    let mut desk = Desk::new(Some(server.live(|_, _| None).await));
    desk.print(core("Event"), None, &[]);

    let printed = desk.all().await;
    let is_warning = |row: &&PrintedRow| row.event.as_ref().is_some_and(|event| event.is_warning);
    let warning = printed.rows.iter().find(is_warning).expect("a warning");
    assert!(!warning.object.gk.kind.is_empty() && warning.object.gk != core("Event"), "{warning:?}");
    let event = warning.event.as_ref().expect("an event");
    assert_eq!(event.object.split_once('/').map(|(kind, _)| kind), Some(&*warning.object.gk.kind));
    assert!(event.last.is_some() && event.last >= event.first && !event.from.is_empty(), "{event:?}");
    assert!(warning.cells.is_empty() && printed.columns.is_empty());
}

#[tokio::test(start_paused = true)]
async fn events_of_one_object_are_asked_for_alone_and_come_as_they_happen() {
    let server = Server::new();
    let mut desk = Desk::new(Some(server.live(|_, _| None).await));
    let live = desk.live.borrow().clone().expect("it is connected");
    desk.print(core("Event"), None, &[]);
    let all = desk.all().await;
    let is_of_flux = |row: &&PrintedRow| &*row.object.gk.kind == "Kustomization";
    let about = all.rows.iter().find(is_of_flux).expect("an event").object.clone();

    let mut desk = Desk::new(Some(live));
    let query = PrintedQuery::events_of(&about);
    desk.looks.print(Ticket(2), ClusterId(0), query, Some(desk.live.subscribe()), LIMIT, desk.inbox.clone());
    let printed = desk.all().await;
    assert!(!printed.rows.is_empty() && printed.rows.iter().all(|row| row.object == about), "{printed:?}");
    assert_eq!((printed.every, printed.rows.len() < all.rows.len()), (None, true));
    assert!(server.asked("watch=true") >= 1 && server.asked("fieldSelector=involvedObject") >= 2);
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_listed_everywhere_is_listed_where_it_may() {
    let server = Server::new();
    let script = |uri: &str, _| {
        let is_refused = uri.starts_with("/api/v1/configmaps") || uri.contains("/namespaces/shop/configmaps");
        is_refused.then_some(Said::Status(403, "configmaps is forbidden"))
    };
    let mut desk = Desk::new(Some(server.live(script).await));
    desk.print(core("ConfigMap"), None, &["shop", "web"]);
    let printed = desk.all().await;
    assert!(printed.rows.iter().all(|row| &*row.object.namespace == "web"));
    assert_eq!(printed.refused.iter().map(|name| &**name).collect::<Vec<_>>(), ["", "shop"]);

    let mut desk = Desk::new(Some(server.live(script).await));
    desk.print(core("ConfigMap"), None, &["shop"]);
    assert_eq!(failed(desk.reply().await.0).message, "configmaps is forbidden");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_watched_is_listed_again_and_what_fails_is_tried_again() {
    let server = Server::new();
    let script = |uri: &str, before| match uri.contains("/nodes") {
        true if uri.contains("watch=true") => Some(Said::Status(403, "nodes is forbidden: cannot watch")),
        true if before == 0 => Some(Said::Status(503, "away")),
        _ => None,
    };
    let mut desk = Desk::new(Some(server.live(script).await));
    desk.print(core("Node"), None, &[]);
    assert!(failed(desk.reply().await.0).hint.contains("trying again in 1 s"));
    assert_eq!(desk.all().await.every, None);
    let again = desk.all().await;
    assert_eq!((again.every, names(&again)), (Some(10), vec!["bed-node".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_makes_no_tables_is_listed_by_name() {
    let server = Server::new();
    let list = json!({"kind": "NodeList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"},
                      "items": [{"metadata": {"name": "n1", "creationTimestamp": "2026-01-01T00:00:00Z"}}]});
    let mut desk = Desk::new(Some(server.live(move |uri, _| uri.contains("/nodes").then(|| Said::Json(list.clone()))).await));
    desk.print(core("Node"), None, &[]);
    let printed = desk.all().await;
    assert_eq!((names(&printed), &*printed.columns[0].heading, printed.every), (vec!["n1".to_owned()], "NAME", Some(10)));
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_not_served_is_said_to_be_so() {
    let server = Server::new();
    let mut desk = Desk::new(Some(server.live(|_, _| None).await));
    desk.print(GroupKind::new("acme.test", "Anvil"), None, &[]);
    assert_eq!(failed(desk.reply().await.0).message, "the cluster does not serve Anvil.acme.test");
}
