use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::layers::{layer, parts, without_circles};
use super::*;
use crate::domain::store::Changes;
use crate::domain::{ClusterId, Coverage, Delta, GroupKind, Scope};
use crate::kinds::{Kind, Reader, Wire};

#[derive(Default)]
struct World {
    store: Store,
}

impl World {
    fn put(&mut self, kind: &'static Kind, name: &str, object: &Value) -> NodeId {
        let mut whole = object.clone();
        let namespace = whole["metadata"]["namespace"].as_str().unwrap_or("flux").to_owned();
        whole["metadata"] =
            json!({"name": name, "namespace": namespace, "generation": 1, "uid": format!("{}/{namespace}/{name}", kind.kind)});
        let wire: Wire = serde_json::from_value(whole).expect("an object of the API");
        let gk = GroupKind::new(kind.group, kind.kind);
        let read = Reader::new(ClusterId(0), gk.clone(), kind.versions[0], kind).read(&wire, Timestamp::UNIX_EPOCH);
        let id = read.id.clone();
        self.store.apply(Delta::Upsert(Box::new(read)), &mut Changes::default());
        self.store.apply(Delta::Coverage(Scope { gk, namespace: None }, Coverage::Complete), &mut Changes::default());
        self.store.find(&id).expect("just put")
    }

    fn ks(&mut self, name: &str, needs: &[&str], status: &str) -> NodeId {
        let needs: Vec<_> = needs.iter().map(|name| json!({"name": name})).collect();
        let spec = json!({"sourceRef": {"kind": "GitRepository", "name": "fleet"}, "dependsOn": needs});
        self.put(kinds::KUSTOMIZATION, name, &json!({"spec": spec, "status": says(status)}))
    }
}

fn says(ready: &str) -> Value {
    let reason = if ready == "True" { "ReconciliationSucceeded" } else { "BuildFailed" };
    json!({"observedGeneration": 1, "conditions": [{"type": "Ready", "status": ready, "reason": reason}]})
}

/// A source, two that need it, and one that needs both; the second fails.
fn fleet() -> World {
    let mut world = World::default();
    world.put(kinds::GIT_REPOSITORY, "fleet", &json!({"status": says("True")}));
    world.ks("infra", &[], "True");
    world.ks("crds", &[], "False");
    world.ks("apps", &["infra", "crds"], "False");
    world
}

fn names(graph: &Dependencies) -> Vec<String> {
    graph.nodes.iter().map(|node| node.object.name.to_string()).collect()
}

fn links(graph: &Dependencies) -> Vec<String> {
    let name = |at: usize| &*graph.nodes[at].object.name;
    let mut found: Vec<_> =
        graph.links.iter().map(|link| format!("{} → {} {:?}", name(link.from), name(link.to), link.passage)).collect();
    found.sort();
    found
}

#[test]
fn links_lead_from_what_is_needed_and_are_blocked_where_that_is_not_ready() {
    let world = fleet();
    let graph = all(&world.store, &|_| true, 100);

    assert_eq!(names(&graph), ["fleet", "apps", "crds", "infra"]);
    assert_eq!(
        links(&graph),
        ["crds → apps Blocked", "fleet → apps Open", "fleet → crds Open", "fleet → infra Open", "infra → apps Open"]
    );
}

#[test]
fn what_is_needed_and_not_there_is_in_the_graph_and_blocks() {
    let mut world = World::default();
    world.ks("apps", &["nope"], "False");
    let graph = all(&world.store, &|_| true, 100);

    assert_eq!(names(&graph), ["fleet", "apps", "nope"]);
    assert!(graph.nodes.iter().any(|node| &*node.object.name == "nope" && node.health.is_none()));
    // nobody has listed GitRepositories
    assert_eq!(links(&graph), ["fleet → apps Unknown", "nope → apps Blocked"]);
}

