//! EndpointSlice: current as soon as it exists.

use super::{Column, Kind};

pub(super) const KIND: Kind = Kind {
    kind: "EndpointSlice",
    group: "discovery.k8s.io",
    plural: "endpointslices",
    short: &["eps"],
    columns: &[Column::State, Column::Message],
    ..Kind::BASE
};
