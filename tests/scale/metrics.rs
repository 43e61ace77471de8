//! What a program asks of the API server, in the server's own count. The server asks itself a
//! little too (`openapi/v3`, and watches that it renews); the echo program's row shows how much.

use std::collections::BTreeMap;

use crate::cluster::{Cluster, Failure};

/// Requests so far, by verb and resource, and the watches that are open now.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    counts: BTreeMap<(String, String), u64>,
    watches: u64,
    /// Bytes of answers to lists and gets, as they were before they were compressed.
    pub bytes: u64,
}

impl Requests {
    pub async fn read(cluster: &Cluster) -> Result<Self, Failure> {
        Ok(Self::parse(&cluster.text("/metrics").await?))
    }

    fn parse(text: &str) -> Self {
        let mut requests = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let label = |label: &str| {
                let (_, rest) = name.split_once(&format!("{label}=\""))?;
                Some(rest.split_once('"')?.0.to_owned())
            };
            let value = value.parse::<f64>().unwrap_or(0.0) as u64;
            let Some(verb) = label("verb") else { continue };
            if name.starts_with("apiserver_response_sizes_sum{") && ["LIST", "GET"].contains(&&*verb) {
                requests.bytes += value;
            } else if name.starts_with("apiserver_request_total{") {
                // Paths without a resource, such as discovery, are in the other label.
                let what = label("resource").filter(|name| !name.is_empty()).or_else(|| label("subresource"));
                *requests.counts.entry((verb, what.unwrap_or_default())).or_default() += value;
            } else if name.starts_with("apiserver_longrunning_requests{") && verb == "WATCH" {
                requests.watches += value;
            }
        }
        requests
    }

    /// What came on top, by verb and resource; open watches count as `WATCH open`.
    pub fn since(&self, before: &Self) -> Asked {
        let mut asked = Asked::default();
        for ((verb, resource), count) in &self.counts {
            let known = before.counts.get(&(verb.clone(), resource.clone())).copied().unwrap_or(0);
            if *count > known {
                *asked.by_verb.entry(verb.clone()).or_default() += count - known;
                asked.by_resource.insert(format!("{verb} {resource}"), count - known);
            }
        }
        asked.by_verb.insert("WATCH open".into(), self.watches.saturating_sub(before.watches));
        asked
    }
}

/// How often a program asked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub by_verb: BTreeMap<String, u64>,
    pub by_resource: BTreeMap<String, u64>,
}
