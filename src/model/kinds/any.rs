//! Any other kind: kstatus' generic rule, no edges but those that every object has.

use super::Kind;

pub(super) const KIND: Kind = Kind { kind: "", ..Kind::BASE };
