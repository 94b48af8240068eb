//! Passkeys: log-ins that an authenticator of our own signs, and those that a thief would.

use data_encoding::BASE64URL_NOPAD;
use landside_node::config;
use landside_node::control::Request;
use landside_node::node::clock;
use landside_node::people::PASSKEYS_MAX;
use landside_proto::ids::Hash32;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::browser::{Browser, Said};
use super::{Site, WORD, settings};
use crate::world::World;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// An authenticator that does what it is told (WebAuthn § 6).
struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    handle: Value,
    counter: u32,
    flags: u8,
    origin: String,
    rp: String,
}

impl Authenticator {
    fn new(site: &Site, id: u8) -> Self {
        let rng = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &rng)
            .unwrap();
        Self {
            key,
            id: vec![id; 16],
            handle: Value::Null,
            counter: 0,
            flags: PRESENT | VERIFIED,
            origin: format!("http://localhost:{}", site.address.port()),
            rp: "localhost".to_owned(),
        }
    }

    /// Answers options of an enrolment.
    fn create(&mut self, options: &Value) -> Value {
        let asked = &options["publicKey"];
        self.handle = asked["user"]["id"].clone();
        self.counter += 1;
        let mut data = self.data(self.flags | ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        let point = self.key.public_key().as_ref();
        // A COSE_Key of ES256 (RFC 9053 § 7.1.1), in CTAP2's canonical form.
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..65]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        let client = self.client("webauthn.create", &asked["challenge"]);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "response": { "attestationObject": text(&object), "clientDataJSON": text(&client) },
        })
    }

    /// Answers options of a log-in.
    fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        self.again(options)
    }

    /// The same with the counter as it is.
    fn again(&self, options: &Value) -> Value {
        let data = self.data(self.flags);
        let client = self.client("webauthn.get", &options["publicKey"]["challenge"]);
        let message = [&data[..], Hash32::of(&client).as_bytes()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "response": {
                "authenticatorData": text(&data), "clientDataJSON": text(&client),
                "signature": text(signature.as_ref()), "userHandle": self.handle,
            },
        })
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let rp = Hash32::of(self.rp.as_bytes());
        [&rp.as_bytes()[..], &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        let client = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false,
        });
        client.to_string().into_bytes()
    }
}

fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// A passkey of who is logged in.
async fn enrolled(site: &Site, browser: &mut Browser, id: u8) -> Authenticator {
    let mut authenticator = Authenticator::new(site, id);
    let asked = browser.post("/session/passkeys/options", json!({ "password": WORD })).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let credential = authenticator.create(&asked.json["options"]);
    let body = json!({ "name": format!("key {id}"), "credential": credential });
    let said = browser.post("/session/passkeys", body).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(said.json["id"], text(&authenticator.id));
    authenticator
}

/// What names a log-in that begins, and its options.
async fn asked(browser: &mut Browser) -> (Value, Value) {
    let said = browser.post("/session/passkey/options", json!({})).await;
    assert_eq!(said.status, 200, "{said:?}");
    (said.json["id"].clone(), said.json["options"].clone())
}

async fn answer(browser: &mut Browser, id: &Value, credential: &Value) -> Said {
    browser.post("/session/passkey", json!({ "id": id, "credential": credential })).await
}

