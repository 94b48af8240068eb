//! Passkeys (WebAuthn, W3C Recommendation, Level 2): challenges that are under way, and what their answers prove. The
//! ceremonies of § 7.1 and § 7.2 are the library's; here is for which address they are, how long one lives, and that each is
//! answered once.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use landside_node::config;
use landside_node::people::{HANDLE_LEN, Passkey};
use landside_proto::ids::UnixMillis;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey as Credential, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder,
};

use crate::attempts::network;

/// How long an answer is awaited: what browsers give people for it (WebAuthn § 15.1 recommends at most ten minutes).
pub const CEREMONY_LIFE: Duration = Duration::from_secs(5 * 60);

/// Most log-ins that are under way; the oldest makes place. About 2 MB.
const CEREMONIES_MAX: usize = 2_000;

/// Most log-ins that are under way from one address: an office behind it at the begin of a shift.
const CEREMONIES_PER_ADDRESS_MAX: usize = 200;

/// Random bytes of what names a log-in that is under way.
const ID_LEN: usize = 32;

/// Something under way.
struct Ceremony<S> {
    state: S,
    /// Whose address began it.
    from: IpAddr,
    began: UnixMillis,
}

impl<S> Ceremony<S> {
    fn is_over(&self, now: UnixMillis) -> bool {
        self.began.plus(CEREMONY_LIFE) <= now
    }
}

/// Passkeys at one address of the console, and what is under way.
pub(crate) struct Passkeys {
    webauthn: Option<(Webauthn, String)>,
    log_ins: Mutex<HashMap<String, Ceremony<DiscoverableAuthentication>>>,
    enrolments: Mutex<HashMap<String, Ceremony<PasskeyRegistration>>>,
}

/// What an enrolment is for.
pub(crate) struct Enrolling<'a> {
    pub(crate) login: &'a str,
    pub(crate) name: &'a str,
    pub(crate) handle: [u8; HANDLE_LEN],
    pub(crate) known: &'a [Passkey],
}

impl Passkeys {
    /// For what the settings say. None are offered where browsers come by an address without a name (WebAuthn § 5.1.2: an
    /// RP ID is a domain), or where the node does not know the name.
    pub(crate) fn of(settings: &config::Console, port: u16) -> Self {
        let origin = origin(settings, port);
        let webauthn = origin.and_then(|origin| Some((webauthn(&origin)?, origin)));
        Self { webauthn, log_ins: Mutex::default(), enrolments: Mutex::default() }
    }

