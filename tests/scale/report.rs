//! A measurement as one JSON line and as a row of a Markdown table.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::{
    measure::{Idle, KeyTimes, Measured, Paints},
    raw::RawList,
};

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

/// p50, p99 and the worst, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Percentiles {
    pub half: f64,
    pub most: f64,
    pub worst: f64,
}

impl Percentiles {
    pub fn of(times: &[Duration]) -> Option<Self> {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        // Nearest rank: the smallest time that this share of all keys did not exceed.
        let rank = |share: f64| milliseconds(sorted[((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1]);
        (!sorted.is_empty()).then(|| Self { half: rank(0.5), most: rank(0.99), worst: rank(1.0) })
    }

    fn json(times: &[Duration]) -> Value {
        Self::of(times).map_or(Value::Null, |times| json!({"p50": times.half, "p99": times.most, "max": times.worst}))
    }

    pub fn cell(times: &[Duration]) -> String {
        Self::of(times).map_or_else(|| "–".into(), |times| format!("{:.1} / {:.1} / {:.1}", times.half, times.most, times.worst))
    }
}

/// All sorts together.
pub fn together(keys: &KeyTimes) -> Paints {
    let mut all = Paints::default();
    for paints in keys.values() {
        all.first.extend(&paints.first);
        all.last.extend(&paints.last);
        all.silent += paints.silent;
    }
    all
}

fn paints_json(paints: &Paints) -> Value {
    json!({"painted": paints.first.len(), "silent": paints.silent,
        "first_ms": Percentiles::json(&paints.first), "last_ms": Percentiles::json(&paints.last)})
}

fn keys_json(keys: &KeyTimes) -> Value {
    let mut value = paints_json(&together(keys));
    let sorts: Map<String, Value> = keys.iter().map(|(sort, paints)| (sort.name().into(), paints_json(paints))).collect();
    value["sorts"] = sorts.into();
    value
}

fn idle_json(idle: &Idle) -> Value {
    json!({"seconds": idle.time.as_secs_f64(), "bytes": idle.bytes, "pieces": idle.pieces, "cpu_percent": idle.processor})
}

pub fn json_line(name: &str, measured: &Measured) -> Value {
    let start = &measured.start;
    let time = |time: Option<Duration>| time.map(milliseconds);
    json!({"program": name,
        "start_ms": {"first_byte": time(start.first_byte), "first_paint": time(start.first_paint), "first_rows": time(start.first_rows), "all_rows": time(start.all_rows)},
        "memory_mb": {"rss": measured.memory.resident, "rss_at_the_end": measured.memory_at_the_end.resident,
            "hwm": measured.memory_at_the_end.peak, "processes": measured.memory.processes},
        "idle": idle_json(&measured.idle), "keys": keys_json(&measured.keys), "filter_word_ms": time(measured.filter),
        "churn": measured.busy.as_ref().map(|busy| json!({"per_second": busy.churned.per_second(), "refused": busy.churned.refused,
            "idle": idle_json(&busy.idle), "keys": keys_json(&busy.keys)})),
        "requests": measured.requests.by_verb, "requests_by_resource": measured.requests.by_resource})
}

/// The head of the table whose rows `row` makes.
pub const HEAD: &str = "\
| program | first byte ms | first paint ms | first rows ms | all rows ms | keys | key → paint ms, p50 / p99 / max | to the last byte | filter word ms | under churn | churn /s | idle bytes | idle CPU | churn CPU | RSS MB | HWM MB | requests |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

pub fn row(name: &str, measured: &Measured) -> String {
    let time = |time: Option<Duration>| time.map_or_else(|| "–".into(), |time| format!("{:.0}", milliseconds(time)));
    let keys = together(&measured.keys);
    let busy = measured.busy.as_ref();
    let requests: Vec<String> = measured.requests.by_verb.iter().map(|(verb, count)| format!("{verb} {count}")).collect();
    let cells = [
        name.to_owned(),
        time(measured.start.first_byte),
        time(measured.start.first_paint),
        time(measured.start.first_rows),
        time(measured.start.all_rows),
        if keys.silent > 0 { format!("{} + {} silent", keys.first.len(), keys.silent) } else { keys.first.len().to_string() },
        Percentiles::cell(&keys.first),
        Percentiles::cell(&keys.last),
        time(measured.filter),
        busy.map_or_else(|| "–".into(), |busy| Percentiles::cell(&together(&busy.keys).first)),
        busy.map_or_else(|| "–".into(), |busy| format!("{:.0}", busy.churned.per_second())),
        format!("{} in {:.0} s", measured.idle.bytes, measured.idle.time.as_secs_f64()),
        format!("{:.1} %", measured.idle.processor),
        busy.map_or_else(|| "–".into(), |busy| format!("{:.1} %", busy.idle.processor)),
        format!("{:.0}", measured.memory.resident),
        format!("{:.0}", measured.memory_at_the_end.peak),
        requests.join(", "),
    ];
    format!("| {} |", cells.join(" | "))
}

pub fn raw_json(lists: &[RawList], elapsed: Duration) -> Value {
    let lists: Vec<Value> = lists
        .iter()
        .map(|list| json!({"path": list.path, "bytes": list.bytes, "pages": list.pages, "ms": milliseconds(list.elapsed)}))
        .collect();
    json!({"program": "raw", "ms": milliseconds(elapsed), "lists": lists})
}

pub fn raw_line(lists: &[RawList], elapsed: Duration, how: &str) -> String {
    let bytes: usize = lists.iter().map(|list| list.bytes).sum();
    format!("Raw GET of {} lists, {how}: {:.0} ms, {:.0} MB.", lists.len(), milliseconds(elapsed), bytes as f64 / 1e6)
}