const WRONG: (u16, &str) = (401, "passkey-wrong");

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_by_passkey_and_is_who_the_password_would_have_let_in() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut desk = site.person(&world, "line", "mia", "Mia Berg", "admin").await;
    let mut key = enrolled(&site, &mut desk, 1).await;
    let listed = desk.get("/session/passkeys").await.json;
    assert_eq!(listed["passkeys"][0]["name"], "key 1");
    assert!(listed["passkeys"][0]["used_at"].is_null());
    let mut phone = site.browser();
    let offered = phone.get("/session/passkey").await;
    assert_eq!(offered.json["origin"], key.origin);
    for _ in 0..2 {
        let (id, options) = asked(&mut phone).await;
        assert_eq!(options["publicKey"]["allowCredentials"], json!([]), "nobody is named");
        let said = answer(&mut phone, &id, &key.get(&options)).await;
        assert_eq!(said.status, 200, "{said:?}");
        assert_eq!((&said.json["login"], &said.json["way"]), (&json!("mia"), &json!("passkey")));
    }
    assert_eq!(phone.get("/session").await.json["way"], "passkey");
    assert_eq!(phone.get("/people").await.status, 200, "the role is the person's");
    assert_eq!(desk.get("/session").await.json["way"], "password", "other sessions go on");
    assert!(desk.get("/session/passkeys").await.json["passkeys"][0]["used_at"].is_string());
    // Nothing that lets anybody in is shown, or on disk but in the verifier's form.
    let people = desk.get("/people").await.json.to_string();
    assert!(people.contains("key 1") && !people.contains(&text(&key.id)), "{people}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_an_answer_the_refusal_is_the_same() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut desk = site.person(&world, "line", "mia", "Mia Berg", "clerk").await;
    let mut other_desk = site.person(&world, "line", "ole", "Ole Hansen", "admin").await;
    let mut key = enrolled(&site, &mut desk, 1).await;
    let other = enrolled(&site, &mut other_desk, 2).await;
    let mut thief = site.browser();
    type Spoil = fn(&mut Authenticator, &Authenticator);
    let spoils: [(&str, Spoil); 6] = [
        ("origin", |key, _| key.origin = "https://console.example".to_owned()),
        ("port", |key, _| key.origin = "http://localhost:1".to_owned()),
        ("relying party", |key, _| key.rp = "console.example".to_owned()),
        ("not verified", |key, _| key.flags = PRESENT),
        ("another's handle", |key, other| key.handle = other.handle.clone()),
        ("another's credential", |key, other| key.id = other.id.clone()),
    ];
    for (what, spoil) in spoils {
        let (origin, rp, flags) = (key.origin.clone(), key.rp.clone(), key.flags);
        let (handle, own) = (key.handle.clone(), key.id.clone());
        spoil(&mut key, &other);
        let (id, options) = asked(&mut thief).await;
        let said = answer(&mut thief, &id, &key.get(&options)).await;
        assert_eq!(said.refusal(), WRONG, "{what}");
        (key.origin, key.rp, key.flags, key.handle, key.id) = (origin, rp, flags, handle, own);
        // What counts failures forgets them.
        let (id, options) = asked(&mut thief).await;
        assert_eq!(answer(&mut thief, &id, &key.get(&options)).await.status, 200, "{what}");
        thief.cookie = None;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_for_its_own_challenge_and_a_copied_key_is_found_out() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut desk = site.person(&world, "line", "mia", "Mia Berg", "clerk").await;
    let mut key = enrolled(&site, &mut desk, 1).await;
    let mut browser = site.browser();
    let (id, options) = asked(&mut browser).await;
    let right = key.get(&options);
    let (other_id, _) = asked(&mut browser).await;
    let swapped = answer(&mut browser, &other_id, &right).await;
    assert_eq!(swapped.refusal(), WRONG, "it answers another challenge");
    assert_eq!(answer(&mut browser, &json!("nothing"), &right).await.refusal(), WRONG);
    assert_eq!(answer(&mut browser, &id, &right).await.status, 200);
    browser.cookie = None;
    assert_eq!(answer(&mut browser, &id, &right).await.refusal(), WRONG, "it is used");
    let (id, options) = asked(&mut browser).await;
    let copy = answer(&mut browser, &id, &key.again(&options)).await;
    assert_eq!(copy.refusal(), WRONG, "the counter stands still: two have this key");
    assert!(browser.cookie.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_account_any_more_has_no_passkey_either() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut admin = site.person(&world, "line", "ole", "Ole Hansen", "admin").await;
    let mut desk = site.person(&world, "line", "mia", "Mia Berg", "clerk").await;
    assert_eq!(desk.delete("/people/ole/passkeys").await.refusal(), (403, "not-permitted"));
    let mut key = enrolled(&site, &mut desk, 1).await;
    let removed = admin.delete("/people/mia/passkeys").await;
    assert_eq!((removed.status, &removed.json["passkeys"]), (200, &Value::Null));
    assert_eq!(desk.get("/session").await.status, 401, "its sessions ended");
    let mut browser = site.browser();
    let (id, options) = asked(&mut browser).await;
    assert_eq!(answer(&mut browser, &id, &key.get(&options)).await.refusal(), WRONG);
    // The password is a way in still; a person takes an own one away, and the rest of the sessions end.
    let login = json!({ "login": "mia", "password": WORD });
    let mut again = site.browser();
    assert_eq!(again.post("/session", login.clone()).await.status, 200);
    let mut beside = site.browser();
    assert_eq!(beside.post("/session", login).await.status, 200);
    let mut key = enrolled(&site, &mut again, 3).await;
    let path = format!("/session/passkeys/{}", text(&key.id));
    assert_eq!(admin.delete(&path).await.refusal(), (404, "passkey-unknown"), "it is not theirs");
    assert_eq!(again.delete(&path).await.status, 200);
    assert_eq!(again.get("/session").await.status, 200);
    assert_eq!(beside.get("/session").await.status, 401);
    let key_of_closed = enrolled(&site, &mut again, 4).await;
    world.ask("line", Request::PersonClose { login: "mia".to_owned() }).await;
    for mut key in [key_of_closed, {
        key.counter = 9;
        key
    }] {
        let (id, options) = asked(&mut browser).await;
        assert_eq!(answer(&mut browser, &id, &key.get(&options)).await.refusal(), WRONG);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_needs_the_password_and_is_answered_once() {
    let world = World::new(&["line"]).await;
    let site = Site::of(&world, "line").await;
    let mut desk = site.person(&world, "line", "mia", "Mia Berg", "clerk").await;
    let mut key = Authenticator::new(&site, 1);
    let options = "/session/passkeys/options";
    assert_eq!(site.browser().post(options, json!({ "password": WORD })).await.status, 401);
    let wrong = desk.post(options, json!({ "password": "not this one at all" })).await;
    assert_eq!(wrong.refusal(), (403, "password-wrong"));
    let asked = desk.post(options, json!({ "password": WORD })).await.json;
    let credential = key.create(&asked["options"]);
    let body = json!({ "name": "phone", "credential": credential });
    // Another session of the same person began nothing.
    let mut other = site.browser();
    other.post("/session", json!({ "login": "mia", "password": WORD })).await;
    let said = other.post("/session/passkeys", body.clone()).await;
    assert_eq!(said.refusal(), (400, "passkey-not-enrolled"));
    assert_eq!(desk.post("/session/passkeys", body.clone()).await.status, 200);
    let again = desk.post("/session/passkeys", body).await;
    assert_eq!(again.refusal(), (400, "passkey-not-enrolled"), "it was answered");
    key.origin = "https://console.example".to_owned();
    let asked = desk.post(options, json!({ "password": WORD })).await.json;
    let foreign = json!({ "name": "x", "credential": key.create(&asked["options"]) });
    let said = desk.post("/session/passkeys", foreign).await;
    assert_eq!(said.refusal(), (400, "passkey-not-enrolled"), "another page's");
    let excluded = &asked["options"]["publicKey"]["excludeCredentials"];
    assert_eq!(excluded[0]["id"], text(&key.id), "a browser tells what it has already");
    for n in 1..PASSKEYS_MAX {
        enrolled(&site, &mut desk, 10 + u8::try_from(n).unwrap()).await;
    }
    let mut more = Authenticator::new(&site, 99);
    let asked = desk.post(options, json!({ "password": WORD })).await.json;
    let body = json!({ "name": "more", "credential": more.create(&asked["options"]) });
    assert_eq!(desk.post("/session/passkeys", body).await.refusal(), (409, "passkeys-full"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_passkeys_are_not_offered() {
    let world = World::new(&["line"]).await;
    let origin = "http://192.0.2.1:8080".to_owned();
    let settings = config::Console { origin, ..settings() };
    let site = Site::with(&world, "line", settings, clock).await;
    let mut browser = site.browser();
    browser.fields.push_str("Origin: http://192.0.2.1:8080\r\n");
    assert_eq!(browser.get("/session/passkey").await.json["origin"], Value::Null);
    let said = browser.post("/session/passkey/options", json!({})).await;
    assert_eq!(said.refusal(), (404, "passkeys-not-offered"));
}
