use super::frame::BATCH_DISCLOSURES_MAX;
use super::*;
use crate::directory::{Chain, Directory, edition_id};
use crate::world::{self, bundle};

const START: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);

fn actor(name: &str) -> Actor {
    Actor::parse(name).unwrap()
}

/// Two sides and the frames between them.
struct Pair {
    line: Session,
    terminal: Session,
}

impl Pair {
    fn new() -> Self {
        Self { line: session("line", "terminal", 2), terminal: session("terminal", "line", 2) }
    }

    /// Two sides with so many editions of one chain, or of two that part after the first.
    fn with(line: Chain, terminal: Chain) -> Self {
        let mut pair = Self::new();
        pair.line = Session::new(actor("line"), actor("terminal"), Arc::new(line), START);
        pair.terminal = Session::new(actor("terminal"), actor("line"), Arc::new(terminal), START);
        pair
    }

    /// Carries frames both ways until nothing moves; gives what the shells would see.
    fn drive(&mut self) -> (Vec<Output>, Vec<Output>) {
        let (mut at_line, mut at_terminal) = (Vec::new(), Vec::new());
        loop {
            let to_terminal = take(&mut self.line, &mut at_line);
            let to_line = take(&mut self.terminal, &mut at_terminal);
            if to_terminal.is_empty() && to_line.is_empty() {
                return (at_line, at_terminal);
            }
            to_terminal.into_iter().for_each(|frame| self.terminal.handle_frame(frame));
            to_line.into_iter().for_each(|frame| self.line.handle_frame(frame));
        }
    }
}

fn session(me: &str, peer: &str, editions: u64) -> Session {
    Session::new(actor(me), actor(peer), Arc::new(chain(editions)), START)
}

/// Editions 1 to `last`, each signed by two authorities.
fn chain(last: u64) -> Chain {
    chain_of(1, last, 0)
}

/// Editions `first` to `last`; with `parties_left_out`, every one after edition 1 lacks so many.
fn chain_of(first: u64, last: u64, parties_left_out: usize) -> Chain {
    let mut directory = signed(&world::edition(1, None), None);
    let mut chain = Chain::of(&directory);
    for number in 2..=last {
        let mut next = world::edition(number, Some(directory.id()));
        next.parties.truncate(next.parties.len() - parties_left_out);
        directory = signed(&next, Some(&directory));
        if number == first {
            chain = Chain::of(&directory);
        } else if number > first {
            assert!(chain.push(&directory));
        }
    }
    chain
}

fn signed(edition: &crate::document::DirectoryEdition, after: Option<&Directory>) -> Directory {
    let bundle = bundle(edition, &["authority-1", "authority-2"]);
    let later = world::START.plus(world::DAY);
    match after {
        Some(before) => before.follow(&bundle, later).unwrap(),
        None => Directory::found(&bundle, edition_id(edition).unwrap(), later).unwrap(),
    }
}

fn hello(actor: &str, version: u16) -> Frame {
    let (number, id) = chain(2).newest();
    let newest = Have { number, id: *id.as_bytes() };
    Frame::Hello(Hello { version, actor: actor.into(), first: 1, newest })
}

/// Frames to carry, each through its bytes; the rest goes to `seen`.
fn take(session: &mut Session, seen: &mut Vec<Output>) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(output) = session.poll() {
        match output {
            Output::Send(frame) => {
                let bytes = frame::encode(&frame).unwrap();
                let len = frame::body_len(bytes[..4].try_into().unwrap()).unwrap();
                assert_eq!(len, bytes.len() - 4);
                frames.push(frame::decode(&bytes[4..]).unwrap());
            }
            other => seen.push(other),
        }
    }
    frames
}

#[test]
fn both_sides_open_after_each_others_hello() {
    let mut pair = Pair::new();
    assert!(!pair.line.has_room());
    let (line, terminal) = pair.drive();
    assert_eq!(line, [Output::Opened { directory: 2 }]);
    assert_eq!(terminal, [Output::Opened { directory: 2 }]);
}

#[test]
fn a_batch_is_judged_once_and_answered_once() {
    let mut pair = Pair::new();
    pair.drive();
    let batch = pair.line.deliver(vec![vec![1, 2, 3]], None, vec![], START).unwrap();
    let (_, at_terminal) = pair.drive();
    let [Output::Judge(deliver)] = &at_terminal[..] else { panic!("{at_terminal:?}") };
    assert_eq!((deliver.batch, &deliver.documents), (batch, &vec![vec![1, 2, 3]]));

    pair.terminal.handle_judged(batch, vec![9]);
    pair.terminal.handle_judged(batch, vec![9]);
    let (at_line, _) = pair.drive();
    assert_eq!(at_line, [Output::Answered(Answer { batch, receipt: vec![9] })]);
}

