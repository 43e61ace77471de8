//! Any kind as the API server prints it for people: lists and watches in the form of a `Table` of `meta.k8s.io` (what `kubectl get` asks for),
//! so that every kind that is served has its own columns. Of events the objects come with them, and no cells: what they say is read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::Client;
use serde::Deserialize;
use serde_json::Value;

use super::connection::Connection;
use super::failure::Failure;
use super::feed::{Happened, PAGE, open, request};
use super::look;
use super::send::{fetch, in_time};
use super::served::{Served, escape};
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{ClusterId, GroupKind, Labels, ObjectRef, PrintedColumn, PrintedRow, Str, is_event};
use fluxdeck_model::kinds::Meta;

/// Where a kind is listed and watched as a table.
#[derive(Clone)]
pub struct Tables {
    client: Client,
    path: String,
    cluster: ClusterId,
    gk: GroupKind,
    /// Which of them: a selector of fields, for a URI; empty for all.
    fields: String,
    timeout: Duration,
}

/// One page of a table.
pub struct TablePage {
    pub columns: Vec<PrintedColumn>,
    pub rows: Vec<PrintedRow>,
    /// Where the next page starts; empty on the last.
    pub next: String,
    /// Where a watch may start once the last page is here.
    pub version: String,
    /// The server makes tables of this kind; without them a name is all that is shown, and a watch would not say it either.
    pub is_table: bool,
}

/// Rows that are there or others, or gone.
pub enum TableEvent {
    There(Vec<PrintedRow>),
    Gone(Vec<PrintedRow>),
}

/// `meta.k8s.io/v1` `Table`, or a plain list of a server that makes none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: TableMeta,
    #[serde(default)]
    column_definitions: Option<Vec<Definition>>,
    #[serde(default)]
    rows: Option<Vec<Row>>,
    #[serde(default)]
    items: Option<Vec<Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TableMeta {
    resource_version: Option<String>,
    r#continue: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Definition {
    name: String,
    r#type: String,
    priority: i32,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    cells: Vec<Value>,
    #[serde(default)]
    object: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    metadata: Meta,
}

impl Tables {
    pub fn new(
        connection: &Connection,
        served: &Served,
        (cluster, gk): (ClusterId, GroupKind),
        namespace: Option<&str>,
        timeout: Duration,
    ) -> Self {
        let (client, path) = (connection.client.clone(), served.path(namespace));
        Self { client, path, cluster, gk, fields: String::new(), timeout }
    }

    /// Of events those of one object alone.
    pub fn about(self, object: &ObjectRef) -> Self {
        Self { fields: format!("&fieldSelector={}", look::events_of(object)), ..self }
    }

    /// Fetches one page, the first with an empty `start`.
    ///
    /// # Errors
    /// As for any request; [`Failure::Gone`] when the server has forgotten where the list was.
    pub async fn page(&self, start: &str) -> Result<TablePage, Failure> {
        let after = if start.is_empty() { String::new() } else { format!("&continue={}", escape(start)) };
        let uri = format!("{}?limit={PAGE}&{}{}{after}", self.path, self.included(), self.fields);
        let bytes = in_time(&self.path, self.timeout, fetch(&self.client, request(&uri, FORM)?)).await?;
        let unreadable = |error| Failure::busy(format!("the table at {} is not readable: {error}", self.path));
        let table: Table = serde_json::from_slice(&bytes).map_err(unreadable)?;
        let is_table = table.kind == "Table";
        if !is_table && !table.kind.ends_with("List") {
            return Err(Failure::busy(format!("the answer at {} is not a list", self.path)));
        }
        let columns = self.columns(&table);
        let (next, version) =
            (table.metadata.r#continue.unwrap_or_default(), table.metadata.resource_version.unwrap_or_default());
        let of_list =
            table.items.into_iter().flatten().map(|object| Row { cells: vec![object["metadata"]["name"].clone()], object });
        let rows = table.rows.into_iter().flatten().chain(of_list).map(|row| self.row(&row)).collect();
        Ok(TablePage { columns, rows, next, version, is_table })
    }

    /// Watches from that version on, for so many seconds.
    ///
    /// # Errors
    /// As for any request; an expired version comes as [`Failure::Gone`], here or in the stream.
    pub async fn watch(
        &self,
        version: &str,
        seconds: u32,
    ) -> Result<impl Stream<Item = Result<TableEvent, Failure>> + use<>, Failure> {
        let (from, included, fields) = (escape(version), self.included(), &self.fields);
        let uri = format!("{}?watch=true&timeoutSeconds={seconds}&resourceVersion={from}&{included}{fields}", self.path);
        let events = open::<Table>(&self.client, &self.path, request(&uri, FORM)?, self.timeout).await?;
        let of = self.clone();
        Ok(events.map(move |event| {
            let rows = |table: Table| table.rows.into_iter().flatten().map(|row| of.row(&row)).collect();
            Ok(match event? {
                Happened::There(table) => TableEvent::There(rows(table)),
                Happened::Gone(table) => TableEvent::Gone(rows(table)),
                Happened::Mark(_) => TableEvent::There(Vec::new()),
            })
        }))
    }

    /// Of events the whole object is needed, of others its metadata.
    fn included(&self) -> &'static str {
        if is_event(&self.gk) { "includeObject=Object" } else { "includeObject=Metadata" }
    }

