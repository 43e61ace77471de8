//! The walk over kustomizations: what each one reads, generates and changes, in kustomize's order.
//! Source: kustomize api v0.21.1 `internal/target/kusttarget.go`, `internal/accumulator/resaccumulator.go`.

mod remote;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::{Config, from_crds};
use super::decode::{self, Mode};
use super::error::{BuildError, Result};
use super::factory;
use super::fields;
use super::generate::{self, GeneratedKind};
use super::id::Id;
use super::kustomization::{GeneratorArgs, GeneratorOptions, Kustomization, Var};
use super::node::{Layer, Node, Text};
use super::read::TextPlace;
use super::remote::{Lack, RepositoryAddress};
use super::resolve::Yaml;
use super::resource::Resource;
use super::resources::Resources;
use super::session::{Folder, ResourcePath, Session};
use super::source_note::{self, SourceNote};
use super::transform::{self, TransformContext, Transforms, Unknown};
use super::write;

/// What has come together so far.
#[derive(Default)]
pub struct Accumulated {
    pub resources: Resources,
    pub config: Arc<Config>,
    pub variables: BTreeMap<Text, Var>,
}

/// A kustomization being carried out.
pub struct KustTarget<'s> {
    pub session: &'s Session<'s>,
    pub folder: Folder,
    pub kustomization: Kustomization,
    /// Kept when the top kustomization wants `buildMetadata`.
    pub source: Option<SourceNote>,
}

