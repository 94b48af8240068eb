//! What we write, as we and others read it.

use landside_edifact::codeco::{self, Way, gate_in};
use landside_edifact::copino::{self, Purpose, TruckNotice};
use landside_edifact::coreor::{
    self, Direction, Function, Load, NoticeAction, ReleaseNotice, Seal, Vessel,
};
use landside_edifact::iftsta::{self, StatusEvent, StatusNotice, StatusReport};
use landside_edifact::outgoing::{Equipment, Outgoing, PartyName};
use landside_edifact::profile::Profile;
use landside_edifact::syntax::{self, Address, Interchange};
use landside_proto::ids::{
    BillNo, ContainerNo, ImoNo, Plate, Reference, SizeType, UnLocode, UnixMillis,
};
use proptest::prelude::*;

use crate::fixtures::profile;
use crate::oracle::{by_oracle, by_us};

const PROFILES: [&str; 3] = ["default", "n4", "icd-tz"];

pub(crate) fn at(text: &str) -> UnixMillis {
    UnixMillis::parse(text).unwrap()
}

fn now() -> UnixMillis {
    at("2035-07-15T12:31:05.000Z")
}

pub(crate) fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn unit(number: &str) -> Equipment {
    Equipment {
        container: ContainerNo::parse(number).unwrap(),
        size_type: Some(SizeType::parse("22G1").unwrap()),
        direction: Some(Direction::Import),
        load: Some(Load::Full),
        seals: vec![Seal { number: "NS330011".into(), party: Some("CA".into()) }],
        weight_kg: Some(18_450),
    }
}

pub(crate) fn outgoing(sender: &str, recipient: &str) -> Outgoing {
    let address =
        |id: &str| Address { id: id.into(), qualifier: "ZZZ".into(), ..Address::default() };
    Outgoing {
        sender: address(sender),
        recipient: address(recipient),
        control_ref: "X0000017".into(),
        test: false,
    }
}

fn release(action: NoticeAction) -> ReleaseNotice {
    ReleaseNotice {
        action,
        document_number: reference("NSLDO1001"),
        number: Some(reference("NSLR50001")),
        bills: vec![BillNo::parse("NSLB7712001").unwrap(), BillNo::parse("NSLB7712009").unwrap()],
        vessel: Vessel {
            name: Some("NORTHERN SPARROW".into()),
            imo: Some(ImoNo::parse("9999993").unwrap()),
            call_sign: None,
        },
        voyage: "045E".into(),
        line: "NSL".into(),
        terminal: "LSTRTM".into(),
        port: UnLocode::parse("NLRTM").unwrap(),
        release_to: Some(PartyName { code: "BRANDTFWD".into(), name: "Brandt + Son's".into() }),
        valid_from: Some(at("2035-07-16T04:00:00.000Z")),
        valid_until: Some(at("2035-12-31T21:59:00.000Z")),
        empty_return: Some("EMPTYRTM".into()),
        empty_return_reference: Some(reference("ER77")),
        containers: vec![unit("NSLU1000014"), unit("NSLU1000020")],
    }
}

fn truck() -> TruckNotice {
    TruckNotice {
        action: NoticeAction::Original,
        document_number: reference("KT7201"),
        purpose: Purpose::PickUp,
        number: Some(reference("NSLR50001")),
        booking: None,
        bills: vec![BillNo::parse("NSLB7712001").unwrap()],
        haulier: PartyName { code: "KADE".into(), name: "Kade Trucking".into() },
        plate: Plate::parse("93-NSG-7").unwrap(),
        driver: Some("Jan de Wit".into()),
        terminal: "LSTRTM".into(),
        port: UnLocode::parse("NLRTM").unwrap(),
        window: (at("2035-07-16T09:00:00.000Z"), at("2035-07-16T10:00:00.000Z")),
        containers: vec![Equipment { seals: vec![], weight_kg: None, ..unit("NSLU1000014") }],
    }
}

