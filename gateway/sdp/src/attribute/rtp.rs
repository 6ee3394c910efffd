//! Attributes of an RTP stream: `rtpmap`, `fmtp` (RFC 8866 6.6, 6.15), the direction (6.7), `rtcp` (RFC 3605).

use std::fmt;

use crate::number::number;
use crate::session::Host;

/// Direction of a stream, as seen by the side whose description it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Neither way.
    Inactive,
    /// This side only receives.
    RecvOnly,
    /// This side only sends.
    SendOnly,
    /// Both ways; the default.
    SendRecv,
}

impl Direction {
    /// From whether this side sends and receives.
    pub fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether this side sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendOnly | Self::SendRecv)
    }

    /// Whether this side receives.
    pub fn receives(self) -> bool {
        matches!(self, Self::RecvOnly | Self::SendRecv)
    }

    /// The same stream seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What both allow.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self::new(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// As an attribute name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::RecvOnly => "recvonly",
            Self::SendOnly => "sendonly",
            Self::SendRecv => "sendrecv",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Inactive, Self::RecvOnly, Self::SendOnly, Self::SendRecv]
            .into_iter()
            .find(|direction| direction.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `a=rtpmap:<payload type> <encoding>/<clock>[/<channels>]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtpmap {
    /// 0 to 127.
    pub payload_type: u8,
    /// Encoding name as sent.
    pub encoding: String,
    /// RTP clock, hertz.
    pub clock_rate: u32,
    /// Channels; 1 when not written.
    pub channels: u8,
}

impl Rtpmap {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (payload_type, rest) = value.trim().split_once([' ', '\t'])?;
        let mut parts = rest.trim().split('/');
        let encoding = parts.next().filter(|name| !name.is_empty())?.to_owned();
        let clock_rate = number(parts.next()?.trim()).filter(|rate| *rate > 0)?;
        let channels = match parts.next() {
            Some(channels) => number(channels.trim()).filter(|count| *count > 0)?,
            None => 1,
        };
        Some(Self { payload_type: rtp_payload_type(payload_type)?, encoding, clock_rate, channels })
    }
}

impl fmt::Display for Rtpmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.payload_type, self.encoding, self.clock_rate)?;
        if self.channels > 1 {
            write!(f, "/{}", self.channels)?;
        }
        Ok(())
    }
}

/// `a=fmtp:<payload type> <parameters>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fmtp<'a> {
    /// 0 to 127.
    pub payload_type: u8,
    /// Everything after it.
    pub parameters: &'a str,
}

impl<'a> Fmtp<'a> {
    pub(crate) fn parse(value: &'a str) -> Option<Self> {
        let (payload_type, parameters) = value.trim().split_once([' ', '\t'])?;
        Some(Self { payload_type: rtp_payload_type(payload_type)?, parameters: parameters.trim() })
    }
}

/// The value of one `name=value` in format parameters, names without case; a bare name has an empty value.
pub(crate) fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// `a=rtcp:<port> [<network type> <address type> <address>]` (RFC 3605 2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtcp {
    /// Port of RTCP.
    pub port: u16,
    /// Address, when it differs from that of RTP.
    pub host: Option<Host>,
}

impl Rtcp {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (port, host) = match value.trim().split_once(' ') {
            Some((port, host)) => (port, Host::parse(host.trim())),
            None => (value.trim(), None),
        };
        Some(Self { port: number(port)?, host })
    }
}

impl fmt::Display for Rtcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{} {host}", self.port),
            None => write!(f, "{}", self.port),
        }
    }
}

/// A number of milliseconds; some phones write `20.0` or `20,30` (the first counts).
pub(crate) fn milliseconds(value: &str) -> Option<u16> {
    let digits = value.trim();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    number(&digits[..end]).filter(|ms| *ms > 0)
}

fn rtp_payload_type(text: &str) -> Option<u8> {
    number(text).filter(|number| *number < 128)
}
