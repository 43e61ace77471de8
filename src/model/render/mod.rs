//! What Flux would apply from a tree of files, and what set each field.
//!
//! An exact reimplementation of `kustomize build --reorder none --load-restrictor LoadRestrictionsNone` (v5.8.1, kyaml v0.21.1) on nodes that
//! know their origin: each scalar, key and list item carries the file, line, column and layer that set it, the parts of which it is composed and
//! the chain that it overrode, so that a wanted value can be turned back into a change of a file.
//! What kustomize refuses is an error here; what it can do and this cannot (plugins, functions, Helm charts) is refused by name.
//! Never half a result, never a different one: where a remote resource is not here, a build is refused, or says what it lacks ([`remote`]).
//! ```text
//!  tree         a commit, a folder, memory: files by path
//!  read         text → nodes              write     nodes → YAML as kustomize prints it, JSON
//!  node         a value with its trace    resolve   what a plain scalar means   fields  find, set, clear
//!  origin       a place and its layer     trace     what set it, its parts       turn_back  a wanted value → what has to change, or why not
//!  schema       merge keys, scopes        merge     strategic merge
//!  session      files and folders of one build, parsed texts
//!  remote       addresses of other repositories and of the web, what is known of them, and what a build lacks without them
//!  repository   all that a repository declares, or one Kustomization as its cluster has it, kept from build to build
//!  accumulate   kustomizations → resources: factory, generate, transform (one file for each transformer, registered in two lists)
//! ```
//! Comparing with a cluster, editing files and showing anything do *not* belong here.

mod accumulate;
mod config;
pub mod decode;
pub mod error;
mod factory;
mod field_spec;
pub mod fields;
pub mod flux;
pub(crate) mod generate;
pub mod id;
pub mod ignore;
pub mod kustomization;
pub mod merge;
pub mod node;
pub mod origin;
pub mod read;
pub mod remote;
pub mod repository;
pub mod resolve;
mod resource;
mod resources;
pub mod schema;
mod selector;
mod session;
mod source_note;
pub mod substitute;
pub mod trace;
mod transform;
pub mod tree;
pub mod turn_back;
pub mod unproven;
mod weight;
pub mod write;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;

pub use error::{BuildError, Cause, Result};
pub use node::Node;
pub use origin::{Layer, Origin};
pub use session::Cache;
pub use trace::Trace;
pub use tree::Tree;

use accumulate::{Accumulated, KustTarget};
use remote::{RemoteUses, Remotes};
use resource::Resource;
use session::Session;
use source_note::SourceNote;
use transform::Transform as _;

/// The version that is rebuilt here, as it signs its work.
const SIGNATURE: &str = "kustomize-v5.8.1";
/// What kustomize calls itself inside Flux' controller, where it is not a program of its own (api v0.21.1 `provenance`).
const FLUX_SIGNATURE: &str = "kustomize-(devel)";

/// How a build is done.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Schemas under `openapi:` are known beside Kubernetes' own, as in Flux (fluxcd/pkg `kustomize_generator.go`, `SecureBuild`), and not
    /// instead of them, as in `kustomize build`.
    pub keeps_builtin_schemas: bool,
    /// The kustomization of the built folder where it is not what its file says: Flux reads that file leniently and adds to it, or makes one up.
    pub root: Option<kustomization::Kustomization>,
    /// What SOPS encrypted is decrypted before the build, by a key that is not here.
    pub decrypts: bool,
    /// What is known of remote resources.
    pub remotes: Remotes,
}

/// One object of the result.
#[derive(Clone, Debug)]
pub struct Built {
    pub node: Node,
    /// The remote resource that may change it, and is not here.
    pub unproven: Option<node::Text>,
}

impl Built {
    pub fn api_version(&self) -> &str {
        id::text_at(&self.node, "apiVersion")
    }

    pub fn kind(&self) -> &str {
        id::text_at(&self.node, "kind")
    }

    pub fn name(&self) -> &str {
        id::meta_text(&self.node, "name")
    }

    pub fn namespace(&self) -> &str {
        id::meta_text(&self.node, "namespace")
    }
}

