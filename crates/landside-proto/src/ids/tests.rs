use std::fmt::{Debug, Display};
use std::str::FromStr;

use minicbor::{Decode, Encode};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::*;

mod calendar;
mod case_codes;
mod containers;
mod ports_and_parties;
mod times;

fn reads_all<T: Debug + Display>(parse: fn(&str) -> Result<T, IdError>, texts: &[&str]) {
    for text in texts {
        assert_eq!(parse(text).unwrap().to_string(), *text);
    }
}

fn refuses_all<T: Debug>(parse: fn(&str) -> Result<T, IdError>, code: &str, texts: &[&str]) {
    for text in texts {
        let error = parse(text).expect_err(&format!("{text:?} must be refused"));
        assert_eq!(error.code(), code, "{text:?}");
    }
}

/// One value through `Display`, `FromStr`, JSON and CBOR, all of which must agree.
fn survives_every_form<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Clone + Debug + Display + DeserializeOwned + FromStr<Err = IdError> + PartialEq + Serialize,
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let text = value.to_string();
    prop_assert_eq!(&text.parse::<T>().unwrap(), value);
    let json = serde_json::to_string(value).unwrap();
    prop_assert_eq!(&json, &serde_json::to_string(&text).unwrap());
    prop_assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
    let cbor = minicbor::to_vec(value).unwrap();
    prop_assert_eq!(&minicbor::decode::<T>(&cbor).unwrap(), value);
    let name = std::any::type_name::<T>().rsplit("::").next().unwrap();
    prop_assert_eq!(format!("{value:?}"), format!("{name}({text})"));
    Ok(())
}

/// A parsed text must come back letter for letter, in every form.
fn keeps_text<T>(parsed: Result<T, IdError>, text: &str) -> Result<(), TestCaseError>
where
    T: Clone + Debug + Display + DeserializeOwned + FromStr<Err = IdError> + PartialEq + Serialize,
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let Ok(value) = parsed else { return Ok(()) };
    prop_assert_eq!(value.to_string(), text);
    survives_every_form(&value)
}

mod digests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        let hash = Hash32::of(b"abc");
        assert_eq!(hash, Hash32::parse(ABC).unwrap());
        assert_eq!(hash.short(), "ba7816bf");
        assert_eq!(DocId::from_bytes(*hash.as_bytes()).to_string(), ABC);
    }

    #[test]
    fn hex_of_another_form_is_refused() {
        let bad = [
            "",
            &ABC[1..],
            &ABC[2..],
            &ABC.to_uppercase(),
            &ABC.replace('b', "B"),
            &ABC.replace('a', "g"),
            &format!("{ABC}\n"),
            &format!(" {}", &ABC[1..]),
            &format!("{ABC}00"),
            &format!("{}\u{ff10}", &ABC[3..]),
        ];
        refuses_all(DocId::parse, "digest-form", &bad);
        refuses_all(Hash32::parse, "digest-form", &bad);
    }

    #[test]
    fn cbor_of_another_length_or_type_is_refused() {
        for length in [0, 31, 33, 64] {
            let cbor = minicbor::to_vec(minicbor::bytes::ByteVec::from(vec![7; length])).unwrap();
            let error = minicbor::decode::<DocId>(&cbor).unwrap_err();
            assert!(error.is_custom(), "{length} bytes: {error}");
        }
        let text = minicbor::to_vec(ABC).unwrap();
        assert!(minicbor::decode::<DocId>(&text).is_err());
        let array = minicbor::to_vec([7_u8; 32]).unwrap();
        assert!(minicbor::decode::<Hash32>(&array).is_err());
    }

    proptest! {
        #[test]
        fn every_digest_survives_every_form(bytes: [u8; 32]) {
            survives_every_form(&DocId::from_bytes(bytes))?;
            survives_every_form(&Hash32::from_bytes(bytes))?;
            prop_assert_eq!(minicbor::to_vec(DocId::from_bytes(bytes)).unwrap().len(), 34);
        }
    }
}

#[test]
fn errors_say_the_fact_first_and_then_the_value() {
    let said = |result: Result<ContainerNo, IdError>| result.unwrap_err().to_string();
    assert_eq!(
        said(ContainerNo::parse("MSKU1234563")),
        "container number MSKU1234563 has check digit 3, expected 5"
    );
    assert_eq!(
        said(ContainerNo::parse("TESI1120274")),
        "container number TESI1120274 has category I, expected U, J or Z"
    );
    assert_eq!(
        said(ContainerNo::parse("MS\u{41a}U0000000")),
        r#"container number "MS\u{41a}U0000000" is not four capital letters, six digits and a check digit"#
    );
    assert_eq!(
        CaseCode::parse("7K3M-Q2ZC-5").unwrap_err().to_string(),
        "case code 7K3M-Q2ZC-5 has check symbol 5, expected 4"
    );
    assert_eq!(
        ImoNo::parse("9074728").unwrap_err().to_string(),
        "ship number 9074728 has check digit 8, expected 9"
    );
}

