//! Everything that needs no cluster: the shape of the code, the registries, the documents, and flows through the whole program on a
//! recorded cluster.

#[path = "conformance/alone.rs"]
mod alone;
mod architecture;
mod conformance;
mod declared;
mod docs;
mod edited;
#[path = "conformance/embedded.rs"]
mod embedded;
mod faults;
mod flows;
#[cfg(target_os = "linux")]
mod hosted;
mod keyboard;
#[cfg(target_os = "linux")]
mod logins;
#[cfg(target_os = "linux")]
mod planted;
mod proposed;
mod prose;
mod registries;
mod render;
mod rolled_back;
mod screenshots;
#[allow(dead_code, reason = "the suites on the bed use the rest of it")]
mod support;
#[cfg(target_os = "linux")]
mod trouble;
mod words;
