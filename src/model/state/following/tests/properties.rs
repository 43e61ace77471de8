//! What must hold of the following whatever happens, in whatever order, in whatever pieces.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;

use super::server::{CLOSED, Happening, Manner, NAMED, NAMESPACES, Server};
use crate::domain::{Coverage, GroupKind, Scope, Str};
use crate::state::Link;
use crate::state::following::TroubleKind;
use crate::testing::holds;

/// Longer than any pause, and than a server's `Retry-After` here.
const QUIET: Duration = Duration::from_secs(400);

fn manner() -> impl Strategy<Value = Manner> {
    (proptest::collection::vec(1u16..900, 1..20), 1usize..6, 1usize..5).prop_map(|(late, page, batch)| Manner {
        late,
        page,
        batch,
    })
}

/// Troubles that pass and say nothing of what is there.
fn passing() -> impl Strategy<Value = TroubleKind> {
    prop_oneof![
        Just(TroubleKind::Busy(None)),
        Just(TroubleKind::Busy(Some(Duration::from_secs(7)))),
        Just(TroubleKind::Unreachable),
        Just(TroubleKind::Gone),
        Just(TroubleKind::Unusable),
        Just(TroubleKind::Unauthorised),
    ]
}

fn any_trouble() -> impl Strategy<Value = TroubleKind> {
    prop_oneof![3 => passing(), 1 => Just(TroubleKind::Forbidden), 1 => Just(TroubleKind::NotFound)]
}

fn fault(trouble: impl Strategy<Value = Option<TroubleKind>>) -> impl Strategy<Value = Happening> {
    let lasts = (0u64..90_000).prop_map(Duration::from_millis);
    (proptest::option::of(0usize..=NAMED.len()), any::<bool>(), trouble, lasts)
        .prop_map(|(on, lists, trouble, lasts)| Happening::Fault { on, lists, trouble, lasts })
}

fn put() -> impl Strategy<Value = Happening> {
    (0usize..=NAMED.len(), 0usize..NAMESPACES.len(), 0u8..6).prop_map(|(kind, namespace, name)| Happening::Put {
        kind,
        namespace,
        name,
    })
}

/// Deletions of what no inventory is in: who has never seen one does not know its kinds.
fn delete() -> impl Strategy<Value = Happening> {
    (1usize..=NAMED.len(), 0usize..NAMESPACES.len(), 0u8..6).prop_map(|(kind, namespace, name)| Happening::Delete {
        kind,
        namespace,
        name,
    })
}

fn include() -> impl Strategy<Value = Happening> {
    (0usize..NAMESPACES.len()).prop_map(Happening::Include)
}

fn request() -> impl Strategy<Value = Happening> {
    prop_oneof![include(), (0usize..NAMESPACES.len()).prop_map(Happening::Own)]
}

/// Things that happen one after the other.
fn life(happening: impl Strategy<Value = Happening>) -> impl Strategy<Value = Vec<(Duration, Happening)>> {
    let later = prop_oneof![3 => 0u64..300, 2 => 300u64..9_000, 1 => 9_000u64..70_000].prop_map(Duration::from_millis);
    proptest::collection::vec((later, happening), 1..60)
}

/// What happens where nothing is taken away that was there.
fn calm() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => put(),
        2 => delete(),
        1 => fault(passing().prop_map(Some)),
        1 => (0usize..=NAMED.len()).prop_map(Happening::Close),
        1 => Just(Happening::Compact),
        1 => include(),
        1 => Just(Happening::Refresh),
    ]
}

/// Everything that can happen.
fn wild() -> impl Strategy<Value = Happening> {
    let version = prop_oneof![Just(None), Just(Some("v1")), Just(Some("v2"))];
    prop_oneof![
        4 => put(),
        2 => delete(),
        4 => fault(proptest::option::weighted(0.8, any_trouble())),
        2 => (0usize..=NAMED.len()).prop_map(Happening::Close),
        1 => Just(Happening::Compact),
        1 => (0usize..=NAMED.len(), version).prop_map(|(kind, version)| Happening::Serve { kind, version }),
        1 => any::<bool>().prop_map(Happening::Hide),
        2 => request(),
        1 => Just(Happening::Sleep),
    ]
}

/// Two servers with the same life, of which one answers in another order and in other pieces, are seen alike in the end: the same
/// objects, links and coverage, the same open watches; and as they are.
#[test]
fn order_and_pieces_do_not_matter() {
    holds(60, &(life(calm()), manner(), manner()), |(life, one, other)| {
        let pictures = [one, other].map(|manner| {
            let mut server = Server::new(manner);
            server.live(&life, QUIET);
            (server.untrue(), server.picture())
        });
        let [(untrue, one), (_, other)] = pictures;
        prop_assert_eq!(untrue, Vec::<String>::new());
        prop_assert_eq!(one.link.as_ref(), Some(&Link::Live));
        prop_assert!(
            one.watches.len() >= 5
                || one.watches.len() >= one.coverage.values().filter(|coverage| *coverage == "Complete").count()
        );
        prop_assert_eq!(one, other);
        Ok(())
    });
}

/// Whatever happens, no scope is asked more than twice a second.
#[test]
fn no_fault_asks_a_scope_more_than_twice_a_second() {
    holds(100, &(life(wild()), manner()), |(life, manner)| {
        // the server counts
        Server::new(manner).live(&life, QUIET);
        Ok(())
    });
}

/// Whatever happened, once it is over the picture is live and true, and what was asked for meanwhile was done.
#[test]
fn no_order_is_lost_and_the_picture_is_true_in_the_end() {
    let wild = prop_oneof![9 => wild(), 1 => Just(Happening::Refresh)];
    holds(100, &(life(wild), manner()), |(life, manner)| {
        let mut server = Server::new(manner);
        server.live(&life, QUIET);
        prop_assert_eq!(server.link.as_ref(), Some(&Link::Live));
        prop_assert_eq!(server.untrue(), Vec::<String>::new());
        let coverage: BTreeMap<&Scope, Coverage> = server.store.coverage().collect();
        let unknown: Vec<_> = coverage.iter().filter(|(_, how)| matches!(how, Coverage::Listing | Coverage::Failing)).collect();
        prop_assert!(unknown.is_empty(), "{:?}", unknown);

        prop_assert_eq!(server.owners.difference(&server.found).collect::<Vec<_>>(), Vec::<&_>::new());
        let forgotten: Vec<_> = server.included.iter().filter(|name| !server.remembered.contains(name)).collect();
        prop_assert!(forgotten.is_empty(), "{:?}", forgotten);
        prop_assert!(server.refreshed.is_none_or(|asked| server.connected.is_some_and(|connected| connected >= asked)));
        let closed = GroupKind::new("", CLOSED);
        if coverage.contains_key(&Scope { gk: closed.clone(), namespace: None }) {
            let within = |name: &Str| Scope { gk: closed.clone(), namespace: Some(name.clone()) };
            let unread = server.included.iter().filter(|name| !is_known(coverage.get(&within(name)))).collect::<BTreeSet<_>>();
            prop_assert!(unread.is_empty(), "{:?}", unread);
        }
        Ok(())
    });
}

fn is_known(coverage: Option<&Coverage>) -> bool {
    matches!(coverage, Some(Coverage::Complete | Coverage::Polled(_)))
}
