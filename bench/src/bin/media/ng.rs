//! The control protocol of rtpengine: a cookie and a bencoded dictionary per datagram.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// A value to send.
pub(crate) enum Value<'a> {
    Dictionary(Vec<(&'a str, Value<'a>)>),
    List(Vec<Value<'a>>),
    Text(&'a str),
}

/// A conversation with the daemon.
pub(crate) struct Ng {
    socket: UdpSocket,
    cookie: u32,
}

impl Ng {
    pub(crate) fn connect(to: SocketAddr) -> std::io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(to)?;
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        Ok(Self { socket, cookie: 0 })
    }

    /// Asks, and answers the whole reply as text.
    pub(crate) fn ask(&mut self, request: Value<'_>) -> Option<String> {
        self.cookie += 1;
        let mut octets = format!("c{} ", self.cookie).into_bytes();
        request.write(&mut octets);
        self.socket.send(&octets).ok()?;
        let mut reply = [0; 16_000];
        let len = self.socket.recv(&mut reply).ok()?;
        Some(String::from_utf8_lossy(&reply[..len]).into_owned())
    }
}

impl Value<'_> {
    fn write(self, to: &mut Vec<u8>) {
        match self {
            Self::Dictionary(mut pairs) => {
                pairs.sort_by_key(|pair| pair.0);
                to.push(b'd');
                for (key, value) in pairs {
                    Value::Text(key).write(to);
                    value.write(to);
                }
                to.push(b'e');
            }
            Self::List(values) => {
                to.push(b'l');
                values.into_iter().for_each(|value| value.write(to));
                to.push(b'e');
            }
            Self::Text(text) => to.extend(format!("{}:{text}", text.len()).bytes()),
        }
    }
}
