//! Who may hand in what a driver signed: the driver, the haulier that vouches at that moment, nobody else.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use landside_node::control::Request;
use landside_node::node::clock;
use landside_proto::directory::Actor;
use landside_proto::document::{
    Condition, CredentialState, DriverCredential, Entry, InterchangeReceipt, Outcome, Remark,
};
use landside_proto::envelope::{self, Signed};
use landside_proto::ids::{DocId, Hash32, Reference};
use landside_proto::presentation;
use serde_json::json;

use crate::exchange::{arrived, bind_and_ask, customs_released};
use crate::peer::{Peer, node_key};
use crate::world::{
    DAY, DRIVER, World, actor, container, id_of, key, later, public, release_fields, sealed,
    visit_of,
};

/// The driver's signature under the terminal's receipt, with these photographs.
pub(crate) fn receipt(number: &str, builds_on: DocId, photos: Vec<Hash32>) -> InterchangeReceipt {
    InterchangeReceipt {
        visit: visit_of(number),
        builds_on,
        seals: vec![Reference::parse("A1").unwrap()],
        condition: Condition::Sound,
        damage: Vec::new(),
        photos,
        remark: None,
    }
}

/// A container that the line released to a haulier, ready to be collected.
pub(crate) async fn released_to(world: &World, haulier: &str, number: &str) {
    world.accepted("line", "release-order", release_fields(number, haulier)).await;
    world.accepted("customs", "customs-status", customs_released(number)).await;
    world.accepted("terminal", "arrival", arrived(number)).await;
    world.until_case_has(haulier, number, 3).await;
}

/// The truck inside, with the terminal's receipt to be signed.
pub(crate) async fn inside(world: &World, number: &str, plate: &str, device: &str) -> DocId {
    let case = world.status("terminal", number).await.unwrap();
    let pass = world.document("terminal", id_of(&case["pass"])).await;
    let shown = presentation::present(&pass, clock(), &node_key(device)).unwrap();
    let check =
        Request::GateCheck { shown: Some(shown), subject: None, plate: Some(plate.to_owned()) };
    let (lines, done) = world.ask("terminal", check).await;
    assert_eq!((&lines[0]["verdict"], done.exit), (&json!("admit"), 0), "{lines:?}");
    let fields = json!({ "container": number, "condition": "sound", "seals": ["A1"] });
    world.accepted("terminal", "interchange-receipt", fields).await
}

/// A world in which the truck of the haulier's driver is inside; gives what the driver signs. From here on
/// a test plays the haulier.
async fn admitted() -> (World, Peer, String, Signed<landside_proto::document::Document>) {
    let mut world = World::new(&["terminal", "line", "customs", "haulier"]).await;
    let number = container(1);
    released_to(&world, "haulier", &number).await;
    bind_and_ask(&world, "haulier", &number).await;
    let plate = world.status("terminal", &number).await.unwrap()["driver"]["plate"].clone();
    let builds_on = inside(&world, &number, plate.as_str().unwrap(), DRIVER).await;
    world.kill("haulier").await;
    let haulier = Peer::come_and_answer(&world, "haulier").await.unwrap();
    let signed = sealed(DRIVER, receipt(&number, builds_on, Vec::new()));
    (world, haulier, number, signed)
}

#[track_caller]
fn code(entry: &Entry) -> &str {
    &entry.refused.as_ref().unwrap_or_else(|| panic!("{entry:?}")).code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_takes_a_drivers_signature_from_the_haulier_that_vouches_and_from_no_other() {
    let (world, haulier, _, signed) = admitted().await;
    for foreign in ["sub-haulier", "forwarder", "shipper"] {
        let peer = Peer::come_and_answer(&world, foreign).await.unwrap();
        let entry = peer.hand_in(signed.bytes()).await;
        assert_eq!(code(&entry), "not-your-document", "{foreign}");
    }
    let entry = haulier.hand_in(signed.bytes()).await;
    assert_eq!(entry.outcome, Outcome::Accepted, "{entry:?}");
    let again = haulier.hand_in(signed.bytes()).await;
    assert_eq!((again.outcome, again.position), (Outcome::Duplicate, entry.position));
    assert_eq!(world.document("terminal", signed.id()).await.bytes(), signed.bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_haulier_changes_no_byte_of_what_its_driver_signed_and_signs_nothing_in_its_name() {
    let (world, haulier, number, signed) = admitted().await;
    for at in [signed.bytes().len() - 1, signed.bytes().len() - 100, 40] {
        let mut changed = signed.bytes().to_vec();
        changed[at] ^= 1;
        let entry = haulier.hand_in(&changed).await;
        assert_eq!(entry.outcome, Outcome::Refused, "byte {at}: {entry:?}");
    }
    // In the driver's name, with the haulier's key: its key id is not the driver's.
    let forged =
        envelope::seal(signed.document().clone(), actor(DRIVER), clock(), &key("haulier")).unwrap();
    assert_eq!(code(&haulier.hand_in(forged.bytes()).await), "key-unknown");
    // In its own name: that is no signature of the driver's.
    let own = sealed("haulier", signed.document().clone());
    assert_eq!(code(&haulier.hand_in(own.bytes()).await), "role-may-not-sign");
    let case = world.status("terminal", &number).await.unwrap();
    assert!(
        case["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .all(|step| { step["kind"] != "interchange-receipt" || step["issuer"] == "terminal" })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_drivers_signature_is_refused_whoever_hands_it_in() {
    let (world, haulier, _, signed) = admitted().await;
    let withdrawn = DriverCredential {
        key: public(DRIVER),
        name: Remark::parse("Wang Wei").unwrap(),
        licence: None,
        valid_until: later(DAY),
        state: CredentialState::Withdrawn,
        replaces: None,
    };
    haulier.accepted(withdrawn).await;
    assert_eq!(code(&haulier.hand_in(signed.bytes()).await), "key-unknown");
    // Another haulier that vouches for the same key makes it known again, and not this one's driver.
    let other = Peer::come_and_answer(&world, "sub-haulier").await.unwrap();
    let vouched = DriverCredential {
        key: public(DRIVER),
        name: Remark::parse("Wang Wei").unwrap(),
        licence: None,
        valid_until: later(DAY),
        state: CredentialState::Active,
        replaces: None,
    };
    other.accepted(vouched).await;
    assert_eq!(code(&haulier.hand_in(signed.bytes()).await), "not-your-document");
    assert_eq!(*signed.issuer(), Actor::Driver(public(DRIVER).id()));
}