impl<'s> KustTarget<'s> {
    fn setting(&self) -> TransformContext<'_> {
        TransformContext { session: self.session, folder: &self.folder }
    }

    fn file_name(&self) -> &str {
        let name = self.kustomization.file.rsplit('/').next().unwrap_or_default();
        // an address may have a query
        name.split('?').next().unwrap_or(name)
    }

    /// Carries the kustomization out on top of what is there (nothing, but for components).
    ///
    /// # Errors
    /// Anything wrong in it or below it.
    pub fn accumulate(&self, all: Accumulated) -> Result<Accumulated> {
        let mut all = self.resources(all, &self.kustomization.resources)?;
        Config::merged(&mut all.config, &self.config()?)?;
        for path in &self.kustomization.crds {
            if let Some(file) = self.settings(path)? {
                // sigs.k8s.io/yaml reads it, to which `y` is a boolean
                let file = write::normal(&file, Yaml::V2)?;
                Arc::make_mut(&mut all.config).merge(&from_crds(&file)?)?;
            }
        }
        self.generate(&mut all)?;
        let mut all = self.components(all)?;
        self.transform(&mut all)?;
        self.validate(&mut all)?;
        self.variables(&mut all)?;
        Ok(all)
    }

    /// A file of `crds` or `configurations`. One that is not here may change what is done to any object.
    fn settings(&self, path: &Node) -> Result<Option<Node>> {
        let read = self.session.document(&self.folder, fields::value_of(path));
        let known = self.session.known(read, path)?;
        if known.is_none() {
            self.session.doubt_all(fields::value_of(path));
        }
        Ok(known.flatten())
    }

    fn config(&self) -> Result<Arc<Config>> {
        let mut config = Arc::clone(Config::standard());
        for path in &self.kustomization.configurations {
            if let Some(file) = self.settings(path)? {
                Arc::make_mut(&mut config).merge(&Config::read(&file)?)?;
            }
        }
        Ok(config)
    }

    /// Files and folders of `resources` (and of the lists of transformers, which are read the same way).
    fn resources(&self, mut all: Accumulated, paths: &[Node]) -> Result<Accumulated> {
        for path in paths {
            let text = fields::value_of(path);
            if text.is_empty() {
                return Err(BuildError::invalid("an empty path").at(path.origin()));
            }
            if let Some(address) = self.session.address(&self.folder, text) {
                all = self.remote(all, &address, path)?;
                continue;
            }
            all = match self.session.find(&self.folder, text).map_err(|error| error.at(path.origin()))? {
                ResourcePath::File(_) => {
                    self.file(&mut all, text).map_err(|error| error.at(path.origin()))?;
                    all
                }
                ResourcePath::Folder(folder) => {
                    self.descend(all, folder, path, false).map_err(|error| error.at(path.origin()))?
                }
            };
        }
        Ok(all)
    }

    fn file(&self, all: &mut Accumulated, path: &str) -> Result<()> {
        let documents = self.session.documents(&self.folder, path, Layer::Resource)?;
        self.add(all, factory::from_documents(documents.as_ref().clone())?, path)
    }

    fn add(&self, all: &mut Accumulated, mut found: Vec<Resource>, path: &str) -> Result<()> {
        if let Some(source) = &self.source {
            let source = source.append(path);
            found.iter_mut().try_for_each(|resource| source_note::note_file(resource, &source))?;
        }
        let schemas = self.session.schemas.borrow();
        if found.iter().any(|resource| schemas.is_namespaced(&resource.gvk().api_version(), resource.kind()).is_none()) {
            self.session.uses_builtin.set(true);
        }
        all.resources.append_all(found, &schemas)
    }

    fn components(&self, mut all: Accumulated) -> Result<Accumulated> {
        for path in &self.kustomization.components {
            let text = fields::value_of(path);
            let found = match RepositoryAddress::parse(text) {
                Some(repository) => self.component(repository, path)?,
                None => Some(self.session.folder(&self.folder, text).map_err(|error| error.at(path.origin()))?),
            };
            let Some(folder) = found else {
                all.resources.doubt_all(text);
                continue;
            };
            all = self.descend(all, folder, path, true).map_err(|error| error.at(path.origin()))?;
        }
        Ok(all)
    }

    fn descend(&self, mut all: Accumulated, folder: Folder, path: &Node, is_component: bool) -> Result<Accumulated> {
        let kustomization = self.session.kustomization(&folder)?;
        self.session.learn(&folder, &kustomization)?;
        if is_component != kustomization.is_component {
            let message = if is_component {
                format!("`{}` is not a Component", folder.path)
            } else {
                format!("`{}` is a Component, which is listed under `components`", folder.path)
            };
            return Err(BuildError::invalid(message).at(path.origin()));
        }
        let source = self.source.as_ref().map(|source| source.append(fields::value_of(path)));
        let below = KustTarget { session: self.session, folder, kustomization, source };
        if is_component {
            // a component works on what its parent has so far
            return below.accumulate(all);
        }
        let below = below.accumulate(Accumulated::default())?;
        all.resources.append_all(below.resources.list, &self.session.schemas.borrow())?;
        all.resources.lack.join(below.resources.lack);
        Config::merged(&mut all.config, &below.config)?;
        for variable in below.variables.into_values() {
            add_variable(&mut all.variables, variable)?;
        }
        Ok(all)
    }

    fn generate(&self, all: &mut Accumulated) -> Result<()> {
        let options = self.kustomization.generator_options.as_ref();
        let note = |kind: GeneratedKind| {
            let name = if kind == GeneratedKind::ConfigMap { "ConfigMapGenerator" } else { "SecretGenerator" };
            self.source.as_ref().map(|source| source.of_builtin(self.file_name(), name))
        };
        for (kind, list) in
            [(GeneratedKind::ConfigMap, &self.kustomization.config_maps), (GeneratedKind::Secret, &self.kustomization.secrets)]
        {
            for args in list {
                let mut args = args.clone();
                args.options = options
                    .map_or(args.options.clone(), |options| Some(GeneratorOptions::over(args.options.clone(), Some(options))));
                self.absorb(all, &args, kind, note(kind))?;
            }
        }
        let (plugins, lack) = self.plugins(&self.kustomization.generators)?;
        all.resources.lack.join(Lack { renames: true, moves: true, ..lack });
        for plugin in plugins {
            let note = source_note::of_plugin(&plugin);
            let kind = match plugin.kind() {
                _ if !is_builtin(&plugin) => return Err(refused(&plugin)),
                "ConfigMapGenerator" => GeneratedKind::ConfigMap,
                "SecretGenerator" => GeneratedKind::Secret,
                "IAMPolicyGenerator" => {
                    self.take_in(all, generate::service_account(&plugin.node)?, note)?;
                    continue;
                }
                _ => return Err(refused(&plugin)),
            };
            let args = GeneratorArgs::read(&plugin.node, Mode::Lenient, kind == GeneratedKind::Secret)?;
            self.absorb(all, &args, kind, note)?;
        }
        Ok(())
    }

    fn absorb(&self, all: &mut Accumulated, args: &GeneratorArgs, kind: GeneratedKind, note: Option<String>) -> Result<()> {
        let made = generate::make(self.session, &self.folder, args, kind).map_err(|error| error.at(&args.origin))?;
        self.take_in(all, made, note)
    }

    fn take_in(&self, all: &mut Accumulated, mut made: Resource, note: Option<String>) -> Result<()> {
        if let Some(note) = note {
            source_note::note_maker(&mut made, &note)?;
        }
        all.resources.absorb(made, self.session)
    }

    /// The settings of external plugins: given inline, in files, or in folders; and which of them are not here.
    fn plugins(&self, items: &[Node]) -> Result<(Vec<Resource>, Lack)> {
        let mut all = Accumulated::default();
        let mut paths = Vec::new();
        for item in items {
            let text = fields::value_of(item);
            let inline = factory::from_text(text.as_bytes(), &TextPlace::inside(item, Layer::Transformer));
            let Ok(mut inline) = inline else {
                paths.push(item.clone());
                continue;
            };
            if let Some(source) = &self.source {
                let source = source.append(self.file_name());
                inline.iter_mut().try_for_each(|resource| source_note::note_maker(resource, &source.of_file()))?;
            }
            all.resources.append_all(inline, &self.session.schemas.borrow())?;
        }
        let Resources { list: mut plugins, lack } = self.resources(all, &paths)?.resources;
        for plugin in &mut plugins {
            // kustomize hands them on as text, in which `y` is in quotes
            write::value(&plugin.node)?;
            decode::quote_texts(&mut plugin.node);
        }
        Ok((plugins, lack))
    }

    fn transformers(&self, items: &[Node]) -> Result<Vec<(Transforms, Option<String>)>> {
        let (plugins, lack) = self.plugins(items)?;
        let mut all: Vec<(Transforms, Option<String>)> = Vec::new();
        if let Some(address) = lack.address {
            all.push((vec![Box::new(Unknown { address, target: None })], None));
        }
        for plugin in plugins {
            let known = transform::KINDS.iter().find(|(kind, _)| *kind == plugin.kind() && is_builtin(&plugin));
            let Some((_, make)) = known else { return Err(refused(&plugin)) };
            all.push((
                make(self.setting(), &plugin.node).map_err(|error| error.at(plugin.node.origin()))?,
                source_note::of_plugin(&plugin),
            ));
        }
        Ok(all)
    }

    fn transform(&self, all: &mut Accumulated) -> Result<()> {
        let mut steps: Vec<(Transforms, Option<String>)> = Vec::new();
        for (name, make) in transform::FIELDS {
            let note = self.source.as_ref().map(|source| source.of_builtin(self.file_name(), name));
            // each transformer is noted for itself
            for one in make(self.setting(), &self.kustomization, &all.config)? {
                steps.push((vec![one], note.clone()));
            }
        }
        steps.extend(self.transformers(&self.kustomization.transformers)?);
        for (transforms, note) in steps {
            for one in &transforms {
                one.transform(&mut all.resources, self.session)?;
            }
            if let Some(note) = note {
                all.resources.list.iter_mut().try_for_each(|resource| source_note::note_change(resource, &note))?;
            }
            all.resources.drop_empty();
        }
        let Kustomization { name_prefix, name_suffix, namespace, transformers, .. } = &self.kustomization;
        all.resources.lack.pass(name_prefix.is_some() || name_suffix.is_some() || !transformers.is_empty(), namespace.is_some());
        Ok(())
    }

    fn validate(&self, all: &mut Accumulated) -> Result<()> {
        for (transforms, _) in self.transformers(&self.kustomization.validators)? {
            for one in &transforms {
                let before = all.resources.clone();
                one.transform(&mut all.resources, self.session)?;
                let (old, new) = (&before.list, &all.resources.list);
                let is_same = |(a, b): (&Resource, &Resource)| source_note::is_same_but_validated(&a.node, &b.node);
                if old.len() != new.len() || !old.iter().zip(new).all(is_same) {
                    return Err(
                        BuildError::invalid("validator shouldn't modify the resource map").in_file(&self.kustomization.file)
                    );
                }
            }
        }
        Ok(())
    }

    fn variables(&self, all: &mut Accumulated) -> Result<()> {
        let schemas = self.session.schemas.borrow();
        for variable in &self.kustomization.vars {
            let wanted = Id {
                gvk: variable.gvk.clone(),
                name: variable.object.clone(),
                namespace: variable.namespace.clone(),
                is_cluster_scoped: false,
            };
            let is_meant = |id: &Id| if wanted.namespace.is_empty() { wanted.is_same_name(id) } else { wanted.is_same(id) };
            match all.resources.matching_any_id(is_meant, &schemas)?.as_slice() {
                [] => {}
                [one] => all.resources.list[*one].variables.push(variable.name.clone()),
                many => {
                    let message =
                        format!("found {} resId matches for var {} (unable to disambiguate)", many.len(), variable.name);
                    return Err(BuildError::invalid(message).at(&variable.origin));
                }
            }
        }
        self.kustomization.vars.iter().try_for_each(|variable| add_variable(&mut all.variables, variable.clone()))
    }
}

fn add_variable(all: &mut BTreeMap<Text, Var>, variable: Var) -> Result<()> {
    if all.contains_key(&variable.name) {
        return Err(BuildError::invalid(format!("var '{}' already encountered", variable.name)).at(&variable.origin));
    }
    all.insert(variable.name.clone(), variable);
    Ok(())
}

fn is_builtin(plugin: &Resource) -> bool {
    let gvk = plugin.gvk();
    gvk.group.is_empty() && gvk.version.as_ref() == "builtin"
}

/// What runs programs, or is not among the builtins that are rebuilt here.
fn refused(plugin: &Resource) -> BuildError {
    let gvk = plugin.gvk();
    let message = format!("the plugin {} ({}) cannot be run", gvk.kind, gvk.api_version());
    let hint = "only kustomize's builtin transformers and ConfigMap and Secret generators are possible, as in Flux";
    BuildError::refused(message, hint).at(plugin.node.origin())
}
