use std::collections::HashMap;
use std::sync::Arc;

use landside_proto::directory::{Actor, Authorities, Directory, Drivers};
use landside_proto::directory::{add_signature, edition_id};
use landside_proto::document::{DirectoryEdition, KeyEntry, PartyEntry, ReleaseTerms, Role};
use landside_proto::ids::{BillNo, ContainerNo, PartyId};
use landside_proto::key::{SecretKey, Signer as _};
use landside_proto::sealed::{SALT_LEN, SealedField, SealedFields, SealedValue};
use tempfile::TempDir;

use super::*;
use crate::config::Config;
use crate::group::Counters;
use crate::store::{SledStore, StoreOptions};

const NOW: UnixMillis = UnixMillis::from_millis(1_795_406_400_000);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn party(name: &str) -> PartyId {
    PartyId::parse(name).unwrap()
}

fn person(name: &str) -> Remark {
    Remark::parse(name).unwrap()
}

/// A line's store, reopened by every group like after a restart.
struct Line {
    _dir: TempDir,
    store: SledStore,
    registrar: Registrar,
    authorities: Authorities,
}

impl Line {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let options = StoreOptions { reserve_bytes: 0, free_min: 0, ..StoreOptions::default() };
        let store = SledStore::open(dir.path(), options).unwrap();
        let edition = DirectoryEdition {
            network: person("tests"),
            number: 1,
            previous: None,
            threshold: 1,
            authorities: vec![key(1).public_key()],
            valid_from: UnixMillis::from_millis(0),
            valid_until: NOW.plus(PENDING_LIFE * 100),
            parties: vec![PartyEntry {
                id: party("line"),
                name: person("Line"),
                roles: vec![Role::Line],
                signing_keys: vec![KeyEntry {
                    key: key(2).public_key(),
                    from: UnixMillis::from_millis(0),
                    until: None,
                }],
                node_keys: vec![key(3).public_key()],
                addresses: Vec::new(),
                rotations_from: None,
                agents: Vec::new(),
            }],
        };
        let bundle = add_signature(&[], &edition, NOW, &key(1)).unwrap();
        let directory = Directory::found(&bundle, edition_id(&edition).unwrap(), NOW).unwrap();
        let registrar = Registrar {
            me: Actor::Party(party("line")),
            signer: Arc::new(key(2)),
            config: Config::default(),
            profiles: HashMap::new(),
            channels: Vec::new(),
        };
        let drivers = Arc::new(Drivers::default());
        let authorities =
            Authorities { directory: Arc::new(directory), drivers, rotations: Arc::default() };
        Self { _dir: dir, store, registrar, authorities }
    }

    fn group(&self, now: UnixMillis) -> Group<'_> {
        let counters = Counters::load(&self.store).unwrap();
        Group::new(&self.store, counters, self.authorities.clone(), now)
    }

    fn commit(&self, group: &Group<'_>) {
        Store::commit(&self.store, group.batch()).unwrap();
    }

    fn asked(&self, now: UnixMillis) -> PendingId {
        let mut group = self.group(now);
        let id = self.asked_in(&mut group);
        self.commit(&group);
        id
    }

    fn asked_in(&self, group: &mut Group<'_>) -> PendingId {
        match self.registrar.propose(group, order().into(), Some(person("Ann"))).unwrap() {
            Proposed::Waits(draft) => draft.id,
            Proposed::TooMany => panic!("too many"),
        }
    }

    fn waiting(&self, now: UnixMillis) -> Vec<PendingId> {
        all(&self.store, now).unwrap().iter().map(|draft| draft.id).collect()
    }
}

fn order() -> Document {
    let container = ContainerNo::parse("MSKU1234565").unwrap();
    ReleaseOrder::of(
        Visit { terminal: party("terminal"), container },
        BillNo::parse("BL-1").unwrap(),
        ReleaseTerms::of(party("forwarder"), NOW.plus(PENDING_LIFE * 9)),
    )
    .into()
}

