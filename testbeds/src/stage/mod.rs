//! The event loop under simulated peers: SIP sockets, RTP sockets, one clock.

mod voice;

use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use bytes::Bytes;
use mio::{Events, Interest, Poll, Token};
use sip::{Flow, ListenerId, Transmit};
use testkit::{Base, BaseEvent, HandsetId, Pbx, PbxEvent, Service};

pub use self::voice::{LegReport, Speaker, talk_hz};
use self::voice::{Says, Voice};

/// What happened on the stage.
#[derive(Debug, Clone, PartialEq)]
pub enum StageEvent {
    /// At a base, by its number.
    Base(usize, BaseEvent),
    /// At the PBX.
    Pbx(PbxEvent),
    /// A leg's media ended; what it was like.
    Media(Box<LegReport>),
}

/// Base stations and a PBX with sockets, on one thread.
pub struct Stage {
    poll: Poll,
    bases: Vec<(Base, mio::net::UdpSocket)>,
    pbx: Option<(Pbx, mio::net::UdpSocket)>,
    voice: Voice,
    silent: bool,
    events: VecDeque<StageEvent>,
    buffer: Vec<u8>,
}

impl Stage {
    /// An empty stage.
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            bases: Vec::new(),
            pbx: None,
            voice: Voice::default(),
            silent: false,
            events: VecDeque::new(),
            buffer: vec![0; 65_536],
        })
    }

    /// With `true` nobody talks: calls are signalling only.
    pub fn set_silent(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// Puts a base station on the stage, at its address.
    ///
    /// # Errors
    /// When its address cannot be bound.
    pub fn add_base(&mut self, base: Base) -> io::Result<usize> {
        let number = self.bases.len();
        let socket = self.open(base.address(), Token(number))?;
        self.bases.push((base, socket));
        Ok(number)
    }

    /// Puts the PBX on the stage, at its address.
    ///
    /// # Errors
    /// When its address cannot be bound.
    pub fn set_pbx(&mut self, pbx: Pbx) -> io::Result<()> {
        let socket = self.open(pbx.address(), PBX)?;
        self.pbx = Some((pbx, socket));
        Ok(())
    }

    /// Lets a base act now.
    pub fn at_base(&mut self, base: usize, act: impl FnOnce(&mut Base, Instant)) {
        act(&mut self.bases[base].0, Instant::now());
        self.exchange();
    }

    /// Lets the PBX act now.
    pub fn at_pbx(&mut self, act: impl FnOnce(&mut Pbx, Instant)) {
        if let Some((pbx, _)) = &mut self.pbx {
            act(pbx, Instant::now());
        }
        self.exchange();
    }

    /// A base station.
    #[must_use]
    pub fn base(&self, base: usize) -> &Base {
        &self.bases[base].0
    }

    /// Base stations on the stage.
    #[must_use]
    pub fn bases(&self) -> usize {
        self.bases.len()
    }

    /// The PBX, if there is one.
    #[must_use]
    pub fn pbx(&self) -> Option<&Pbx> {
        self.pbx.as_ref().map(|(pbx, _)| pbx)
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<StageEvent> {
        self.events.drain(..).collect()
    }

    /// Goes on until `done`, at most until `deadline`; says whether it came to that.
    ///
    /// # Errors
    /// When the kernel's poll fails.
    pub fn run_until(
        &mut self,
        deadline: Instant,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> io::Result<bool> {
        loop {
            if done(self) {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            self.turn(deadline)?;
        }
    }

    /// Waits for the next thing to happen, at most until `deadline`, and lets it happen.
    ///
    /// # Errors
    /// When the kernel's poll fails.
    pub fn turn(&mut self, deadline: Instant) -> io::Result<()> {
        let wake = self.next_timeout().map_or(deadline, |due| due.min(deadline));
        let mut events = Events::with_capacity(1_024);
        let patience = wake.saturating_duration_since(Instant::now()).min(LONGEST_WAIT);
        match self.poll.poll(&mut events, Some(patience)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &events {
            match event.token() {
                PBX => self.receive_at_pbx(),
                Token(base) if base < self.bases.len() => self.receive_at_base(base),
                Token(leg) => self.voice.receive(leg - RTP, &mut self.buffer, Instant::now()),
            }
        }
        let now = Instant::now();
        for (base, _) in &mut self.bases {
            if base.poll_timeout().is_some_and(|due| due <= now) {
                base.handle_timeout(now);
            }
        }
        if let Some((pbx, _)) = &mut self.pbx
            && pbx.poll_timeout().is_some_and(|due| due <= now)
        {
            pbx.handle_timeout(now);
        }
        self.voice.handle_timeout(now);
        self.exchange();
        Ok(())
    }

    fn next_timeout(&self) -> Option<Instant> {
        let bases = self.bases.iter().map(|(base, _)| base.poll_timeout());
        let pbx = self.pbx.as_ref().and_then(|(pbx, _)| pbx.poll_timeout());
        bases.chain([pbx, self.voice.poll_timeout()]).flatten().min()
    }

    fn open(&self, address: SocketAddr, token: Token) -> io::Result<mio::net::UdpSocket> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let mut socket = mio::net::UdpSocket::from_std(socket);
        self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
        Ok(socket)
    }

    fn receive_at_base(&mut self, base: usize) {
        let (base, socket) = &mut self.bases[base];
        while let Ok((length, source)) = socket.recv_from(&mut self.buffer) {
            let octets = Bytes::copy_from_slice(&self.buffer[..length]);
            base.handle_message(Instant::now(), Flow::udp(ListenerId(0), source), octets);
        }
    }

    fn receive_at_pbx(&mut self) {
        let Some((pbx, socket)) = &mut self.pbx else { return };
        while let Ok((length, source)) = socket.recv_from(&mut self.buffer) {
            let octets = Bytes::copy_from_slice(&self.buffer[..length]);
            pbx.handle_message(Instant::now(), Flow::udp(ListenerId(0), source), octets);
        }
    }

    /// Takes out of everybody what it has to say.
    fn exchange(&mut self) {
        for number in 0..self.bases.len() {
            let (base, socket) = &mut self.bases[number];
            while let Some(transmit) = base.poll_transmit() {
                send(socket, &transmit);
            }
            while let Some(event) = self.bases[number].0.poll_event() {
                self.follow_base(number, &event);
                self.events.push_back(StageEvent::Base(number, event));
            }
        }
        if let Some((pbx, socket)) = &mut self.pbx {
            while let Some(transmit) = pbx.poll_transmit() {
                send(socket, &transmit);
            }
        }
        while let Some(event) = self.pbx.as_mut().and_then(|(pbx, _)| pbx.poll_event()) {
            self.follow_pbx(&event);
            self.events.push_back(StageEvent::Pbx(event));
        }
        while let Some(report) = self.voice.poll_report() {
            self.events.push_back(StageEvent::Media(Box::new(report)));
        }
    }

    fn follow_base(&mut self, number: usize, event: &BaseEvent) {
        if self.silent {
            return;
        }
        match event {
            BaseEvent::Media(id, stream) => {
                let speaker = Speaker::Handset { base: number, handset: id.0 };
                let local = self.bases[number].0.media(*id);
                self.voice.speak(&self.poll, speaker, local, stream, Says::Tone(talk_hz(number, id.0)));
            }
            BaseEvent::Ended(HandsetId(handset)) | BaseEvent::Failed(HandsetId(handset), _) => {
                self.voice.fall_silent(&self.poll, Speaker::Handset { base: number, handset: *handset });
            }
            _ => {}
        }
    }

    fn follow_pbx(&mut self, event: &PbxEvent) {
        if self.silent {
            return;
        }
        match event {
            PbxEvent::ServiceStarted { call, service, local, stream } => {
                let says = match service {
                    Service::Echo => Says::WhatItHears,
                    Service::Tone => Says::Tone(SERVICE_HZ),
                };
                self.voice.speak(&self.poll, Speaker::Service { call: *call }, *local, stream, says);
            }
            PbxEvent::ServiceEnded { call } => {
                self.voice.fall_silent(&self.poll, Speaker::Service { call: *call });
            }
        }
    }
}

fn send(socket: &mio::net::UdpSocket, transmit: &Transmit) {
    // A full socket buffer loses a datagram as a network would; SIP repeats it.
    let _lost = socket.send_to(&transmit.octets, transmit.flow.remote);
}

/// Token of the PBX.
const PBX: Token = Token(1 << 20);
/// First token of RTP sockets.
const RTP: usize = 1 << 21;
/// What the PBX's tone extension says: the milliwatt's frequency (ITU-T O.6).
pub const SERVICE_HZ: f32 = 1_020.0;
/// What a real PBX calls a milliwatt (North America's test tone).
pub const MILLIWATT_HZ: f32 = 1_004.0;
/// New peers may have been put on the stage meanwhile.
const LONGEST_WAIT: Duration = Duration::from_millis(200);
