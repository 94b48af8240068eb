//! Telling the service manager how the node stands (sd_notify(3)): it is up, it is stopping.

use std::env;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Where the manager listens, by its variable.
const SOCKET: &str = "NOTIFY_SOCKET";

/// Says it, if somebody listens. That nobody hears it keeps no node from running.
pub(crate) fn tell(state: &str) {
    let Some(path) = env::var_os(SOCKET) else { return };
    let bytes = path.as_bytes();
    let address = match bytes.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&path),
    };
    let told = address.and_then(|address| {
        UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(drop)
    });
    if let Err(error) = told {
        // Before logs begin, and worth a line to whoever started it by hand.
        eprintln!("the service manager cannot be told: {error}");
    }
}
