//! Files whose editions are not the ones that their reader trusts, and readers who ask for witnesses.

use super::*;
use crate::world::DAY;

/// Editions 1 to `last`, each signed by enough authorities.
fn chain(last: u64) -> Vec<Vec<u8>> {
    let all = ["authority-1", "authority-2", "authority-3"];
    let mut before = None;
    let each = (1..=last).map(|number| {
        let next = edition(number, before);
        before = Some(edition_id(&next).unwrap());
        bundle(&next, &all)
    });
    each.collect()
}

fn id_of(bundle: &[u8]) -> Hash32 {
    crate::directory::peek_bundle(bundle).unwrap().1
}

/// A file with these editions.
fn with(editions: &[Vec<u8>]) -> Vec<u8> {
    file(CaseEvidence { editions: editions.to_vec(), ..whole() })
}

/// What was found of editions; the gate of the case looked at another one.
fn of_editions(report: &Report) -> Vec<&str> {
    codes(report).into_iter().filter(|code| code.starts_with("edition")).collect()
}

fn judged(bytes: &[u8], ids: &[Hash32], editions: &[Vec<u8>]) -> Report {
    verify_by(bytes, &Trust { ids, editions, ..Trust::default() })
}

#[test]
fn a_file_that_does_not_join_the_list_that_is_trusted_is_not_judged() {
    let chain = chain(5);
    let bytes = with(&chain[2..4]);
    for at in [0, 1, 4] {
        let report = verify(&bytes, Some(id_of(&chain[at])));
        assert_eq!(report.verdict, Verdict::NotJoined);
        assert_eq!(of_editions(&report), ["edition-not-joined"]);
        assert!(!report.is_sound() && !report.is_broken() && report.is_unjudged());
        assert!(report.case.is_none() && !report.trusted);
    }
    let text = told(&verify(&bytes, Some(id_of(&chain[0]))), FindingCode::EditionNotJoined).1;
    assert!(text.contains("editions 3 to 4"), "{text}");
}

#[test]
fn the_editions_between_join_a_file_to_an_older_and_to_a_newer_list() {
    let chain = chain(5);
    let bytes = with(&chain[2..4]);
    for (trusted, between) in
        [(&chain[0], &chain[..2]), (&chain[1], &chain[1..2]), (&chain[4], &chain[4..])]
    {
        let mut between = between.to_vec();
        between.reverse();
        let report = judged(&bytes, &[id_of(trusted)], &between);
        assert_eq!((report.verdict, of_editions(&report)), (Verdict::Proven, vec![]));
        assert!(
            report.trusted
                && report.editions.iter().all(|edition| edition.brought || !edition.trusted)
        );
    }
    // From above, over one that only its hash names.
    let report = judged(&with(&chain[..3]), &[id_of(&chain[4])], &chain[3..]);
    assert_eq!(report.verdict, Verdict::Proven);
}

#[test]
fn a_gap_or_an_edition_that_too_few_signed_joins_nothing() {
    let chain = chain(5);
    let bytes = with(&chain[3..]);
    let trusted = [id_of(&chain[0])];
    let few = bundle(&crate::directory::peek_bundle(&chain[1]).unwrap().0, &["authority-1"]);
    for between in [
        vec![],
        vec![chain[0].clone()],
        vec![chain[1].clone(), chain[2].clone()],
        vec![chain[0].clone(), chain[2].clone()],
        vec![chain[0].clone(), few, chain[2].clone()],
        vec![chain[0].clone(), b"no bundle".to_vec()],
    ] {
        assert_eq!(judged(&bytes, &trusted, &between).verdict, Verdict::NotJoined, "{between:?}");
    }
    let gap_above =
        judged(&with(&chain[..2]), &[id_of(&chain[4])], &[chain[4].clone(), chain[2].clone()]);
    assert_eq!(gap_above.verdict, Verdict::NotJoined);
}

#[test]
fn a_file_of_another_list_is_broken_when_the_editions_brought_along_show_it() {
    let chain = chain(4);
    let other = |number: u64, before: &[u8]| {
        let mut other = edition(number, Some(id_of(before)));
        other.valid_until = other.valid_until.plus(MINUTE);
        bundle(&other, &["authority-1", "authority-2"])
    };
    let parted = other(3, &chain[1]);
    for (trusted, between, file) in [
        // The same number; from below; from above.
        (&chain[2], chain[2..3].to_vec(), vec![parted.clone()]),
        (&chain[0], chain[..2].to_vec(), vec![other(3, &chain[0])]),
        (&chain[3], chain[3..].to_vec(), vec![parted.clone()]),
    ] {
        let report = judged(&with(&file), &[id_of(trusted)], &between);
        assert_eq!(report.verdict, Verdict::Broken);
        assert_eq!(of_editions(&report), ["edition-not-trusted"]);
    }
}