    fn columns(&self, table: &Table) -> Vec<PrintedColumn> {
        if is_event(&self.gk) {
            return Vec::new();
        }
        let Some(definitions) = &table.column_definitions else { return vec![column("NAME", false, false)] };
        let definition = |it: &Definition| {
            let heading = sanitise(&it.name).to_uppercase();
            let is_number = matches!(it.r#type.as_str(), "integer" | "number");
            PrintedColumn { is_wide: it.priority > 0, ..column(&heading, heading == "AGE", is_number) }
        };
        definitions.iter().map(definition).collect()
    }

    fn row(&self, row: &Row) -> PrintedRow {
        if is_event(&self.gk)
            && let Ok(event) = serde_json::from_value::<Event>(row.object.clone())
        {
            return self.event(&event);
        }
        let Named { metadata } = Named::deserialize(&row.object).unwrap_or_default();
        let object = self.object(self.gk.clone(), &metadata.namespace, &metadata.name);
        PrintedRow {
            key: key(&metadata.uid, &object),
            object,
            since: metadata.creation_timestamp.and_then(|at| at.parse().ok()),
            labels: labels(&metadata.labels),
            cells: row.cells.iter().map(cell).collect(),
            event: None,
        }
    }

    fn event(&self, event: &Event) -> PrintedRow {
        let created = || event.metadata.creation_timestamp.as_ref().and_then(|at| at.0.to_string().parse::<Timestamp>().ok());
        let mut seen = look::row(event);
        seen.last = seen.last.or_else(created);
        let about = &event.involved_object;
        let text = |text: Option<&str>| sanitise(text.unwrap_or_default()).into_owned();
        let group = about.api_version.as_deref().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
        let gk = GroupKind::new(text(Some(group)), text(about.kind.as_deref()));
        let object = self.object(gk, about.namespace.as_deref().unwrap_or_default(), about.name.as_deref().unwrap_or_default());
        let of = |metadata: Option<&str>| metadata.unwrap_or_default().to_owned();
        let own = self.object(self.gk.clone(), &of(event.metadata.namespace.as_deref()), &of(event.metadata.name.as_deref()));
        PrintedRow {
            key: key(&of(event.metadata.uid.as_deref()), &own),
            object,
            since: seen.last,
            labels: labels(event.metadata.labels.as_ref().unwrap_or(&BTreeMap::new())),
            cells: Vec::new(),
            event: Some(Arc::new(seen)),
        }
    }

    fn object(&self, gk: GroupKind, namespace: &str, name: &str) -> ObjectRef {
        ObjectRef::new(self.cluster, gk, &*sanitise(namespace), &*sanitise(name))
    }
}

/// The form of the answers.
const FORM: &str = "Table";

fn column(heading: &str, is_age: bool, is_number: bool) -> PrintedColumn {
    PrintedColumn { heading: heading.into(), is_wide: false, is_number, is_age }
}

/// By its identity; what has none (metrics) by its name.
fn key(uid: &str, object: &ObjectRef) -> Str {
    if uid.is_empty() { object.path().into() } else { uid.into() }
}

fn labels(labels: &BTreeMap<String, String>) -> Labels {
    let pairs = labels.iter().map(|(key, value)| (Str::from(key.as_str()), Str::from(value.as_str())));
    Labels((!labels.is_empty()).then(|| pairs.collect()))
}

fn cell(value: &Value) -> Str {
    match value {
        Value::Null => "".into(),
        Value::String(text) => (&*sanitise(text)).into(),
        other => (&*sanitise(&other.to_string())).into(),
    }
}
