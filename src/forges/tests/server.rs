//! A server on a port of this machine that answers what a test lays down for it, in order, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a request is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status, more headers, and the body.
    Answer(u16, &'static [(&'static str, &'static str)], String),
    /// The connection ends without an answer.
    Cut,
    /// The answer breaks off in its middle.
    Half,
    /// There is never an answer.
    Silence,
}

/// An answer without more headers.
pub fn answer(status: u16, body: &str) -> Reply {
    Reply::Answer(status, &[], body.to_owned())
}

pub struct Server {
    listener: TcpListener,
    replies: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<String>>,
}

impl Server {
    pub async fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self { listener, replies: Mutex::new(replies.into_iter().collect()), seen: Mutex::default() }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.listener.local_addr().expect("it is bound").to_string()
    }

    /// What was asked, whole.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `METHOD path` of what was asked.
    pub fn asked(&self) -> Vec<String> {
        self.seen().iter().map(|text| text.split(" HTTP/").next().unwrap_or_default().to_owned()).collect()
    }

    /// Serves while something is asked.
    pub async fn during<T>(&self, asking: impl Future<Output = T>) -> T {
        tokio::select! {
            done = asking => done,
            () = self.serve() => unreachable!("it serves for ever"),
        }
    }

    async fn serve(&self) {
        let mut silent = Vec::new();
        loop {
            let (mut stream, _) = self.listener.accept().await.expect("a connection");
            let asked = request(&mut stream).await;
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
            let reply = self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let reply = reply.unwrap_or_else(|| answer(599, r#"{"message": "nothing is laid down for this request"}"#));
            match reply {
                Reply::Answer(status, headers, body) => write(&mut stream, status, headers, &body, body.len()).await,
                Reply::Half => write(&mut stream, 200, &[], "{\"number\":", 1000).await,
                Reply::Cut => {}
                // it is kept open
                Reply::Silence => silent.push(stream),
            }
        }
    }
}

async fn write(stream: &mut TcpStream, status: u16, headers: &[(&str, &str)], body: &str, length: usize) {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    // a client that leaves is not the server's failure
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

/// A request with its body.
pub async fn request(stream: &mut TcpStream) -> String {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read @ 1..) => bytes.extend_from_slice(&chunk[..read]),
            _ => return text,
        }
    }
}