/// What a build gave and what it looked at.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// In kustomize's order.
    pub objects: Vec<Built>,
    /// What was looked at.
    pub read: Looked,
}

/// What a build looked at: when nothing of it changes, the result stays.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Every path that was looked for, there or not, sorted.
    pub files: Vec<node::Text>,
    pub remotes: RemoteUses,
}

/// Builds a folder of the tree as Flux's kustomize does it.
///
/// # Errors
/// Whatever is wrong in the files, with file and line where there is one.
pub fn build(tree: &dyn Tree, path: &str, options: &Options) -> Result<Output> {
    build_with(tree, path, options, &Cache::default())
}

/// As [`build`]; texts that were parsed before are not parsed again.
///
/// # Errors
/// As [`build`].
pub fn build_with(tree: &dyn Tree, path: &str, options: &Options, cache: &Cache) -> Result<Output> {
    build_recorded(tree, path, options, cache).1
}

/// As [`build_with`], and what was looked at even when the build fails.
pub fn build_recorded(tree: &dyn Tree, path: &str, options: &Options, cache: &Cache) -> (Looked, Result<Output>) {
    let session = Session::new(tree, cache, options);
    let result = run(&session, path, options);
    let read = Looked { files: session.files(), remotes: session.remotes() };
    let output = result.map(|objects| Output { objects, read: read.clone() });
    (read, output)
}

fn run(session: &Session<'_>, path: &str, options: &Options) -> Result<Vec<Built>> {
    let folder = session.root(path)?;
    let kustomization = match &options.root {
        Some(root) => root.clone(),
        None => session.kustomization(&folder)?,
    };
    session.learn(&folder, &kustomization)?;
    let source = (!kustomization.build_metadata.is_empty()).then(SourceNote::default);
    let target = KustTarget { session, folder, kustomization, source };
    let mut all = target.accumulate(Accumulated::default())?;
    if let Some(address) = session.doubted() {
        all.resources.list.iter_mut().for_each(|resource| resource.doubt(&address));
    }
    transform::names::Hashes.transform(&mut all.resources, session)?;
    transform::names::follow(&mut all.resources, &all.config.name_reference, session)?;
    transform::variables::resolve_all(&mut all.resources, &all.variables, &all.config.var_reference, session)?;
    all.resources.list.iter().filter(|resource| !resource.is_empty()).try_for_each(|resource| factory::check(&resource.node))?;
    all.resources.list.retain(|resource| !is_local(resource));
    if let Some(options) = &target.kustomization.sort_options {
        transform::sort::sort(&mut all.resources, options, &session.schemas.borrow())?;
    }
    let signature = if options.root.is_some() { FLUX_SIGNATURE } else { SIGNATURE };
    finish(&target.kustomization, signature, all)
}

/// For other tools, not for the cluster.
fn is_local(resource: &Resource) -> bool {
    resource.annotation(resource::note::LOCAL_CONFIG).is_some_and(|value| value != "false")
}

/// Signs what is to be signed and takes kustomize's notes off.
fn finish(kustomization: &kustomization::Kustomization, signature: &str, all: Accumulated) -> Result<Vec<Built>> {
    let (keep_origin, keep_changes) =
        (kustomization.has_metadata("originAnnotations"), kustomization.has_metadata("transformerAnnotations"));
    let mut built = Vec::with_capacity(all.resources.list.len());
    for mut resource in all.resources.list {
        if kustomization.has_metadata("managedByLabel") {
            let trace = resource.own_trace();
            let spec = field_spec::FieldSpec::new("metadata/labels", true);
            let origin = trace.origin.clone();
            spec.apply(&mut resource.node, field_spec::Make::Map, &origin, &mut |labels| {
                fields::set(labels, "app.kubernetes.io/managed-by", Node::string(signature, trace.clone()))
            })?;
        }
        resources::strip_notes(&mut resource, keep_origin, keep_changes)?;
        // a value that cannot be written is an error: a key that is there twice, a tag that does not fit
        write::value(&resource.node)?;
        built.push(Built { node: resource.node, unproven: resource.unproven });
    }
    Ok(built)
}