fn status(event: StatusEvent) -> StatusReport {
    StatusReport {
        container: ContainerNo::parse("NSLU1000014").unwrap(),
        size_type: Some(SizeType::parse("22G1").unwrap()),
        event,
        at: now(),
        bill: Some(BillNo::parse("NSLB7712001").unwrap()),
        number: Some(reference("NSLR50001")),
        terminal: "LSTRTM".into(),
        port: UnLocode::parse("NLRTM").unwrap(),
    }
}

/// Reads what was written by strict rules, finds nothing odd, and hears the same of the oracle.
pub(crate) fn read_back<'a>(bytes: &'a [u8], profile: &Profile) -> Interchange<'a> {
    let (ours, theirs) = (by_us(bytes).unwrap(), by_oracle(bytes).unwrap());
    assert_eq!(ours, theirs);
    let rules = syntax::Rules { strict: true, ..profile.syntax.clone() };
    let interchange = syntax::read(bytes, &rules).unwrap().remove(0);
    assert_eq!(interchange.notes, [], "{}", profile.name);
    interchange
}

#[test]
fn a_release_order_is_read_back_value_for_value_under_every_function() {
    let functions = [
        (NoticeAction::Original, Function::Original),
        (NoticeAction::Replace, Function::Replace),
        (NoticeAction::Change, Function::Change),
        (NoticeAction::Cancellation, Function::Cancellation),
        (NoticeAction::Deletion, Function::Deletion),
    ];
    for name in PROFILES {
        let profile = profile(name);
        for (action, function) in functions.clone() {
            let notice = release(action);
            let bytes =
                coreor::write(&notice, &outgoing("NSL", "LSTRTM"), &profile, now()).unwrap();
            let interchange = read_back(&bytes, &profile);
            let reading = coreor::read(&interchange, &profile).unwrap();
            assert_eq!(reading.notes, []);
            assert_eq!(reading.instructions.len(), 2);
            for (read, unit) in reading.instructions.iter().zip(&notice.containers) {
                assert_eq!(read.function, function);
                assert_eq!(read.container.clone().unwrap(), unit.container);
                assert_eq!((&read.number, &read.bills), (&notice.number, &notice.bills), "{name}");
                assert_eq!(read.valid_from, Ok(notice.valid_from), "{name}");
                assert_eq!(read.valid_until, Ok(notice.valid_until), "{name}");
                assert_eq!(read.release_to.as_ref().unwrap().code, "BRANDTFWD", "{name}");
                assert_eq!(read.terminal.as_deref(), Some("LSTRTM"), "{name}");
                assert_eq!(read.port, Some(notice.port), "{name}");
                assert_eq!(read.line.as_ref().unwrap().code, "NSL");
                assert_eq!((&read.vessel, read.voyage.as_deref()), (&notice.vessel, Some("045E")));
                assert_eq!((&read.seals, read.weight_kg), (&unit.seals, unit.weight_kg));
                let back = read.empty_return.as_ref().unwrap();
                assert_eq!(back.depot.as_deref(), Some("EMPTYRTM"));
                assert_eq!(back.reference, notice.empty_return_reference);
                assert_eq!(read.notes, [], "{name}");
            }
        }
    }
}