#[test]
fn a_release_needs_its_repository_by_way_of_its_chart() {
    let mut world = World::default();
    let repository = json!({"kind": "HelmRepository", "name": "podinfo"});
    world.put(kinds::HELM_REPOSITORY, "podinfo", &json!({"status": says("True")}));
    world.put(kinds::HELM_CHART, "flux-podinfo", &json!({"spec": {"sourceRef": repository}, "status": says("True")}));
    let release = json!({"spec": {"chart": {"spec": {"chart": "podinfo", "sourceRef": repository}}}, "status": {"helmChart": "flux/flux-podinfo"}});
    let release = world.put(kinds::HELM_RELEASE, "podinfo", &release);

    let graph = around(&world.store, release, 100);
    assert_eq!(links(&graph), ["flux-podinfo → podinfo Open", "podinfo → flux-podinfo Open"]);
    assert_eq!(graph.nodes.len(), 3);
}

#[test]
fn around_an_object_is_what_it_needs_and_what_needs_it_and_nothing_beside() {
    let mut world = fleet();
    world.ks("shop", &["apps"], "False");
    let of = |name: &str| {
        let found = world.store.nodes().find(|node| &*world.store.reference(*node).name == name).expect("it is there");
        around(&world.store, found, 100)
    };

    assert_eq!(names(&of("infra")), ["fleet", "apps", "infra", "shop"]);
    assert_eq!(names(&of("shop")), ["fleet", "apps", "crds", "infra", "shop"]);
    assert_eq!(names(&of("fleet")).len(), 5);
}

#[test]
fn too_many_are_left_out_and_counted_what_is_blocked_last() {
    let mut world = fleet();
    (0..50).for_each(|at| {
        world.ks(&format!("team-{at:02}"), &[], "True");
    });
    let graph = all(&world.store, &|_| true, 4);
    assert_eq!((graph.nodes.len(), graph.left_out), (4, 50));
    assert!(names(&graph).contains(&"crds".to_owned()) && names(&graph).contains(&"apps".to_owned()), "{:?}", names(&graph));

    let source = world.store.nodes().find(|node| &*world.store.reference(*node).name == "fleet").expect("the source");
    let near = around(&world.store, source, 10);
    assert_eq!((near.nodes.len(), near.left_out), (10, 44));
    assert!(names(&near).contains(&"fleet".to_owned()));
}