#[test]
fn one_of_several_trusted_ids_is_enough() {
    let chain = chain(3);
    let bytes = with(&chain[1..]);
    let ids: Vec<Hash32> = chain.iter().map(|bundle| id_of(bundle)).collect();
    assert_eq!(judged(&bytes, &ids, &[]).verdict, Verdict::Proven);
    assert_eq!(judged(&bytes, &ids[..1], &[]).verdict, Verdict::NotJoined);
}

#[test]
fn a_file_is_proven_by_as_many_distinct_parties_as_its_reader_asks_for() {
    let ids = [founding_id()];
    let by = |case: CaseEvidence, witnesses: usize| {
        verify_by(&file(case), &Trust { ids: &ids, witnesses, ..Trust::default() })
    };
    for (asked, verdict) in [
        (0, Verdict::Proven),
        (1, Verdict::Proven),
        (2, Verdict::Proven),
        (3, Verdict::TooFewWitnesses),
    ] {
        let report = by(whole(), asked);
        assert_eq!((report.verdict, report.witnesses().len()), (verdict, 2), "{asked}");
        assert!(report.is_sound());
    }
    let three = by(whole(), 3);
    assert_eq!(codes(&three), ["too-few-witnesses"]);
    let text = told(&three, FindingCode::TooFewWitnesses).1;
    assert!(text.contains("2 of the 3 parties asked for"), "{text}");

    // The terminal's own cosignature is nobody's else.
    let log = left().log;
    let own = witnessed(&head(&log), &[CUSTOMS, TERMINAL], log.last().unwrap().1.at.plus(MINUTE));
    let mut case = whole();
    case.head = Some(own.bytes().to_vec());
    let report = by(case, 2);
    let parties: Vec<_> = report.witnesses().into_iter().map(PartyId::as_str).collect();
    assert_eq!((report.verdict, parties), (Verdict::TooFewWitnesses, vec![CUSTOMS]));
}

/// The editions of the whole case, and one more that takes a key of the line from a time on.
fn with_revocation(until: UnixMillis) -> (Vec<Vec<u8>>, Vec<u8>) {
    let known = whole().editions;
    let (last, id) = crate::directory::peek_bundle(known.last().unwrap()).unwrap();
    let mut next = edition(last.number + 1, Some(id));
    next.valid_from = last.valid_from.plus(DAY);
    let line = next.parties.iter_mut().find(|entry| entry.id == party(LINE)).unwrap();
    line.signing_keys[0].until = Some(until);
    line.rotations_from = Some(next.valid_from);
    (known, bundle(&next, &["authority-1", "authority-3"]))
}

#[test]
fn an_edition_that_the_reader_brings_and_the_file_was_cut_before_speaks_against_its_keys() {
    let (known, revoking) = with_revocation(START);
    let trusted = [founding_id()];
    assert_eq!(judged(&file(whole()), &trusted, &known).verdict, Verdict::Proven);
    let report =
        judged(&file(whole()), &trusted, &[&known[..], std::slice::from_ref(&revoking)].concat());
    assert!(codes(&report).contains(&"key-revoked"), "{:?}", codes(&report));
    assert!(!report.is_sound() && !report.is_broken());
    let seen = report.editions.last().unwrap();
    assert!(seen.brought && report.editions[..known.len()].iter().all(|seen| !seen.brought));

    // The same when the file has it, and when it alone is trusted and brought.
    let mut carried = whole();
    carried.editions.push(revoking.clone());
    let as_carried = codes(&verify(&file(carried), Some(founding_id()))).len();
    assert_eq!(codes(&report).len(), as_carried);
    let alone = judged(&file(whole()), &[id_of(&revoking)], &[revoking]);
    assert!(codes(&alone).contains(&"key-revoked"), "{:?}", codes(&alone));
}

