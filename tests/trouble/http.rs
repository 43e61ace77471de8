//! Messages of HTTP, each whole and on a connection of its own, and a server behind a port as somebody who answers them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

/// A request, whole.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// An answer, whole.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// Without those that are about the connection.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What is behind the gate.
pub trait Far: Send + Sync {
    fn answer(&self, request: &Request) -> Answer;
}

/// Reads a request; none of a connection that ends before.
pub fn request(stream: &mut TcpStream) -> Option<Request> {
    let (head, mut body) = head(stream)?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<_> = lines.filter_map(header).collect();
    let request = Request { method, path, headers, body: Vec::new() };
    if request.header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    if request.header("transfer-encoding").is_some_and(|how| how.contains("chunked")) {
        while !body.ends_with(b"0\r\n\r\n") {
            more(stream, &mut body)?;
        }
        body = dechunked(&body);
    } else {
        let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        while body.len() < length {
            more(stream, &mut body)?;
        }
    }
    Some(Request { body, ..request })
}

/// The head of a message, and what was read behind it.
fn head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Some((String::from_utf8_lossy(&bytes[..end]).into_owned(), rest));
        }
        more(stream, &mut bytes)?;
    }
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 16_384];
    match stream.read(&mut chunk) {
        Ok(read @ 1..) => {
            bytes.extend_from_slice(&chunk[..read]);
            Some(())
        }
        _ => None,
    }
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

fn dechunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = bytes.windows(2).position(|end| end == b"\r\n") {
        let size = String::from_utf8_lossy(&bytes[..end]).split(';').next().map(str::to_owned).unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let Some(chunk) = bytes.get(end + 2..end + 2 + size).filter(|_| size > 0) else { break };
        whole.extend_from_slice(chunk);
        bytes = bytes.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}

/// Answers, and says that the connection ends.
pub fn respond(stream: &mut TcpStream, answer: &Answer) {
    let headers: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head =
        format!("HTTP/1.1 {} x\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", answer.status, answer.body.len());
    // a client that has left does not need it
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body));
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A server on another port of this machine.
pub struct Port(pub u16);

impl Far for Port {
    fn answer(&self, request: &Request) -> Answer {
        self.asked(request).unwrap_or(Answer { status: 502, ..Answer::default() })
    }
}

impl Port {
    fn asked(&self, request: &Request) -> Option<Answer> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.0)).ok()?;
        let is_kept = |name: &str| {
            !["connection", "content-length", "transfer-encoding", "expect"].iter().any(|own| name.eq_ignore_ascii_case(own))
        };
        let kept = request.headers.iter().filter(|(name, _)| is_kept(name));
        let headers: String = kept.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = request.body.len();
        let Request { method, path, body, .. } = request;
        let first = format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(first.as_bytes()).and_then(|()| stream.write_all(body)).ok()?;
        let (head, mut body) = head(&mut stream)?;
        while more(&mut stream, &mut body).is_some() {}
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = head.split("\r\n").skip(1).filter_map(header).collect();
        let is_chunked =
            headers.iter().any(|(name, how)| name.eq_ignore_ascii_case("transfer-encoding") && how.contains("chunked"));
        let body = if is_chunked { dechunked(&body) } else { body };
        Some(Answer { status, headers: headers.into_iter().filter(|(name, _)| is_kept(name)).collect(), body })
    }
}
