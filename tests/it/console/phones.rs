//! The interface of the driver app, as a phone and as somebody who is none.

use data_encoding::BASE64URL_NOPAD;
use landside_node::config;
use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::device::{Feed, Purpose, proof};
use landside_proto::document::{Document, Kind};
use landside_proto::envelope::reopen;
use landside_proto::evidence::{FindingCode, verify};
use landside_proto::ids::Hash32;
use landside_proto::key::{SecretKey, Signer as _};
use serde_json::{Value, json};

use super::browser::{Browser, Said};
use super::{Site, settings};
use crate::driving::{inside, receipt, released_to};
use crate::export::export;
use crate::world::{DRIVER, World, container, key, later, sealed, until};

/// A phone: a device key, and a browser that sends nothing but what the app does.
pub(super) struct Phone {
    pub(super) browser: Browser,
    pub(super) key: SecretKey,
    token: String,
}

impl Phone {
    pub(super) fn new(site: &Site, name: &str) -> Self {
        let mut browser = site.browser();
        browser.fields = "Sec-Fetch-Site: same-origin\r\n".to_owned();
        Self { browser, key: key(name), token: String::new() }
    }

    async fn post(&mut self, path: &str, body: Value) -> Said {
        self.browser.ask("POST", &format!("//driver/api/{path}"), body.to_string().as_bytes()).await
    }

    fn proof(&self, purpose: Purpose, origin: &str, challenge: &str) -> String {
        BASE64URL_NOPAD.encode(&self.key.sign(&proof(purpose, origin, challenge)))
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.browser.address)
    }

    pub(super) async fn enrol(&mut self, secret: &str) -> Said {
        let shown = self.proof(Purpose::Enrol, &self.origin(), secret);
        let key = self.key.public_key();
        self.post("enrol", json!({ "secret": secret, "key": key, "proof": shown })).await
    }

    pub(super) async fn open_session(&mut self) -> Said {
        let challenge = self.post("challenge", json!({})).await.json["challenge"].clone();
        let challenge = challenge.as_str().unwrap().to_owned();
        let shown = self.proof(Purpose::Session, &self.origin(), &challenge);
        let key = self.key.public_key();
        let body = json!({ "key": key, "challenge": challenge, "proof": shown });
        let said = self.post("session", body).await;
        if let Some(token) = said.json["token"].as_str() {
            self.token = token.to_owned();
            self.browser.fields =
                format!("Sec-Fetch-Site: same-origin\r\nAuthorization: Bearer {token}\r\n");
        }
        said
    }

    async fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Said {
        self.browser.ask(method, &format!("//driver/api/{path}"), body).await
    }

    pub(super) async fn feed(&mut self, after: u64) -> Feed {
        let said = self.ask("GET", &format!("documents?after={after}&wait=0"), &[]).await;
        assert_eq!(said.status, 200, "{said:?}");
        Feed::from_cbor(&said.answer.body).unwrap()
    }
}

/// The secret of an invitation as shown: it is the third field, 16 bytes behind `02 50`.
pub(super) fn secret(invitation: &Value) -> String {
    let text = invitation["path"].as_str().unwrap().split_once("/driver/#i=").unwrap().1;
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let at = bytes.windows(2).rposition(|two| two == [2, 0x50]).unwrap();
    BASE64URL_NOPAD.encode(&bytes[at + 2..at + 18])
}

pub(super) async fn invited(clerk: &mut Browser) -> Value {
    let said = clerk.post("/drivers", json!({ "name": "Wang Wei", "licence": "C-4471" })).await;
    assert_eq!(said.status, 200, "{said:?}");
    said.json
}