#[test]
fn a_release_order_is_written_in_the_words_of_the_default_profile() {
    let notice =
        ReleaseNotice { containers: vec![unit("NSLU1000014")], ..release(NoticeAction::Original) };
    let bytes =
        coreor::write(&notice, &outgoing("NSL", "LSTRTM"), &Profile::standard(), now()).unwrap();
    let expected = "\
UNA:+.? '
UNB+UNOC:3+NSL:ZZZ+LSTRTM:ZZZ+350715:1231+X0000017++COREOR'
UNH+1+COREOR:D:00B:UN:SMDG20'
BGM+129+NSLDO1001+9'
DTM+137:203507151231:203'
RFF+BM:NSLB7712001'
RFF+BM:NSLB7712009'
RFF+ZZZ:ER77'
RFF+RE:NSLR50001'
DTM+392:203507160400:203'
DTM+400:203512312159:203'
TDT+20+045E+1++NSL:172:ZZZ+++9999993:146:11:NORTHERN SPARROW'
LOC+11+NLRTM:139:6+LSTRTM:TER:ZZZ'
LOC+99++EMPTYRTM:TER:ZZZ'
NAD+MS+NSL:160:ZZZ'
NAD+MR+LSTRTM:160:ZZZ'
NAD+CA+NSL:160:ZZZ'
NAD+BJ+BRANDTFWD:160:ZZZ++Brandt ?+ Son?'s'
EQD+CN+NSLU1000014+22G1:102:5++3+5'
RFF+SQ:1'
MEA+AAE+G+KGM:18450'
SEL+NS330011+CA'
CNT+16:1'
UNT+22+1'
UNZ+1+X0000017'
";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn d95b_has_no_header_date_and_its_validity_behind_a_party_or_the_ship() {
    let n4 = profile("n4");
    let text = |notice: &ReleaseNotice| {
        let bytes = coreor::write(notice, &outgoing("NSL", "LSTRTM"), &n4, now()).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let full = text(&release(NoticeAction::Original));
    assert!(!full.contains("DTM+137"), "{full}");
    assert!(full.contains("BRANDT ?+ SON?'S'\nDTM+392:"), "{full}");
    let nobody = text(&ReleaseNotice { release_to: None, ..release(NoticeAction::Original) });
    assert!(nobody.contains("LOC+99++EMPTYRTM:TER:ZZZ'\nDTM+392:"), "{nobody}");
}

#[test]
fn an_announcement_is_read_back_value_for_value() {
    for name in PROFILES {
        let profile = profile(name);
        for (purpose, booking) in
            [(Purpose::PickUp, None), (Purpose::DropOff, Some(reference("NSLBK4401")))]
        {
            let notice = TruckNotice { purpose, booking, ..truck() };
            let bytes =
                copino::write(&notice, &outgoing("KADE", "LSTRTM"), &profile, now()).unwrap();
            let interchange = read_back(&bytes, &profile);
            let [read] = copino::read(&interchange, &profile).unwrap().items.try_into().unwrap();
            assert_eq!(read.purpose, Some(purpose), "{name}");
            assert_eq!(read.entry.road.plate, Ok(Some(notice.plate.clone())));
            let driver = read.entry.road.driver.as_deref().unwrap().to_uppercase();
            assert_eq!(driver, "JAN DE WIT");
            assert_eq!(read.entry.road.haulier.as_ref().unwrap().code, "KADE");
            assert_eq!(read.entry.booking, notice.booking);
            assert_eq!(read.entry.number, notice.number, "{name}");
            assert_eq!(read.entry.terminal.as_deref(), Some("LSTRTM"), "{name}");
            let wish = read.wish().unwrap();
            assert_eq!((wish.start, wish.end), notice.window, "{name}");
            assert_eq!(read.entry.notes, []);
        }
    }
}

#[test]
fn a_gate_in_is_read_back_as_one() {
    for name in PROFILES {
        let profile = profile(name);
        let bytes =
            gate_in(&crate::codeco::gate_move(), &outgoing("LSTRTM", "NSL"), &profile, now())
                .unwrap();
        let interchange = read_back(&bytes, &profile);
        let [read] = codeco::read(&interchange, &profile).unwrap().items.try_into().unwrap();
        assert_eq!((read.way, read.obstacle()), (Some(Way::In), None));
        assert_eq!(read.entry.moment().unwrap().to_string(), "2035-07-15T12:30:00.000Z");
        assert_eq!(read.entry.damage, ["DT"]);
        assert_eq!(read.entry.seals.len(), 1);
    }
}

#[test]
fn a_status_is_said_in_words_and_in_the_partners_code() {
    let partner = "name = 'a'\n[status]\ngate-out = 'OA'";
    let partner = Profile::parse(partner).unwrap();
    let reports = StatusEvent::ALL.iter().map(|event| status(*event)).collect();
    let notice = StatusNotice { document_number: reference("ST1"), reports };
    let bytes = iftsta::write(&notice, &outgoing("LSTRTM", "NSL"), &partner, now()).unwrap();
    let interchange = read_back(&bytes, &partner);
    let said: Vec<_> = interchange
        .walk(&interchange.messages[0])
        .filter(|segment| segment.tag() == "STS")
        .map(|segment| (segment.text(1, 0).into_owned(), segment.text(1, 3).into_owned()))
        .collect();
    assert_eq!(said.len(), StatusEvent::ALL.len());
    assert!(said.contains(&("OA".into(), "GATE OUT".into())), "{said:?}");
    assert!(said.contains(&(String::new(), "RELEASED BY CUSTOMS".into())), "{said:?}");
}

#[test]
fn what_cannot_be_written_is_an_error_and_not_a_shorter_message() {
    let to = outgoing("NSL", "LSTRTM");
    let code = |notice: &ReleaseNotice, name: &str| {
        coreor::write(notice, &to, &profile(name), now()).unwrap_err().code()
    };
    let none = ReleaseNotice { containers: vec![], ..release(NoticeAction::Original) };
    assert_eq!(code(&none, "default"), "write-count");
    let many = ReleaseNotice { containers: vec![unit("NSLU1000014"); 1_000], ..none.clone() };
    assert_eq!(code(&many, "n4"), "write-count");
    assert!(coreor::write(&many, &to, &profile("default"), now()).is_ok());
    let chinese = PartyName { code: "HUYUN".into(), name: "沪运".into() };
    let foreign = ReleaseNotice { release_to: Some(chinese), ..release(NoticeAction::Original) };
    assert_eq!(code(&foreign, "default"), "write-character");
    let driver = TruckNotice { driver: Some("Jan\nde Wit".into()), ..truck() };
    assert!(copino::write(&driver, &to, &profile("default"), now()).is_err());
    let nothing = StatusNotice { document_number: reference("ST1"), reports: vec![] };
    let error = iftsta::write(&nothing, &to, &profile("default"), now()).unwrap_err();
    assert_eq!(error.code(), "write-count");
    let unnamed = Outgoing { sender: Address::default(), ..to.clone() };
    let error =
        coreor::write(&release(NoticeAction::Original), &unnamed, &profile("default"), now());
    assert_eq!(error.unwrap_err().code(), "write-length");
}

proptest! {
    #[test]
    fn whatever_names_and_numbers_stand_in_a_release_order_come_back(
        name in "[ -~]{1,30}",
        number in "[A-Z0-9/+:'?.-]{1,30}",
        voyage in "[A-Z0-9+:'?]{1,10}",
        minutes in 0_u64..40_000_000,
    ) {
        let profile = Profile::standard();
        let until = UnixMillis::from_millis(minutes * 60_000);
        let notice = ReleaseNotice {
            number: Some(reference(&number)),
            voyage: voyage.clone(),
            valid_from: None,
            valid_until: Some(until),
            release_to: Some(PartyName { code: "B".into(), name: name.clone() }),
            ..release(NoticeAction::Original)
        };
        let bytes = coreor::write(&notice, &outgoing("NSL", "LSTRTM"), &profile, now()).unwrap();
        let interchange = syntax::read(&bytes, &profile.syntax).unwrap().remove(0);
        let read = coreor::read(&interchange, &profile).unwrap().instructions.remove(0);
        prop_assert_eq!(read.number, notice.number);
        prop_assert_eq!(read.voyage, Some(voyage));
        prop_assert_eq!(read.valid_until, Ok(Some(until)));
        let written = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        prop_assert_eq!(read.release_to.unwrap().name, written);
        prop_assert_eq!(by_us(&bytes), by_oracle(&bytes));
    }
}
