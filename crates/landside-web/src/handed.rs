//! Addresses that the service manager holds for the node (sd_listen_fds(3)): while a node is restarted,
//! connections wait in the system's queue, and nobody is refused.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Mutex, OnceLock, PoisonError};

use listenfd::ListenFd;

/// The listener of an address, if the manager holds it. Each is given once.
pub(crate) fn take(address: SocketAddr) -> io::Result<Option<TcpListener>> {
    static HANDED: OnceLock<Mutex<Vec<TcpListener>>> = OnceLock::new();
    let handed = HANDED.get_or_init(|| Mutex::new(all()));
    let mut handed = handed.lock().unwrap_or_else(PoisonError::into_inner);
    let at = handed.iter().position(|listener| listener.local_addr().is_ok_and(|a| a == address));
    let Some(at) = at else { return Ok(None) };
    let listener = handed.swap_remove(at);
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}

/// Every TCP listener handed to this process.
fn all() -> Vec<TcpListener> {
    let mut handed = ListenFd::from_env();
    // What is no TCP listener is nobody's here.
    (0..handed.len()).filter_map(|at| handed.take_tcp_listener(at).ok().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_nobody_handed_over_is_to_be_taken_by_oneself() {
        assert!(take("127.0.0.1:1".parse().unwrap()).unwrap().is_none());
    }
}
