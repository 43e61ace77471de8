//! One build: the tree it reads, the schemas it has learnt, the files and remote resources it has looked at; and folders as kustomize's
//! loader sees them.
//! Source: kustomize api v0.21.1 `internal/loader/fileloader.go`, kyaml v0.21.1 `openapi/openapi.go` (SetSchema).

mod remotes;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::decode::Mode;
use super::error::{BuildError, Cause, Result};
use super::kustomization::Kustomization;
use super::node::{Layer, Node, Text};
use super::read::{self, TextPlace};
use super::remote::{RemoteUse, Remotes, is_web};
use super::schema::BuildSchemas;
use super::tree::{self, PathKind, Tree};
use super::{Options, weight, write};
use remotes::Mount;

/// Texts that were parsed, to be used again as long as their content is the same. Nodes share their content, so a hit costs nothing.
#[derive(Debug, Default)]
pub struct Cache {
    parsed: RefCell<HashMap<Text, Parsed>>,
}

/// A text and what was read in it.
#[derive(Debug)]
struct Parsed {
    text: Arc<[u8]>,
    nodes: Result<Arc<Vec<Node>>>,
    /// Of the nodes, in bytes.
    weight: usize,
}

impl Cache {
    /// Drops the texts of these files.
    pub(super) fn forget(&self, files: &HashSet<Text>) {
        let mut parsed = self.parsed.borrow_mut();
        files.iter().for_each(|file| drop(parsed.remove(file)));
    }

    /// About how many bytes it takes, without the texts themselves.
    pub(super) fn weight(&self) -> usize {
        self.parsed.borrow().iter().map(|(file, parsed)| weight::text(file) + size_of::<Parsed>() + parsed.weight).sum()
    }
}

pub struct Session<'t> {
    tree: &'t dyn Tree,
    cache: &'t Cache,
    seen: RefCell<BTreeSet<Text>>,
    pub schemas: RefCell<BuildSchemas>,
    has_schema: Cell<bool>,
    /// Kubernetes' own schema was asked for before any other was given: then both are known (kyaml `initSchema`).
    pub uses_builtin: Cell<bool>,
    keeps_builtin: bool,
    /// As [`Options::decrypts`].
    pub decrypts: bool,
    remotes: Remotes,
    /// The remote resources that were looked for, by address.
    used: RefCell<BTreeMap<Text, RemoteUse>>,
    /// How many settings may need what is not there.
    doubts: Cell<usize>,
    /// A remote resource that may change any object, and is not there.
    doubted: RefCell<Option<Text>>,
}

/// Bases deeper than this refer to each other in some way that no repository needs.
const MAX_DEPTH: usize = 40;

/// A folder with a kustomization file, and the folders that led to it.
#[derive(Clone)]
pub struct Folder {
    pub path: Text,
    /// Those of the same tree.
    ancestors: Vec<Text>,
    depth: usize,
    mount: Option<Arc<Mount>>,
}

/// What a path of `resources` means.
pub enum ResourcePath {
    File(Text),
    Folder(Folder),
}

impl<'t> Session<'t> {
    pub fn new(tree: &'t dyn Tree, cache: &'t Cache, options: &Options) -> Self {
        Self {
            tree,
            cache,
            seen: RefCell::default(),
            schemas: RefCell::default(),
            has_schema: Cell::new(false),
            uses_builtin: Cell::new(false),
            keeps_builtin: options.keeps_builtin_schemas,
            decrypts: options.decrypts,
            remotes: options.remotes.clone(),
            used: RefCell::default(),
            doubts: Cell::new(0),
            doubted: RefCell::default(),
        }
    }

    /// The files that were looked at so far.
    pub fn files(&self) -> Vec<Text> {
        self.seen.borrow().iter().cloned().collect()
    }

    /// The folder where a build starts.
    ///
    /// # Errors
    /// No folder there.
    pub fn root(&self, path: &str) -> Result<Folder> {
        let (path, entry) = tree::resolve(self.tree, "", path.trim_start_matches("./"))?;
        if entry != PathKind::Folder {
            return Err(BuildError::new(Cause::Missing, format!("`{path}` is not a folder"), ""));
        }
        Ok(Folder { path: path.into(), ancestors: Vec::new(), depth: 0, mount: None })
    }

