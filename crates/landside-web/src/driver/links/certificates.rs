//! The certificates of the phones' QUIC address: made here, good for two weeks at most, and known to a
//! phone by their hash (WebTransport § 6.8, `serverCertificateHashes`).
//!
//! Each is made and told [`SHOWN`] before it is shown, so that whoever asked in that time knows it when
//! it comes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64;
use landside_node::home::{read_bounded, write_durably};
use landside_proto::device::link::CERTIFICATES_MAX;
use landside_proto::ids::{Hash32, UnixMillis};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use wtransport::tls::rustls::crypto::ring::sign::any_ecdsa_type;
use wtransport::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use wtransport::tls::rustls::server::{ClientHello, ResolvesServerCert};
use wtransport::tls::rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

/// How long one is shown, and how long before that it is made and told.
pub const SHOWN: Duration = Duration::from_secs(6 * DAY);

/// How long one is good: browsers take 14 days at most.
pub const CERTIFICATE_LIFE: Duration = Duration::from_secs(13 * DAY);

/// How long before it is shown one is good: a phone's clock may be behind.
const BEFORE: Duration = Duration::from_secs(DAY);

/// How long before its end one is shown no more, whatever else there is: a phone's clock may be ahead.
const SPARE: Duration = Duration::from_secs(2 * DAY);

const DAY: u64 = 24 * 60 * 60;

/// The file in a home, mode 0600.
const FILE: &str = "phones-quic.json";

/// Form of the file.
const VERSION: u32 = 1;

/// Longest file, in bytes: about four times what so many take.
const FILE_MAX: usize = 16 * 1024;

/// What a certificate names: nothing, for it is known by its hash.
const NAME: &str = "landside";

/// The file's form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    certificates: Vec<WrittenOne>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOne {
    from: UnixMillis,
    certificate: String,
    key: Zeroizing<String>,
}

/// A certificate with its key.
#[derive(Clone)]
struct Kept {
    /// From when it is shown.
    from: UnixMillis,
    hash: Hash32,
    certified: Arc<CertifiedKey>,
    written: Arc<WrittenOne>,
}

/// What a home has; the newest that has begun is shown.
pub(super) struct Certificates {
    file: PathBuf,
    clock: fn() -> UnixMillis,
    kept: Mutex<Vec<Kept>>,
}

/// No certificate can be made, or kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct CertificateError(String);

fn failed(error: impl fmt::Display) -> CertificateError {
    CertificateError(error.to_string())
}

impl Certificates {
    /// Those of a home; made where they are missing or cannot be read: phones then come over HTTPS once,
    /// and are told the new ones.
    pub(super) fn of(dir: &Path, clock: fn() -> UnixMillis) -> Result<Self, CertificateError> {
        let file = dir.join(FILE);
        let kept = match read(&file) {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "certificates for phones are made anew");
                Vec::new()
            }
        };
        let all = Self { file, clock, kept: Mutex::new(kept) };
        all.renew()?;
        Ok(all)
    }

    /// Makes what is due, and forgets what has ended. Blocks while it writes.
    pub(super) fn renew(&self) -> Result<(), CertificateError> {
        let now = (self.clock)();
        let mut kept = self.kept();
        let mut due = still_good(&kept, now);
        let shown = match shown(&due, now) {
            Some(shown) => shown.from,
            None => {
                due.insert(0, make(now)?);
                now
            }
        };
        due.retain(|one| one.from >= shown);
        if due.iter().all(|one| one.from <= shown) {
            // After a long sleep, the next one gives those that come a day to hear of it.
            due.push(make(shown.plus(SHOWN).max(now.plus(BEFORE)))?);
        }
        if due.iter().map(|one| one.hash).ne(kept.iter().map(|one| one.hash)) {
            write(&self.file, &due)?;
            *kept = due;
        }
        Ok(())
    }

    /// The hashes to tell phones, the one shown first.
    pub(super) fn told(&self) -> Vec<Hash32> {
        let (kept, now) = (self.kept(), (self.clock)());
        let first = shown(&kept, now).map(|one| one.hash);
        let later = kept.iter().map(|one| one.hash).filter(|hash| Some(*hash) != first);
        first.into_iter().chain(later).take(CERTIFICATES_MAX).collect()
    }

    /// The hash of what is shown now.
    pub(super) fn shown(&self) -> Option<Hash32> {
        shown(&self.kept(), (self.clock)()).map(|one| one.hash)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates(..)")
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        shown(&self.kept(), (self.clock)()).map(|one| Arc::clone(&one.certified))
    }
}

/// The newest that has begun.
fn shown(kept: &[Kept], now: UnixMillis) -> Option<&Kept> {
    kept.iter().filter(|one| one.from <= now).max_by_key(|one| one.from)
}

/// Those that may be shown now or are to come next. A clock that was set back makes others look far off.
fn still_good(kept: &[Kept], now: UnixMillis) -> Vec<Kept> {
    let good = CERTIFICATE_LIFE.saturating_sub(BEFORE).saturating_sub(SPARE);
    let is_good = |one: &&Kept| now < one.from.plus(good) && one.from <= now.plus(SHOWN);
    kept.iter().filter(is_good).cloned().collect()
}

/// A new one, shown from a moment on.
fn make(from: UnixMillis) -> Result<Kept, CertificateError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).map_err(failed)?;
    let seconds = i64::try_from(from.as_secs()).map_err(failed)?;
    let begins = OffsetDateTime::from_unix_timestamp(seconds).map_err(failed)? - BEFORE;
    (params.not_before, params.not_after) = (begins, begins + CERTIFICATE_LIFE);
    let certificate = params.self_signed(&key).map_err(failed)?;
    let key = Zeroizing::new(key.serialize_der());
    kept(WrittenOne {
        from,
        certificate: BASE64.encode(certificate.der()),
        key: Zeroizing::new(BASE64.encode(&key)),
    })
}