#[test]
fn a_name_of_a_draft_reads_as_it_prints_and_nothing_else_does() {
    let id = PendingId { number: 7, check: [0x3f, 0xa2, 0xc1, 0x09] };
    assert_eq!(id.to_string(), "7-3fa2c109");
    assert_eq!(PendingId::parse(" 7-3FA2c109\n"), Some(id));
    for text in ["", "7", "7-", "-3fa2c109", "x-3fa2c109", "7-3fa2c1", "7-3fa2c109aa", "7-zzzzzzzz"]
    {
        assert_eq!(PendingId::parse(text), None, "{text}");
    }
}

#[test]
fn a_draft_waits_its_time_and_not_a_moment_longer() {
    let line = Line::new();
    let id = line.asked(NOW);
    let last = UnixMillis::from_millis(NOW.plus(PENDING_LIFE).as_millis() - 1);
    assert_eq!(line.waiting(last), [id]);
    assert!(find(&line.group(last), id).unwrap().is_some());
    let over = NOW.plus(PENDING_LIFE);
    assert!(line.waiting(over).is_empty());
    let late = agreed(&line.group(over), id, person("Ben"));
    assert!(matches!(late, Ok(None)), "nobody agrees to it any more");
}

#[test]
fn drafts_too_old_make_room_for_the_next() {
    let line = Line::new();
    line.asked(NOW);
    line.asked(NOW);
    let young = line.asked(NOW.plus(PENDING_LIFE / 2));
    let later = NOW.plus(PENDING_LIFE);
    let mut group = line.group(later);
    assert_eq!(group.counters.waiting_for_person, 3);
    // Two in one group: the second must not clear away what the first one did.
    let (one, two) = (line.asked_in(&mut group), line.asked_in(&mut group));
    assert_eq!(group.counters.waiting_for_person, 3);
    line.commit(&group);
    assert_eq!(line.waiting(later), [young, one, two]);
    assert_eq!(line.group(later).counters.waiting_for_person, 3, "as counted anew");
}

#[test]
fn no_more_drafts_wait_than_the_limit() {
    let line = Line::new();
    line.asked(NOW);
    let mut group = line.group(NOW);
    group.counters.waiting_for_person = PENDING_MAX;
    let full = line.registrar.propose(&mut group, order().into(), Some(person("Ann")));
    assert!(matches!(full, Ok(Proposed::TooMany)));
    let mut group = line.group(NOW.plus(PENDING_LIFE));
    group.counters.waiting_for_person = PENDING_MAX;
    let room = line.registrar.propose(&mut group, order().into(), Some(person("Ann")));
    assert!(matches!(room, Ok(Proposed::Waits(_))), "the one too old gave its place");
}

#[test]
fn a_draft_that_breaks_a_rule_of_its_own_does_not_wait() {
    let line = Line::new();
    let Document::ReleaseOrder(mut wrong) = order() else { panic!("an order") };
    wrong.terms.valid_from = Some(wrong.terms.valid_until);
    let mut group = line.group(NOW);
    let refused =
        line.registrar.propose(&mut group, Document::from(wrong).into(), Some(person("Ann")));
    assert!(matches!(refused, Err(TakeError::Refused(r)) if r.code == Code::BadField));
    let nobody = line.registrar.propose(&mut group, order().into(), None);
    assert!(matches!(nobody, Err(TakeError::Refused(r)) if r.code == Code::TwoPersons));
    assert_eq!(group.counters.waiting_for_person, 0);
}

#[test]
fn the_names_of_both_are_in_what_is_signed() {
    let line = Line::new();
    let id = line.asked(NOW);
    let group = line.group(NOW);
    let Document::ReleaseOrder(signed) =
        agreed(&group, id, person("Ben")).unwrap().unwrap().document
    else {
        panic!("an order")
    };
    assert_eq!(signed.approved_by, Some([person("Ann"), person("Ben")].into()));
    let Document::ReleaseOrder(asked) = order() else { panic!("an order") };
    assert_eq!(ReleaseOrder { approved_by: None, ..signed }, asked, "and nothing else changed");
    let same = agreed(&group, id, person(" ANN"));
    assert!(matches!(same, Err(TakeError::Refused(r)) if r.code == Code::SamePerson));
}

