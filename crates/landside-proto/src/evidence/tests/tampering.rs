//! The campaign: whatever is changed in a file is found, and the place is named.

use super::*;

/// The parts that broken findings name.
fn broken_parts(report: &Report) -> Vec<(Part, Option<(usize, usize)>)> {
    let broken = report.findings.iter().filter(|f| f.severity() == Severity::Broken);
    broken.map(|finding| (finding.place.part, finding.place.number)).collect()
}

/// Bits to flip of byte `at`: all of them over eight bytes, so that each bit has its turn.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[at] ^= 1 << (at % 8);
    flipped
}

/// A case of few documents with every sort of part, and a directory of those who take part: each
/// byte of it is flipped.
fn short() -> (Vec<u8>, Hash32) {
    let (few, id) = few();
    let log = left().log;
    let mut case = case_of(&log[..6]);
    case.editions = vec![few];
    case.photos.clear();
    (file(case), id)
}

#[test]
fn every_flipped_byte_is_found_and_its_part_named() {
    let (bytes, trusted) = short();
    assert_eq!(verify(&bytes, Some(trusted)).findings, []);
    let layout = parse(&bytes).unwrap().layout;
    let mut unnamed = Vec::new();
    for at in 0..bytes.len() {
        let report = verify(&flipped(&bytes, at), Some(trusted));
        assert_eq!(report.verdict, Verdict::Broken, "byte {at}");
        let hit = layout.at(at);
        // A broken frame shows at the byte where reading got stuck, which may lie behind.
        let stuck = report.findings.iter().any(|finding| {
            let form = [FindingCode::Form, FindingCode::Limit, FindingCode::NotCanonical];
            let names_byte = finding.text.contains("byte ");
            form.contains(&finding.code) && names_byte && finding.place.bytes.end >= at
        });
        let named = broken_parts(&report).contains(&(hit.part, hit.number));
        // A witness's line of a key that nobody has is covered by the digest alone, which names it.
        let listed = report.findings.iter().any(|finding| {
            finding.code == FindingCode::FileDigest && finding.text.contains(&hit.to_string())
        });
        // Of two parts out of order, either may be the one that was changed: both are told.
        let number = hit.number.map_or(0, |(number, _)| number);
        let pair = report.findings.iter().any(|finding| {
            let named = format!("{} {number} ", hit.part.as_str());
            let told = format!("{} ", finding.text.replace(':', " "));
            finding.code == FindingCode::Order && told.contains(&named)
        });
        let framed = hit.part == Part::File;
        if !(named || stuck || listed || pair || framed) {
            unnamed.push((at, hit.to_string(), codes(&report)));
        }
    }
    assert!(unnamed.is_empty(), "{} of {}: {:?}", unnamed.len(), bytes.len(), &unnamed[..1]);
}

#[test]
fn the_digest_alone_would_not_do() {
    // The same flips by somebody who writes the digest anew: signatures and proofs find them. What
    // they find nothing in, is nothing but what the file could also honestly say.
    let (bytes, trusted) = short();
    let layout = parse(&bytes).unwrap().layout;
    let honest = verify(&bytes, Some(trusted));
    let body = bytes.len() - 32;
    for at in 0..body {
        let mut forged = flipped(&bytes, at);
        let digest = Hash32::of(&forged[..body]);
        forged[body..].copy_from_slice(digest.as_bytes());
        let report = verify(&forged, Some(trusted));
        if report.is_broken() {
            continue;
        }
        let part = layout.at(at).part;
        assert_eq!(part, Part::Head, "byte {at} of {}", layout.at(at));
        assert!(codes(&report).contains(&"line-unknown"), "byte {at}: {:?}", codes(&report));
        let fewer = report.heads[0].witnesses.len() < honest.heads[0].witnesses.len();
        assert!(fewer && report.case == honest.case, "byte {at}");
    }
}

