//! Everything that needs no cluster: the shape of the code, the registries, the documents, and flows through the whole program on a
//! recorded cluster.

mod architecture;
mod build;
mod docs;
mod flows;
mod registries;
mod screenshots;