#[test]
fn the_window_stops_the_sender_and_a_sender_beyond_it_is_cut_off() {
    let mut pair = Pair::new();
    pair.drive();
    for _ in 0..WINDOW {
        assert!(pair.line.deliver(vec![vec![0]], None, vec![], START).is_some());
    }
    assert_eq!(pair.line.deliver(vec![vec![0]], None, vec![], START), None);
    pair.drive();

    let more =
        Deliver { batch: 99, documents: vec![vec![0]], registration: None, disclosures: vec![] };
    pair.terminal.handle_frame(Frame::Deliver(more));
    assert_eq!(pair.terminal.poll(), Some(Output::Close(Violation::Window)));
}

#[test]
fn a_frame_before_the_hello_ends_the_link() {
    let have = Have { number: 3, id: [3; 32] };
    for early in [
        Frame::Receipt(Answer { batch: 0, receipt: vec![] }),
        Frame::Have(have),
        Frame::Want(Want { number: 1, from: 0 }),
        Frame::Part(Part { number: 2, total: 1, bytes: vec![0] }),
    ] {
        let mut session = session("line", "terminal", 1);
        session.poll();
        session.handle_frame(early);
        assert_eq!(session.poll(), Some(Output::Close(Violation::OutOfOrder)));
    }
}

#[test]
fn a_second_hello_ends_the_link() {
    let mut pair = Pair::new();
    pair.drive();
    pair.terminal.handle_frame(hello("line", VERSION));
    assert_eq!(pair.terminal.poll(), Some(Output::Close(Violation::OutOfOrder)));
    assert!(!pair.terminal.has_room());
}

#[test]
fn a_hello_of_another_actor_or_version_ends_the_link() {
    let cases = [
        ("customs", VERSION, Violation::NotTheKeysOwner),
        ("line", VERSION + 1, Violation::Version),
    ];
    for (name, version, violation) in cases {
        let mut terminal = session("terminal", "line", 1);
        terminal.poll();
        terminal.handle_frame(hello(name, version));
        assert_eq!(terminal.poll(), Some(Output::Close(violation)));
    }
}

#[test]
fn an_answer_to_nothing_ends_the_link() {
    let mut pair = Pair::new();
    pair.drive();
    pair.line.handle_frame(Frame::Receipt(Answer { batch: 7, receipt: vec![] }));
    assert_eq!(pair.line.poll(), Some(Output::Close(Violation::Answer)));
}

