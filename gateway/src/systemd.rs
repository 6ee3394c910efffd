//! What systemd is told, by datagrams to the socket named in `NOTIFY_SOCKET` (sd_notify(3)). Without that variable nothing is
//! told and nothing fails.

use std::{
    env,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixDatagram},
        },
    },
    sync::Arc,
    time::Duration,
};

/// The way to systemd, if there is one. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Notifier {
    address: Option<Arc<SocketAddr>>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// What the environment says.
    #[must_use]
    pub fn from_environment() -> Self {
        let socket = env::var_os("NOTIFY_SOCKET");
        let number = |name| env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
        // The variables are inherited; those of a parent are not ours.
        let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|usec| ours && *usec > 0).map(Duration::from_micros);
        Self::new(socket.as_deref().map(OsStrExt::as_bytes), watchdog)
    }

    /// A notifier to `socket`, a path, or a name behind `@` in the abstract namespace. `watchdog` is the time after which
    /// systemd kills a process that is silent.
    #[must_use]
    pub fn new(socket: Option<&[u8]>, watchdog: Option<Duration>) -> Self {
        let address = socket.and_then(|socket| match socket.split_first() {
            Some((b'@', name)) => SocketAddr::from_abstract_name(name).ok(),
            Some((b'/', _)) => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(socket)).ok(),
            _ => None,
        });
        Self { address: address.map(Arc::new), watchdog }
    }

    /// Started, or reloaded.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// The configuration is being read again; [`Self::ready`] ends it.
    pub fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// On the way out.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// A line for people.
    pub fn status(&self, text: &str) {
        // A line end would begin another assignment.
        self.tell(&format!("STATUS={}", text.replace(['\n', '\r'], " ")));
    }

    /// Alive.
    pub fn watchdog(&self) {
        self.tell("WATCHDOG=1");
    }

    /// How often [`Self::watchdog`] is to be called: half of systemd's patience, as sd_watchdog_enabled(3) advises.
    #[must_use]
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.address.as_ref()?;
        self.watchdog.map(|patience| patience / 2)
    }

    /// Says [`Self::watchdog`] for as long as `alive` says yes: a process whose control thread hangs is as good as dead.
    /// Ends at once when systemd keeps no watch.
    pub async fn keep_watch<F: Future<Output = bool>>(self, mut alive: impl FnMut() -> F) {
        let Some(interval) = self.watchdog_interval() else { return };
        let mut ticks = tokio::time::interval(interval);
        loop {
            ticks.tick().await;
            if alive().await {
                self.watchdog();
            }
        }
    }

    fn tell(&self, state: &str) {
        let Some(address) = &self.address else { return };
        // A full queue on the other side must not hold up those who have work to do.
        let sent = UnixDatagram::unbound().and_then(|socket| {
            socket.set_write_timeout(Some(Duration::from_secs(1)))?;
            socket.send_to_addr(state.as_bytes(), address.as_ref())
        });
        if let Err(error) = sent {
            tracing::warn!(%error, "systemd cannot be told");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_socket_in_the_file_system() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let notifier = Notifier::new(Some(path.as_os_str().as_bytes()), Some(Duration::from_secs(10)));
        let mut buffer = [0; 256];
        let mut told = || {
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        };
        notifier.ready();
        assert_eq!(told(), "READY=1");
        notifier.reloading();
        assert!(told().starts_with("RELOADING=1\nMONOTONIC_USEC="));
        notifier.status("a\nREADY=1");
        assert_eq!(told(), "STATUS=a READY=1");
        notifier.watchdog();
        assert_eq!(told(), "WATCHDOG=1");
        notifier.stopping();
        assert_eq!(told(), "STOPPING=1");
        assert_eq!(notifier.watchdog_interval(), Some(Duration::from_secs(5)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_watchdog_hears_only_from_the_living() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let notifier = Notifier::new(Some(path.as_os_str().as_bytes()), Some(Duration::from_secs(10)));
        let mut asked = 0;
        let alive = || {
            asked += 1;
            std::future::ready(asked <= 3)
        };
        let watch = notifier.keep_watch(alive);
        assert!(tokio::time::timeout(Duration::from_secs(26), watch).await.is_err());
        let mut buffer = [0; 16];
        let told = std::iter::from_fn(|| socket.recv(&mut buffer).ok()).count();
        assert_eq!((asked, told), (6, 3));
        Notifier::default().keep_watch(|| std::future::ready(true)).await;
    }

    #[test]
    fn tells_an_abstract_socket_and_nobody() {
        let name = format!("dectgate-test-{}", std::process::id());
        let socket =
            UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name.as_bytes()).unwrap()).unwrap();
        Notifier::new(Some(format!("@{name}").as_bytes()), None).ready();
        let mut buffer = [0; 16];
        assert_eq!(socket.recv(&mut buffer).unwrap(), 7);
        for nobody in [None, Some(&b""[..]), Some(&b"relative"[..])] {
            let notifier = Notifier::new(nobody, Some(Duration::from_secs(1)));
            notifier.ready();
            assert_eq!(notifier.watchdog_interval(), None);
        }
    }
}