    fn locate(&self, folder: &Folder, path: &str) -> Result<(Text, PathKind)> {
        let outside =
            || BuildError::refused(format!("`{path}` leaves the repository"), "only files of the repository can be built");
        if path.starts_with('/') {
            return Err(outside());
        }
        let joined = tree::join(&folder.path, path).ok_or_else(outside)?;
        if let Some(mount) = &folder.mount {
            return tree::resolve(&*mount.tree, "", &joined).map(|(path, entry)| (path.into(), entry));
        }
        self.seen.borrow_mut().insert(joined.as_str().into());
        let (path, entry) = tree::resolve(self.tree, "", &joined)?;
        self.seen.borrow_mut().insert(path.as_str().into());
        Ok((path.into(), entry))
    }

    /// The content of a file, by a path in a folder or by its address on the web, and what it is called.
    ///
    /// # Errors
    /// Not there, a folder, out of the tree; a remote resource that is not here ([`Self::known`]).
    pub fn load(&self, folder: &Folder, path: &str) -> Result<(Text, Arc<[u8]>)> {
        if is_web(path) {
            return self.download(path);
        }
        let (path, entry) = self.locate(folder, path)?;
        if entry != PathKind::File {
            return Err(BuildError::new(Cause::Missing, format!("`{path}` is a folder, not a file"), ""));
        }
        let (path, bytes) = match &folder.mount {
            None => {
                let bytes = self.tree.read(&path)?;
                (path, bytes)
            }
            Some(mount) => {
                // in a clone a kustomization reads no file that is not below it (`loadrestrictions.go`, RestrictionRootOnly)
                if !tree::is_below(&path, &folder.path) {
                    let message = format!("security; file '{path}' is not in or below '{}'", folder.path);
                    return Err(BuildError::invalid(message).in_file(&mount.address.file(&path)));
                }
                (mount.address.file(&path), mount.tree.read(&path)?)
            }
        };
        if bytes.len() > tree::MAX_FILE {
            let message = format!("the file has {} MiB, more than {} are not read", bytes.len() >> 20, tree::MAX_FILE >> 20);
            return Err(BuildError::new(Cause::Limit, message, "").in_file(&path));
        }
        Ok((path, bytes))
    }

    /// A file or a folder, by a path in a folder.
    ///
    /// # Errors
    /// Not there, a cycle, out of the tree.
    pub fn find(&self, folder: &Folder, path: &str) -> Result<ResourcePath> {
        match self.locate(folder, path)? {
            (path, PathKind::Folder) => self.enter(folder, path).map(ResourcePath::Folder),
            (path, _) => Ok(ResourcePath::File(path)),
        }
    }

    /// # Errors
    /// Not a folder, a cycle.
    pub fn folder(&self, folder: &Folder, path: &str) -> Result<Folder> {
        match self.find(folder, path)? {
            ResourcePath::Folder(folder) => Ok(folder),
            ResourcePath::File(file) => Err(BuildError::invalid(format!("`{file}` is a file, where a folder is needed"))),
        }
    }

    fn enter(&self, from: &Folder, path: Text) -> Result<Folder> {
        let mut ancestors = from.ancestors.clone();
        ancestors.push(from.path.clone());
        let is_above = |visited: &Text| *visited == path || tree::is_below(visited, &path);
        if let Some(visited) = ancestors.iter().find(|visited| is_above(visited)) {
            let name = |path: &Text| if path.is_empty() { "the repository's root".to_owned() } else { format!("`{path}`") };
            return Err(BuildError::invalid(format!(
                "cycle detected: {} contains {}, which refers to it",
                name(&path),
                name(visited)
            )));
        }
        Ok(Folder { path, ancestors, depth: self.deeper(from)?, mount: from.mount.clone() })
    }

    fn deeper(&self, from: &Folder) -> Result<usize> {
        if from.depth >= MAX_DEPTH {
            return Err(BuildError::new(Cause::Limit, format!("bases nested deeper than {MAX_DEPTH}"), ""));
        }
        Ok(from.depth + 1)
    }

