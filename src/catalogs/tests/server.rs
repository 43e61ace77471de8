//! A server on a port of this machine that answers by what it is asked, and keeps what it was asked. Bodies may be larger than memory.

use std::sync::{Mutex, PoisonError};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::forges::tests::server::request;

/// An answer.
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Box<dyn Iterator<Item = Vec<u8>> + Send>,
    /// What is said of its length; none where it is ended by the end of the connection.
    length: Option<u64>,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = Some(body.len() as u64);
        Self { status, headers: Vec::new(), body: Box::new(std::iter::once(body)), length }
    }

    /// A body that comes piece by piece, and of which nobody knows the length.
    pub fn stream(body: impl Iterator<Item = Vec<u8>> + Send + 'static) -> Self {
        Self { status: 200, headers: Vec::new(), body: Box::new(body), length: None }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Says another length than it has.
    pub fn of_length(self, length: u64) -> Self {
        Self { length: Some(length), ..self }
    }
}

type Handler = Box<dyn Fn(&Asked) -> Option<Answer> + Send + Sync>;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// With its query.
    pub path: String,
    pub authorization: Option<String>,
    pub body: String,
    pub whole: String,
}

impl Asked {
    fn of(whole: String) -> Self {
        let (head, body) = whole.split_once("\r\n\r\n").unwrap_or((&whole, ""));
        let mut words = head.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        let authorization = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
        });
        Self { method, path, authorization, body: body.to_owned(), whole }
    }
}

pub struct Server {
    listener: TcpListener,
    handler: Handler,
    seen: Mutex<Vec<Asked>>,
}

impl Server {
    /// Where the handler has no answer there is never one.
    pub async fn of(handler: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").await.expect("a port"), handler)
    }

    /// At a port that is known before its answers are.
    pub fn at(listener: TcpListener, handler: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Self {
        Self { listener, handler: Box::new(handler), seen: Mutex::default() }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.listener.local_addr().expect("it is bound").to_string()
    }

    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves while something is asked.
    pub async fn during<T>(&self, asking: impl Future<Output = T>) -> T {
        tokio::select! {
            done = asking => done,
            () = self.serve() => unreachable!("it serves for ever"),
        }
    }

    async fn serve(&self) {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => open.push(self.answer(accepted.expect("a connection").0)),
                Some(()) = open.next() => {}
            }
        }
    }

    async fn answer(&self, mut stream: TcpStream) {
        let asked = Asked::of(request(&mut stream).await);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
        match (self.handler)(&asked) {
            Some(answer) => write(&mut stream, answer).await,
            None => std::future::pending().await,
        }
    }
}

/// A client that leaves is not the server's failure.
async fn write(stream: &mut TcpStream, answer: Answer) {
    let headers: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = answer.length.map(|length| format!("content-length: {length}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 {} x\r\n{headers}{length}connection: close\r\n\r\n", answer.status);
    if stream.write_all(head.as_bytes()).await.is_err() {
        return;
    }
    for piece in answer.body {
        if stream.write_all(&piece).await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}