fn sealing(texts: &[(SealedField, &str)]) -> Statement {
    let seal = |(at, (field, text)): (usize, &(SealedField, &str))| {
        let salt = [u8::try_from(at).unwrap(); SALT_LEN];
        Disclosure::new(SealedValue::parse(*field, text).unwrap(), salt)
    };
    let disclosures: Vec<_> = texts.iter().enumerate().map(seal).collect();
    let Document::ReleaseOrder(order) = order() else { panic!("an order") };
    let sealed = SealedFields::of(Kind::ReleaseOrder, &disclosures);
    Statement { document: ReleaseOrder { sealed, ..order }.into(), disclosures }
}

const TWO_FIELDS: [(SealedField, &str); 2] =
    [(SealedField::Consignee, "Adler Toys"), (SealedField::Value, "12500.00 EUR")];

#[test]
fn what_is_sealed_in_a_draft_waits_with_it() {
    let line = Line::new();
    let asked = sealing(&TWO_FIELDS);
    let mut group = line.group(NOW);
    let proposed = line.registrar.propose(&mut group, asked.clone(), Some(person("Ann"))).unwrap();
    let Proposed::Waits(draft) = proposed else { panic!("it waits") };
    line.commit(&group);
    let agreed = agreed(&line.group(NOW), draft.id, person("Ben")).unwrap().unwrap();
    assert_eq!(agreed.disclosures, asked.disclosures, "salts and all");
    let signed = line.registrar.seal(agreed.document, NOW).unwrap();
    let bytes: Vec<_> = agreed.disclosures.iter().map(|d| d.bytes().to_vec()).collect();
    assert_eq!(Disclosure::open_every(&bytes, &signed).unwrap(), asked.disclosures);
    assert!(!format!("{draft:?}").contains("Adler"), "no value is shown by accident");
}

#[test]
fn a_draft_does_not_wait_without_everything_it_seals_or_with_something_else() {
    let line = Line::new();
    let Statement { document, disclosures } = sealing(&TWO_FIELDS);
    let other = sealing(&[(SealedField::Consignee, "Habicht Toys")]).disclosures;
    for (some, code) in [
        (Vec::new(), Code::DisclosureMissing),
        (disclosures[1..].to_vec(), Code::DisclosureMissing),
        (other, Code::DisclosureMismatch),
        ([&disclosures[..], &disclosures[..1]].concat(), Code::DisclosureMalformed),
    ] {
        let mut group = line.group(NOW);
        let draft = Statement { document: document.clone(), disclosures: some };
        let refused = line.registrar.propose(&mut group, draft, Some(person("Ann")));
        assert!(matches!(&refused, Err(TakeError::Refused(r)) if r.code == code), "{refused:?}");
        assert_eq!(group.counters.waiting_for_person, 0);
    }
}

#[test]
fn a_draft_on_disk_that_lost_what_it_seals_is_damaged() {
    let line = Line::new();
    let mut group = line.group(NOW);
    let asked = sealing(&TWO_FIELDS);
    line.registrar.propose(&mut group, asked, Some(person("Ann"))).unwrap();
    line.commit(&group);
    let row = Store::get(&line.store, rows::PENDING, &0u64.to_be_bytes()).unwrap().unwrap();
    assert!(Pending::read(0, &row).is_ok());
    let mut lost: PendingRow = rows::from_row(&row).unwrap();
    lost.disclosures.pop();
    assert!(Pending::read(0, &rows::to_row(&lost).unwrap()).is_err());
    let mut swapped: PendingRow = rows::from_row(&row).unwrap();
    swapped.disclosures[0] = swapped.disclosures[1].clone();
    assert!(Pending::read(0, &rows::to_row(&swapped).unwrap()).is_err());
}
