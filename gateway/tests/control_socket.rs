//! The control socket: for its owner only, one line of JSON each way, and no peer that can harm it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use admin_api::{Command, Reply};
use dectgate::{
    admin::{Ask, ControlSocket},
    metrics::Metrics,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

/// Control in miniature: knows one user, and is gone when it is to drain.
fn ask() -> Ask {
    Arc::new(|command| {
        Box::pin(async move {
            match command {
                Command::ExportUsers => Some(Reply::Export("a;b".into())),
                Command::Drain { .. } => None,
                _ => Some(Reply::Done),
            }
        })
    })
}

fn bind(path: &Path, metrics: &Arc<Metrics>) -> std::io::Result<ControlSocket> {
    ControlSocket::bind(path, ask(), Arc::clone(metrics))
}

#[tokio::test]
async fn lines_are_answered_in_order_and_nonsense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let socket = bind(&path, &Arc::default()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut stream = BufReader::new(UnixStream::connect(&path).await.unwrap());
    let lines = "{\"command\":\"export_users\"}\n{\"command\":\"fly\"}\nnonsense\n{\"command\":\"drain\"}\n";
    stream.write_all(lines.as_bytes()).await.unwrap();
    let mut replies = Vec::new();
    for _ in 0..4 {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        replies.push(serde_json::from_str::<Reply>(&line).unwrap());
    }
    assert_eq!(replies[0], Reply::Export("a;b".into()));
    for refused in &replies[1..] {
        assert!(matches!(refused, Reply::Refused(_)), "{refused:?}");
    }
    // A line that never ends is answered when the peer has said all it has.
    stream.write_all(b"{\"command\":").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("cut off"), "{rest}");
    drop(socket);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_socket_is_taken_over_only_from_the_dead() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "a dead process leaves its file");
    let socket = bind(&path, &Arc::default()).unwrap();
    assert_eq!(bind(&path, &Arc::default()).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    drop(socket);
}

#[tokio::test]
async fn too_many_operators_are_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let metrics: Arc<Metrics> = Arc::default();
    let _socket = bind(&path, &metrics).unwrap();
    let mut streams = Vec::new();
    for _ in 0..16 {
        let mut stream = BufReader::new(UnixStream::connect(&path).await.unwrap());
        stream.write_all(b"{\"command\":\"status\"}\n").await.unwrap();
        stream.read_line(&mut String::new()).await.unwrap();
        streams.push(stream);
    }
    let mut one_more = UnixStream::connect(&path).await.unwrap();
    let mut nothing = Vec::new();
    assert_eq!(one_more.read_to_end(&mut nothing).await.unwrap_or(0), 0);
    assert_eq!(metrics.admin_refused.value(), 1);
}
