//! The requests for an index, and what unpacks the answer as it comes.

use std::io::Write;

use flate2::write::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::{Found, Index};
use crate::catalogs::wire::{self, With};
use crate::catalogs::{Catalogs, Failure, Place};
use crate::credentials::Login;
use crate::forges::Reading;

/// Redirects that are followed.
const REDIRECTS: usize = 5;

/// Reads the versions of a chart from the index at a place. The login goes to the host that it is for.
pub async fn read(catalogs: &Catalogs, mut place: Place, login: Option<&Login>, chart: &str) -> Result<Found, Failure> {
    for _ in 0..=REDIRECTS {
        let authorization = login.and_then(|login| login.basic_at(place.origin()));
        let authorization = authorization.map(|value| wire::authorization(&value)).transpose()?;
        let with =
            With { accept: "application/yaml, text/yaml, application/json, */*", is_packed: true, authorization, form: None };
        let is_logged_in = with.authorization.is_some();
        let reading = wire::send(&catalogs.network, &place, with).await?;
        if let Some(to) = wire::location(&reading) {
            place = place.next(to)?;
            continue;
        }
        if !reading.status.is_success() {
            return Err(match wire::refusal(reading).await {
                Failure::Unauthorised { why, helper, .. } => {
                    Failure::Unauthorised { why, helper, login: login.filter(|_| is_logged_in).map(Login::source) }
                }
                failure => failure,
            });
        }
        return stream(reading, chart, catalogs.largest).await;
    }
    Err(Failure::NotAsked("it redirects without end".to_owned()))
}

async fn stream(mut reading: Reading, chart: &str, largest: u64) -> Result<Found, Failure> {
    let header = |name| reading.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let is_packed = match header(CONTENT_ENCODING).unwrap_or_default() {
        "gzip" | "x-gzip" => true,
        "" | "identity" => false,
        _ => return Err(Failure::Unreadable("it is packed in a way that was not asked for".to_owned())),
    };
    let said = header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok()).unwrap_or_default();
    if said > largest {
        return Err(Failure::TooLarge(largest));
    }
    let mut unpacked = Unpacked::new(Index::new(chart, largest), is_packed);
    while let Some(bytes) = reading.next().await? {
        if unpacked.push(&bytes)? {
            break;
        }
    }
    let mut found = unpacked.finish()?;
    found.size = found.size.max(if is_packed { 0 } else { said });
    Ok(found)
}

/// An index behind what unpacks it.
enum Unpacked {
    Plain(Box<Index>),
    Packed(Box<MultiGzDecoder<Index>>),
}

impl Unpacked {
    fn new(index: Index, is_packed: bool) -> Self {
        if is_packed { Self::Packed(Box::new(MultiGzDecoder::new(index))) } else { Self::Plain(Box::new(index)) }
    }

    /// Takes the next bytes; whether no more are wanted.
    ///
    /// # Errors
    /// They are not packed as it was said.
    fn push(&mut self, bytes: &[u8]) -> Result<bool, Failure> {
        match self {
            Self::Plain(index) => Ok(index.write_all(bytes).is_err() || index.has_enough()),
            Self::Packed(decoder) => match decoder.write_all(bytes) {
                Ok(()) => Ok(decoder.get_ref().has_enough()),
                Err(_) if decoder.get_ref().has_enough() => Ok(true),
                Err(error) => Err(Failure::Unreadable(error.to_string())),
            },
        }
    }

    fn finish(self) -> Result<Found, Failure> {
        let mut decoder = match self {
            Self::Plain(index) => return index.finish(),
            Self::Packed(decoder) => decoder,
        };
        match decoder.try_finish() {
            Err(error) if !decoder.get_ref().has_enough() => Err(Failure::Unreadable(error.to_string())),
            // what is written when it is dropped is for nobody
            _ => std::mem::replace(decoder.get_mut(), Index::new("", 0)).finish(),
        }
    }
}
