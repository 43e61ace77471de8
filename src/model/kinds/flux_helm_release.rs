//! FluxHelmRelease of helm-operator before 0.5: it has only Helm's own status of the release.

use super::{Kind, Role, Trait, group, helm_operator};

pub(super) const KIND: Kind = Kind {
    kind: "FluxHelmRelease",
    group: group::INTEGRATIONS,
    versions: &["v1alpha2"],
    plural: "fluxhelmreleases",
    short: &["fhr"],
    role: Role::Legacy,
    traits: &[Trait::Policies],
    columns: helm_operator::COLUMNS,
    read: helm_operator::read,
    ..Kind::BASE
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::Health;
    use crate::kinds::testing::{cells, read};

    #[test]
    fn a_deployed_release_is_ready() {
        let object = read(&KIND, &json!({"spec": {"chartGitPath": "charts/web"}, "status": {"releaseStatus": "DEPLOYED"}}));

        assert_eq!((object.verdict.health, cells(&object)[0]), (Health::Ready, "charts/web"));
        assert!(object.facts.legacy);
    }
}
