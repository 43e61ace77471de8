//! A kustomization file: its fields, read strictly. Source: kustomize api v0.21.1 `types/kustomization.go`.

mod settings;

use super::decode::{self, Fields, Mode};
use super::error::{BuildError, Cause, Result};
use super::node::{Entry, Layer, Node, Text};
use super::read::{self, TextPlace};

pub use settings::{
    FieldOptions, GeneratorArgs, GeneratorOptions, Image, Label, Patch, Replacement, ReplacementSource, ReplacementTarget,
    Replica, SortOptions, Var, replacement_or_path, selector,
};

/// The names a kustomization file may have.
pub const FILE_NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

#[derive(Clone, Debug)]
pub struct Kustomization {
    pub file: Text,
    pub is_component: bool,
    pub openapi_path: Option<Node>,
    pub openapi_version: Option<Node>,
    pub name_prefix: Option<Node>,
    pub name_suffix: Option<Node>,
    pub namespace: Option<Node>,
    pub common_labels: Vec<Entry>,
    pub has_common_labels: bool,
    pub labels: Vec<Label>,
    pub common_annotations: Vec<Entry>,
    pub patches_strategic_merge: Vec<Node>,
    pub patches_json6902: Vec<Patch>,
    pub patches: Vec<Patch>,
    pub images: Vec<Image>,
    pub replacements: Vec<(Option<Node>, Replacement)>,
    pub replicas: Vec<Replica>,
    pub vars: Vec<Var>,
    pub sort_options: Option<SortOptions>,
    pub resources: Vec<Node>,
    pub components: Vec<Node>,
    pub crds: Vec<Node>,
    pub config_maps: Vec<GeneratorArgs>,
    pub secrets: Vec<GeneratorArgs>,
    pub generator_options: Option<GeneratorOptions>,
    pub configurations: Vec<Node>,
    pub generators: Vec<Node>,
    pub transformers: Vec<Node>,
    pub validators: Vec<Node>,
    pub build_metadata: Vec<Node>,
}

const KNOWN: &[&str] = &[
    "kind",
    "apiVersion",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

const FILE_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

impl Kustomization {
    /// # Errors
    /// Not YAML, unknown fields, wrong types, an empty file, Helm charts.
    pub fn read(bytes: &[u8], file: &Text, mode: Mode) -> Result<Self> {
        let place = TextPlace::file(file, Layer::Resource);
        let empty = || {
            let hint = "list something under `resources`";
            BuildError::new(Cause::Invalid, "kustomization.yaml is empty", hint).in_file(file)
        };
        let node = read::document(bytes, &place)?.ok_or_else(empty)?;
        let fields = Fields::of(&node, KNOWN, mode)?;
        for name in ["helmCharts", "helmChartInflationGenerator"] {
            if let Some(charts) = fields.get(name).filter(|charts| !charts.items().is_empty()) {
                let hint = "a HelmRelease does this in Flux";
                return Err(BuildError::refused(format!("`{name}` needs helm and the network"), hint).at(charts.origin()));
            }
        }
        let is_empty = KNOWN[2..].iter().all(|name| is_nothing(name, &fields));
        if is_empty {
            return Err(empty());
        }
        let kind = fields.plain("kind")?;
        let is_component = kind.as_ref() == "Component";
        check_type(&kind, is_component, &fields)?;
        Self::from_fields(&fields, file, is_component)
    }

    fn from_fields(fields: &Fields<'_>, file: &Text, is_component: bool) -> Result<Self> {
        let openapi = fields.one("openapi", decode::pairs)?.unwrap_or_default();
        let named = |name: &str| openapi.iter().find(|entry| entry.key.text() == Some(name)).map(|entry| entry.value.clone());
        if let Some(meta) = fields.get("metadata") {
            let meta = Fields::of(meta, &["name", "namespace", "labels", "annotations"], Mode::Strict)?;
            for name in ["name", "namespace"] {
                meta.plain(name)?;
            }
            for name in ["labels", "annotations"] {
                meta.pairs(name)?;
            }
        }
        let both = |new: &str, old: &str| -> Result<Vec<Node>> {
            let mut all = fields.texts(new)?;
            all.extend(fields.texts(old)?);
            Ok(all)
        };
        let mut images = fields.all("images", Image::read)?;
        images.extend(fields.all("imageTags", Image::read)?);
        let given = |name: &str| -> Result<Option<Node>> { Ok(fields.text(name)?.filter(|node| node.text() != Some(""))) };
        Ok(Self {
            file: file.clone(),
            is_component,
            openapi_path: named("path"),
            openapi_version: named("version"),
            name_prefix: given("namePrefix")?,
            name_suffix: given("nameSuffix")?,
            namespace: given("namespace")?,
            common_labels: fields.pairs("commonLabels")?,
            has_common_labels: !fields.pairs("commonLabels")?.is_empty(),
            labels: fields.all("labels", Label::read)?,
            common_annotations: fields.pairs("commonAnnotations")?,
            patches_strategic_merge: fields.texts("patchesStrategicMerge")?,
            patches_json6902: fields.all("patchesJson6902", Patch::read)?,
            patches: fields.all("patches", Patch::read)?,
            images,
            replacements: fields.all("replacements", replacement_or_path)?,
            replicas: fields.all("replicas", Replica::read)?,
            vars: fields.all("vars", Var::read)?,
            sort_options: fields.one("sortOptions", SortOptions::read)?,
            resources: both("resources", "bases")?,
            components: fields.texts("components")?,
            crds: fields.texts("crds")?,
            config_maps: fields.all("configMapGenerator", |node, mode| GeneratorArgs::read(node, mode, false))?,
            secrets: fields.all("secretGenerator", |node, mode| GeneratorArgs::read(node, mode, true))?,
            generator_options: fields.one("generatorOptions", GeneratorOptions::read)?,
            configurations: fields.texts("configurations")?,
            generators: fields.texts("generators")?,
            transformers: fields.texts("transformers")?,
            validators: fields.texts("validators")?,
            build_metadata: fields.texts("buildMetadata")?,
        })
    }

    pub fn has_metadata(&self, option: &str) -> bool {
        self.build_metadata.iter().any(|node| node.text() == Some(option))
    }
}

/// Not there, or what Go cannot distinguish from that: an empty text. To kustomize, empty lists and maps count as set.
fn is_nothing(name: &str, fields: &Fields<'_>) -> bool {
    fields.get(name).is_none_or(|node| node.text() == Some(""))
        || matches!(name, "bases" | "imageTags") && fields.items(name).is_ok_and(<[Node]>::is_empty)
}

fn check_type(kind: &Text, is_component: bool, fields: &Fields<'_>) -> Result<()> {
    let version = fields.plain("apiVersion")?;
    let fail = |name: &str, message: String| {
        let error = BuildError::invalid(message);
        Err(fields.get(name).map_or(error.clone(), |node| error.at(node.origin())))
    };
    if !matches!(kind.as_ref(), "" | "Kustomization" | "Component") {
        return fail("kind", "kind should be Kustomization or Component".to_owned());
    }
    let wanted = if is_component { COMPONENT_VERSION } else { FILE_VERSION };
    if !version.is_empty() && version.as_ref() != wanted {
        let kind = if kind.is_empty() { "Kustomization" } else { kind };
        return fail("apiVersion", format!("apiVersion for {kind} should be {wanted}"));
    }
    Ok(())
}