#[test]
fn an_edition_brought_that_too_few_signed_or_that_follows_another_is_named_and_says_nothing() {
    let (known, revoking) = with_revocation(START);
    let (edition, _) = crate::directory::peek_bundle(&revoking).unwrap();
    let few = bundle(&edition, &["authority-1"]);
    let mut other = edition.clone();
    other.previous = Some(Hash32::of(b"another"));
    let other = bundle(&other, &["authority-1", "authority-3"]);
    for stray in [few, other] {
        let report = judged(&file(whole()), &[founding_id()], &[&known[..], &[stray]].concat());
        let found = vec!["edition-unused"];
        assert_eq!((report.verdict, codes(&report)), (Verdict::Proven, found));
        assert!(told(&report, FindingCode::EditionUnused).1.contains("nothing leads to it"));
    }
    // One that ends the key after all that was registered says nothing against it either.
    let (known, late) = with_revocation(START.plus(DAY).plus(DAY));
    let report = judged(&file(whole()), &[founding_id()], &[&known[..], &[late]].concat());
    assert_eq!(report.verdict, Verdict::Proven, "{:?}", report.findings);
}

/// The same edition with one signature of the two it needs.
fn scarcely_signed(bundle_of: &[u8]) -> Vec<u8> {
    bundle(&crate::directory::peek_bundle(bundle_of).unwrap().0, &["authority-1"])
}

#[test]
fn an_edition_that_is_trusted_by_its_id_speaks_against_its_keys_whoever_signed_the_bundle() {
    let (known, revoking) = with_revocation(START);
    let few = scarcely_signed(&revoking);
    let id = id_of(&revoking);
    assert_eq!(id_of(&few), id);
    let full = judged(&file(whole()), &[id], &[revoking]);
    // Alone, after those of the file, and beside another trusted one.
    for (ids, editions) in [
        (vec![id], vec![few.clone()]),
        (vec![id], [&known[..], std::slice::from_ref(&few)].concat()),
        (vec![founding_id(), id], vec![few]),
    ] {
        let report = judged(&file(whole()), &ids, &editions);
        assert_eq!(codes(&report), codes(&full));
        assert!(codes(&report).contains(&"key-revoked"), "{:?}", codes(&report));
        let seen = report.editions.last().unwrap();
        assert!(seen.brought && seen.trusted);
        assert!(seen.signatures.0 < usize::from(seen.threshold));
    }
}

#[test]
fn every_edition_that_a_trusted_one_names_by_its_hash_counts() {
    // The second after the file is trusted; the first after it revokes, and few signed that bundle.
    let (_, revoking) = with_revocation(START);
    let (next, _) = crate::directory::peek_bundle(&revoking).unwrap();
    let mut last = edition(next.number + 1, Some(id_of(&revoking)));
    last.valid_from = next.valid_from.plus(DAY);
    // It lists the key again: the one between ended it, and that is all that says so.
    let last = bundle(&last, &["authority-1", "authority-3"]);
    let few = scarcely_signed(&revoking);
    let report = judged(&file(whole()), &[id_of(&last)], &[last.clone(), few]);
    let numbers: Vec<_> = report.editions.iter().map(|seen| seen.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert!(report.trusted && !report.is_broken());
    // One between is missing, and another edition of the file is trusted: the later one counts all the same.
    let report = judged(&file(whole()), &[founding_id(), id_of(&last)], &[last]);
    let numbers: Vec<_> = report.editions.iter().map(|seen| seen.number).collect();
    assert_eq!((numbers, report.trusted), (vec![1, 2, 4], true));
}

#[test]
fn an_edition_brought_that_nothing_leads_to_is_named() {
    let chain = chain(5);
    let bytes = with(&chain[..2]);
    let unused = |editions: &[Vec<u8>]| {
        let report = judged(&bytes, &[id_of(&chain[0])], editions);
        assert_eq!(report.verdict, Verdict::Proven);
        let found = report.findings.iter().filter(|f| f.code == FindingCode::EditionUnused);
        found.map(|finding| finding.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(unused(&chain), Vec::<String>::new());
    let gap = unused(&chain[3..]);
    assert_eq!(gap.len(), 2, "{gap:?}");
    assert!(gap[0].starts_with("edition 4, ") && gap[0].contains("one between is missing"));
}

#[test]
fn a_trusted_edition_that_names_another_one_of_the_files_is_word_against_it() {
    let chain = chain(3);
    let mut parted = edition(2, Some(id_of(&chain[0])));
    parted.valid_until = parted.valid_until.plus(MINUTE);
    let parted = bundle(&parted, &["authority-1", "authority-2"]);
    let bytes = with(&[chain[0].clone(), parted]);
    let ids = [id_of(&chain[0]), id_of(&chain[2])];
    let report = judged(&bytes, &ids, &chain[2..]);
    assert_eq!(
        (report.verdict, of_editions(&report)),
        (Verdict::Broken, vec!["edition-not-trusted"])
    );
}
