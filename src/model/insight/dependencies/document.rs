//! A graph as a text for other programs: Mermaid, for Markdown and pull requests, and DOT, for Graphviz.
//!
//! Names and messages are a stranger's. Each format has one place that quotes, and nothing else writes what it has not written itself: nodes
//! are named `n0`, `n1`, …

use crate::domain::Health;
use crate::domain::text::sanitise;
use crate::domain::width::fit;

/// Columns of a message in a node.
const MESSAGE: usize = 80;

/// Objects and links to be drawn elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    pub nodes: Vec<DrawnNode>,
    pub links: Vec<DrawnLink>,
}

/// An object to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnNode {
    /// As screens write it: `Kustomization flux-system/apps`.
    pub name: String,
    pub health: Health,
    /// The word of its state, or why nothing is known.
    pub word: String,
    /// Written where the object is not ready.
    pub message: String,
}

/// A line from one object to another, by their places among the nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnLink {
    pub from: usize,
    pub to: usize,
    /// What it says; such a line is dashed. Empty for a home edge.
    pub word: &'static str,
    /// What is at its beginning is not ready, and the other waits for it.
    pub is_blocked: bool,
}

/// Background and border of a state: dark text on them can be read.
fn colours(health: Health) -> (&'static str, &'static str) {
    match health {
        Health::Failed => ("#ffd6d6", "#c92a2a"),
        Health::Stalled => ("#ffdeeb", "#a61e4d"),
        Health::Terminating => ("#e9ecef", "#868e96"),
        Health::Progressing => ("#d0ebff", "#1971c2"),
        Health::Waiting => ("#fff3bf", "#e67700"),
        Health::Suspended => ("#e5dbff", "#6741d9"),
        Health::Unknown => ("#f1f3f5", "#495057"),
        Health::Ready => ("#d3f9d8", "#2b8a3e"),
    }
}

/// The border of a blocked line.
const BLOCKED: &str = "#c92a2a";

impl DrawnNode {
    /// Its lines: name, state, and what there is to say where it is not ready.
    fn lines(&self) -> Vec<String> {
        let message = sanitise(&self.message);
        let message = (self.health != Health::Ready && !message.is_empty()).then(|| fit(&message, MESSAGE).into_owned());
        [sanitise(&self.name).into_owned(), self.word.clone()].into_iter().chain(message).collect()
    }
}

impl Drawing {
    /// As a flowchart of Mermaid. Each state has a class of its name.
    pub fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (at, node) in self.nodes.iter().enumerate() {
            let label: Vec<_> = node.lines().iter().map(|line| in_mermaid(line)).collect();
            text.push_str(&format!("  n{at}[\"{}\"]:::{}\n", label.join("<br>"), node.health.slug()));
        }
        for link in &self.links {
            let line = if link.word.is_empty() { "-->".to_owned() } else { format!("-. {} .->", link.word) };
            text.push_str(&format!("  n{} {line} n{}\n", link.from, link.to));
        }
        for health in Health::ALL.into_iter().filter(|health| self.nodes.iter().any(|node| node.health == *health)) {
            let (fill, stroke) = colours(health);
            text.push_str(&format!("  classDef {} fill:{fill},stroke:{stroke},color:#1b1b1b\n", health.slug()));
        }
        let blocked = self.links.iter().enumerate().filter(|(_, link)| link.is_blocked).map(|(at, _)| at.to_string());
        let blocked: Vec<_> = blocked.collect();
        if !blocked.is_empty() {
            text.push_str(&format!("  linkStyle {} stroke:{BLOCKED}\n", blocked.join(",")));
        }
        text
    }

    /// In the language of Graphviz. Each node has its state as its class, for SVG.
    pub fn dot(&self) -> String {
        let mut text =
            "digraph fluxdeck {\n  rankdir=LR\n  node [shape=box style=\"rounded,filled\" fontname=\"sans-serif\"]\n".to_owned();
        for (at, node) in self.nodes.iter().enumerate() {
            let label: Vec<_> = node.lines().iter().map(|line| in_dot(line)).collect();
            let ((fill, stroke), class) = (colours(node.health), node.health.slug());
            text.push_str(&format!(
                "  n{at} [label=\"{}\" class=\"{class}\" fillcolor=\"{fill}\" color=\"{stroke}\"]\n",
                label.join("\\n")
            ));
        }
        for link in &self.links {
            let mut marks = Vec::new();
            if !link.word.is_empty() {
                marks.push(format!("label=\"{}\" style=dashed", link.word));
            }
            if link.is_blocked {
                marks.push(format!("color=\"{BLOCKED}\""));
            }
            let marks = if marks.is_empty() { String::new() } else { format!(" [{}]", marks.join(" ")) };
            text.push_str(&format!("  n{} -> n{}{marks}\n", link.from, link.to));
        }
        text.push_str("}\n");
        text
    }
}

/// A text between quotes of Mermaid, which knows a character by its number (`#35;`). Letters, digits and what names are made of stay; anything
/// else means something somewhere: quotes end the label, backticks begin Markdown, `%%{` a directive, `<` an element.
fn in_mermaid(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " .,:/-_+=@()…≠".contains(c);
    let written = |c: char| if is_plain(c) { c.to_string() } else { format!("#{};", u32::from(c)) };
    text.chars().map(written).collect()
}

/// A text between quotes of DOT. A backslash begins a sequence in labels, and `&` an entity of HTML.
fn in_dot(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}
