//! CONTRL and APERAK, both ways; and that an answer is never answered.

use landside_edifact::answer::aperak::{self, ContentAnswer, Problem, ProblemKind};
use landside_edifact::answer::contrl::{self, Action};
use landside_edifact::profile::Profile;
use landside_edifact::syntax::{self, Code, Fault, Place};
use landside_proto::ids::{BillNo, ContainerNo, UnixMillis};

use crate::fixtures::{all, fixture, profile};
use crate::oracle::{by_oracle, by_us};
use crate::written::at;

fn now() -> UnixMillis {
    at("2035-07-15T12:31:05.000Z")
}

fn acknowledged(file: &[u8]) -> Option<Vec<u8>> {
    let profile = Profile::standard();
    let read = syntax::read(file, &profile.syntax).unwrap();
    contrl::acknowledge(&read[0], "A1", &profile, now()).unwrap()
}

/// The answer to a file that a strict reader refuses.
fn rejected(file: &[u8]) -> Option<Vec<u8>> {
    let strict = profile("strict");
    let fault = syntax::read(file, &strict.syntax).unwrap_err();
    contrl::reject(file, &fault, "A1", &Profile::standard(), now()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    assert_eq!(by_us(bytes).unwrap(), by_oracle(bytes).unwrap());
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn body(text: &str) -> &str {
    text.split_once("UNH").unwrap().1.split_once("\nUNT+").unwrap().0
}

#[test]
fn an_interchange_that_could_be_read_is_acknowledged_to_its_sender() {
    let answer = text(&acknowledged(&fixture("coreor-demo.edi")).unwrap());
    assert!(answer.contains("UNB+UNOC:3+LSTRTM:ZZZ+NSL:ZZZ+350715:1231+A1++CONTRL'"), "{answer}");
    let uci = body(&answer);
    assert!(uci.starts_with("+1+CONTRL:D:3:UN'\nUCI+"), "{answer}");
    assert!(uci.trim_end().ends_with("+NSL:ZZZ+LSTRTM:ZZZ+7'"), "{answer}");
}

#[test]
fn what_cannot_be_read_is_rejected_with_the_number_of_the_standard_and_the_segment() {
    let cases = [
        ("quirk-unt-count.edi", "+4+29+UNT'"),
        ("quirk-unz-count.edi", "+4+29+UNZ'"),
        ("quirk-unz-reference.edi", "+4+28+UNZ'"),
        ("quirk-unz-missing.edi", "+4+18'"),
        ("quirk-release-dangling.edi", "+4+18'"),
    ];
    for (file, end) in cases {
        let answer = text(&rejected(&fixture(file)).unwrap_or_else(|| panic!("{file}")));
        assert!(body(&answer).trim_end().ends_with(end), "{file}: {answer}");
    }
}

#[test]
fn the_interchange_with_the_fault_is_rejected_and_not_the_one_before() {
    let good = fixture("coreor-d95b.edi");
    let bad = fixture("quirk-unz-count.edi");
    let answer = text(&rejected(&[good, bad.clone()].concat()).unwrap());
    assert_eq!(body(&answer), body(&text(&rejected(&bad).unwrap())));
}

#[test]
fn without_an_envelope_there_is_nobody_to_answer() {
    for file in [&b"UNH+1+COREOR:D:95B:UN'"[..], b"not edifact", b"", b"UNB+UNOA:2++B+1:1+R'X'"] {
        assert_eq!(rejected(file), None, "{}", String::from_utf8_lossy(file));
    }
    let bare = profile("bare");
    let file = fixture("quirk-no-envelope.edi");
    let read = syntax::read(&file, &bare.syntax).unwrap();
    assert_eq!(contrl::acknowledge(&read[0], "A1", &bare, now()).unwrap(), None);
    let message = &read[0].messages[0];
    let answer = ContentAnswer::default();
    assert_eq!(aperak::write((None, message), &answer, "A1", &bare, now()).unwrap(), None);
}

#[test]
fn an_answer_is_never_answered() {
    let standard = Profile::standard();
    let contrl = acknowledged(&fixture("coreor-demo.edi")).unwrap();
    let aperak = complaint();
    for answer in [contrl, aperak] {
        assert_eq!(acknowledged(&answer), None);
        let read = syntax::read(&answer, &standard.syntax).unwrap();
        let (header, message) = (read[0].header.as_ref(), &read[0].messages[0]);
        let again = ContentAnswer::default();
        let written = aperak::write((header, message), &again, "A2", &standard, now()).unwrap();
        assert_eq!(written, None);
        // Nor where it is damaged.
        let damaged = String::from_utf8(answer).unwrap().replace("UNZ+1", "UNZ+2");
        assert_eq!(rejected(damaged.as_bytes()), None);
    }
}

#[test]
fn a_test_is_answered_as_a_test() {
    let answer = acknowledged(&fixture("quirk-test-indicator.edi")).unwrap();
    let read = syntax::read(&answer, &Profile::standard().syntax).unwrap();
    assert!(read[0].header.as_ref().unwrap().test);
}

#[test]
fn an_acknowledgement_is_read_back() {
    let file = fixture("coreor-demo.edi");
    let standard = Profile::standard();
    let original = syntax::read(&file, &standard.syntax).unwrap();
    let header = original[0].header.as_ref().unwrap();
    let good = acknowledged(&file).unwrap();
    let read = syntax::read(&good, &standard.syntax).unwrap();
    let answer = contrl::read(&read[0], &read[0].messages[0]).unwrap();
    assert_eq!((answer.action, answer.error), (Action::Acknowledged, None));
    assert_eq!(answer.control_ref, header.control_ref);
    assert_eq!((answer.sender, answer.recipient), ("NSL".into(), "LSTRTM".into()));
    let bad = rejected(&fixture("quirk-unt-count.edi")).unwrap();
    let read = syntax::read(&bad, &standard.syntax).unwrap();
    let answer = contrl::read(&read[0], &read[0].messages[0]).unwrap();
    assert_eq!((answer.action, answer.error), (Action::Rejected, Some(29)));
    assert_eq!(answer.segment, "UNT");
}

#[test]
fn a_code_that_nobody_knows_is_no_acknowledgement() {
    let file = "UNB+UNOA:3+T+L+350715:1231+9'UNH+1+CONTRL:D:3:UN'UCI+R1+L+T+1'\
                UCM+7+COREOR:D:00B:UN+4+12'UNT+4+1'UNZ+1+9'";
    let read = syntax::read(file.as_bytes(), &Profile::standard().syntax).unwrap();
    let answer = contrl::read(&read[0], &read[0].messages[0]).unwrap();
    assert_eq!(answer.action, Action::Other("1".into()));
    assert!(answer.action.words().contains("nobody knows"));
    let [message] = &answer.messages[..] else { panic!("{answer:?}") };
    assert_eq!((message.reference.as_str(), message.kind.as_str()), ("7", "COREOR"));
    assert_eq!((&message.action, message.error), (&Action::Rejected, Some(12)));
    let empty = file.replace("UCI+", "FTX+");
    let read = syntax::read(empty.as_bytes(), &Profile::standard().syntax).unwrap();
    assert_eq!(contrl::read(&read[0], &read[0].messages[0]), None);
}

#[test]
fn every_fixture_is_acknowledged_or_rejected_or_has_no_sender() {
    let standard = Profile::standard();
    for (name, file) in all() {
        let answer = match syntax::read(&file, &standard.syntax) {
            Ok(read) => contrl::acknowledge(&read[0], "A1", &standard, now()).unwrap(),
            Err(fault) => contrl::reject(&file, &fault, "A1", &standard, now()).unwrap(),
        };
        let answered = answer.is_some();
        // Of the second not even UNB can be found.
        let nobody = ["quirk-no-envelope.edi", "quirk-semicolons.edi"].contains(&name.as_str())
            || name.starts_with("contrl-")
            || name.starts_with("aperak-");
        assert_eq!(answered, !nobody, "{name}");
        if let Some(bytes) = answer {
            text(&bytes);
        }
    }
}

#[test]
fn a_fault_before_the_envelope_has_nobody_to_tell() {
    let fault = Fault::new(Code::FileTooLarge, Place::default(), "x");
    let file = fixture("coreor-demo.edi");
    let answer = contrl::reject(&file, &fault, "A1", &Profile::standard(), now()).unwrap();
    assert_eq!(answer, None);
}

fn complaint() -> Vec<u8> {
    let file = fixture("copino-pick-up.edi");
    let standard = Profile::standard();
    let read = syntax::read(&file, &standard.syntax).unwrap();
    let problem = Problem {
        kind: ProblemKind::ReleaseExpired,
        text: "release NSLR50001 ran out on 2035-07-15; ask the line: 'extend it'".repeat(2),
        container: Some(ContainerNo::parse("NSLU1000014").unwrap()),
        bill: Some(BillNo::parse("NSLB7712001").unwrap()),
    };
    let answer =
        ContentAnswer { problems: vec![problem.clone(), Problem { bill: None, ..problem }] };
    let about = (read[0].header.as_ref(), &read[0].messages[0]);
    aperak::write(about, &answer, "A7", &standard, now()).unwrap().unwrap()
}

#[test]
fn a_complaint_is_read_back() {
    let bytes = complaint();
    text(&bytes);
    let read = syntax::read(&bytes, &Profile::standard().syntax).unwrap();
    let reply = aperak::read(&read[0], &read[0].messages[0]);
    assert_eq!(reply.accepted, Some(false));
    assert_eq!(reply.message_ref.unwrap().as_str(), "1");
    assert_eq!(reply.control_ref.unwrap().as_str(), "KT7201");
    assert_eq!(reply.problems.len(), 2);
    assert_eq!(reply.problems[0].code, "12");
    assert!(reply.problems[0].text.starts_with("release NSLR50001 ran out on 2035-07-15; ask"));
    assert_eq!(reply.problems[0].about, Some(("EQ".into(), "NSLU1000014".into())));
}

#[test]
fn no_complaint_is_an_acceptance() {
    let file = fixture("copino-pick-up.edi");
    let standard = Profile::standard();
    let read = syntax::read(&file, &standard.syntax).unwrap();
    let about = (read[0].header.as_ref(), &read[0].messages[0]);
    let answer = ContentAnswer::default();
    let bytes = aperak::write(about, &answer, "A7", &standard, now()).unwrap().unwrap();
    assert!(text(&bytes).contains("BGM+312+A7+29'"));
    let read = syntax::read(&bytes, &standard.syntax).unwrap();
    assert_eq!(aperak::read(&read[0], &read[0].messages[0]).accepted, Some(true));
}

#[test]
fn an_error_is_no_acceptance_whatever_the_head_says() {
    let reply = |bgm: &str, rest: &str| {
        let file = format!(
            "UNB+UNOA:3+T+L+350715:1231+9'UNH+1+APERAK:D:95B:UN'{bgm}{rest}UNT+4+1'UNZ+1+9'"
        );
        let read = syntax::read(file.as_bytes(), &Profile::standard().syntax).unwrap();
        aperak::read(&read[0], &read[0].messages[0]).accepted
    };
    assert_eq!(reply("BGM+312+X+29'", "ERC+A1'"), Some(false));
    assert_eq!(reply("BGM+312+X+27'", ""), Some(false));
    assert_eq!(reply("BGM+963+X+9'", ""), Some(false));
    assert_eq!(reply("BGM+23+X+9'", ""), None);
    assert_eq!(reply("", ""), None);
}

#[test]
fn every_kind_of_problem_has_a_number_of_its_own() {
    let mut codes: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    let mut names: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.as_str()).collect();
    for list in [&mut codes, &mut names] {
        let long = list.len();
        list.sort_unstable();
        list.dedup();
        assert_eq!(list.len(), long);
    }
}