fn kept(written: WrittenOne) -> Result<Kept, CertificateError> {
    let der = BASE64.decode(written.certificate.as_bytes()).map_err(failed)?;
    let key = Zeroizing::new(BASE64.decode(written.key.as_bytes()).map_err(failed)?);
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    let key = any_ecdsa_type(&key).map_err(failed)?;
    let hash = Hash32::of(&der);
    let certified = Arc::new(CertifiedKey::new(vec![CertificateDer::from(der)], key));
    Ok(Kept { from: written.from, hash, certified, written: Arc::new(written) })
}

fn read(file: &Path) -> Result<Vec<Kept>, CertificateError> {
    let bytes = match read_bounded(file, FILE_MAX) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let written: Written = serde_json::from_slice(&bytes).map_err(failed)?;
    if written.version != VERSION {
        return Err(failed(format!("version {} is not read here", written.version)));
    }
    let mut all = written.certificates.into_iter().map(kept).collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|one| one.from);
    all.truncate(CERTIFICATES_MAX);
    Ok(all)
}

fn write(file: &Path, kept: &[Kept]) -> Result<(), CertificateError> {
    #[derive(Serialize)]
    struct Lines<'a> {
        version: u32,
        certificates: Vec<&'a WrittenOne>,
    }
    let certificates = kept.iter().map(|one| one.written.as_ref()).collect();
    let text = serde_json::to_vec_pretty(&Lines { version: VERSION, certificates });
    write_durably(file, &Zeroizing::new(text.map_err(failed)?)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const START: u64 = 1_790_000_000;

    /// A clock of one test: seconds behind the start.
    macro_rules! clock {
        ($name:ident) => {{
            static $name: AtomicU64 = AtomicU64::new(START);
            fn now() -> UnixMillis {
                UnixMillis::from_millis($name.load(Ordering::SeqCst) * 1000)
            }
            (&$name, now as fn() -> UnixMillis)
        }};
    }

    #[test]
    fn the_next_one_is_told_before_it_is_shown_and_whoever_knew_it_never_needs_another() {
        let (seconds, clock) = clock!(TOLD);
        let dir = tempfile::tempdir().unwrap();
        let all = Certificates::of(dir.path(), clock).unwrap();
        let mut known = all.told();
        assert_eq!((known.len(), known.first().copied()), (2, all.shown()));
        let mut shown = vec![known[0]];
        // Every hour of two months, a phone that asks every fifth day.
        for hour in 1..60 * 24 {
            seconds.store(START + hour * 3600, Ordering::SeqCst);
            all.renew().unwrap();
            let now = all.shown().unwrap();
            assert!(known.contains(&now), "hour {hour}");
            if shown.last() != Some(&now) {
                shown.push(now);
            }
            if hour % (5 * 24) == 0 {
                known = all.told();
            }
        }
        assert_eq!(shown.len(), 10, "six days each");
        assert!(all.told().len() <= CERTIFICATES_MAX);
    }

    #[test]
    fn they_outlive_a_restart_and_a_file_that_cannot_be_read_is_replaced() {
        let (_, clock) = clock!(RESTART);
        let dir = tempfile::tempdir().unwrap();
        let told = Certificates::of(dir.path(), clock).unwrap().told();
        assert_eq!(Certificates::of(dir.path(), clock).unwrap().told(), told);
        let file = dir.path().join(FILE);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        for broken in ["", "{}", r#"{"version":2,"certificates":[]}"#] {
            std::fs::write(&file, broken).unwrap();
            let anew = Certificates::of(dir.path(), clock).unwrap().told();
            assert_eq!(anew.len(), 2);
            assert_ne!(anew, told);
        }
    }

    #[test]
    fn after_a_sleep_the_last_one_is_shown_as_long_as_it_is_good_and_then_another() {
        let (seconds, clock) = clock!(SLEEP);
        for (days, is_known) in [(7, true), (14, true), (17, false), (400, false)] {
            let dir = tempfile::tempdir().unwrap();
            seconds.store(START, Ordering::SeqCst);
            let told = Certificates::of(dir.path(), clock).unwrap().told();
            seconds.store(START + days * DAY, Ordering::SeqCst);
            let all = Certificates::of(dir.path(), clock).unwrap();
            assert_eq!(all.shown() == Some(told[1]), is_known, "day {days}");
            assert_eq!(all.told().len(), 2, "day {days}");
        }
    }

    #[test]
    fn a_clock_that_ran_ahead_and_was_set_back_leaves_something_to_show() {
        let (seconds, clock) = clock!(BACK);
        let dir = tempfile::tempdir().unwrap();
        for seconds_then in [START + 400 * DAY, START] {
            seconds.store(seconds_then, Ordering::SeqCst);
            let all = Certificates::of(dir.path(), clock).unwrap();
            assert!(all.shown().is_some());
            assert_eq!(all.told().len(), 2);
        }
    }

    #[test]
    fn one_is_good_for_thirteen_days_with_a_key_that_browsers_take() {
        let made = make(UnixMillis::from_millis(START * 1000)).unwrap();
        let der = made.certified.cert[0].as_ref();
        // Twice UTCTime (RFC 5280 § 4.1.2.5): a day before, and twelve behind.
        let times: Vec<&[u8]> = der
            .windows(15)
            .filter(|part| part[..2] == [0x17, 13] && part[14] == b'Z')
            .map(|part| &part[2..])
            .collect();
        assert_eq!(times, [b"260920141320Z", b"261003141320Z"]);
        // id-ecPublicKey with prime256v1 (RFC 5480 § 2.1.1).
        let p256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
        assert!(der.windows(p256.len()).any(|part| part == p256));
    }
}
