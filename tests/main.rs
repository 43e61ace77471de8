//! Everything that needs no cluster: the shape of the code, the registries, the documents, and flows through the whole program on a
//! recorded cluster.

#[path = "conformance/alone.rs"]
mod alone;
mod architecture;
mod conformance;
mod docs;
#[path = "conformance/embedded.rs"]
mod embedded;
mod faults;
mod flows;
mod keyboard;
mod registries;
mod render;
mod screenshots;
#[expect(dead_code, reason = "the live suites use the rest")]
mod support;