#[test]
fn a_file_cut_at_any_length_is_found_and_never_panics() {
    let bytes = file(whole());
    for length in 0..bytes.len() {
        let report = verify(&bytes[..length], Some(founding_id()));
        assert_eq!(report.verdict, Verdict::Broken, "{length}");
        let finding = &report.findings[0];
        assert!(finding.place.bytes.start <= length, "{length}: {finding:?}");
    }
}

#[test]
fn a_change_that_nothing_else_covers_is_narrowed_down() {
    let mut case = whole();
    let note = String::from_utf8(case.head.take().unwrap()).unwrap();
    let stray = "\u{2014} elsewhere.example/witness AAAAAAAAAAAAAAAA\n";
    case.head = Some(format!("{note}{stray}").into_bytes());
    let bytes = file(case);
    let known = verify(&bytes, Some(founding_id()));
    assert_eq!((known.verdict, codes(&known)), (Verdict::Proven, vec!["line-unknown"]));

    let at = bytes.windows(4).rposition(|four| four == b"AAAA").unwrap();
    let report = verify(&flipped(&bytes, at - at % 8 + 1), Some(founding_id()));
    assert_eq!(codes(&report), ["file-digest", "line-unknown"]);
    let (place, text) = told(&report, FindingCode::FileDigest);
    assert!(place.starts_with("digest, bytes "), "{place}");
    assert!(text.contains("head, bytes "), "{text}");
}

/// Each list of parts of a case, to be spoiled as one.
fn parts(case: &mut CaseEvidence) -> [(Part, Parts<'_>); 6] {
    [
        (Part::Edition, Parts::Blobs(&mut case.editions)),
        (Part::Credential, Parts::Registered(&mut case.credentials)),
        (Part::Document, Parts::Registered(&mut case.documents)),
        (Part::Receipt, Parts::Blobs(&mut case.receipts)),
        (Part::Interchange, Parts::Blobs(&mut case.interchanges)),
        (Part::Photo, Parts::Blobs(&mut case.photos)),
    ]
}

enum Parts<'a> {
    Blobs(&'a mut Vec<Vec<u8>>),
    Registered(&'a mut Vec<Registered>),
}

impl Parts<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Blobs(list) => list.len(),
            Self::Registered(list) => list.len(),
        }
    }

    fn drop(&mut self, at: usize) {
        match self {
            Self::Blobs(list) => drop(list.remove(at)),
            Self::Registered(list) => drop(list.remove(at)),
        }
    }

    fn double(&mut self, at: usize) {
        match self {
            Self::Blobs(list) => list.insert(at, list[at].clone()),
            Self::Registered(list) => list.insert(at, list[at].clone()),
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        match self {
            Self::Blobs(list) => list.swap(a, b),
            Self::Registered(list) => list.swap(a, b),
        }
    }

    /// Swaps what stands there and leaves positions and proofs where they are.
    fn swap_contents(&mut self, a: usize, b: usize) {
        if let Self::Registered(list) = self {
            list.swap(a, b);
            let position = list[a].position;
            list[a].position = list[b].position;
            list[b].position = position;
            let proof = list[a].proof.take();
            list[a].proof = list[b].proof.take();
            list[b].proof = proof;
        }
    }
}

