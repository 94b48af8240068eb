//! The gate-out report as others will read it.

use landside_edifact::codeco::{GateMove, Haulier, Outgoing, gate_out};
use landside_edifact::coreor::{Direction, Load, Seal};
use landside_edifact::syntax::{self, Address, Rules};
use landside_proto::ids::{BillNo, ContainerNo, Plate, Reference, SizeType, UnLocode, UnixMillis};

use crate::fixtures::profile;
use crate::oracle::{by_oracle, by_us};

pub(crate) fn gate_move() -> GateMove {
    GateMove {
        container: ContainerNo::parse("NSLU1000014").unwrap(),
        size_type: Some(SizeType::parse("22G1").unwrap()),
        direction: Direction::Import,
        load: Load::Full,
        left_at: UnixMillis::parse("2035-07-15T12:30:59.000Z").unwrap(),
        terminal: "LSTRTM".into(),
        port: UnLocode::parse("NLRTM").unwrap(),
        line: "NSL".into(),
        haulier: Haulier { code: "KADE".into(), name: "Kade Trucking + Son's".into() },
        plate: Plate::parse("93-NSG-7").unwrap(),
        seals: vec![Seal { number: "NS330011".into(), party: Some("CA".into()) }],
        bills: vec![BillNo::parse("NSLB7712001").unwrap(), BillNo::parse("NSLB7712009").unwrap()],
        number: Some(Reference::parse("NSLR50001").unwrap()),
        damage: vec!["DT".into()],
        weight_kg: Some(18_450),
    }
}

fn outgoing() -> Outgoing {
    Outgoing {
        sender: Address { id: "LSTRTM".into(), qualifier: "ZZZ".into(), ..Address::default() },
        recipient: Address { id: "NSL".into(), qualifier: "ZZZ".into(), ..Address::default() },
        control_ref: "GO000017".into(),
        test: false,
    }
}

fn now() -> UnixMillis {
    UnixMillis::parse("2035-07-15T12:31:05.000Z").unwrap()
}

fn written(gate_move: &GateMove, profile_name: &str) -> Vec<u8> {
    gate_out(gate_move, &outgoing(), &profile(profile_name), now()).unwrap()
}

#[test]
fn a_gate_out_is_written_in_the_words_of_the_default_profile() {
    let expected = "\
UNA:+.? '
UNB+UNOC:3+LSTRTM:ZZZ+NSL:ZZZ+350715:1231+GO000017++CODECO'
UNH+1+CODECO:D:00B:UN:SMDG20'
BGM+36+GO000017+9'
DTM+137:203507151231:203'
NAD+MS+LSTRTM:160:ZZZ'
NAD+CF+NSL:160:ZZZ'
EQD+CN+NSLU1000014+22G1:102:5++3+5'
RFF+RE:NSLR50001'
RFF+BM:NSLB7712001'
RFF+BM:NSLB7712009'
DTM+7:203507151230:203'
LOC+165+NLRTM:139:6+LSTRTM:TER:ZZZ'
MEA+AAE+G+KGM:18450'
SEL+NS330011+CA'
DAM+1+DT'
TDT+1++3+31+KADE:172::Kade Trucking ?+ Son?'s+++93-NSG-7:146'
CNT+16:1'
UNT+17+1'
UNZ+1+GO000017'
";
    assert_eq!(String::from_utf8(written(&gate_move(), "default")).unwrap(), expected);
}

#[test]
fn a_partner_on_d95b_gets_its_zone_its_qualifiers_and_no_header_date() {
    let text = String::from_utf8(written(&gate_move(), "n4")).unwrap();
    for part in [
        "UNB+UNOA:3+LSTRTM:ZZZ+NSL:ZZZ+350715:1431+",
        "CODECO:D:95B:UN:ITG14'",
        "RFF+REO:NSLR50001'",
        "DTM+7:203507151430:203'",
        "KADE TRUCKING ?+ SON?'S",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("DTM+137"), "{text}");
}

#[test]
fn what_we_write_is_read_alike_by_us_and_by_the_oracle() {
    for name in ["default", "n4", "icd-tz"] {
        let bytes = written(&gate_move(), name);
        let (ours, theirs) = (by_us(&bytes).unwrap(), by_oracle(&bytes).unwrap());
        assert_eq!(ours, theirs);
        let strict = Rules { strict: true, ..Rules::default() };
        let read = syntax::read(&bytes, &strict).unwrap();
        assert_eq!(read[0].notes, [], "{name}");
        let find = |tag| read[0].messages[0].segments.iter().find(|s| s.tag() == tag).unwrap();
        assert_eq!(find("EQD").text(1, 0), "NSLU1000014");
        assert_eq!(find("TDT").text(7, 0), "93-NSG-7");
        assert_eq!(find("TDT").text(4, 3).to_uppercase(), "KADE TRUCKING + SON'S");
    }
}

#[test]
fn an_empty_container_without_papers_leaves_no_empty_segments() {
    let bare = GateMove {
        size_type: None,
        load: Load::Empty,
        seals: vec![],
        bills: vec![],
        number: None,
        damage: vec![],
        weight_kg: None,
        ..gate_move()
    };
    let text = String::from_utf8(written(&bare, "default")).unwrap();
    assert!(text.contains("EQD+CN+NSLU1000014+++3+4'\nDTM+7:"), "{text}");
    for tag in ["RFF", "MEA", "SEL", "DAM"] {
        assert!(!text.contains(&format!("\n{tag}")), "{text}");
    }
}

#[test]
fn more_bills_and_seals_than_the_standard_allows_are_left_out() {
    let many = GateMove {
        bills: (0..20).map(|n| BillNo::parse(&format!("NSLB{n}")).unwrap()).collect(),
        seals: (0..20).map(|n| Seal { number: n.to_string(), party: None }).collect(),
        damage: (0..20).map(|n| n.to_string()).collect(),
        ..gate_move()
    };
    let text = String::from_utf8(written(&many, "default")).unwrap();
    let count = |tag: &str| text.matches(&format!("\n{tag}+")).count();
    assert_eq!((count("RFF"), count("SEL"), count("DAM")), (9, 9, 9));
}

#[test]
fn what_cannot_be_written_is_an_error_and_not_a_question_mark() {
    let chinese = Haulier { code: "HUYUN".into(), name: "沪运".into() };
    let foreign = GateMove { haulier: chinese, ..gate_move() };
    let error = gate_out(&foreign, &outgoing(), &profile("default"), now()).unwrap_err();
    assert_eq!(error.code(), "write-character");
    let breaking = GateMove { line: "NSL\nX".into(), ..gate_move() };
    assert!(gate_out(&breaking, &outgoing(), &profile("default"), now()).is_err());
    let unnamed = Outgoing { recipient: Address::default(), ..outgoing() };
    let error = gate_out(&gate_move(), &unnamed, &profile("default"), now()).unwrap_err();
    assert_eq!(error.code(), "write-length");
    let long = Outgoing { control_ref: "GO0000000000017".into(), ..outgoing() };
    assert!(gate_out(&gate_move(), &long, &profile("default"), now()).is_err());
}

#[test]
fn a_test_report_says_so() {
    let test = Outgoing { test: true, ..outgoing() };
    let bytes = gate_out(&gate_move(), &test, &profile("default"), now()).unwrap();
    let read = syntax::read(&bytes, &Rules::default()).unwrap();
    assert!(read[0].header.as_ref().unwrap().test);
}
