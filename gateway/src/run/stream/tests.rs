//! Peers that do not play along. Time is the runtime's own and stands still but for what the test waits for.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{net::TcpStream, runtime::Runtime};

use super::*;

struct Stage {
    streams: Streams,
    notes: mpsc::Receiver<Note>,
    address: SocketAddr,
    _poll: mio::Poll,
}

const LISTENER: ListenerId = ListenerId(7);

fn stage(runtime: &Runtime) -> Stage {
    let poll = mio::Poll::new().unwrap();
    let waker = Arc::new(mio::Waker::new(poll.registry(), mio::Token(0)).unwrap());
    let (inbox, notes) = Inbox::new(waker);
    let mut streams = Streams::new(runtime.handle().clone(), inbox);
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let address = streams.listen(LISTENER, Transport::Tcp, any).unwrap();
    Stage { streams, notes, address, _poll: poll }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

impl Stage {
    /// A connection that a peer opened.
    async fn accept(&mut self) -> (TcpStream, Flow) {
        let peer = TcpStream::connect(self.address).await.unwrap();
        let Some(Note::Accepted { flow, writer }) = self.notes.recv().await else { panic!("not accepted") };
        self.streams.accepted(flow, writer);
        (peer, flow)
    }

    async fn input(&mut self) -> Input {
        match self.notes.recv().await {
            Some(Note::Input(input)) => input,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_peer_that_says_nothing_loses_its_place() {
    let runtime = runtime();
    let mut stage = stage(&runtime);
    runtime.block_on(async {
        let (_peer, flow) = stage.accept().await;
        assert!(matches!(stage.input().await, Input::StreamClosed(closed) if closed == flow));
    });
}

#[test]
fn a_peer_that_sends_an_octet_a_second_loses_its_place() {
    let runtime = runtime();
    let mut stage = stage(&runtime);
    runtime.block_on(async {
        let (mut peer, flow) = stage.accept().await;
        let begun = Instant::now();
        tokio::spawn(async move {
            for octet in b"OPTIONS sip:a@b SIP/2.0\r\nSubject: ".iter().chain(std::iter::repeat(&b'x')) {
                if peer.write_all(&[*octet]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        assert!(matches!(stage.input().await, Input::StreamClosed(closed) if closed == flow));
        assert!(begun.elapsed() < 2 * MESSAGE_LIMIT);
    });
}

#[test]
fn a_peer_that_has_spoken_may_be_silent() {
    let runtime = runtime();
    let mut stage = stage(&runtime);
    runtime.block_on(async {
        let (mut peer, _) = stage.accept().await;
        peer.write_all(b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        assert!(matches!(stage.input().await, Input::StreamMessage { .. }));
        let silence = tokio::time::timeout(10 * MESSAGE_LIMIT, stage.input()).await;
        assert!(silence.is_err(), "{silence:?}");
    });
}

#[test]
fn a_peer_that_never_reads_is_cut_off() {
    let runtime = runtime();
    let mut stage = stage(&runtime);
    runtime.block_on(async {
        let (mut peer, flow) = stage.accept().await;
        peer.write_all(b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        assert!(matches!(stage.input().await, Input::StreamMessage { .. }));
        let large = Bytes::from(vec![b'x'; 60_000]);
        while stage.streams.send(flow, large.clone()) {
            tokio::task::yield_now().await;
        }
        assert!(matches!(stage.input().await, Input::StreamClosed(closed) if closed == flow));
    });
}

#[test]
fn a_connection_that_somebody_waits_for_is_opened_beside_another() {
    let runtime = runtime();
    let mut stage = stage(&runtime);
    runtime.block_on(async {
        let flow = Flow::new(Transport::Tcp, ListenerId(8), stage.address);
        let first = stage.streams.connect(flow);
        let wanted = ConnectionId(1 << 63);
        assert_eq!(stage.streams.connect(Flow { connection: Some(wanted), ..flow }), wanted);
        let mut opened = Vec::new();
        while opened.len() < 2 {
            match stage.notes.recv().await {
                Some(Note::Input(Input::StreamOpened(flow))) => opened.extend(flow.connection),
                Some(Note::Accepted { flow, writer }) => stage.streams.accepted(flow, writer),
                other => panic!("{other:?}"),
            }
        }
        opened.sort();
        assert_eq!(opened, [first, wanted]);
        assert_eq!(stage.streams.connect(flow), wanted, "one without a number takes the newest");
    });
}

#[test]
fn a_listener_that_is_closed_accepts_nobody_and_its_port_is_free() {
    let runtime = runtime();
    let mut stage = stage(&runtime);
    runtime.block_on(async {
        stage.streams.unlisten(LISTENER);
        tokio::task::yield_now().await;
        assert!(TcpStream::connect(stage.address).await.is_err());
        assert!(stage.streams.listen(LISTENER, Transport::Tcp, stage.address).is_ok());
    });
}
