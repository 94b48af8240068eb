//! The screens of the demo's parties: made when the demo is to stay, so that people click on.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use landside_node::home::Home;
use landside_node::node::clock;
use landside_node::people::{Chosen, People, PersonRole};
use serde_json::{Value, json};

use super::port::{PORT_TRIES_MAX, PORTS, Port, seed};
use crate::exit::Failed;

/// Time zone of the demo's port, in which the screens show times.
const ZONE: &str = "Europe/Amsterdam";

/// The role whose node serves drivers' phones.
const HAULIER: &str = "haulier";

/// The message that is left for people to import, of containers that the demo has not released.
const NEXT: &[u8] = include_bytes!("../../../../../fixtures/edifact/coreor-next.edi");

/// Symbols of a password: none is taken for another one. 32, so that five bits choose one.
const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrtuvwxyz";

/// Symbols of a password, in groups of [`GROUP`]: 80 bits.
const PASSWORD_SYMBOLS: usize = 16;
const GROUP: usize = 4;

/// Party, login name, name, role, and the page that the person works on.
const PEOPLE: [(&str, &str, &str, PersonRole, &str); 7] = [
    ("northsea-line", "lotte", "Lotte Smit", PersonRole::Clerk, "/"),
    ("delta-terminal", "tessa", "Tessa de Wit", PersonRole::Admin, "/"),
    ("delta-terminal", "gerrit", "Gerrit Bakker", PersonRole::Gate, "/gate/"),
    ("port-customs", "carlos", "Carlos Visser", PersonRole::Clerk, "/"),
    ("brandt-forwarding", "frits", "Frits Brandt", PersonRole::Clerk, "/"),
    ("polder-trucking", "hilda", "Hilda Polder", PersonRole::Clerk, "/"),
    ("maas-haulage", "milou", "Milou Maas", PersonRole::Clerk, "/"),
];

/// Gives every party of the stopped port a console on loopback and people who may use it, and leaves a
/// message to go on with. Gives what to say of each once it answers: the passwords are kept nowhere.
pub(super) fn open(port: &Port) -> Result<Vec<Value>, Failed> {
    let next = port.dir().join("next.edi");
    fs::write(&next, NEXT).map_err(|e| Failed::broken("file", e))?;
    let mut addresses: Vec<(&str, SocketAddr)> = Vec::new();
    let mut opened = Vec::new();
    for (party, login, name, role, page) in PEOPLE {
        let member = port.member(party)?;
        let known = addresses.iter().find(|(name, _)| *name == party).map(|(_, address)| *address);
        let address = match known {
            Some(address) => address,
            None => {
                let address = free_address()?;
                configure(&member.home, address, member.role == HAULIER)?;
                addresses.push((party, address));
                address
            }
        };
        let password = password()?;
        enrol(&member.home, (login, name, role), &password)?;
        opened.push(json!({
            "event": "demo-console", "name": party, "role": member.role,
            "url": format!("http://{address}{page}"), "login": login, "person": name,
            "person_role": role.as_str(), "password": password,
        }));
    }
    opened.push(json!({ "event": "demo-next", "file": next.display().to_string() }));
    Ok(opened)
}

fn enrol(
    home: &Home,
    (login, name, role): (&str, &str, PersonRole),
    password: &str,
) -> Result<(), Failed> {
    let broken = |error| Failed::broken("demo-people", error);
    let people = People::of(home).map_err(broken)?;
    let now = clock();
    let link = people.add(login, name, role, now).map_err(broken)?;
    let token = link.path.split_once('=').map_or("", |(_, token)| token);
    let chosen = Chosen { login: None, name: None, password };
    people.follow(token, &chosen, now).map(drop).map_err(broken)
}

/// Drivers' phones come over QUIC at the same address.
fn configure(home: &Home, address: SocketAddr, has_phones: bool) -> Result<(), Failed> {
    let path = home.config_file();
    let text = fs::read_to_string(&path).map_err(|e| Failed::broken("file", e))?;
    let quic = if has_phones { format!("quic = \"{address}\"") } else { "quic = \"\"".to_owned() };
    let text = text
        .replace("\nquic = \"\"", &format!("\n{quic}"))
        // The first such line is the console's.
        .replacen("listen = \"\"", &format!("listen = \"{address}\""), 1)
        .replace("zone = \"UTC\"", &format!("zone = \"{ZONE}\""));
    fs::write(&path, text).map_err(|e| Failed::broken("file", e))
}

/// A password that nobody guesses, and that one types off a screen.
fn password() -> Result<String, Failed> {
    let mut password = String::new();
    for (at, byte) in seed()?.iter().take(PASSWORD_SYMBOLS).enumerate() {
        if at > 0 && at % GROUP == 0 {
            password.push('-');
        }
        let symbol = SYMBOLS.get(usize::from(byte % 32)).copied().unwrap_or(b'0');
        password.push(char::from(symbol));
    }
    Ok(password)
}

/// An address on loopback that nobody uses now, over TCP or UDP.
fn free_address() -> Result<SocketAddr, Failed> {
    for _ in 0..PORT_TRIES_MAX {
        let [high, low, ..] = seed()?;
        let port = PORTS.start + u16::from_be_bytes([high, low]) % (PORTS.end - PORTS.start);
        let over_udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port));
        if let (Ok(socket), Ok(_)) = (TcpListener::bind((Ipv4Addr::LOCALHOST, port)), over_udp) {
            return socket.local_addr().map_err(|e| Failed::broken("tcp", e));
        }
    }
    Err(Failed::broken("tcp", "no free TCP port"))
}