#[test]
fn errors_repeat_at_most_40_characters_escaped() {
    let said = |text: &str| UnLocode::parse(text).unwrap_err().to_string();
    assert!(said(&"x".repeat(40)).starts_with(&format!("un/locode \"{}\" is", "x".repeat(40))));
    assert!(said(&"x".repeat(41)).starts_with(&format!("un/locode \"{}...\" is", "x".repeat(40))));
    assert!(said("\"\n\u{1b}[2J\u{202e}").starts_with(r#"un/locode "\"\n\u{1b}[2J\u{202e}" is"#));
    assert!(said(&"\u{1f4e6}".repeat(1000)).len() < 500);
}

#[test]
fn decoding_refuses_what_parse_refuses() {
    let lower = minicbor::to_vec("msku1234565").unwrap();
    let error = minicbor::decode::<ContainerNo>(&lower).unwrap_err();
    assert!(error.is_custom(), "{error}");
    let painted = minicbor::to_vec("MSKU 123456 5").unwrap();
    assert!(minicbor::decode::<ContainerNo>(&painted).is_err());
    let bytes = minicbor::to_vec(minicbor::bytes::ByteVec::from(b"MSKU1234565".to_vec())).unwrap();
    assert!(minicbor::decode::<ContainerNo>(&bytes).is_err());
    // Text in chunks of unknown number is another spelling of the same words.
    let chunked = [&[0x7f, 0x6b], b"MSKU1234565".as_slice(), &[0xff]].concat();
    assert!(minicbor::decode::<ContainerNo>(&chunked).is_err());
    assert!(serde_json::from_str::<ContainerNo>("\"msku1234565\"").is_err());
    assert!(serde_json::from_str::<ContainerNo>("1234565").is_err());
    assert!(serde_json::from_str::<DocId>("[1,2,3]").is_err());
    assert!(serde_json::from_str::<UnixMillis>("0").is_err());
}

proptest! {
    /// Strings near each form and far from it: no panic, and what is read comes back the same.
    #[test]
    fn whatever_is_read_comes_back_letter_for_letter(
        text in prop_oneof![
            any::<String>(),
            "[ -~]{0,40}",
            "[A-Z]{3}[A-Z][0-9]{6,8}",
            "[0-9A-Z]{3,5}",
            "[A-Z]{2}[A-Z0-9]{3}",
            "[0-9]{7}",
            "[a-z0-9-]{1,34}",
            "[\\p{Lu}\\p{Nd}\\p{L}-]{1,17}",
            "[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]",
            "[0-9a-f]{64}",
        ],
    ) {
        keeps_text(BillNo::parse(&text), &text)?;
        keeps_text(CaseCode::parse(&text), &text)?;
        keeps_text(ContainerNo::parse(&text), &text)?;
        keeps_text(DocId::parse(&text), &text)?;
        keeps_text(Hash32::parse(&text), &text)?;
        keeps_text(ImoNo::parse(&text), &text)?;
        keeps_text(PartyId::parse(&text), &text)?;
        keeps_text(Plate::parse(&text), &text)?;
        keeps_text(Reference::parse(&text), &text)?;
        keeps_text(SizeType::parse(&text), &text)?;
        keeps_text(UnLocode::parse(&text), &text)?;
    }

    #[test]
    fn normalise_and_the_clock_take_any_text_without_a_panic(
        text in prop_oneof![
            any::<String>(),
            "[0-9A-Za-z -]{8,12}",
            "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z",
        ],
    ) {
        if let Ok(read) = ContainerNo::normalise(&text) {
            prop_assert_eq!(ContainerNo::parse(read.as_str()), Ok(read));
        }
        if let Ok(read) = CaseCode::normalise(&text) {
            prop_assert_eq!(CaseCode::parse(read.as_str()), Ok(read));
        }
        if let Ok(read) = Plate::normalise(&text) {
            prop_assert_eq!(Plate::parse(read.as_str()), Ok(read));
        }
        if let Ok(moment) = UnixMillis::parse(&text) {
            prop_assert_eq!(moment.to_string().replace(".000Z", "Z"), text.replace(".000Z", "Z"));
        }
    }
}
