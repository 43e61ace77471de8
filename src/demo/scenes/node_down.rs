//! The only node goes: its pods are not ready, and are deleted once they do not tolerate that any longer; their replacements wait for a
//! node, until another one joins. Pods of the StatefulSet are not replaced: nobody knows whether the old ones still run.

use std::time::Duration;

use super::{Act, Scene, Step};

pub(super) const SCENE: Scene = Scene {
    name: "node-down",
    doc: "a node is lost: its pods are deleted, and new ones wait for another node, which joins after two minutes",
    steps: &[
        Step { at: Duration::ZERO, act: Act::Lose("bed-node") },
        Step { at: Duration::from_secs(120), act: Act::Join("bed-node-2") },
    ],
    lasts: Duration::from_secs(90),
};