    /// Where pages must be for passkeys to work, if they are offered.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.webauthn.as_ref().map(|(_, origin)| origin.as_str())
    }

    /// Begins an enrolment for a session: the options for the browser. One that was under way there ends.
    pub(crate) fn enrol(
        &self,
        session: &str,
        of: &Enrolling<'_>,
        (from, now): (IpAddr, UnixMillis),
    ) -> Option<Value> {
        let (webauthn, _) = self.webauthn.as_ref()?;
        let known = of.known.iter().filter_map(|passkey| credential(&passkey.credential));
        let known = known.map(|credential| credential.cred_id().clone()).collect();
        let begun = webauthn.start_passkey_registration(
            Uuid::from_bytes(of.handle),
            of.login,
            of.name,
            Some(known),
        );
        let (options, state) = begun.ok()?;
        let mut options = serde_json::to_value(options).ok()?;
        // Log-ins begin without a name: the authenticator must know the person (§ 5.4.6).
        let selection = &mut options["publicKey"]["authenticatorSelection"];
        selection["residentKey"] = json!("required");
        selection["requireResidentKey"] = json!(true);
        let mut all = lock(&self.enrolments);
        all.retain(|_, ceremony| !ceremony.is_over(now));
        make_place(&mut all, from);
        all.insert(session.to_owned(), Ceremony { state, from, began: now });
        Some(options)
    }

    /// Ends an enrolment: the credential's id and what is to be kept of it. Whatever comes of it, it is not answered again.
    pub(crate) fn enrolled(
        &self,
        session: &str,
        answer: &RegisterPublicKeyCredential,
        now: UnixMillis,
    ) -> Result<(String, Value), String> {
        let ceremony = lock(&self.enrolments).remove(session).filter(|one| !one.is_over(now));
        let (Some((webauthn, _)), Some(ceremony)) = (&self.webauthn, ceremony) else {
            return Err("no enrolment is under way here; begin anew".to_owned());
        };
        let credential = webauthn.finish_passkey_registration(answer, &ceremony.state);
        let credential = credential.map_err(|error| error.to_string())?;
        let kept = serde_json::to_value(&credential).map_err(|error| error.to_string())?;
        Ok((id(credential.cred_id()), kept))
    }

    /// Begins a log-in: what names it, and the options for the browser.
    pub(crate) fn ask(&self, from: IpAddr, now: UnixMillis) -> Option<(String, Value)> {
        let (webauthn, _) = self.webauthn.as_ref()?;
        let (mut options, state) = webauthn.start_discoverable_authentication().ok()?;
        // The person presses a button; nothing is offered while a name is typed.
        options.mediation = None;
        let mut name = [0; ID_LEN];
        getrandom::fill(&mut name).ok()?;
        let name = BASE64URL_NOPAD.encode(&name);
        let from = network(from);
        let mut all = lock(&self.log_ins);
        all.retain(|_, ceremony| !ceremony.is_over(now));
        make_place(&mut all, from);
        all.insert(name.clone(), Ceremony { state, from, began: now });
        Some((name, serde_json::to_value(options).ok()?))
    }

    /// Takes a log-in that is under way: it is answered once.
    pub(crate) fn take(&self, name: &str, now: UnixMillis) -> Option<Asked> {
        let ceremony = lock(&self.log_ins).remove(name)?;
        (!ceremony.is_over(now)).then_some(Asked(ceremony.state))
    }

    /// What is to be kept of a passkey from now on whose answer to this log-in is right.
    pub(crate) fn judge(
        &self,
        Asked(state): Asked,
        answer: &PublicKeyCredential,
        passkey: &Passkey,
    ) -> Result<Value, String> {
        let (webauthn, _) = self.webauthn.as_ref().ok_or("passkeys are not offered")?;
        let mut kept = credential(&passkey.credential).ok_or("what is kept of it is not read")?;
        let proven = webauthn
            .finish_discoverable_authentication_v2(answer, state, &kept)
            .map_err(|error| error.to_string())?;
        if !proven.user_verified() {
            return Err("the authenticator did not see who it was".to_owned());
        }
        kept.update_credential(&proven).ok_or("it is another credential")?;
        serde_json::to_value(&kept).map_err(|error| error.to_string())
    }
}

/// A log-in that was under way.
pub(crate) struct Asked(DiscoverableAuthentication);

/// Whom an answer says it is of: the person's handle and the credential's id.
pub(crate) fn claimed(answer: &PublicKeyCredential) -> Option<([u8; HANDLE_LEN], String)> {
    let handle = answer.get_user_unique_id()?.try_into().ok()?;
    Some((handle, id(answer.get_credential_id())))
}

fn id(credential: &[u8]) -> String {
    BASE64URL_NOPAD.encode(credential)
}

fn credential(kept: &Value) -> Option<Credential> {
    serde_json::from_value(kept.clone()).ok()
}

fn lock<S>(
    all: &Mutex<HashMap<String, Ceremony<S>>>,
) -> MutexGuard<'_, HashMap<String, Ceremony<S>>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make_place<S>(all: &mut HashMap<String, Ceremony<S>>, from: IpAddr) {
    let of_address = all.values().filter(|ceremony| ceremony.from == from).count();
    if of_address >= CEREMONIES_PER_ADDRESS_MAX {
        forget_oldest(all, |ceremony| ceremony.from == from);
    }
    if all.len() >= CEREMONIES_MAX {
        forget_oldest(all, |_| true);
    }
}

fn forget_oldest<S>(all: &mut HashMap<String, Ceremony<S>>, among: impl Fn(&Ceremony<S>) -> bool) {
    let oldest = all.iter().filter(|(_, one)| among(one)).min_by_key(|(_, one)| one.began);
    if let Some(name) = oldest.map(|(name, _)| name.clone()) {
        all.remove(&name);
    }
}

