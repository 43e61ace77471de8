//! HelmRelease of helm-operator 0.5 to 0.10.

use super::{Kind, Role, Trait, group, helm_operator};

pub(super) const KIND: Kind = Kind {
    kind: "HelmRelease",
    group: group::WEAVE,
    versions: &["v1beta1"],
    plural: "helmreleases",
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
        let object = read(
            &KIND,
            &json!({"spec": {"chart": {"git": "https://git.example.com/web", "path": "charts/web"}}, "status": {"releaseStatus": "DEPLOYED"}}),
        );

        assert_eq!((object.verdict.health, cells(&object)[0]), (Health::Ready, "charts/web"));
        assert!(object.facts.legacy);
    }
}
