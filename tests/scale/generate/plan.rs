//! Who applies what: the fleet as a table of small numbers, from which objects are made.
//!
//! `flux-system/flux-system` applies itself, the repositories of charts and the tenants;
//! each tenant applies namespaces with their sources and Kustomizations; those apply workloads,
//! or HelmReleases, which apply workloads. No JSON here.

use super::{random::Seed, tier::Sizes};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `flux-system/flux-system`.
    Root,
    /// Applies namespaces, sources and Kustomizations.
    Tenant,
    /// Applies HelmReleases.
    Releases,
    /// Applies workloads.
    Application,
    /// Applies one of the large inventories.
    Large,
}

/// What an applier is going through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    Ready,
    /// Its first Deployment does not become healthy.
    Unhealthy,
    /// It never came so far as to apply anything new.
    Broken,
    /// Waits for what it depends on.
    Waiting,
    Progressing,
    Suspended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplierKind {
    Kustomization,
    HelmRelease,
}

/// A Kustomization or a HelmRelease, and what it applies.
#[derive(Clone, Debug)]
pub struct Applier {
    pub kind: ApplierKind,
    pub role: Role,
    /// Its number among those of its kind.
    pub index: usize,
    pub namespace: usize,
    pub name: String,
    pub condition: Condition,
    /// The appliers in its inventory, as indices of `Plan::appliers`.
    pub appliers: Vec<usize>,
    /// The applier that it waits for.
    pub depends_on: Option<usize>,
    /// Numbers of its Deployments.
    pub deployments: std::ops::Range<usize>,
    /// Numbers of its ConfigMaps and Secrets.
    pub configs: std::ops::Range<usize>,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub sizes: Sizes,
    pub seed: Seed,
    pub namespaces: Vec<String>,
    /// Kustomizations first, the root at 0, then HelmReleases.
    pub appliers: Vec<Applier>,
}

const DOMAINS: &[&str] = &[
    "payments",
    "checkout",
    "search",
    "catalog",
    "identity",
    "billing",
    "orders",
    "shipping",
    "media",
    "mail",
    "ledger",
    "risk",
    "pricing",
    "reports",
    "gateway",
    "customer",
    "inventory",
    "returns",
    "loyalty",
    "partner",
    "mobile",
    "data",
    "content",
    "support",
];
const APPLICATIONS: &[&str] = &[
    "api", "web", "worker", "backend", "frontend", "cache", "queue", "auth", "sync", "export", "import", "admin", "events",
    "metrics",
];

impl Plan {
    pub fn new(sizes: Sizes, seed: Seed) -> Self {
        let namespaces = (0..sizes.namespaces).map(|index| namespace_name(index, sizes.large_inventories)).collect();
        let mut plan = Self { sizes, seed, namespaces, appliers: Vec::new() };
        plan.add_kustomizations();
        plan.add_releases();
        plan.link_structure();
        plan.share_children();
        plan.set_conditions();
        plan
    }

    /// The first namespace that belongs to a team.
    fn first_team(&self) -> usize {
        1 + self.sizes.large_inventories
    }

    /// The namespace of the `index`th thing that is spread over teams.
    pub fn team_namespace(&self, index: usize) -> usize {
        let first = self.first_team();
        first + index % (self.sizes.namespaces - first)
    }

    /// The Kustomization that applies a namespace and what is in it.
    pub fn tenant_of(&self, namespace: usize) -> usize {
        if namespace == 0 { 0 } else { 1 + namespace % self.sizes.tenants() }
    }

    fn add_kustomizations(&mut self) {
        self.add(ApplierKind::Kustomization, Role::Root, 0, "flux-system".into());
        for tenant in 0..self.sizes.tenants() {
            self.add(ApplierKind::Kustomization, Role::Tenant, 0, format!("tenants-{tenant:02}"));
        }
        for large in 0..self.sizes.large_inventories {
            self.add(ApplierKind::Kustomization, Role::Large, 1 + large, "platform-config".into());
        }
        let rest = self.sizes.kustomizations - self.appliers.len();
        for index in 0..rest {
            let namespace = self.team_namespace(index);
            let round = index / (self.sizes.namespaces - self.first_team());
            if self.release_appliers(rest).contains(&index) {
                self.add(ApplierKind::Kustomization, Role::Releases, namespace, numbered("releases", round));
            } else {
                let name = numbered(APPLICATIONS[index % APPLICATIONS.len()], round);
                self.add(ApplierKind::Kustomization, Role::Application, namespace, name);
            }
        }
    }

    /// The quarter of the teams' Kustomizations that applies HelmReleases: the last ones, so
    /// that they depend on applications of the same namespace.
    fn release_appliers(&self, rest: usize) -> std::ops::Range<usize> {
        rest - (rest / 4).max(1)..rest
    }

