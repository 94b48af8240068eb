//! What the release orders among the fixtures say, value for value.

use landside_edifact::coreor::{Confidential, Direction, Function, Load, ReleaseInstruction};
use landside_edifact::syntax;
use landside_proto::ids::Hash32;

use crate::fixtures::{fixture, profile, read};

fn instructions(file: &str, profile_name: &str) -> Vec<ReleaseInstruction> {
    let (readings, _) = read(&fixture(file), &profile(profile_name)).unwrap();
    readings.into_iter().flat_map(|reading| reading.instructions).collect()
}

fn only(file: &str, profile_name: &str) -> ReleaseInstruction {
    let [instruction] = instructions(file, profile_name).try_into().unwrap();
    instruction
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn until(instruction: &ReleaseInstruction) -> String {
    text(instruction.valid_until.as_ref().unwrap().as_ref())
}

fn refusal(file: &str) -> String {
    read(&fixture(file), &profile("default")).unwrap_err().text
}

#[test]
fn the_demo_order_is_read_whole() {
    let demo = instructions("coreor-demo.edi", "default");
    let containers: Vec<_> =
        demo.iter().map(|i| i.container.clone().unwrap().to_string()).collect();
    let expected = ["NSLU1000014", "NSLU1000020", "NSLU1000035", "NSLU1000040", "NSLU1000056"];
    assert_eq!(containers, expected);
    let bills: Vec<_> = demo.iter().map(|i| i.bills[0].as_str()).collect();
    assert_eq!(bills, [["NSLB7712001"; 3].as_slice(), &["NSLB7712002"; 2]].concat());

    let first = &demo[0];
    assert_eq!(first.function, Function::Original);
    assert_eq!(first.document_name, "129");
    assert_eq!(text(first.document_number.as_ref()), "NSLDO1001");
    assert_eq!(text(first.number.as_ref()), "NSLR50001");
    assert_eq!(first.pin, None);
    assert_eq!(text(first.size_type.as_ref()), "22G1");
    assert_eq!((first.load, first.direction), (Some(Load::Full), Some(Direction::Import)));
    assert_eq!(first.vessel.name.as_deref(), Some("NORTHERN SPARROW"));
    assert_eq!(text(first.vessel.imo.as_ref()), "9999993");
    assert_eq!((first.voyage.as_deref(), first.carrier.as_deref()), (Some("045E"), Some("NSL")));
    assert_eq!(first.line.as_ref().unwrap().code, "NSL");
    let release_to = first.release_to.as_ref().unwrap();
    assert_eq!((release_to.qualifier.as_str(), release_to.code.as_str()), ("FW", "BRANDTFWD"));
    assert_eq!(release_to.name.as_deref(), Some("BRANDT FORWARDING"));
    assert_eq!(
        (first.terminal.as_deref(), text(first.port.as_ref())),
        (Some("LSTRTM"), "NLRTM".into())
    );
    assert_eq!(until(first), "2035-12-31T23:59:59.999Z");
    let empty_return = first.empty_return.as_ref().unwrap();
    assert_eq!(empty_return.depot.as_deref(), Some("WAALDEPOT"));
    assert_eq!(text(empty_return.reference.as_ref()), "TURNIN8801");
    assert_eq!((first.weight_kg, first.seals.len()), (Some(18_450), 1));
    assert_eq!(demo[1].seals[1].party.as_deref(), Some("SH"));
    assert_eq!(demo[2].weight_kg, Some(26_901));

    let last = &demo[4];
    assert_eq!(until(last), "2035-12-31T18:00:00.000Z");
    assert_eq!(text(last.valid_from.as_ref().unwrap().as_ref()), "2026-11-05T06:00:00.000Z");
    assert_eq!(last.empty_return, None);
}

#[test]
fn an_instruction_is_bound_to_the_raw_bytes_it_came_in() {
    let file = fixture("coreor-demo.edi");
    let demo = instructions("coreor-demo.edi", "default");
    let source = &demo[4].source;
    let without_last_line_feed = &file[..file.len() - 1];
    assert_eq!(source.interchange, Hash32::of(without_last_line_feed));
    assert_eq!((source.sender.as_str(), source.recipient.as_str()), ("NSL", "LSTRTM"));
    assert_eq!((source.control_ref.as_str(), source.message_ref.as_str()), ("NSL261101A", "2"));
    assert_eq!((source.position, source.equipment), (2, 2));
}

#[test]
fn the_time_of_a_partner_is_local_to_its_zone() {
    let file = fixture("coreor-demo.edi");
    let (readings, _) = read(&file, &profile("n4")).unwrap();
    assert_eq!(until(&readings[0].instructions[0]), "2035-12-31T22:59:59.999Z");
    assert_eq!(until(&readings[0].instructions[4]), "2035-12-31T17:00:00.000Z");
}

#[test]
fn what_is_said_of_one_container_wins() {
    let [first, second] =
        instructions("quirk-dtm-under-container.edi", "default").try_into().unwrap();
    assert_eq!(until(&first), "2035-11-30T23:59:00.000Z");
    assert_eq!(until(&second), "2035-12-15T23:59:59.999Z");
}

#[test]
fn d95b_has_its_pin_and_expiry_at_the_container() {
    let order = only("coreor-d95b.edi", "default");
    assert_eq!(order.pin.as_ref().unwrap().reveal(), "482913");
    assert!(!format!("{order:?}").contains("482913"), "the pin shows in Debug");
    assert_eq!(until(&order), "2035-12-31T23:59:00.000Z");
    assert_eq!(order.vessel.call_sign.as_deref(), Some("NSQR7"));
    assert_eq!(order.release_to.unwrap().qualifier, "CN");
}

#[test]
fn functions_tell_cancelling_and_replacing_apart() {
    let cancel = instructions("coreor-cancel.edi", "default");
    assert!(cancel.iter().all(|i| i.function == Function::Cancellation));
    let replace = instructions("coreor-replace.edi", "default");
    assert!(replace.iter().all(|i| i.function == Function::Replace));
    assert_eq!(until(&replace[0]), "2035-11-15T23:59:59.999Z");
}

#[test]
fn qualifiers_mean_what_the_profile_says() {
    let bill = |profile| only("quirk-bill-in-bn.edi", profile).bills.len();
    assert_eq!((bill("default"), bill("icd-tz")), (0, 1));
    let to = |profile| {
        text(only("quirk-consignee-in-cf.edi", profile).release_to.map(|p| p.code).as_ref())
    };
    assert_eq!((to("default"), to("icd-tz")), (String::new(), "0005203110".into()));
    let default = only("quirk-release-in-reo.edi", "default");
    assert_eq!((text(default.number.as_ref()).as_str(), default.pin), ("NSLR40001", None));
    let n4 = only("quirk-release-in-reo.edi", "n4");
    assert_eq!(text(n4.number.as_ref()), "NSLDO20");
    assert_eq!(n4.pin.unwrap().reveal(), "NSLR40001");
    let document = only("quirk-release-in-bgm.edi", "default");
    assert_eq!(text(document.number.as_ref()), "NSLDO20");
}

#[test]
fn dates_of_odd_form_keep_their_meaning() {
    let cases = [
        ("quirk-dtm-short.edi", "2035-12-31T23:59:59.999Z"),
        ("quirk-dtm-no-format.edi", "2035-12-31T23:59:59.999Z"),
        ("quirk-dtm-range.edi", "2035-11-30T23:59:59.999Z"),
        ("quirk-dtm-offset.edi", "2035-12-31T17:00:00.000Z"),
        ("quirk-values-repeated.edi", "2035-12-31T23:59:59.999Z"),
    ];
    for (file, expected) in cases {
        assert_eq!(until(&only(file, "default")), expected, "{file}");
    }
}

#[test]
fn names_survive_every_character_set() {
    let name = |file| only(file, "default").release_to.unwrap().name.unwrap();
    assert_eq!(name("quirk-latin-1.edi"), "BRANDT EXPÉDITION");
    assert_eq!(name("quirk-latin-1-undeclared.edi"), "BRANDT EXPÉDITION");
    assert_eq!(name("quirk-utf-8-undeclared.edi"), "BRANDT 货运");
    assert_eq!(name("quirk-released-characters.edi"), "BRANDT+SON'S :WHY??");
    assert_eq!(name("quirk-line-break-in-value.edi"), "BRANDT\nFORWARDING");
    assert_eq!(name("quirk-odd-service-characters.edi"), "BRANDT FORWARDING");
    assert_eq!(name("quirk-is-separators.edi"), "BRANDT FORWARDING");
}

#[test]
fn a_vessel_is_told_by_the_shape_of_its_number() {
    let vessel = |file| only(file, "default").vessel;
    assert_eq!(vessel("quirk-call-sign-146.edi").call_sign.as_deref(), Some("NSQR7"));
    let wrong = vessel("quirk-imo-check-digit.edi");
    assert_eq!((wrong.imo, wrong.call_sign), (None, None));
    assert_eq!(wrong.name.as_deref(), Some("NORTHERN SPARROW"));
}

#[test]
fn both_decimal_marks_weigh_the_same() {
    for file in ["quirk-decimal-comma.edi", "quirk-decimal-comma-una.edi"] {
        assert_eq!(only(file, "default").weight_kg, Some(11_495), "{file}");
    }
}

#[test]
fn seals_of_every_form_are_kept() {
    let seals = only("quirk-empty-rff-and-seals.edi", "default").seals;
    let shown: Vec<_> = seals.iter().map(|s| (s.number.as_str(), s.party.as_deref())).collect();
    assert_eq!(shown, [("1234567", Some("CA")), ("Y", None), ("SI", Some("CA"))]);
}

#[test]
fn each_container_has_its_own_verdict() {
    let verdicts: Vec<_> = instructions("quirk-container-numbers.edi", "default")
        .into_iter()
        .map(|i| i.container.map_err(|e| e.code()).map(|c| c.to_string()))
        .collect();
    let good = Ok("NSLU1001427".to_owned());
    assert_eq!(verdicts[..3].iter().filter(|v| v.is_err()).count(), 3);
    assert_eq!(verdicts[3], good);
    let spelt = &instructions("quirk-container-spelling.edi", "default")[0];
    assert_eq!(spelt.container.as_ref().unwrap().as_str(), "NSLU1001432");
}

#[test]
fn size_types_of_the_old_standard_are_kept() {
    let types: Vec<_> = instructions("quirk-size-types.edi", "default")
        .iter()
        .map(|i| text(i.size_type.as_ref()))
        .collect();
    assert_eq!(types, ["4510", "2230", "40HC", ""]);
}

#[test]
fn messages_are_told_apart_by_position() {
    let both = instructions("quirk-unh-reference-repeated.edi", "default");
    let sources: Vec<_> =
        both.iter().map(|i| (i.source.message_ref.as_str(), i.source.position)).collect();
    assert_eq!(sources, [("1", 1), ("1", 2)]);
}

#[test]
fn two_interchanges_in_a_file_have_two_hashes() {
    let both = instructions("quirk-several-interchanges.edi", "default");
    assert_ne!(both[0].source.interchange, both[1].source.interchange);
}

#[test]
fn a_test_interchange_is_marked() {
    let test = |file| read(&fixture(file), &profile("default")).unwrap().0[0].test;
    assert!(test("quirk-test-indicator.edi"));
    assert!(!test("coreor-demo.edi"));
}

#[test]
fn a_message_without_an_envelope_has_no_sender() {
    let source = only("quirk-no-envelope.edi", "bare").source;
    assert_eq!((source.sender.as_str(), source.control_ref.as_str()), ("", ""));
}

#[test]
fn refusals_are_written_for_a_clerk() {
    assert_eq!(
        refusal("coreor-nothing-releasable.edi"),
        "none of 3 containers can be released: \
         container number NSLU1000070 has check digit 0, expected 7; \
         container number NSLI1000083 has category I, expected U, J or Z; \
         container number \"ABC\" is not four capital letters, six digits and a check digit"
    );
    assert_eq!(
        refusal("quirk-plate-146.edi"),
        "no container release order (COREOR) in it, only CODECO"
    );
    assert_eq!(refusal("quirk-no-container.edi"), "the container release order names no container");
    assert_eq!(refusal("quirk-empty-interchange.edi"), "the interchange holds no message");
    assert!(
        refusal("quirk-dtm-unreadable.edi").contains("date 2035131 of format 102 cannot be read")
    );
    assert!(refusal("quirk-homoglyph.edi").contains("\\u{405}"));
}

#[test]
fn a_codeco_is_readable_at_the_level_of_syntax() {
    let file = fixture("quirk-plate-146.edi");
    let read = syntax::read(&file, &profile("default").syntax).unwrap();
    let message = &read[0].messages[0];
    assert_eq!((message.kind.as_str(), message.association.as_str()), ("CODECO", "SMDG16"));
    let truck = message.segments.iter().find(|s| s.tag() == "TDT").unwrap();
    assert_eq!((truck.text(7, 0), truck.text(7, 1)), ("93NSG7".into(), "146".into()));
}

#[test]
fn what_is_said_of_the_goods_is_that_containers_and_the_release_to_partys_own() {
    let read = instructions("coreor-sealed.edi", "default");
    let said: Vec<_> = read.iter().map(|instruction| &instruction.confidential).collect();
    let cargo = ["MUSIC BOXES OF WOOD; PAPER BAGS", "PAPER BAGS", "FROZEN PEAS"];
    assert_eq!(said.iter().map(|said| text(said.cargo.as_ref())).collect::<Vec<_>>(), cargo);
    for said in said {
        assert_eq!(text(said.consignee.as_ref()), "ADLER TOYS");
        assert_eq!(text(said.value.as_ref()), "18250.50 EUR");
        // Not the line's and not the consignee's number.
        assert_eq!(text(said.identity.as_ref()), "DE811234567");
    }
}

#[test]
fn what_will_be_sealed_is_kept_out_of_debug_output() {
    let read = instructions("coreor-sealed.edi", "default");
    let shown = format!("{:?}", read[0].confidential);
    assert_eq!(shown, "Confidential(..)");
}

#[test]
fn a_message_that_says_nothing_of_the_goods_leaves_nothing_to_seal() {
    for instruction in instructions("coreor-demo.edi", "default") {
        assert_eq!(instruction.confidential, Confidential::default());
    }
}
