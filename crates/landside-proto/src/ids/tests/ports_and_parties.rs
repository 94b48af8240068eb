use super::*;

#[test]
fn places_are_two_letters_and_three_without_0_and_1() {
    reads_all(UnLocode::parse, &["NLRTM", "BEANR", "US2AB", "XZZZZ", "USZ99"]);
    refuses_all(
        UnLocode::parse,
        "unlocode-form",
        &[
            "",
            "NLRT",
            "NL RTM",
            "nlrtm",
            "NLrtm",
            "NLR0M",
            "NLR1M",
            "N1RTM",
            "2LRTM",
            "ITSALSC",
            "TZDARDPW",
            "PA-BAL",
            "NLRTM\n",
            "NLRT\u{41c}",
            "NLR\u{ef}",
        ],
    );
}

#[test]
fn ship_numbers_are_read() {
    let ships = ["9074729", "9176187", "9319466", "8814275", "9619907", "9141780", "9628324"];
    reads_all(ImoNo::parse, &ships);
}

#[test]
fn ship_numbers_with_a_wrong_check_digit_are_refused() {
    refuses_all(
        ImoNo::parse,
        "imo-check-digit",
        // The last two: a placeholder, and the number of a company.
        &["9074728", "8814274", "9321484", "1111111", "9123456", "2041999"],
    );
}

#[test]
fn texts_that_are_no_ship_number_are_refused() {
    refuses_all(
        ImoNo::parse,
        "imo-form",
        &[
            "",
            "907472",
            "90747290",
            "IMO9074729",
            "IMO 9074729",
            " 9074729",
            "9074729\n",
            "D5PF2",
            "993NGR",
            "0000000",
            "0074729",
            "-074729",
            "+074729",
            "907472\u{669}",
        ],
    );
}

#[test]
fn party_ids_have_one_spelling() {
    let longest = "a".repeat(32);
    reads_all(PartyId::parse, &["ab", "9a", "port-3", "a-", &longest]);
    let too_long = "a".repeat(33);
    refuses_all(
        PartyId::parse,
        "party-form",
        &[
            "", "a", "-a", "Ab", "a b", "a_b", "a.b", "a/b", "ab\n", "\u{430}b", "..", "a\0",
            &too_long,
        ],
    );
}

#[test]
fn plates_of_any_script_are_read() {
    let plates = ["1-ABC-234", "HH-AB1234", "\u{410}123\u{412}\u{421}77", "\u{4eac}A12345", "99"];
    reads_all(Plate::parse, &plates);
}

#[test]
fn plates_in_lower_case_with_blanks_or_marks_are_refused() {
    let too_long = "A".repeat(17);
    let far_too_long = "A".repeat(100_000);
    refuses_all(
        Plate::parse,
        "plate-form",
        &[
            "",
            "A",
            "--",
            "-A1",
            "A1-",
            "ab12",
            "A 1",
            "A1\n",
            "A\u{a0}1",
            "A_1",
            "A/1",
            "\u{1c5}1",
            "\u{df}1",
            "A\u{308}1",
            "A\u{200b}1",
            "\u{202e}A1",
            "\u{aa}1",
            &too_long,
            &far_too_long,
        ],
    );
}

#[test]
fn plates_as_typed_are_upper_cased_without_blanks() {
    assert_eq!(Plate::normalise(" 1-abc\u{a0}234\n").unwrap().as_str(), "1-ABC234");
    assert_eq!(
        Plate::normalise("\u{430} 123 \u{432}\u{441}").unwrap().as_str(),
        "\u{410}123\u{412}\u{421}"
    );
    refuses_all(Plate::normalise, "plate-form", &["", "   ", "a", " - ", "ab*1", "ab\u{301}1"]);
}

#[test]
fn look_alike_plates_of_two_scripts_differ() {
    assert_ne!(Plate::parse("A123").unwrap(), Plate::parse("\u{410}123").unwrap());
}

#[test]
fn free_numbers_are_printable_ascii_without_outer_blanks() {
    let (longest, too_long) = ("x".repeat(35), "x".repeat(36));
    let good = ["1", "MAEU 123/45-a", "~!'+:?", &longest];
    reads_all(BillNo::parse, &good);
    reads_all(Reference::parse, &good);
    let bad = [
        "", " ", " a", "a ", "a\n", "\ta", "a\tb", "a\0b", "a\u{7f}", "\u{e9}", "a\u{a0}b",
        &too_long,
    ];
    refuses_all(BillNo::parse, "bill-form", &bad);
    refuses_all(Reference::parse, "reference-form", &bad);
}

#[test]
fn free_numbers_keep_their_case() {
    assert_ne!(BillNo::parse("abc").unwrap(), BillNo::parse("ABC").unwrap());
}
