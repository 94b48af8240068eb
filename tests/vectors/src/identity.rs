//! The test keys: public by design, derived from a written rule.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_encoding::BASE64;
use landside_proto::key::{SecretKey, Signer};
use sha2::{Digest, Sha256};

use crate::KEYS;

/// The seed of a test key is the SHA-256 of this text followed by the key's name.
pub const SEED_RULE: &str = "landside test key v1\n";

/// Every test key: its name and whose it is.
pub const NAMES: [(&str, &str); 34] = [
    ("authority-1", "first of three authority keys of the directory"),
    ("authority-2", "second authority key"),
    ("authority-3", "third authority key"),
    ("court", "party `court` (role authority): signs documents"),
    ("court-node", "its node"),
    ("customs", "party `customs`: signs documents"),
    ("customs-node", "its node"),
    ("driver", "a driver's device; the hauliers vouch for it"),
    ("forwarder", "party `forwarder`: signs documents"),
    ("forwarder-node", "its node"),
    ("haulier", "party `haulier`: signs documents"),
    ("haulier-node", "its node"),
    ("line", "party `line`: signs documents"),
    ("line-next", "its next signing key, not yet in force in the vectors"),
    ("line-node", "its node"),
    ("line-old", "its last signing key, no longer in force in the vectors"),
    ("other-customs", "party `other-customs`, a second office: signs documents"),
    ("other-customs-node", "its node"),
    ("other-driver", "a second driver's device; `haulier` vouches for it"),
    ("other-line", "party `other-line`, a second line: signs documents"),
    ("other-line-node", "its node"),
    ("other-terminal", "party `other-terminal`, of `agents.json`: signs documents"),
    ("other-terminal-for-line", "held by `other-terminal`, which signs for `line` with it"),
    ("other-terminal-node", "its node"),
    ("shipper", "party `shipper`: signs documents"),
    ("shipper-node", "its node"),
    ("stranger", "party `stranger`, which no directory lists"),
    ("stranger-driver", "a device that nobody vouches for"),
    ("sub-haulier", "party `sub-haulier`: signs documents"),
    ("sub-haulier-node", "its node"),
    ("terminal", "party `terminal`: signs documents"),
    ("terminal-for-line", "held by `terminal`, which signs for `line` with it"),
    ("terminal-node", "its node"),
    ("terminal-once-for-line", "the same, no longer in force in the vectors"),
];

/// The test key of a name.
#[must_use]
pub fn key(name: &str) -> SecretKey {
    debug_assert!(NAMES.iter().any(|(known, _)| *known == name), "no test key {name}");
    SecretKey::from_seed(seed(name))
}

/// The key files and their README.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let mut readme = README.to_owned();
    let mut files = BTreeMap::new();
    for (name, whose) in NAMES {
        let key = key(name);
        let (public, id) = (key.public_key(), key.public_key().id());
        let _ = writeln!(readme, "| `{name}` | {whose} | `{public}` | `{id}` |");
        files.insert(format!("{KEYS}/{name}.pem"), pem(&seed(name)).into_bytes());
    }
    files.insert(format!("{KEYS}/README.md"), readme.into_bytes());
    files
}

fn seed(name: &str) -> [u8; 32] {
    Sha256::digest(format!("{SEED_RULE}{name}")).into()
}

/// PKCS#8 of version 1 (RFC 8410 § 7), the only one that OpenSSL 3.0 and older readers take: the
/// seed without the public half.
fn pem(seed: &[u8; 32]) -> String {
    let der = [&PKCS8_PREFIX[..], seed].concat();
    let base64 = BASE64.encode(&der);
    format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n")
}

/// DER before the seed: version 0, algorithm Ed25519, an octet string in an octet string.
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

const README: &str = "\
# Test keys

**Never use these keys in production.** They are public: anybody can sign with them. A directory
that lists one of them lists the whole world.

They exist so that vectors, tests and the demo are the same everywhere, and so that another
implementation can make and check the same signatures.

Rule: the 32-byte Ed25519 seed (RFC 8032 § 5.1.5) of a key is the SHA-256 of the ASCII text
`landside test key v1`, a line feed (0x0a) and the key's name. Each file is PKCS#8 PEM (RFC 8410).
In shell, for the key `line`:

```sh
printf 'landside test key v1\\nline' | sha256sum
openssl pkey -in keys/line.pem -text -noout   # shows the same seed as priv
```

`cargo run -p landside-vectors` writes this folder; `cargo test -p landside-vectors` fails when a
file here is not what the rule gives.

| name | whose | public key | key id |
|---|---|---|---|
";
