//! What depends on what, as a picture on the screen and in documents.

use fluxdeck_model::state::{Effect, Terminal};
use regex::Regex;

use super::driver::Driver;
use crate::support::program::Fluxdeck;

/// The name of the selected object.
async fn selected(deck: &mut Driver) -> String {
    deck.keys("c").await;
    match deck.effects.pop() {
        Some(Effect::Terminal(Terminal::Copy(name))) => name,
        other => panic!("{other:?}: {}", deck.screen().join("\n")),
    }
}

#[tokio::test(start_paused = true)]
async fn the_graph_of_an_object_has_what_it_needs_and_keys_follow_its_lines() {
    for (width, height) in [(80, 24), (180, 50)] {
        let mut deck = Driver::start(width, height).await;
        deck.keys(": \"graph_ks_web/web\" enter").await.shows("graph of Kustomization web/web").shows("ks web/web").shows("► ");
        assert_eq!(selected(&mut deck).await, "web", "{width}x{height}");
        deck.keys("h").await;
        let needed = selected(&mut deck).await;
        assert_ne!(needed, "web");
        deck.keys("z").await.hides("graph of Kustomization web/web").shows("graph of ");
        assert_eq!(selected(&mut deck).await, needed, "the cursor stays on its object");
        deck.keys("l").await;
        assert_ne!(selected(&mut deck).await, needed, "something needs it");
        deck.keys("Z").await.hides("graph of ");
        deck.keys("a").await.shows("In the cluster, now");
    }
}

#[tokio::test(start_paused = true)]
async fn the_graph_of_everything_scrolls_and_the_selected_object_is_always_on_the_screen() {
    let mut deck = Driver::start(80, 24).await;
    deck.keys(": \"graph_all\" enter").await.shows(" objects").shows("blocked");
    for keys in ["G", "h", "l", "l", "g", "l", "ctrl-f", "k", ".", ".", ","] {
        deck.keys(keys).await;
        let name = selected(&mut deck).await;
        let end = &name[name.len().saturating_sub(6)..];
        assert!(deck.screen().iter().any(|line| line.contains(end)), "{keys}: {name}\n{}", deck.screen().join("\n"));
    }
    deck.keys("/ \"web/web\" enter").await;
    assert_eq!(selected(&mut deck).await, "web");
    deck.keys("w").await.shows("HelmRelease web/web");
}

#[tokio::test(start_paused = true)]
async fn the_graph_of_a_pod_is_that_of_what_applies_it() {
    let mut deck = Driver::start(120, 40).await;
    deck.keys("Z / \"pod_shop/checkout\" enter").await;
    deck.keys(": \"graph\" enter").await.shows("graph of ").hides("graph of Pod");
}

#[tokio::test(start_paused = true)]
async fn the_graph_is_about_the_namespaces_that_are_looked_at() {
    let mut deck = Driver::start(120, 40).await;
    deck.keys(": \"ns_shop\" enter : \"graph_all\" enter").await.shows(" shop/").hides("ks faults/");
    deck.keys(": \"graph_ns/nope\" enter").await.shows("there is no Namespace `nope`");
}

#[test]
fn mermaid_has_what_is_applied_from_sources_and_dashes_what_depends() {
    let ran = Fluxdeck::new().run(&["tree", "--demo", "--dependencies", "-o", "mermaid"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let label =
        Regex::new("^  n[0-9]+\\[\"[^\"`<>%{}\\[\\]&\\\\]*(<br>[^\"`<>%{}\\[\\]&\\\\]*)*\"\\]:::[a-z]+$").expect("a pattern");
    let others = Regex::new(
        "^(flowchart LR|  n[0-9]+ (-->|-\\. [a-z ]+ \\.->) n[0-9]+|  classDef [a-z]+ .*|  linkStyle [0-9,]+ stroke:#[0-9a-f]{6})$",
    );
    let others = others.expect("a pattern");
    for line in ran.out.lines() {
        assert!(label.is_match(line) || others.is_match(line), "{line}");
    }
    assert!(ran.out.contains("[\"Kustomization web/web<br>") && !ran.out.contains("[\"Deployment "), "{}", ran.out);
    assert!(ran.out.contains("-. needed by .->") && ran.out.contains(" --> "), "{}", ran.out);
}

#[test]
fn dot_has_the_objects_of_the_tree_and_other_lists_are_not_drawn() {
    let user = Fluxdeck::new();
    let ran = user.run(&["tree", "ks/web", "-n", "web", "--demo", "-o", "dot"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let quoted = r#""([^"\\]|\\.)*""#;
    let node = format!(r##"  n[0-9]+ \[label={quoted} class="[a-z]+" fillcolor="#[0-9a-f]{{6}}" color="#[0-9a-f]{{6}}"\]"##);
    let line = format!(r"^(digraph fluxdeck \{{|\}}|  rankdir=LR|  node \[.*\]|{node}|  n[0-9]+ -> n[0-9]+( \[.*\])?)$");
    let line = Regex::new(&line).expect("a pattern");
    let wrong: Vec<_> = ran.out.lines().filter(|text| !line.is_match(text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(ran.out.contains("Deployment web/web") && ran.out.contains("n0 -> n1"), "{}", ran.out);

    let names = user.run(&["tree", "ks/web", "-n", "web", "--demo", "-o", "name"]);
    let nodes = ran.out.lines().filter(|text| text.contains("[label=") && text.contains("fillcolor=\"#")).count();
    assert_eq!(nodes, names.out.lines().count(), "each object once");

    let refused = user.run(&["get", "ks", "-A", "--demo", "-o", "dot"]);
    assert!(refused.code == 2 && refused.err.contains("'dot'") && !refused.err.contains("mermaid"), "{refused:?}");
}
