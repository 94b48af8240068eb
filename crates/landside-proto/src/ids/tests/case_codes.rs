use std::collections::HashSet;

use super::*;

const SYMBOLS: &str = "0123456789ABCDEFGHJKMNPQRTVWXYZ";

/// Where the nine symbols stand in the text, the check symbol last.
const PLACES: [usize; 9] = [0, 1, 2, 3, 5, 6, 7, 8, 10];

/// The code whose first eight symbols these are.
fn complete(data: &[u8]) -> String {
    let data = str::from_utf8(data).unwrap();
    let zero = format!("{}-{}-0", &data[..4], &data[4..]);
    match CaseCode::parse(&zero) {
        Ok(code) => code.to_string(),
        Err(IdError::CaseCodeCheck { expected, .. }) => {
            zero[..10].to_owned() + &expected.to_string()
        }
        Err(other) => panic!("{other}"),
    }
}

fn swapped(code: &str, from: usize, to: usize) -> String {
    let mut symbols = code.as_bytes().to_vec();
    symbols.swap(from, to);
    String::from_utf8(symbols).unwrap()
}

#[test]
fn the_code_of_a_seed_never_changes() {
    assert_eq!(CaseCode::from_seed(&[0; 32]).as_str(), "2CQ5-HQXB-Z");
    let counting = std::array::from_fn(|i| u8::try_from(i).unwrap());
    assert_eq!(CaseCode::from_seed(&counting).as_str(), "PXEA-KG7J-N");
    assert_eq!(CaseCode::from_seed(&[0xff; 32]).as_str(), "8ZYN-78D5-D");
}

#[test]
fn every_wrong_symbol_is_caught_in_every_place() {
    // The check is linear: codes with one symbol other than 0 stand for all codes.
    for (place, symbol) in (0..8).flat_map(|place| SYMBOLS.bytes().map(move |s| (place, s))) {
        let mut data = [b'0'; 8];
        data[place] = symbol;
        let right = complete(&data);
        for (at, by) in PLACES.iter().flat_map(|at| (0..31).map(move |by| (*at, by))) {
            let mut wrong = right.clone();
            wrong.replace_range(at..=at, &SYMBOLS[by..=by]);
            assert_eq!(CaseCode::parse(&wrong).is_ok(), wrong == right, "{right} as {wrong}");
        }
    }
}

#[test]
fn every_swap_of_two_symbols_is_caught_neighbours_or_not() {
    // The check is linear: all pairs of symbols at all pairs of places, the rest 0, stand for all.
    let pairs = || SYMBOLS.bytes().flat_map(|a| SYMBOLS.bytes().map(move |b| (a, b)));
    for (i, j) in (0..8).flat_map(|j| (0..j).map(move |i| (i, j))) {
        for (a, b) in pairs() {
            let mut data = [b'0'; 8];
            (data[i], data[j]) = (a, b);
            let right = complete(&data);
            for (from, to) in [(i, j), (i, 8), (j, 8)] {
                let wrong = swapped(&right, PLACES[from], PLACES[to]);
                assert_eq!(CaseCode::parse(&wrong).is_ok(), wrong == right, "{right} as {wrong}");
            }
        }
    }
}

#[test]
fn codes_of_another_form_are_refused() {
    assert_eq!(CaseCode::parse("7K3M-Q2ZC-4").unwrap().as_str(), "7K3M-Q2ZC-4");
    refuses_all(
        CaseCode::parse,
        "case-code-form",
        &[
            "",
            "7K3MQ2ZC4",
            "7K3M-Q2ZC4",
            "7K3M-Q2ZC-",
            "7K3M-Q2ZC-44",
            "7k3m-q2zc-4",
            "7K3M Q2ZC 4",
            "7K3M-Q2ZC-4\n",
            " 7K3M-Q2ZC-4",
            "7K3M_Q2ZC_4",
            "7K3MQ-2ZC-4",
            "OOOO-OOOO-O",
            "7K3M-Q2ZC-U",
            "7K3M-Q2ZI-4",
            "7K3M-Q2ZL-4",
            "7K3M-Q2ZS-4",
            "7K3M-Q2Z\u{421}-4",
            "7K3M\u{2010}Q2ZC-4",
        ],
    );
    refuses_all(
        CaseCode::parse,
        "case-code-check",
        &["7K3M-Q2ZC-5", "K73M-Q2ZC-4", "7K3M-Q2Z4-C", "QK3M-72ZC-4", "7K3M-Q2CZ-4"],
    );
}

#[test]
fn what_people_type_is_read_by_normalise_only() {
    let code = CaseCode::parse("7K3M-Q2ZC-4").unwrap();
    for typed in ["7k3mq2zc4", " 7K3M Q2ZC 4 ", "7-k-3-m-q-2-z-c-4", "7K3M-Q2ZC4"] {
        assert_eq!(CaseCode::normalise(typed).unwrap(), code, "{typed:?}");
    }
    assert_eq!(CaseCode::normalise("oooo-Oooo-o").unwrap().as_str(), "0000-0000-0");
    let ones = complete(b"11110000");
    assert_eq!(CaseCode::normalise(&format!("iIlL-oooo-{}", &ones[10..])).unwrap().as_str(), ones);
    refuses_all(
        CaseCode::normalise,
        "case-code-form",
        &["", "-", "7k3mq2zc", "7k3mq2zc44", "7k3mq2zs4", "7k3mu2zc4", "\u{e9}\u{e9}\u{e9}\u{e9}q"],
    );
    refuses_all(CaseCode::normalise, "case-code-check", &["7k3m q2zc 5"]);
}

#[test]
fn codes_of_many_seeds_differ() {
    let seed = |n: u16| *Hash32::of(&n.to_be_bytes()).as_bytes();
    let codes: HashSet<_> = (0..5000).map(|n| CaseCode::from_seed(&seed(n))).collect();
    assert_eq!(codes.len(), 5000);
}

proptest! {
    #[test]
    fn one_wrong_symbol_is_always_caught(seed: [u8; 32], at in 0..9_usize, by in 0..31_usize) {
        let right = CaseCode::from_seed(&seed);
        let mut wrong = right.to_string();
        wrong.replace_range(PLACES[at]..=PLACES[at], &SYMBOLS[by..=by]);
        prop_assert_eq!(CaseCode::parse(&wrong).is_ok(), wrong == right.as_str());
    }

    #[test]
    fn two_symbols_swapped_are_always_caught(seed: [u8; 32], i in 0..9_usize, j in 0..9_usize) {
        let right = CaseCode::from_seed(&seed);
        let wrong = swapped(right.as_str(), PLACES[i], PLACES[j]);
        prop_assert_eq!(CaseCode::parse(&wrong).is_ok(), wrong == right.as_str());
    }

    #[test]
    fn the_code_of_any_seed_is_valid_and_survives_a_phone_call(seed: [u8; 32]) {
        let code = CaseCode::from_seed(&seed);
        survives_every_form(&code)?;
        let heard = code.as_str().replace('-', "").replace('0', "o").replace('1', "l");
        prop_assert_eq!(CaseCode::normalise(&heard.to_lowercase()).unwrap(), code);
    }
}
