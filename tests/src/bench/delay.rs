//! A longer way between two nodes of this machine: TCP that is passed on after a while, in order, each way alike. Threads
//! and not tasks, because a runtime's timer only counts whole milliseconds.

use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Bytes, and when they may go on.
type Due = (Instant, Vec<u8>);

/// A door to a node that is further away than it seems. Stays open until the process ends.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    address: SocketAddr,
}

impl Delay {
    /// Opens a door to `to`, a round trip of `rtt` away.
    ///
    /// # Errors
    /// Where no port can be opened.
    pub fn open(to: SocketAddr, rtt: Duration) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if let Err(error) = join(near, to, rtt / 2) {
                    tracing::warn!(%error, "the far node cannot be reached");
                }
            }
        });
        Ok(Self { address })
    }

    /// Where the door is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn join(near: TcpStream, to: SocketAddr, one_way: Duration) -> Result<()> {
    let far = TcpStream::connect(to)?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
    }
    carry(near.try_clone()?, far.try_clone()?, one_way);
    carry(far, near, one_way);
    Ok(())
}

fn carry(from: TcpStream, to: TcpStream, one_way: Duration) {
    let (sender, receiver) = channel();
    std::thread::spawn(move || take(from, &sender, one_way));
    std::thread::spawn(move || give(to, &receiver));
}

fn take(mut from: TcpStream, sender: &Sender<Due>, one_way: Duration) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if sender.send((Instant::now() + one_way, buffer[..count].to_vec())).is_err() {
            return;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "to be late is what it is for")]
fn give(mut to: TcpStream, receiver: &Receiver<Due>) {
    for (due, bytes) in receiver {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // The one end is closed, so the other is.
    drop(to.shutdown(Shutdown::Both));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_in_order_and_late_both_ways() {
        let echo = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let door = Delay::open(echo.local_addr().unwrap(), Duration::from_millis(20)).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = echo.accept().unwrap();
            let mut word = [0; 5];
            while stream.read_exact(&mut word).is_ok() {
                stream.write_all(&word).unwrap();
            }
        });
        let mut stream = TcpStream::connect(door.address()).unwrap();
        let begun = Instant::now();
        for word in [b"first", b"later"] {
            stream.write_all(word).unwrap();
        }
        let mut heard = [0; 10];
        stream.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"firstlater");
        assert!(begun.elapsed() >= Duration::from_millis(20), "{:?}", begun.elapsed());
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(
            stream.read(&mut heard).unwrap(),
            0,
            "the far end hears that this one is closed"
        );
    }
}