/// Spoils part after part, writes the digest anew, and gives back each report.
fn spoiled(mut spoil: impl FnMut(&mut Parts<'_>, usize)) -> Vec<(Part, usize, Report)> {
    let mut reports = Vec::new();
    for list in 0..6 {
        let (part, count) = {
            let mut case = whole();
            let (part, parts) = &parts(&mut case)[list];
            (*part, parts.len())
        };
        for at in 0..count {
            let mut case = whole();
            spoil(&mut parts(&mut case)[list].1, at);
            let bytes = write_as_is(&Evidence::Case(case));
            reports.push((part, at, verify(&bytes, Some(founding_id()))));
        }
    }
    reports
}

#[test]
fn a_part_taken_out_is_found_though_the_digest_is_made_anew() {
    for (part, at, report) in spoiled(|parts, at| parts.drop(at)) {
        let found = codes(&report);
        match part {
            // Without its begin the chain starts at an edition that came later.
            Part::Edition if at == 0 => assert_eq!(found[0], "edition-not-joined"),
            // Without its end the directory is older, and what the file says is the same.
            Part::Edition => assert!(found.contains(&"directory-behind"), "{found:?}"),
            Part::Credential => assert_eq!(found[0], "document-refused", "{found:?}"),
            // Without place 0 it would be a part, if the receipts did not name it.
            Part::Document if at == 0 => assert!(found.contains(&"document-left-out"), "{found:?}"),
            Part::Document if at == 11 => assert_eq!(found, ["document-left-out"]),
            Part::Document => assert!(
                found.contains(&"place-missing") && found.contains(&"document-left-out"),
                "{found:?}"
            ),
            // Proofs stand without receipts: the file says less, and nothing else.
            Part::Receipt => assert_eq!((report.verdict, found.len()), (Verdict::Proven, 0)),
            Part::Interchange => assert_eq!(found, ["interchange-missing"]),
            _ => assert_eq!(found, ["photo-missing"]),
        }
    }
}

#[test]
fn a_part_put_in_twice_is_found_where_it_stands() {
    for (part, at, report) in spoiled(|parts, at| parts.double(at)) {
        let expected = if part == Part::Edition { "edition-refused" } else { "order" };
        let broken = &report.findings[0];
        assert_eq!(broken.code.as_str(), expected, "{part:?} {at}");
        assert_eq!((broken.place.part, broken.place.number.unwrap().0), (part, at + 2));
    }
}

#[test]
fn parts_in_another_order_are_found() {
    for (part, at, report) in spoiled(|parts, at| parts.swap(at, (at + 1) % parts.len())) {
        if matches!(part, Part::Credential | Part::Interchange | Part::Photo) {
            continue; // There is one of them.
        }
        assert_eq!(report.verdict, Verdict::Broken, "{part:?} {at}");
        assert_eq!(report.findings[0].place.part, part, "{part:?} {at}");
    }
}

#[test]
fn documents_in_one_anothers_places_are_found_by_proof_and_receipt() {
    let whole_case = whole();
    for a in 0..whole_case.documents.len() {
        for b in 0..a {
            let mut case = whole_case.clone();
            parts(&mut case)[2].1.swap_contents(a, b);
            let report = verify(&write_as_is(&Evidence::Case(case)), Some(founding_id()));
            for at in [a, b] {
                let named = report.findings.iter().filter(|finding| {
                    finding.place.part == Part::Document
                        && finding.place.number.unwrap().0 == at + 1
                });
                let named: Vec<_> = named.map(|finding| finding.code).collect();
                assert!(named.contains(&FindingCode::ProofFails), "{a} {b}: {named:?}");
                assert!(named.contains(&FindingCode::ReceiptDiffers), "{a} {b}: {named:?}");
            }
        }
    }
}

#[test]
fn a_part_of_another_case_is_found() {
    let mut other = World::new();
    other.register(crate::world::hold(crate::document::HoldType::Court), "port-authority").unwrap();
    let other = case_of(&other.log);
    let mut case = whole();
    case.documents[11] = other.documents[0].clone();
    let found = codes(&verify(&write_as_is(&Evidence::Case(case)), Some(founding_id())));
    assert_eq!(found[0], "order");

    let mut case = whole();
    case.receipts.push(other.receipts[0].clone());
    // Its one place is that of another document here.
    assert_eq!(codes(&checked(case))[0], "terminal-contradicts");

    let mut case = whole();
    case.interchanges.push(b"UNB+other'".to_vec());
    assert_eq!(codes(&checked(case)), ["interchange-unneeded"]);

    let mut case = whole();
    case.documents[3].disclosures.push(vec![1]);
    let report = checked(case);
    assert_eq!(codes(&report), ["disclosure-refused"]);
    let (place, _) = told(&report, FindingCode::DisclosureRefused);
    assert!(place.starts_with("document 4 of 12 (pass-right), bytes "), "{place}");
}
