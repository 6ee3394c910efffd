//! Every torture message of the conformance data at a running gateway, by UDP and by TCP, on both sides: it goes on answering, and its
//! memory stays flat.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream, UdpSocket},
    path::Path,
    time::{Duration, Instant},
};

use sip_interop::{Gateway, Outcome, Scene, Settings, play, resident_kib, shared, sipsak, skip, wait_for};

#[test]
fn messages_by_udp_and_tcp() {
    play("hostile::messages_by_udp_and_tcp", 32, torture);
}

fn torture(scene: &Scene) -> Outcome {
    let mut messages = Vec::new();
    for set in ["sip-torture-rfc4475", "sip-torture-rfc5118", "sip-torture-nist"] {
        let Some(folder) = shared(&format!("vectors/{set}")) else {
            return skip(format!("the conformance data {set} is not here"));
        };
        let before = messages.len();
        collect(&folder, &mut messages);
        println!("  {set}: {} messages", messages.len() - before);
    }
    let mut gateway = Gateway::start(scene, &Settings::new(scene.sip(20)));
    let process = gateway.process().id();
    let resident = || resident_kib(process).expect("it runs");
    let mut idle = vec![resident()];
    let mut busy = Vec::new();
    let (mut answers, mut closed) = (0, 0);
    for flood in 0..FLOODS {
        for _ in 0..ROUNDS {
            for side in [scene.sip(1), scene.sip(2)] {
                answers += by_udp(scene, side, &messages);
            }
            closed += by_tcp(scene.sip(1), &messages);
        }
        assert_eq!(gateway.process().ended(), None, "the gateway died in flood {flood}");
        answers_options(scene);
        busy.push(resident());
        // What the messages set in motion ends by itself; only then can memory be compared.
        gateway.assert_nothing_leaked();
        idle.push(resident());
    }
    if sipsak::is_installed() {
        sipsak::options(scene, scene.sip(1)).expect("OPTIONS of sipsak");
    }
    println!(
        "  {} messages x {} rounds by UDP at both sides and by TCP: {answers} answers by UDP, {closed} TCP connections \
         closed by the gateway; resident KiB at the end of each flood {busy:?}, idle before and after each {idle:?}",
        messages.len(),
        FLOODS * ROUNDS
    );
    let growth = idle[FLOODS].saturating_sub(idle[1]);
    assert!(growth <= FLAT_KIB, "resident memory grew by {growth} KiB in the second flood");
    Outcome::Done
}

fn collect(folder: &Path, messages: &mut Vec<Vec<u8>>) {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        let is_message =
            file.extension().is_some_and(|end| ["dat", "sip", "msg", "txt"].iter().any(|e| end == *e));
        if file.is_dir() {
            collect(&file, messages);
        } else if is_message {
            messages.push(fs::read(&file).unwrap());
        }
    }
}

/// Sends all, and counts what comes back.
fn by_udp(scene: &Scene, side: SocketAddr, messages: &[Vec<u8>]) -> usize {
    // Most messages name no port to answer to: then it is 5060, at the address they came from (RFC 3261 18.2.2).
    let socket = UdpSocket::bind(scene.sip(33)).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut answers = 0;
    let mut drain = |socket: &UdpSocket| {
        let mut buffer = [0; 65_536];
        while socket.recv_from(&mut buffer).is_ok() {
            answers += 1;
        }
    };
    for (number, message) in messages.iter().enumerate() {
        // A message above the size of a datagram cannot go this way.
        let _too_long = socket.send_to(message, side);
        if number % 16 == 15 {
            // The gateway's answer to OPTIONS says that it has worked through what came before.
            options_by_udp(scene, side);
        }
        drain(&socket);
    }
    drain(&socket);
    answers
}

/// Sends each on a connection of its own, says that no more comes, and counts those that the gateway closes.
fn by_tcp(side: SocketAddr, messages: &[Vec<u8>]) -> usize {
    let mut closed = 0;
    let mut open = Vec::new();
    for message in messages {
        let mut stream = TcpStream::connect(side).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        // The gateway may hang up while it is told.
        let _closed = stream.write_all(message).and_then(|()| stream.shutdown(Shutdown::Write));
        open.push(stream);
        if open.len() == 64 {
            closed += read_to_end(&mut open);
        }
    }
    closed + read_to_end(&mut open)
}

fn read_to_end(open: &mut Vec<TcpStream>) -> usize {
    let deadline = Instant::now() + Duration::from_secs(2);
    let all = open.len();
    while !open.is_empty() && Instant::now() < deadline {
        open.retain_mut(|stream| {
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer) {
                Ok(0) => false,
                Ok(_) => true,
                Err(error) => {
                    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
                }
            }
        });
    }
    let closed = all - open.len();
    open.clear();
    closed
}

fn answers_options(scene: &Scene) {
    options_by_udp(scene, scene.sip(1));
    options_by_udp(scene, scene.sip(2));
    let mut stream = TcpStream::connect(scene.sip(1)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let from = stream.local_addr().unwrap();
    stream.write_all(options("TCP", from, scene.sip(1), 0).as_bytes()).unwrap();
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).unwrap();
    assert!(buffer[..length].starts_with(b"SIP/2.0 200"), "{}", String::from_utf8_lossy(&buffer[..length]));
}

fn options_by_udp(scene: &Scene, side: SocketAddr) {
    let socket = UdpSocket::bind((scene.ip(34), 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
    let from = socket.local_addr().unwrap();
    let mut buffer = [0; 4096];
    let mut tries = 0;
    wait_for("an answer to OPTIONS", Duration::from_secs(5), || {
        tries += 1;
        socket.send_to(options("UDP", from, side, tries).as_bytes(), side).unwrap();
        socket.recv(&mut buffer).is_ok_and(|length| buffer[..length].starts_with(b"SIP/2.0 200"))
    });
}

fn options(transport: &str, from: SocketAddr, side: SocketAddr, tries: u32) -> String {
    format!(
        "OPTIONS sip:{side} SIP/2.0\r\nVia: SIP/2.0/{transport} {from};branch=z9hG4bK-{}-{tries};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:probe@{from}>;tag=1\r\nTo: <sip:{side}>\r\nCall-ID: {}@{from}\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n",
        from.port(),
        from.port()
    )
}

/// Rounds of all messages in a flood.
const ROUNDS: usize = 100;
/// The first one gives tables and buffers their size; after the others memory must be where it was.
const FLOODS: usize = 2;
/// Noise of the allocator.
const FLAT_KIB: u64 = 512;