    /// The one kustomization file of a folder.
    ///
    /// # Errors
    /// None, several, or one that cannot be read.
    pub fn kustomization(&self, folder: &Folder) -> Result<Kustomization> {
        let names = super::kustomization::FILE_NAMES;
        let mut found = Vec::new();
        for name in names {
            match self.load(folder, name) {
                Ok(file) => found.push(file),
                // it is there, and that is the trouble
                Err(error) if error.cause == Cause::Limit => return Err(error),
                Err(_) => {}
            }
        }
        let name = |path: &str| folder.mount.as_ref().map_or_else(|| path.into(), |mount| mount.address.file(path));
        let here = || if folder.path.is_empty() { "the root".to_owned() } else { format!("`{}`", name(&folder.path)) };
        match found.as_slice() {
            [(file, bytes)] => Kustomization::read(bytes, file, Mode::Strict).map_err(|error| error.in_file(file)),
            [] => {
                let message = format!("no kustomization file in {}", here());
                let file = tree::join(&folder.path, names[0]).expect("a name leads nowhere else");
                Err(BuildError::new(Cause::Missing, message, format!("add one of {}", names.join(", "))).in_file(&name(&file)))
            }
            [_, (second, _), ..] => {
                Err(BuildError::invalid(format!("several kustomization files in {}", here())).in_file(second))
            }
        }
    }

    /// All documents of a manifest file.
    ///
    /// # Errors
    /// Not there, not YAML.
    pub fn documents(&self, folder: &Folder, path: &str, layer: Layer) -> Result<Arc<Vec<Node>>> {
        let (file, bytes) = self.load(folder, path)?;
        let parse = || read::documents(&bytes, &TextPlace::file(&file, layer)).map(Arc::new);
        if layer != Layer::Resource {
            return parse();
        }
        let is_same = |known: &&Parsed| Arc::ptr_eq(&known.text, &bytes) || known.text == bytes;
        if let Some(known) = self.cache.parsed.borrow().get(&file).filter(is_same) {
            return known.nodes.clone();
        }
        let nodes = parse();
        let weight = nodes.as_ref().map_or(0, |nodes| weight::all(nodes.iter()));
        self.cache.parsed.borrow_mut().insert(file, Parsed { text: bytes.clone(), nodes: nodes.clone(), weight });
        nodes
    }

    /// The first document of a settings file.
    ///
    /// # Errors
    /// Not there, not YAML.
    pub fn document(&self, folder: &Folder, path: &str) -> Result<Option<Node>> {
        let (file, bytes) = self.load(folder, path)?;
        read::document(&bytes, &TextPlace::file(&file, Layer::Transformer))
    }

    /// Takes `openapi:` of a kustomization: the first one that is met counts for the whole build.
    ///
    /// # Errors
    /// A schema that cannot be read, an unknown version, both at once.
    pub fn learn(&self, folder: &Folder, kustomization: &Kustomization) -> Result<()> {
        let path = kustomization.openapi_path.as_ref();
        let load = |path: &Node| self.known(self.load(folder, path.text().unwrap_or_default()), path);
        let loaded = match path.map(load).transpose()? {
            Some(None) => {
                self.doubt_all(path.and_then(Node::text).unwrap_or_default());
                return Ok(());
            }
            loaded => loaded.flatten(),
        };
        if self.has_schema.get() {
            return Ok(());
        }
        let version = kustomization.openapi_version.as_ref();
        if let Some(path) = path {
            if version.is_some() {
                let message = "builtin version and custom schema provided, cannot use both";
                return Err(BuildError::invalid(message).at(path.origin()));
            }
            let mut schemas = self.schemas.borrow_mut();
            if !self.keeps_builtin && !self.uses_builtin.get() {
                schemas.without_builtin();
            }
            let schema =
                loaded.map(|(file, bytes)| read::document(&bytes, &TextPlace::file(&file, Layer::Transformer))).transpose()?;
            if let Some(schema) = schema.flatten() {
                schemas
                    .add(&write::json(&schema)?)
                    .map_err(|message| BuildError::invalid(format!("invalid schema file: {message}")).at(path.origin()))?;
            }
            self.has_schema.set(true);
            return Ok(());
        }
        let Some(version) = version.filter(|version| version.text() != Some("")) else { return Ok(()) };
        if version.text() != Some("v1.21.2") {
            return Err(BuildError::invalid("the specified OpenAPI version is not built in").at(version.origin()));
        }
        self.has_schema.set(true);
        Ok(())
    }
}