/// Where browsers come to: as configured; without, a node that listens to its own machine only is reached as `localhost`.
fn origin(settings: &config::Console, port: u16) -> Option<String> {
    if !settings.origin.is_empty() {
        return Some(settings.origin.clone());
    }
    let listen = settings.listen?.ip().to_canonical();
    let scheme = if settings.is_secure() { "https" } else { "http" };
    (listen == IpAddr::V4(Ipv4Addr::LOCALHOST)).then(|| format!("{scheme}://localhost:{port}"))
}

fn webauthn(origin: &str) -> Option<Webauthn> {
    let url = Url::parse(origin).ok()?;
    // Addresses are no domains, and browsers sign nothing for pages that came in the clear from another machine.
    let domain = url.domain()?.to_owned();
    if url.scheme() != "https" && domain != "localhost" {
        return None;
    }
    let builder = WebauthnBuilder::new(&domain, &url).ok()?;
    builder.rp_name("Landside").timeout(CEREMONY_LIFE).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis::from_millis(1_000_000_000_000 + seconds * 1000)
    }

    fn named(origin: &str) -> Passkeys {
        let settings = config::Console { origin: origin.to_owned(), ..config::Console::default() };
        Passkeys::of(&settings, 8443)
    }

    fn from(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn passkeys_are_offered_where_browsers_come_by_a_name_they_may_be_for() {
        for origin in
            ["https://console.example", "https://console.example:8443", "http://localhost:80"]
        {
            assert_eq!(named(origin).origin(), Some(origin), "{origin}");
        }
        for origin in ["https://192.0.2.1", "https://[2001:db8::1]:8443", "http://console.example"]
        {
            assert_eq!(named(origin).origin(), None, "{origin}");
        }
        let listening = |listen: &str| {
            let listen = Some(listen.parse().unwrap());
            Passkeys::of(&config::Console { listen, ..config::Console::default() }, 8443)
        };
        assert_eq!(listening("127.0.0.1:0").origin(), Some("http://localhost:8443"));
        for unnamed in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
            assert_eq!(listening(unnamed).origin(), None, "{unnamed}");
        }
        assert!(named("https://192.0.2.1").ask(from(1), at(0)).is_none());
    }

    #[test]
    fn a_log_in_is_answered_once_and_not_late() {
        let passkeys = named("https://console.example");
        let (name, options) = passkeys.ask(from(1), at(0)).unwrap();
        assert_eq!(options["publicKey"]["rpId"], "console.example");
        assert_eq!(options["publicKey"]["userVerification"], "required");
        assert_eq!(options["publicKey"]["allowCredentials"], json!([]), "nobody is named");
        assert!(options["mediation"].is_null());
        assert!(passkeys.take("another", at(1)).is_none());
        assert!(passkeys.take(&name, at(1)).is_some());
        assert!(passkeys.take(&name, at(1)).is_none(), "it was answered");
        let (late, _) = passkeys.ask(from(1), at(0)).unwrap();
        assert!(passkeys.take(&late, at(CEREMONY_LIFE.as_secs())).is_none(), "it is over");
    }

    #[test]
    fn who_begins_log_ins_without_end_takes_the_place_of_his_own() {
        let passkeys = named("https://console.example");
        let (other, _) = passkeys.ask(from(1), at(0)).unwrap();
        let (own, _) = passkeys.ask(from(2), at(1)).unwrap();
        for _ in 0..CEREMONIES_PER_ADDRESS_MAX {
            passkeys.ask(from(2), at(2)).unwrap();
        }
        assert!(passkeys.take(&own, at(3)).is_none());
        assert!(passkeys.take(&other, at(3)).is_some());
    }

    #[test]
    fn an_enrolment_asks_for_a_passkey_that_knows_its_person() {
        let passkeys = named("https://console.example");
        let of = Enrolling { login: "mia", name: "Mia Berg", handle: [7; HANDLE_LEN], known: &[] };
        let options = passkeys.enrol("session", &of, (from(1), at(0))).unwrap();
        let selection = &options["publicKey"]["authenticatorSelection"];
        assert_eq!(selection["residentKey"], "required");
        assert_eq!(selection["requireResidentKey"], true);
        assert_eq!(selection["userVerification"], "required");
        assert_eq!(options["publicKey"]["user"]["id"], id(&[7; HANDLE_LEN]));
    }
}