#[test]
fn silence_ends_the_link_before_and_after_the_hello() {
    let mut silent = session("line", "terminal", 1);
    silent.poll();
    silent.handle_timeout(START.plus(HELLO_LIFE - Duration::from_millis(1)));
    assert_eq!(silent.poll(), None);
    silent.handle_timeout(START.plus(HELLO_LIFE));
    assert_eq!(silent.poll(), Some(Output::Close(Violation::Timeout)));

    let mut pair = Pair::new();
    pair.drive();
    assert_eq!(pair.line.deadline(), None);
    pair.line.deliver(vec![vec![0]], None, vec![], START);
    pair.drive();
    pair.line.handle_timeout(START.plus(ANSWER_LIFE));
    assert_eq!(pair.line.poll(), Some(Output::Close(Violation::Timeout)));
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_anything_is_read() {
    assert_eq!(frame::body_len([0, 16, 0, 0]), Ok(frame::FRAME_MAX));
    assert_eq!(frame::body_len([0, 16, 0, 1]), Err(frame::FrameError::TooLong));
    assert_eq!(frame::body_len([0xff; 4]), Err(frame::FrameError::TooLong));
}

#[test]
fn a_frame_that_claims_more_than_it_carries_is_refused() {
    let deliver =
        Deliver { batch: 1, documents: vec![vec![7; 10]], registration: None, disclosures: vec![] };
    let bytes = frame::encode(&Frame::Deliver(deliver)).unwrap();
    let body = &bytes[4..];
    for cut in 0..body.len() {
        assert_eq!(frame::decode(&body[..cut]), Err(frame::FrameError::Form));
    }
    let mut longer = body.to_vec();
    longer.push(0);
    assert_eq!(frame::decode(&longer), Err(frame::FrameError::Form));
    // The count of documents is the first length after variant and batch number.
    let mut greedy = body.to_vec();
    greedy[12..20].copy_from_slice(&u64::MAX.to_be_bytes());
    assert_eq!(frame::decode(&greedy), Err(frame::FrameError::Form));
}

#[test]
fn an_empty_batch_is_refused() {
    let deliver = Deliver { batch: 1, documents: vec![], registration: None, disclosures: vec![] };
    let bytes = frame::encode(&Frame::Deliver(deliver)).unwrap();
    assert_eq!(frame::decode(&bytes[4..]), Err(frame::FrameError::Form));
}

#[test]
fn a_question_is_answered_once_and_out_of_turn_answers_end_the_link() {
    let mut pair = Pair::new();
    pair.drive();
    let number = pair.line.ask_log(About::Newest { from: 7 }, START).unwrap();
    let (_, at_terminal) = pair.drive();
    let ask = Ask { number, about: About::Newest { from: 7 } };
    assert_eq!(at_terminal, [Output::Asked(ask)]);
    let (head, proof) = (Some(vec![1]), Some(vec![[2; 32]]));
    let told = Told { number, head, proof, rotations: vec![], figures: None };
    pair.terminal.handle_told(told.clone());
    let (at_line, _) = pair.drive();
    assert_eq!(at_line, [Output::Told(told.clone())]);

    // Nothing is owed any more: a second answer is not even sent.
    pair.terminal.handle_told(told.clone());
    assert_eq!(pair.drive().0, []);
    pair.line.handle_frame(Frame::Told(told));
    assert_eq!(pair.drive().0, [Output::Close(Violation::Answer)]);
}

#[test]
fn questions_have_a_window_of_their_own_and_a_peer_beyond_it_is_cut_off() {
    let mut pair = Pair::new();
    pair.drive();
    for _ in 0..ASKS_MAX {
        pair.line.ask_log(About::OfSize { size: 1 }, START).unwrap();
    }
    assert_eq!(pair.line.ask_log(About::OfSize { size: 1 }, START), None);
    assert!(pair.line.has_room(), "batches go on");
    assert_eq!(pair.drive().1.len(), ASKS_MAX);
    pair.terminal.handle_frame(Frame::Ask(Ask { number: 99, about: About::OfSize { size: 1 } }));
    assert_eq!(pair.drive().1, [Output::Close(Violation::Window)]);
}

#[test]
fn a_question_without_answer_ends_the_link_in_time() {
    let mut pair = Pair::new();
    pair.drive();
    pair.line.ask_log(About::Inclusion { index: 0, size: 1 }, START).unwrap();
    assert_eq!(pair.line.deadline(), Some(START.plus(ANSWER_LIFE)));
    pair.line.handle_timeout(START.plus(ANSWER_LIFE));
    assert_eq!(pair.drive().0, [Output::Close(Violation::Timeout)]);
}

#[test]
fn a_head_is_shown_without_answer_and_never_before_the_hello() {
    let mut pair = Pair::new();
    pair.line.show(vec![3]);
    pair.drive();
    pair.line.show(vec![4]);
    assert_eq!(pair.drive().1, [Output::Head(vec![4])]);
    let mut fresh = Pair::new();
    fresh.terminal.handle_frame(Frame::Head(vec![5]));
    let closed = std::iter::from_fn(|| fresh.terminal.poll());
    assert!(closed.into_iter().any(|output| output == Output::Close(Violation::OutOfOrder)));
}

#[test]
fn a_batch_with_disclosures_comes_as_it_was_sent() {
    let disclosures = vec![Disclosed { document: 0, bytes: vec![1; 300] }];
    let deliver =
        Deliver { batch: 1, documents: vec![vec![7; 10]], registration: None, disclosures };
    let bytes = frame::encode(&Frame::Deliver(deliver.clone())).unwrap();
    assert_eq!(frame::decode(&bytes[4..]), Ok(Frame::Deliver(deliver)));
}

#[test]
fn disclosures_of_no_document_of_the_batch_or_too_many_are_refused() {
    let disclosed = |document| Disclosed { document, bytes: vec![1] };
    for disclosures in [
        vec![disclosed(1)],
        vec![disclosed(u16::MAX)],
        vec![disclosed(0); BATCH_DISCLOSURES_MAX + 1],
    ] {
        let deliver =
            Deliver { batch: 1, documents: vec![vec![7; 10]], registration: None, disclosures };
        let bytes = frame::encode(&Frame::Deliver(deliver)).unwrap();
        assert_eq!(frame::decode(&bytes[4..]), Err(frame::FrameError::Form));
    }
}

#[test]
fn a_full_batch_fits_a_frame_with_every_field_disclosed() {
    let documents = vec![vec![7; frame::BATCH_BYTES_MAX / frame::BATCH_DOCUMENTS_MAX]; 256];
    let disclosed = |at: usize| Disclosed {
        document: u16::try_from(at / 4).unwrap(),
        bytes: vec![1; crate::sealed::DISCLOSURE_MAX],
    };
    let disclosures = (0..BATCH_DISCLOSURES_MAX).map(disclosed).collect();
    let registration = Some(vec![9; crate::envelope::ENVELOPE_MAX]);
    let deliver = Deliver { batch: 1, documents, registration, disclosures };
    let bytes = frame::encode(&Frame::Deliver(deliver.clone())).unwrap();
    assert_eq!(frame::decode(&bytes[4..]), Ok(Frame::Deliver(deliver)));
}
mod spread;