#[test]
fn layers_come_behind_what_they_need_and_circles_are_cut() {
    type Case = (usize, &'static [(usize, usize)], &'static [usize], &'static [(usize, usize)]);
    let cases: &[Case] = &[
        (3, &[(0, 1), (1, 2), (0, 2)], &[0, 1, 2], &[]),
        // a source that only the last one needs is beside it
        (4, &[(0, 1), (1, 2), (3, 2)], &[0, 1, 2, 1], &[]),
        (3, &[(0, 1), (1, 2), (2, 0)], &[0, 1, 2], &[(2, 0)]),
        (2, &[(0, 0), (0, 1)], &[0, 1], &[(0, 0)]),
        (2, &[], &[0, 0], &[]),
    ];
    for (nodes, links, layers, cut) in cases {
        let kept = without_circles(*nodes, links);
        assert_eq!(layer(*nodes, &kept), *layers, "{links:?}");
        let gone: Vec<_> = links.iter().filter(|link| !kept.contains(link)).copied().collect();
        assert_eq!(gone, *cut, "{links:?}");
    }
    let kept = BTreeSet::from([(1, 3), (2, 3)]);
    assert_eq!(parts(5, &kept), [vec![1, 2, 3], vec![0], vec![4]]);
}

/// Paints a layout with one sign for each line.
fn painted(graph: &Dependencies, layout: &GraphLayout, widths: &[usize]) -> Vec<String> {
    let mut rows = vec![vec![' '; layout.width + 1]; layout.height];
    for route in &layout.routes {
        for pair in route.windows(2) {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            (x.min(to_x)..=x.max(to_x)).for_each(|x| rows[y][x] = '-');
            (y.min(to_y)..=y.max(to_y)).for_each(|y| rows[y][to_x.min(x)] = '|');
        }
    }
    for (at, spot) in layout.spots.iter().enumerate() {
        let name: Vec<char> = graph.nodes[at].object.name.chars().take(widths[at]).collect();
        name.iter().enumerate().for_each(|(column, letter)| rows[spot.y][spot.x + column] = *letter);
    }
    rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
}

fn laid_out(graph: &Dependencies) -> (GraphLayout, Vec<usize>) {
    let widths: Vec<_> = graph.nodes.iter().map(|node| node.object.name.len()).collect();
    (GraphLayout::of(graph, &widths), widths)
}

#[test]
fn no_two_nodes_share_a_place_and_lines_end_where_nodes_begin() {
    let mut world = fleet();
    for at in 0..30 {
        let needs = if at < 3 { "apps".to_owned() } else { format!("team-{:02}", at / 3) };
        world.ks(&format!("team-{at:02}"), &[&needs], "True");
    }
    let graph = all(&world.store, &|_| true, 100);
    let (layout, widths) = laid_out(&graph);
    let spots: BTreeSet<_> = layout.spots.iter().map(|spot| (spot.x, spot.y)).collect();
    assert_eq!(spots.len(), graph.nodes.len(), "{:#?}", painted(&graph, &layout, &widths));
    for (at, link) in graph.links.iter().enumerate() {
        let (from, to, route) = (layout.spots[link.from], layout.spots[link.to], &layout.routes[at]);
        assert_eq!(route.first(), Some(&(from.x + widths[link.from] + 1, from.y)), "{link:?}");
        assert_eq!(route.last(), Some(&(to.x - 2, to.y)), "{link:?}");
        assert!(
            route.windows(2).all(|pair| pair[0].0 == pair[1].0 || pair[0].1 == pair[1].1 && pair[0].0 <= pair[1].0),
            "{route:?}"
        );
        assert!(from.layer < to.layer);
        // no line runs over a label, but the one of its own node
        for (other, spot) in layout.spots.iter().enumerate() {
            let covers = |pair: &[(usize, usize)]| {
                pair[0].1 == spot.y && pair[1].1 == spot.y && pair[0].0 < spot.x + widths[other] && pair[1].0 >= spot.x
            };
            assert!(!route.windows(2).any(covers), "{link:?} over {other}: {:#?}", painted(&graph, &layout, &widths));
        }
    }
}

#[test]
fn a_small_graph_looks_as_it_would_be_drawn_by_hand() {
    let graph = all(&fleet().store, &|_| true, 100);
    let (layout, widths) = laid_out(&graph);
    let lines = painted(&graph, &layout, &widths);

    assert_eq!(layout.spots.iter().map(|spot| spot.layer).collect::<Vec<_>>(), [0, 2, 1, 1]);
    assert_eq!(layout.height, 3, "{lines:#?}");
    assert!(graph.closing().is_empty() && layout.routes.iter().all(|route| route.len() >= 2));
}

#[test]
fn a_circle_is_drawn_without_the_link_that_closes_it() {
    let mut world = World::default();
    world.ks("a", &["b"], "False");
    world.ks("b", &["a"], "False");
    let graph = all(&world.store, &|_| true, 100);
    let (layout, _) = laid_out(&graph);
    let cut = graph.closing();
    assert_eq!(cut.len(), 1, "{graph:?}");
    assert!(layout.routes.iter().enumerate().all(|(link, route)| route.is_empty() == cut.contains(&link)));
}

#[test]
fn five_hundred_objects_of_one_source_are_laid_out() {
    let mut world = World::default();
    world.put(kinds::GIT_REPOSITORY, "fleet", &json!({"status": says("True")}));
    for at in 0..500usize {
        let needs = [format!("team-{:03}", at / 2), format!("team-{:03}", at.saturating_sub(7))];
        let needs: Vec<_> = needs.iter().map(String::as_str).filter(|_| at > 8).collect();
        world.ks(&format!("team-{at:03}"), &needs, "True");
    }
    let graph = all(&world.store, &|_| true, 600);
    let (layout, _) = laid_out(&graph);
    assert_eq!((graph.nodes.len(), layout.routes.len()), (501, graph.links.len()));
    assert_eq!(layout.spots.iter().map(|spot| (spot.x, spot.y)).collect::<BTreeSet<_>>().len(), 501);
}

fn hostile() -> Drawing {
    let node = |name: &str, health: Health, message: &str| DrawnNode {
        name: name.to_owned(),
        health,
        word: health.word().to_owned(),
        message: message.to_owned(),
    };
    Drawing {
        nodes: vec![
            node("GitRepository flux/fleet", Health::Ready, "stored artifact"),
            node(
                "Kustomization a\"]; click n0 \"javascript:x",
                Health::Failed,
                "%%{init}%% \\\" <b>&lt; `x` \n end #quot; \u{1b}[31m \\N",
            ),
            node("Kustomization flux/apps", Health::Waiting, "dependency 'a' is not ready"),
        ],
        links: vec![
            DrawnLink { from: 0, to: 1, word: "", is_blocked: false },
            DrawnLink { from: 1, to: 2, word: Relation::DependsOn.reverse(), is_blocked: true },
        ],
    }
}

#[test]
fn mermaid_has_classes_dashes_and_nothing_of_a_stranger_outside_of_quotes() {
    let text = hostile().mermaid();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "flowchart LR");
    assert_eq!(lines[1], "  n0[\"GitRepository flux/fleet<br>Ready\"]:::ready");
    assert_eq!(lines[4..6], ["  n0 --> n1", "  n1 -. needed by .-> n2"]);
    assert!(text.contains("\n  classDef failed fill:") && text.ends_with("  linkStyle 1 stroke:#c92a2a\n"), "{text}");
    let entity = regex::Regex::new("#[0-9]+;").expect("a pattern");
    for line in &lines[1..4] {
        let label = line.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).expect("a label").0;
        let inner = label.replace("<br>", "");
        assert!(
            !inner.contains(['"', '`', '<', '>', '%', '{', '}', ';', '[', ']', '&', '\\', '\u{1b}']) || {
                // entities alone have a semicolon
                let rest = entity.replace_all(&inner, "").into_owned();
                !rest.contains(['"', '`', '<', '>', '%', '{', '}', ';', '[', ']', '&', '\\', '\u{1b}', '#'])
            },
            "{line}"
        );
    }
}

