use super::*;

const VALID: &[&str] = &[
    "CSQU3054383",
    "MSKU1234565",
    "MSCU1234566",
    "TEXU3070079",
    "CBHU6192031",
    "CBHU9515082",
    "OOLU4293959",
    "TRHU6875483",
    // Remainder 10, written as 0.
    "TRLU8132090",
    "FSCU8710190",
    "TEMU3412100",
    "YMLU2838640",
    // Remainder 0.
    "FCIU9908030",
    "MAGU5591240",
];

/// ISO 6346 by its own words: a letter's value is its place in a row with holes at 11, 22, 33.
fn check_digit_by_the_book(prefix: &str) -> u8 {
    const ROW: &str = "0123456789A?BCDEFGHIJK?LMNOPQRSTU?VWXYZ";
    let sum: usize = prefix.chars().enumerate().map(|(i, c)| ROW.find(c).unwrap() << i).sum();
    u8::try_from(sum % 11 % 10).unwrap()
}

#[test]
fn numbers_of_real_boxes_are_read() {
    for text in VALID {
        assert_eq!(ContainerNo::parse(text).unwrap().as_str(), *text);
    }
}

#[test]
fn every_other_check_digit_is_refused() {
    for text in VALID {
        for digit in (0..=9).filter(|d| !text.ends_with(&d.to_string())) {
            let wrong = format!("{}{digit}", &text[..10]);
            let error = ContainerNo::parse(&wrong).unwrap_err();
            assert_eq!(error.code(), "container-check-digit", "{wrong}");
        }
    }
}

#[test]
fn slips_that_placeholders_and_swaps_make_are_refused() {
    refuses_all(
        ContainerNo::parse,
        "container-check-digit",
        &["MSKU0000000", "MSCU1234567", "CBHU1234567", "CSQU3045383", "TEMU3412101"],
    );
    refuses_all(
        ContainerNo::parse,
        "container-category",
        &["TESI1120274", "MSTI6415664", "CSUQ3054383", "CSQA3054383"],
    );
}

#[test]
fn texts_of_another_form_are_refused() {
    refuses_all(
        ContainerNo::parse,
        "container-form",
        &[
            "",
            "CSQU305438",    // no check digit
            "CSQU30543833",  // one too many
            "CSQU3054383\n", // a regular expression's $ matches before the line end
            "\nCSQU3054383",
            "csqu3054383",
            "CSQu3054383",
            "CSQU 3054383",
            "CSQU 305438 3",
            "CSQU-305438-3",
            " CSQU305438",
            "FSCU845947A", // ten in base 36 for remainder 10
            "12J123456",   // an alternation that anchors one side only
            "J123456",
            "JLG42202A01",
            "1SQU3054383",
            "CSQ53054383",
            "CSQU3O54383",         // letter O
            "MS\u{41a}U000000",    // Cyrillic Ka, 11 bytes
            "MS\u{41a}U0000000",   // Cyrillic Ka, 11 characters
            "CSQU305438\u{663}",   // Arabic-Indic three
            "CSQU305438\u{ff13}",  // full width three
            "CSQU3054383\u{200b}", // zero width space
            "\u{feff}CSQU3054383", // byte order mark
            "\0\0\0\0\0\0\0\0\0\0\0",
        ],
    );
}

#[test]
fn what_people_type_is_read_by_normalise_only() {
    let box_no = ContainerNo::parse("CSQU3054383").unwrap();
    for typed in ["csqu 305438-3", "CSQU-305438-3", " Csqu\t3054383\n", "c s q u3054383"] {
        assert_eq!(ContainerNo::normalise(typed).unwrap(), box_no, "{typed:?}");
        assert!(ContainerNo::parse(typed).is_err(), "{typed:?}");
    }
    refuses_all(
        ContainerNo::normalise,
        "container-form",
        &["", " - ", "c\u{17f}qu3054383", "CSQU/305438/3", "M\u{405}KU1234565"],
    );
    refuses_all(ContainerNo::normalise, "container-check-digit", &["csqu 305438-4"]);
}

#[test]
fn check_digit_wants_ten_characters_of_the_right_kind() {
    assert_eq!(ContainerNo::check_digit("TRLU813209"), Ok(0));
    refuses_all(
        ContainerNo::check_digit,
        "container-form",
        &["", "TRLU81320", "TRLU8132090", "trlu813209", "TRLU81320X"],
    );
    refuses_all(ContainerNo::check_digit, "container-category", &["TRLX813209"]);
}

#[test]
fn a_number_is_grouped_as_painted() {
    assert_eq!(ContainerNo::parse("MSKU1234565").unwrap().grouped(), "MSKU 123456 5");
}

#[test]
fn size_types_of_both_editions_are_described() {
    let cases = [
        ("22G1", "20 ft general purpose"),
        ("22GP", "20 ft general purpose"),
        ("45G1", "40 ft high cube"),
        ("L5G1", "45 ft high cube"),
        ("55G1", "45 ft high cube"),
        ("45R1", "40 ft high cube reefer"),
        ("42U1", "40 ft open top"),
        ("45P3", "40 ft high cube folding flat rack"),
        ("4EG1", "40 ft high cube pallet wide"),
        ("4CG1", "40 ft pallet wide general purpose"),
        ("22T6", "20 ft tank"),
        ("28U1", "20 ft half height open top"),
        ("AMG0", "7.15 m 9 ft high extra wide general purpose"),
        ("2200", "20 ft general purpose"),
        ("2210", "20 ft general purpose"),
        ("2230", "20 ft reefer"),
        ("4300", "40 ft general purpose"),
        ("4510", "40 ft high cube"),
    ];
    for (code, words) in cases {
        assert_eq!(SizeType::parse(code).unwrap().describe().as_deref(), Some(words), "{code}");
    }
}

#[test]
fn codes_of_private_tables_are_kept_but_not_described() {
    for code in ["45HC", "20DV", "CNTR", "22G9", "22V1", "00G1", "27G1", "92G1", "22Z0", "220A"] {
        assert_eq!(SizeType::parse(code).unwrap().describe(), None, "{code}");
    }
}

#[test]
fn size_types_of_another_form_are_refused() {
    refuses_all(
        SizeType::parse,
        "size-type-form",
        &["", "22G", "22G11", "22g1", "22 G", "22G1\n", " 22G1", "22G\u{406}", "22-1", "\u{1f4e6}"],
    );
}

proptest! {
    #[test]
    fn every_prefix_has_the_check_digit_of_the_standard(prefix in "[A-Z]{3}[UJZ][0-9]{6}") {
        let digit = ContainerNo::check_digit(&prefix).unwrap();
        prop_assert_eq!(digit, check_digit_by_the_book(&prefix));
        let text = format!("{prefix}{digit}");
        keeps_text(ContainerNo::parse(&text), &text)?;
        let painted = ContainerNo::parse(&text).unwrap().grouped();
        let read = ContainerNo::normalise(&painted.to_lowercase()).unwrap();
        prop_assert_eq!(read.as_str(), text);
    }
}
