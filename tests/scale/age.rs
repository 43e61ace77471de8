//! Makes what was loaded look older, directly in etcd: an API server stamps every object with
//! the present, and young objects have ages that change on the screen all the time.
//!
//! Only `metadata.creationTimestamp` is moved, in place and to the same number of bytes: in the
//! JSON of custom resources, and in the protobuf of built-in kinds (`ObjectMeta` field 8, a
//! message of a 5-byte seconds varint and zero nanoseconds; k8s.io/apimachinery 0.36
//! `generated.proto`). To a running API server it looks like an update.

use std::str::FromStr;

use http::Request;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::ByteString;
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::cluster::Failure;

/// Where an API server keeps its objects, and the first key after them.
const FIRST: &str = "/registry/";
const BEYOND: &str = "/registry0";
/// Objects per request; etcd takes 128 operations and 1.5 MB in one transaction.
const PAGE: usize = 100;
const TRANSACTION_BYTES: usize = 1_000_000;

/// Moves the creation of all objects younger than a day `days` into the past. Returns how many.
pub async fn age(etcd: &str, days: i64) -> Result<usize, Failure> {
    let client = Client::try_from(Config::new(http::Uri::from_str(etcd)?))?;
    let (mut key, mut moved) = (FIRST.as_bytes().to_vec(), 0);
    loop {
        let page =
            post(&client, "/v3/kv/range", &json!({"key": bytes(&key), "range_end": bytes(BEYOND.as_bytes()), "limit": PAGE}))
                .await?;
        let pairs = page["kvs"].as_array().map_or(&[][..], Vec::as_slice);
        let mut writes = Vec::new();
        let mut size = 0;
        for pair in pairs {
            key = decoded(&pair["key"])?;
            let Some(value) = older(decoded(&pair["value"])?, days) else { continue };
            moved += 1;
            size += value.len();
            writes.push(json!({"requestPut": {"key": pair["key"], "value": bytes(&value)}}));
            if size > TRANSACTION_BYTES {
                post(&client, "/v3/kv/txn", &json!({"success": std::mem::take(&mut writes)})).await?;
                size = 0;
            }
        }
        if !writes.is_empty() {
            post(&client, "/v3/kv/txn", &json!({"success": writes})).await?;
        }
        if page["more"] != true {
            return Ok(moved);
        }
        key.push(0);
    }
}

async fn post(client: &Client, path: &str, body: &Value) -> Result<Value, Failure> {
    let request = Request::post(path).header(http::header::CONTENT_TYPE, "application/json");
    Ok(client.request(request.body(serde_json::to_vec(body)?)?).await?)
}

fn bytes(bytes: &[u8]) -> Value {
    serde_json::to_value(ByteString(bytes.to_vec())).expect("bytes are a base64 string")
}

fn decoded(text: &Value) -> Result<Vec<u8>, Failure> {
    Ok(serde_json::from_value::<ByteString>(text.clone())?.0)
}

/// The stored object with an older creation; None where nothing is to be moved.
fn older(mut value: Vec<u8>, days: i64) -> Option<Vec<u8>> {
    if value.starts_with(b"k8s\0") {
        older_protobuf(&mut value, days)?;
    } else {
        older_json(&mut value, days)?;
    }
    Some(value)
}

fn older_json(value: &mut [u8], days: i64) -> Option<()> {
    const FIELD: &[u8] = b"\"creationTimestamp\":\"";
    let begin = value.windows(FIELD.len()).position(|window| window == FIELD)? + FIELD.len();
    let end = begin + value[begin..].iter().position(|byte| *byte == b'"')?;
    let created: Timestamp = str::from_utf8(&value[begin..end]).ok()?.parse().ok()?;
    let moved = moved(created, days)?.to_string();
    value.get_mut(begin..end).filter(|place| place.len() == moved.len())?.copy_from_slice(moved.as_bytes());
    Some(())
}

fn older_protobuf(value: &mut [u8], days: i64) -> Option<()> {
    /// Field 8 with 8 bytes: field 1, five bytes, then field 2 with 0.
    const LENGTH: usize = 10;
    let found = value.windows(LENGTH).enumerate().find_map(|(at, window)| {
        let shape = window.starts_with(&[0x42, 8, 0x08]) && window.ends_with(&[0x10, 0]);
        let created = shape.then(|| varint(&window[3..8])).flatten()?;
        Some((at, moved(Timestamp::from_second(created).ok()?, days)?))
    });
    let (at, moved) = found?;
    let mut seconds = moved.as_second();
    for (place, byte) in value[at + 3..at + 8].iter_mut().enumerate() {
        *byte = (seconds & 0x7f) as u8 | if place < 4 { 0x80 } else { 0 };
        seconds >>= 7;
    }
    Some(())
}

/// Five bytes of a varint, no more and no less.
fn varint(bytes: &[u8]) -> Option<i64> {
    let (last, rest) = bytes.split_last()?;
    let complete = rest.iter().all(|byte| byte & 0x80 != 0) && last & 0x80 == 0;
    complete.then(|| bytes.iter().rev().fold(0, |number, byte| number << 7 | i64::from(byte & 0x7f)))
}

/// Objects that are older than a day stay: a second call changes nothing.
fn moved(created: Timestamp, days: i64) -> Option<Timestamp> {
    let young = Timestamp::now().duration_since(created).abs() < SignedDuration::from_hours(24);
    young.then(|| created.checked_sub(SignedDuration::from_hours(24 * days)).ok()).flatten()
}