/// Reads a statement of DOT as Graphviz does (its `lang` page): words, `->`, `[`, `]`, `=`, quoted texts. Returns its tokens.
fn tokens(line: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), line.trim());
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => {
                let mut escaped = false;
                let close = rest[1..].find(|c: char| {
                    let is_end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    is_end
                });
                close.unwrap_or_else(|| panic!("an open quote: {line}")) + 2
            }
            '[' | ']' | '=' | '{' | '}' => 1,
            '-' => {
                assert!(rest.starts_with("->"), "{line}");
                2
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())
            }
            _ => panic!("`{first}` is outside of quotes: {line}"),
        };
        found.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    found
}

#[test]
fn dot_reads_back_as_nodes_and_links_with_their_labels() {
    let text = hostile().dot();
    let lines: Vec<Vec<String>> = text.lines().map(tokens).collect();
    assert_eq!(lines[0], ["digraph", "fluxdeck", "{"]);
    assert_eq!(lines.last().map(Vec::as_slice), Some(&["}".to_owned()][..]));
    let node = &lines[4];
    assert_eq!((node[0].as_str(), node[1].as_str(), node[2].as_str(), node[3].as_str()), ("n1", "[", "label", "="));
    assert_eq!(node[5..], ["class", "=", "\"failed\"", "fillcolor", "=", "\"#ffd6d6\"", "color", "=", "\"#c92a2a\"", "]"]);
    assert!(node[4].contains("a\\\"]; click n0") && node[4].contains("\\\\N") && node[4].contains("&amp;lt;"), "{}", node[4]);
    assert!(!text.contains('\u{1b}'));
    assert_eq!(lines[6], ["n0", "->", "n1"]);
    assert_eq!(
        lines[7],
        ["n1", "->", "n2", "[", "label", "=", "\"needed by\"", "style", "=", "dashed", "color", "=", "\"#c92a2a\"", "]"]
    );
}