pub(super) fn kinds(feed: &Feed) -> Vec<Kind> {
    let opened = feed.documents.iter().map(|d| reopen(d.envelope.to_vec()).unwrap());
    opened.map(|signed| signed.document().kind()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_for_one_key_that_proves_itself_here_and_its_word_names_who_invited() {
    let world = World::new(&["terminal", "haulier"]).await;
    let site = Site::of(&world, "haulier").await;
    let mut clerk = site.person(&world, "haulier", "amina", "Amina Said", "clerk").await;
    let invitation = invited(&mut clerk).await;
    let secret = secret(&invitation);
    let mut phone = Phone::new(&site, DRIVER);
    let elsewhere = phone.proof(Purpose::Enrol, "https://elsewhere.example", &secret);
    let wrong_purpose = phone.proof(Purpose::Session, &phone.origin(), &secret);
    let key = phone.key.public_key();
    for shown in [elsewhere, wrong_purpose, String::new(), "A".repeat(86)] {
        let said =
            phone.post("enrol", json!({ "secret": secret, "key": key, "proof": shown })).await;
        assert_eq!(said.refusal(), (403, "proof-wrong"), "{shown}");
    }
    let unknown = BASE64URL_NOPAD.encode(&[9; 16]);
    assert_eq!(phone.enrol(&unknown).await.refusal(), (404, "invitation-unknown"));
    let said = phone.enrol(&secret).await;
    assert_eq!((said.status, &said.json), (200, &json!({ "zone": "UTC" })), "{said:?}");
    assert_eq!(phone.enrol(&secret).await.status, 200, "the first answer may have been lost");
    let mut other = Phone::new(&site, "driver-2");
    assert_eq!(other.enrol(&secret).await.refusal(), (409, "invitation-used"));
    assert_eq!(other.open_session().await.refusal(), (403, "key-unknown"));

    let drivers = clerk.get("/drivers").await.json;
    let line = &drivers["drivers"][0];
    assert_eq!((&line["state"], &line["counts"]), (&json!("enrolled"), &json!(true)), "{line}");
    assert_eq!(phone.open_session().await.status, 200);
    let feed = phone.feed(0).await;
    assert_eq!(kinds(&feed), [Kind::DriverCredential], "once, though the phone asked twice");
    let signed = reopen(feed.documents[0].envelope.to_vec()).unwrap();
    let Document::DriverCredential(credential) = signed.document() else { panic!("{signed:?}") };
    assert_eq!((credential.key, credential.name.as_str()), (key, "Wang Wei"));
    let id = signed.id().to_string();
    let (lines, _) = world.ask("haulier", Request::Document { id: id.clone() }).await;
    assert_eq!(lines[0]["signed_by"]["name"], "Amina Said");
    let credential = signed.id();
    until("the terminal has it", async || world.position("terminal", credential).await.is_some())
        .await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_no_phone_gets_nothing_and_who_may_not_invite_invites_nobody() {
    let world = World::new(&["terminal", "haulier"]).await;
    let site = Site::of(&world, "haulier").await;
    let mut clerk = site.person(&world, "haulier", "amina", "Amina Said", "clerk").await;
    let mut viewer = site.person(&world, "haulier", "piet", "Piet Visser", "viewer").await;
    let new = json!({ "name": "Wang Wei" });
    assert_eq!(viewer.post("/drivers", new.clone()).await.refusal(), (403, "not-permitted"));
    assert_eq!(viewer.get("/drivers").await.status, 200);
    assert_eq!(site.browser().get("/drivers").await.refusal(), (401, "not-logged-in"));
    let past = json!({ "name": "Wang Wei", "valid_until": "2020-01-01T00:00:00Z" });
    assert_eq!(clerk.post("/drivers", past).await.refusal(), (400, "valid-until-past"));
    assert_eq!(clerk.delete("/drivers/7").await.refusal(), (404, "driver-unknown"));
    let first = invited(&mut clerk).await;
    let change = format!("/drivers/{}/phone", first["driver"]);
    assert_eq!(clerk.post(&change, json!({})).await.refusal(), (409, "driver-no-phone"));

    let mut phone = Phone::new(&site, DRIVER);
    for (method, path) in [
        ("GET", "documents?after=0"),
        ("POST", "documents"),
        ("PUT", "photos/00"),
        ("GET", "documents?after=x"),
    ] {
        assert_eq!(phone.ask(method, path, &[]).await.refusal(), (401, "session-over"), "{path}");
    }
    phone.browser.fields = "Authorization: Bearer x\r\n".to_owned();
    assert_eq!(phone.ask("GET", "documents", &[]).await.refusal(), (401, "session-over"));
    // A page of others that a driver happens to look at.
    phone.browser.fields = "Origin: https://elsewhere.example\r\n".to_owned();
    assert_eq!(phone.post("challenge", json!({})).await.refusal(), (403, "request-foreign"));
    phone.browser.fields = "Sec-Fetch-Site: cross-site\r\n".to_owned();
    assert_eq!(phone.post("challenge", json!({})).await.refusal(), (403, "request-foreign"));
    phone.browser.fields = String::new();
    assert_eq!(phone.ask("POST", "session", b"{").await.refusal(), (400, "bad-request"));
    assert_eq!(phone.ask("POST", "enrol", &[b' '; 5000]).await.refusal(), (413, "body-too-long"));
    let zeros = format!("directory?id={}", "0".repeat(64));
    assert_eq!(phone.ask("GET", &zeros, &[]).await.status, 204);
    assert_eq!(phone.ask("GET", "directory?id=x", &[]).await.refusal(), (400, "bad-field"));
    let edition = phone.ask("GET", "directory?after=0", &[]).await;
    assert_eq!(edition.answer.body, world.directory().bundle());
    assert_eq!(phone.ask("GET", "directory?after=1", &[]).await.status, 204);

    // Who left can let nobody in any more.
    let mut admin = site.person(&world, "haulier", "chen", "Chen Yu", "admin").await;
    assert_eq!(admin.delete("/people/amina").await.status, 200);
    assert_eq!(phone.enrol(&secret(&first)).await.refusal(), (404, "invitation-unknown"));
    let mut tries = 2;
    while phone.enrol(&secret(&first)).await.status != 429 {
        tries += 1;
    }
    assert_eq!(tries, 10, "of this address in a minute");
    site.stop().await;
}

/// Bytes that stand for a picture.
pub(super) const PHOTO: &[u8] = b"as if it were a picture of a dent";

fn as_image(fields: &str) -> String {
    format!("{fields}Content-Type: image/jpeg\r\n")
}

/// A container of the haulier's, and a phone of a driver's that has no job yet.
async fn at_work() -> (World, Site, Phone, Value) {
    at_work_with(settings()).await
}

/// … at a console with these settings.
pub(super) async fn at_work_with(settings: config::Console) -> (World, Site, Phone, Value) {
    let world = World::new(&["terminal", "line", "customs", "haulier"]).await;
    let site = Site::with(&world, "haulier", settings, clock).await;
    let mut clerk = site.person(&world, "haulier", "amina", "Amina Said", "clerk").await;
    let number = container(1);
    released_to(&world, "haulier", &number).await;
    let invitation = invited(&mut clerk).await;
    let mut phone = Phone::new(&site, DRIVER);
    assert_eq!(phone.enrol(&secret(&invitation)).await.status, 200);
    assert_eq!(phone.open_session().await.status, 200);
    (world, site, phone, invitation)
}

/// The phone gets the job and its truck drives in; gives the receipt to be signed.
async fn driven_in(world: &World, phone: &mut Phone, number: &str) -> landside_proto::ids::DocId {
    let plain = phone.browser.fields.clone();
    phone.browser.fields = as_image(&plain);
    let put = format!("photos/{}", Hash32::of(PHOTO));
    assert_eq!(phone.ask("PUT", &put, PHOTO).await.refusal(), (409, "photos-full"), "no job yet");
    phone.browser.fields = plain;
    let key = phone.key.public_key();
    let binding = json!({ "container": number, "driver": key, "plate": "B-LS-1234" });
    world.accepted("haulier", "driver-binding", binding).await;
    let window = json!({ "from": clock(), "until": later(std::time::Duration::from_secs(3600)) });
    let asked = json!({ "container": number, "window": window });
    world.accepted("haulier", "slot-request", asked).await;
    let builds_on = inside(world, number, "B-LS-1234", DRIVER).await;
    until("the haulier has the receipt", async || {
        world.position("haulier", builds_on).await.is_some()
    })
    .await;
    builds_on
}

/// The photograph is in the haulier's evidence file, and no link carried it further.
async fn in_evidence(world: &World, number: &str) {
    let photo = PHOTO;
    world.until_caught_up("haulier", number).await;
    let (bytes, _) = export(world, "haulier", number).await;
    assert!(bytes.windows(photo.len()).any(|part| part == photo), "the photograph is in the file");
    let report = verify(&bytes, Some(world.directory().id()));
    assert!(report.is_sound(), "{:?}", report.findings);
    let of_photos = |code: &FindingCode| code.as_str().starts_with("photo-");
    assert!(!report.findings.iter().any(|finding| of_photos(&finding.code)));
    let (bytes, _) = export(world, "terminal", number).await;
    let report = verify(&bytes, Some(world.directory().id()));
    let missing = report.findings.iter().any(|finding| finding.code == FindingCode::PhotoMissing);
    assert!(missing && report.is_sound(), "no link carries photographs: {:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_hands_in_its_signature_and_photograph_which_goes_into_the_hauliers_evidence() {
    let (mut world, site, mut phone, invitation) = at_work().await;
    let (number, photo) = (container(1), PHOTO.to_vec());
    let (hash, put) = (Hash32::of(&photo), format!("photos/{}", Hash32::of(&photo)));
    let plain = phone.browser.fields.clone();
    let builds_on = driven_in(&world, &mut phone, &number).await;
    let before = phone.feed(0).await;
    let got = kinds(&before);
    for kind in [
        Kind::DriverBinding,
        Kind::Slot,
        Kind::PickupPass,
        Kind::GateDecision,
        Kind::InterchangeReceipt,
    ] {
        assert_eq!(got.iter().filter(|got| **got == kind).count(), 1, "{kind:?} in {got:?}");
    }
    // The haulier has the whole case; its driver gets no more than a driver does.
    assert!(!got.contains(&Kind::ReleaseOrder) && !got.contains(&Kind::CustomsStatus), "{got:?}");
    assert!(before.documents.windows(2).all(|two| two[0].number < two[1].number));

    assert_eq!(phone.ask("PUT", &put, &photo).await.refusal(), (400, "bad-field"), "no image");
    phone.browser.fields = as_image(&plain);
    assert_eq!(phone.ask("PUT", &put, b"other").await.refusal(), (400, "bad-field"));
    assert_eq!(phone.ask("PUT", &put, &photo).await.status, 201);
    assert_eq!(phone.ask("PUT", &put, &photo).await.status, 200);
    phone.browser.fields = plain;

    let foreign = sealed("driver-2", receipt(&number, builds_on, vec![]));
    let said = phone.ask("POST", "documents", foreign.bytes()).await.json;
    assert_eq!((&said["outcome"], &said["code"]), (&json!("refused"), &json!("key-unknown")));
    let wrong = sealed(DRIVER, receipt(&number, foreign.id(), vec![]));
    let said = phone.ask("POST", "documents", wrong.bytes()).await.json;
    assert_eq!((&said["outcome"], &said["code"]), (&json!("refused"), &json!("head-moved")));
    let signed = sealed(DRIVER, receipt(&number, builds_on, vec![hash]));
    for _ in 0..2 {
        let said = phone.ask("POST", "documents", signed.bytes()).await;
        assert_eq!((said.status, &said.json), (200, &json!({ "outcome": "accepted" })), "{said:?}");
    }
    let another = sealed(DRIVER, receipt(&number, builds_on, vec![]));
    let said = phone.ask("POST", "documents", another.bytes()).await.json;
    assert_eq!((&said["outcome"], &said["code"]), (&json!("refused"), &json!("head-moved")));
    until("the signature is in the case", async || {
        world.position("haulier", signed.id()).await.is_some()
    })
    .await;
    let after = phone.feed(before.next).await;
    assert_eq!(kinds(&after), [Kind::InterchangeReceipt], "its own, once it is registered");
    assert_eq!(after.documents[0].envelope.to_vec(), signed.bytes());

    in_evidence(&world, &number).await;

    // After a crash the same numbers, and the same word on the same bytes.
    site.stop().await;
    world.restart("haulier").await;
    let site = Site::of(&world, "haulier").await;
    let mut phone = Phone::new(&site, DRIVER);
    assert_eq!(phone.open_session().await.status, 200);
    let again = phone.feed(0).await;
    let numbers = |feed: &Feed| feed.documents.iter().map(|d| d.number).collect::<Vec<_>>();
    assert_eq!(numbers(&again), [numbers(&before), numbers(&after)].concat());
    let said = phone.ask("POST", "documents", signed.bytes()).await.json;
    assert_eq!(said, json!({ "outcome": "accepted" }));
    site.stop().await;
    world.kill("haulier").await;
    world.fsck("haulier");
    assert!(!world.contents("haulier").contains(&secret(&invitation)), "secrets are kept hashed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_is_changed_or_taken_back_is_served_no_more() {
    let world = World::new(&["terminal", "haulier"]).await;
    let site = Site::of(&world, "haulier").await;
    let mut clerk = site.person(&world, "haulier", "amina", "Amina Said", "clerk").await;
    let invitation = invited(&mut clerk).await;
    let mut old = Phone::new(&site, DRIVER);
    assert_eq!(old.enrol(&secret(&invitation)).await.status, 200);
    assert_eq!(old.open_session().await.status, 200);
    let change = format!("/drivers/{}/phone", invitation["driver"]);
    let taken_back = clerk.post(&change, json!({})).await.json;
    let renewed = clerk.post(&change, json!({})).await.json;
    let mut new = Phone::new(&site, "driver-2");
    let said = new.enrol(&secret(&taken_back)).await;
    assert_eq!(said.refusal(), (404, "invitation-unknown"), "one change at a time");
    assert_eq!(
        old.ask("GET", "documents?after=0", &[]).await.status,
        200,
        "until the new one comes"
    );
    assert_eq!(old.enrol(&secret(&renewed)).await.refusal(), (409, "device-taken"));
    assert_eq!(new.enrol(&secret(&renewed)).await.status, 200);
    assert_eq!(old.ask("GET", "documents?after=0", &[]).await.refusal(), (401, "session-over"));
    assert_eq!(old.open_session().await.refusal(), (403, "key-unknown"));
    assert_eq!(old.enrol(&secret(&invitation)).await.status, 200, "the answer it had");
    assert_eq!(old.open_session().await.refusal(), (403, "key-unknown"), "and no more than that");

    assert_eq!(new.open_session().await.status, 200);
    let feed = new.feed(0).await;
    let signed = reopen(feed.documents[0].envelope.to_vec()).unwrap();
    let Document::DriverCredential(credential) = signed.document() else { panic!("{signed:?}") };
    assert_eq!(credential.replaces, Some(old.key.public_key().id()));
    let states = clerk.get("/drivers").await.json;
    let states: Vec<_> =
        states["drivers"].as_array().unwrap().iter().map(|d| &d["state"]).collect();
    assert_eq!(states, ["enrolled", "closed", "replaced"]);
    let close = format!("/drivers/{}", renewed["driver"]);
    assert_eq!(clerk.delete(&close).await.json["counts"], false);
    assert_eq!(new.ask("GET", "documents?after=0", &[]).await.refusal(), (401, "session-over"));
    assert_eq!(clerk.delete(&close).await.refusal(), (409, "driver-closed"));
    site.stop().await;
}
