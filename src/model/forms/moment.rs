//! Points in time and durations as users type them.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use super::Clock;
use crate::domain::duration;
use crate::error::{Error, Result};

/// The notations of times, for hints.
pub(super) const SPELT: &str = "2h, 3d, 14:00, 2026-12-01 or 2026-12-01T14:00";

/// Parses a future time: a duration from now (`2h`, `3d`), a time of today or tomorrow (`14:00`), a date (`2026-12-01`), or both
/// (`2026-12-01 14:00`, RFC 3339).
///
/// # Errors
/// An invalid time, or a past one.
pub(super) fn read(text: &str, clock: &Clock) -> Result<Timestamp> {
    let Clock { now, zone } = clock;
    let text = text.trim();
    let wrong = || Error::usage(format!("`{text}` is not a valid time"), format!("write {SPELT}"));
    let at = |moment: DateTime| moment.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).map_err(|_| wrong());
    let found = if let Some(length) = length(text) {
        now.checked_add(length).map_err(|_| wrong())?
    } else if let Ok(moment) = text.parse::<Timestamp>() {
        moment
    } else if let Some(time) = (text.len() <= 8).then(|| text.parse::<Time>().ok()).flatten() {
        let today = now.to_zoned(zone.clone()).date();
        let first = at(today.to_datetime(time))?;
        if first > *now { first } else { at(today.tomorrow().map_err(|_| wrong())?.to_datetime(time))? }
    } else if let Ok(moment) = text.replacen(' ', "T", 1).parse::<DateTime>() {
        // jiff reads a date alone as its midnight: "until that day" ends with it
        match text.parse::<Date>() {
            Ok(date) if text.len() == 10 => at(date.to_datetime(jiff::civil::time(23, 59, 59, 0)))?,
            _ => at(moment)?,
        }
    } else {
        return Err(wrong());
    };
    if found <= *now {
        return Err(Error::usage(format!("`{text}` is past"), "name a time to come"));
    }
    Ok(found)
}

/// Parses a duration in Go's notation, or in days.
pub(super) fn length(text: &str) -> Option<SignedDuration> {
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()) {
        return SignedDuration::try_from_hours(days.checked_mul(24)?);
    }
    duration::parse(text).and_then(|length| SignedDuration::try_from(length).ok())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn moment(text: &str) -> Result<String> {
        let now = "2026-11-21T10:00:00Z".parse().expect("a time");
        let clock = Clock { now, zone: TimeZone::fixed(jiff::tz::offset(1)) };
        read(text, &clock).map(|moment| moment.to_string())
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        for (text, expected) in [
            ("2h", "2026-11-21T12:00:00Z"),
            ("90m", "2026-11-21T11:30:00Z"),
            ("3d", "2026-11-24T10:00:00Z"),
            ("14:00", "2026-11-21T13:00:00Z"),
            ("09:00", "2026-11-22T08:00:00Z"),
            ("2026-12-01", "2026-12-01T22:59:59Z"),
            ("2026-12-01 08:30", "2026-12-01T07:30:00Z"),
            ("2026-12-01T08:30:00Z", "2026-12-01T08:30:00Z"),
        ] {
            assert_eq!(moment(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_past_or_no_time_is_refused() {
        assert!(moment("2026-11-20").is_err_and(|error| error.message == "`2026-11-20` is past"));
        assert!(moment("0s").is_err_and(|error| error.message.contains("past")));
        for text in ["", "soon", "25:00", "99999999999999999d", "-2h"] {
            assert!(moment(text).is_err_and(|error| error.message.contains("is not a valid time")), "{text}");
        }
    }
}
