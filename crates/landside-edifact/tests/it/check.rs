//! A file in plain words, and what would be signed of it.

use landside_edifact::check::{Said, Signing, Totals, check};
use landside_edifact::profile::Profile;
use landside_edifact::syntax::Code;
use landside_proto::document::Kind;

use crate::fixtures::{all, fixture, profile};

fn checked(file: &str, profile: &Profile) -> (Totals, Vec<Said>) {
    let mut said = Vec::new();
    let totals = check(&fixture(file), profile, &mut |one| said.push(one));
    (totals, said)
}

fn signings(file: &str, profile: &Profile) -> Vec<Signing> {
    let (_, said) = checked(file, profile);
    said.into_iter()
        .filter_map(|said| match said {
            Said::Signing(signing) => Some(signing),
            _ => None,
        })
        .collect()
}

fn kinds(file: &str) -> Vec<Kind> {
    signings(file, &Profile::standard()).into_iter().map(|signing| signing.kind).collect()
}

fn field(signing: &Signing, name: &str) -> String {
    let found = signing.fields.iter().find(|(field, _)| *field == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn reasons(file: &str) -> Vec<(bool, String)> {
    let (_, said) = checked(file, &Profile::standard());
    said.into_iter()
        .filter_map(|said| match said {
            Said::Unsigned(why) => Some((why.at_fault, why.text)),
            _ => None,
        })
        .collect()
}

fn words(file: &str) -> Vec<String> {
    let (_, said) = checked(file, &Profile::standard());
    said.into_iter()
        .filter_map(|said| match said {
            Said::Segment(segment) => Some(format!("{} {}", segment.tag, segment.words)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_release_order_is_told_segment_by_segment() {
    let words = words("coreor-d95b.edi");
    for line in [
        "RFF bill of lading (BM): NSLB",
        "RFF PIN, not shown",
        "DTM last pick-up (400): 2035-",
        "EQD container NSLU",
        "CNT count: 1 containers",
    ] {
        assert!(words.iter().any(|said| said.starts_with(line)), "{line} is not in {words:#?}");
    }
    assert!(words[0].starts_with("BGM document name 12 (release order), number"), "{words:#?}");
}

#[test]
fn a_release_order_would_be_signed_for_each_bill_and_container() {
    let signings = signings("coreor-demo.edi", &Profile::standard());
    assert_eq!(signings.len(), 5);
    let first = &signings[0];
    assert_eq!(first.kind, Kind::ReleaseOrder);
    assert_eq!(first.container.unwrap().as_str(), "NSLU1000014");
    assert_eq!(field(first, "bill of lading"), "NSLB7712001");
    assert_eq!(field(first, "released to"), "BRANDTFWD BRANDT FORWARDING");
    assert_eq!(field(first, "until"), "2035-12-31T23:59:59.999Z");
    assert!(first.needs.is_empty(), "{:?}", first.needs);
}

#[test]
fn each_kind_of_message_leads_to_the_documents_that_a_node_can_sign() {
    use Kind::{Arrival, CustomsStatus, DriverBinding, ReleaseChange, SlotRequest};
    let cases: [(&str, &[Kind]); 15] = [
        ("coarri-taken-back.edi", &[]),
        ("coreor-cancel.edi", &[ReleaseChange; 3]),
        ("coreor-replace.edi", &[ReleaseChange; 2]),
        ("coarri-discharge.edi", &[Arrival; 2]),
        ("coarri-load.edi", &[]),
        ("coarri-two-messages.edi", &[Arrival]),
        ("codeco-gate-out.edi", &[]),
        ("copino-pick-up.edi", &[DriverBinding, SlotRequest]),
        ("copino-day.edi", &[DriverBinding, SlotRequest, DriverBinding, SlotRequest]),
        ("copino-drop-off.edi", &[]),
        ("copino-plate-wrong.edi", &[]),
        ("coparn-empty-release.edi", &[]),
        ("cusres-released.edi", &[CustomsStatus; 2]),
        ("cusres-consignments.edi", &[CustomsStatus; 2]),
        ("quirk-test-indicator.edi", &[]),
    ];
    for (file, expected) in cases {
        assert_eq!(kinds(file), expected, "{file}");
    }
}

#[test]
fn what_is_not_signed_says_why_and_whose_fault_it_is() {
    let cases = [
        ("coarri-load.edi", false, "went onto the ship"),
        ("coarri-taken-back.edi", false, "takes an earlier one back"),
        ("codeco-gate-out.edi", false, "a gate signs for itself"),
        ("copino-drop-off.edi", false, "the truck brings it"),
        ("copino-plate-wrong.edi", true, "plate"),
        ("copino-window-unreadable.edi", true, "203507162500"),
        ("coparn-empty-release.edi", false, "3 of 45G1 of booking NSLBK4401"),
        ("coparn-no-booking.edi", true, "no booking number"),
        ("cusres-nothing-named.edi", true, "neither a bill of lading nor a container"),
        ("coarri-name-unknown.edi", true, "neither discharge nor load"),
        ("quirk-test-indicator.edi", false, "marked as a test"),
    ];
    for (file, at_fault, part) in cases {
        let reasons = reasons(file);
        let found = reasons.iter().any(|(fault, text)| *fault == at_fault && text.contains(part));
        assert!(found, "{file}: {reasons:?}");
    }
}

#[test]
fn an_unknown_status_of_customs_is_told_to_be_a_hold() {
    let [held] = signings("cusres-agency.edi", &Profile::standard()).try_into().unwrap();
    assert_eq!(
        (field(&held, "status"), field(&held, "light")),
        ("held".into(), "stays red".into())
    );
    assert!(words("cusres-agency.edi").iter().any(|said| said.ends_with("unknown, so held")));
    let [free] = signings("cusres-agency.edi", &profile("customs-nz")).try_into().unwrap();
    assert_eq!((field(&free, "status"), field(&free, "light")), ("released".into(), String::new()));
}

#[test]
fn a_fault_stops_the_file_and_says_where_and_what_to_do() {
    let (totals, said) = checked("quirk-unz-count.edi", &profile("strict"));
    assert!(totals.refused && !totals.is_usable());
    // The segments up to it come first, so that it is seen where it is.
    let (Some(Said::Finding(finding)), segments) = (said.last(), &said[..said.len() - 1]) else {
        panic!("{said:?}");
    };
    assert!(finding.stops);
    let Some(Said::Segment(last)) = segments.last() else { panic!("{segments:?}") };
    assert_eq!((last.tag.as_str(), last.number), ("UNZ", finding.note.place.segment));
    assert!(segments.iter().all(|said| matches!(said, Said::Segment(_))), "{segments:?}");
    assert_eq!(finding.note.code, Code::MessageCount);
    assert!(finding.note.place.segment > 0);
    assert!(!finding.note.code.remedy().is_empty());
}

#[test]
fn a_good_interchange_before_a_bad_one_does_not_make_the_file_usable() {
    let file = [fixture("coreor-d95b.edi"), fixture("quirk-unz-missing.edi")].concat();
    let mut numbers = Vec::new();
    let totals = check(&file, &Profile::standard(), &mut |said| {
        if let Said::Segment(segment) = said {
            numbers.push(segment.number);
        }
    });
    assert_eq!((totals.documents, totals.refused), (1, true));
    // Those of the good one are not told twice.
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert!(!totals.is_usable());
}

#[test]
fn a_file_is_usable_here_when_a_reader_takes_it_and_not_otherwise() {
    for (file, usable) in [
        ("coreor-demo.edi", true),
        ("coarri-number-wrong.edi", true),
        ("codeco-gate-in.edi", true),
        ("coreor-nothing-releasable.edi", false),
        ("coarri-time-unreadable.edi", false),
        ("coparn-no-booking.edi", false),
        ("quirk-semicolons.edi", false),
    ] {
        let (totals, _) = checked(file, &Profile::standard());
        assert_eq!(totals.is_usable(), usable, "{file}: {totals:?}");
    }
}

#[test]
fn a_message_that_nobody_reads_is_said_to_be_one() {
    let file = "UNB+UNOA:2+A+B+350715:1231+1'UNH+1+BAPLIE:D:95B:UN:SMDG20'BGM++1'UNT+3+1'UNZ+1+1'";
    let mut said = Vec::new();
    let totals = check(file.as_bytes(), &Profile::standard(), &mut |one| said.push(one));
    assert!(!totals.is_usable());
    let skipped = |said: &Said| matches!(said, Said::Finding(finding) if finding.note.code == Code::MessageSkipped);
    assert!(said.iter().any(skipped), "{said:?}");
}

#[test]
fn a_pin_is_shown_nowhere() {
    for (name, profile_name) in [
        ("copino-day.edi", "default"),
        ("quirk-release-in-tf.edi", "default"),
        ("quirk-release-in-reo.edi", "n4"),
    ] {
        let profile = profile(profile_name);
        let bytes = fixture(name);
        let text = String::from_utf8(bytes).unwrap();
        let qualifier = if profile_name == "n4" { "RFF+REO:" } else { "RFF+TF:" };
        let pin = text.split_once(qualifier).unwrap().1.split_once('\'').unwrap().0;
        let (_, said) = checked(name, &profile);
        let shown = format!("{said:?}");
        assert!(!shown.contains(&format!(": {pin}")), "{name}: {shown}");
        assert!(shown.contains("PIN, not shown"), "{name}");
    }
}

#[test]
fn every_fixture_can_be_told_and_the_totals_are_those_of_what_was_told() {
    for (name, file) in all() {
        for profile_name in ["default", "strict", "bare", "n4", "icd-tz", "customs-nz"] {
            let mut counts = Totals::default();
            let totals = check(&file, &profile(profile_name), &mut |said| match said {
                Said::Interchange(_) => counts.interchanges += 1,
                Said::Message(_) => counts.messages += 1,
                Said::Segment(segment) => {
                    counts.segments += 1;
                    assert!(!segment.words.is_empty(), "{name}");
                }
                Said::Finding(finding) => {
                    counts.findings += 1;
                    counts.refused |= finding.stops;
                }
                Said::Signing(_) => counts.documents += 1,
                Said::Unsigned(why) => counts.unusable += u64::from(why.at_fault),
            });
            assert_eq!(totals, counts, "{name} under {profile_name}");
        }
    }
}