    fn add_releases(&mut self) {
        let appliers: Vec<usize> = (0..self.appliers.len()).filter(|at| self.appliers[*at].role == Role::Releases).collect();
        for index in 0..self.sizes.helm_releases {
            let applier = appliers[index % appliers.len()];
            let namespace = self.appliers[applier].namespace;
            let round = index / appliers.len();
            let name =
                format!("{}-{}", APPLICATIONS[(index + round * 5) % APPLICATIONS.len()], ["chart", "db", "jobs"][round % 3]);
            let at = self.add(ApplierKind::HelmRelease, Role::Application, namespace, numbered(&name, round / 3));
            self.appliers[applier].appliers.push(at);
            let before = self.appliers[applier].appliers.len().checked_sub(2);
            self.appliers[at].depends_on =
                before.filter(|_| index % 5 == 4).map(|before| self.appliers[applier].appliers[before]);
        }
    }

    fn add(&mut self, kind: ApplierKind, role: Role, namespace: usize, name: String) -> usize {
        let at = self.appliers.len();
        let index = if kind == ApplierKind::Kustomization { at } else { at - self.sizes.kustomizations };
        let (appliers, depends_on) = (Vec::new(), None);
        let condition = Condition::Ready;
        self.appliers.push(Applier {
            kind,
            role,
            index,
            namespace,
            name,
            condition,
            appliers,
            depends_on,
            deployments: 0..0,
            configs: 0..0,
        });
        at
    }

    /// Kustomizations into the inventories of the root and of the tenants; and which wait for which.
    fn link_structure(&mut self) {
        for at in 0..self.sizes.kustomizations {
            let Applier { role, namespace, .. } = self.appliers[at];
            let parent = if matches!(role, Role::Root | Role::Tenant) { 0 } else { self.tenant_of(namespace) };
            self.appliers[parent].appliers.push(at);
            if role == Role::Releases {
                self.appliers[at].depends_on = (0..at).rev().find(|other| {
                    self.appliers[*other].namespace == namespace && self.appliers[*other].role == Role::Application
                });
            }
        }
    }

    /// Deployments and configs: the large inventories get theirs exactly, the others share the rest evenly.
    fn share_children(&mut self) {
        let (large, sharing): (Vec<usize>, Vec<usize>) = (0..self.appliers.len())
            .filter(|at| matches!(self.appliers[*at].role, Role::Large | Role::Application))
            .partition(|at| self.appliers[*at].role == Role::Large);
        let per_large = (self.sizes.large_inventory / 50).max(1);
        let (mut deployment, mut config) = (0, 0);
        for at in large {
            let configs = self.sizes.large_inventory - 3 * per_large;
            self.give(at, &mut deployment, per_large, &mut config, configs);
        }
        let (deployments, configs) = (self.sizes.deployments - deployment, self.sizes.configs() - config);
        for (place, at) in sharing.iter().enumerate() {
            let share = |total: usize| total * (place + 1) / sharing.len() - total * place / sharing.len();
            self.give(*at, &mut deployment, share(deployments), &mut config, share(configs));
        }
    }

    fn give(&mut self, at: usize, deployment: &mut usize, deployments: usize, config: &mut usize, configs: usize) {
        self.appliers[at].deployments = *deployment..*deployment + deployments;
        self.appliers[at].configs = *config..*config + configs;
        *deployment += deployments;
        *config += configs;
    }

    /// About 3 in 100 fail, 3 are on their way and 3 suspended; the structure itself is healthy.
    fn set_conditions(&mut self) {
        for at in 0..self.appliers.len() {
            let applier = &self.appliers[at];
            if matches!(applier.role, Role::Root | Role::Tenant) {
                continue;
            }
            let condition = match self.seed.of("condition", at).below(100) {
                0 | 1 if !applier.deployments.is_empty() => Condition::Unhealthy,
                0..=2 => Condition::Broken,
                3 if applier.depends_on.is_some() => Condition::Waiting,
                3..=5 => Condition::Progressing,
                6..=8 => Condition::Suspended,
                _ => Condition::Ready,
            };
            self.appliers[at].condition = condition;
        }
    }
}

fn namespace_name(index: usize, large: usize) -> String {
    match index {
        0 => "flux-system".into(),
        _ if index <= large => format!("platform-{index}"),
        _ => {
            let team = index - large - 1;
            let stage = ["prod", "staging", "dev"][team % 3];
            format!("{}-{:02}-{stage}", DOMAINS[(team / 3) % DOMAINS.len()], team / 3 / DOMAINS.len())
        }
    }
}

fn numbered(name: &str, round: usize) -> String {
    if round == 0 { name.into() } else { format!("{name}-{round}") }
}
