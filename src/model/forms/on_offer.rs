//! Published versions as what can be chosen from.

use super::{Choice, Clock};
use crate::domain::duration;
use crate::domain::published::{Published, PublishedVersion};

/// The versions, the newest first, each with what speaks for and against it. `now`: the one that there is; `sign`: what a field has before a
/// version.
pub fn on_offer(published: &Published, now: &str, sign: &str, clock: &Clock) -> Vec<Choice> {
    let one = |version: &PublishedVersion| {
        let is_now = (version.name == now).then(|| "now".to_owned());
        let notes = is_now.into_iter().chain(Some(note(version, clock)).filter(|note| !note.is_empty()));
        Choice::new(format!("{sign}{}", version.name), notes.collect::<Vec<_>>().join(", "))
    };
    published.versions.iter().map(one).collect()
}

/// `app 1.10, 3d ago, deprecated, not in the range`.
fn note(version: &PublishedVersion, clock: &Clock) -> String {
    let age =
        |at: jiff::Timestamp| format!("{} ago", duration::age(clock.now.as_second().saturating_sub(at.as_second()).max(0)).0);
    let parts = [
        version.app_version.as_ref().map(|app| format!("app {app}")),
        version.created.map(age),
        version.is_deprecated.then(|| "deprecated".to_owned()),
        (version.is_in_range == Some(false)).then(|| "not in the range".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn a_version_says_what_is_known_of_it() {
        let at = |second: i64| jiff::Timestamp::from_second(second).expect("a moment");
        let known = PublishedVersion {
            app_version: Some("1.10".to_owned()),
            created: Some(at(0)),
            is_deprecated: true,
            ..PublishedVersion::named("2.0.0")
        };
        let published = Published::new(vec![PublishedVersion::named("1.0.0"), known], at(0)).marked("1.x").expect("a range");
        let clock = Clock { now: at(3 * 86400), zone: TimeZone::UTC };
        let expected = [Choice::new("2.0.0", "app 1.10, 3d ago, deprecated, not in the range"), Choice::new("1.0.0", "")];
        assert_eq!(on_offer(&published, "", "", &clock), expected);
        let notes = |now: &str| {
            on_offer(&published, now, ":", &clock)
                .into_iter()
                .map(|one| format!("{} {}", one.value, one.note))
                .collect::<Vec<_>>()
        };
        assert_eq!(notes("1.0.0"), [":2.0.0 app 1.10, 3d ago, deprecated, not in the range", ":1.0.0 now"]);
    }
}
