//! Editions over a conversation: who is behind asks, and nothing comes unasked.

use super::*;
use crate::directory::BUNDLE_MAX;
use crate::session::frame::PART_MAX;

/// A terminal that is ahead by one edition of a line that has said hello.
fn behind_by_one() -> Pair {
    let mut pair = Pair::with(chain(1), chain(2));
    pair.drive();
    pair
}

/// What the terminal answers when it is asked for parts of a bundle of so many bytes.
fn serve(pair: &mut Pair, bundle: &[u8]) -> Vec<Output> {
    let mut seen = Vec::new();
    loop {
        let (at_line, at_terminal) = pair.drive();
        seen.extend(at_line);
        let [Output::Supply(want)] = at_terminal[..] else {
            assert_eq!(at_terminal, []);
            return seen;
        };
        let from = usize::try_from(want.from).unwrap();
        let part = bundle[from..].iter().copied().take(PART_MAX).collect();
        pair.terminal.supply(want.number, bundle.len() as u64, part);
    }
}

fn part(number: u64, total: usize, len: usize) -> Frame {
    Frame::Part(Part { number, total: total as u64, bytes: vec![7; len] })
}

fn ends(session: &mut Session, why: Violation) {
    let mut last = None;
    while let Some(output) = session.poll() {
        last = Some(output);
    }
    assert_eq!(last, Some(Output::Close(why)));
    assert_eq!(session.wants(), None, "nothing is asked for on a link that ends");
}

#[test]
fn who_is_behind_asks_for_the_next_edition_and_gets_it_in_parts() {
    let mut pair = behind_by_one();
    assert_eq!((pair.line.wants(), pair.terminal.wants()), (Some(2), None));
    pair.line.ask(START);
    assert_eq!(pair.line.wants(), None, "one at a time");
    let bundle: Vec<u8> = (0..2 * PART_MAX + 5).map(|n| (n % 251) as u8).collect();
    assert_eq!(serve(&mut pair, &bundle), [Output::Edition(2, bundle)]);

    pair.line.handle_chain(Arc::new(chain(2)));
    pair.line.handle_edition(Verdict::Taken, START);
    assert_eq!(pair.line.wants(), None);
    assert!(pair.line.is_even());
    pair.drive();
    assert!(pair.terminal.is_even(), "it was told that the line has it now");
}

#[test]
fn editions_are_asked_for_one_after_the_other() {
    let mut pair = Pair::with(chain(1), chain(4));
    pair.drive();
    for number in 2..=4 {
        assert_eq!(pair.line.wants(), Some(number));
        pair.line.ask(START);
        assert_eq!(serve(&mut pair, b"bundle"), [Output::Edition(number, b"bundle".to_vec())]);
        pair.line.handle_chain(Arc::new(chain(number)));
        pair.line.handle_edition(Verdict::Taken, START);
    }
    assert_eq!(pair.line.wants(), None);
}

#[test]
fn a_new_edition_is_told_to_a_live_link_and_asked_for() {
    let mut pair = Pair::with(chain(1), chain(1));
    pair.drive();
    assert!(pair.line.is_even() && pair.terminal.is_even());
    pair.terminal.handle_chain(Arc::new(chain(2)));
    assert!(!pair.terminal.is_even());
    pair.drive();
    assert_eq!(pair.line.wants(), Some(2));
}

#[test]
fn an_edition_taken_between_the_two_hellos_is_told_after_them() {
    let mut pair = Pair::with(chain(1), chain(1));
    let hello = pair.terminal.poll();
    pair.terminal.handle_chain(Arc::new(chain(2)));
    let Some(Output::Send(hello)) = hello else { panic!("{hello:?}") };
    pair.line.handle_frame(hello);
    pair.drive();
    assert_eq!(pair.line.wants(), Some(2));
}

#[test]
fn an_older_edition_of_the_peer_is_not_asked_for() {
    let mut pair = Pair::with(chain(3), chain(2));
    pair.drive();
    assert_eq!((pair.line.wants(), pair.terminal.wants()), (None, Some(3)));
    pair.line.ask(START);
    assert_eq!(pair.line.poll(), None);
}

#[test]
fn editions_between_that_the_peer_never_had_are_a_gap_and_said_once() {
    let mut pair = Pair::with(chain(1), chain_of(3, 4, 0));
    let (at_line, _) = pair.drive();
    assert_eq!(at_line, [Output::Opened { directory: 4 }, Output::Gap(3)]);
    assert_eq!(pair.line.wants(), None);
    // The one between comes from elsewhere: the rest is to be had here.
    pair.line.handle_chain(Arc::new(chain(2)));
    assert_eq!(pair.line.wants(), Some(3));
}

#[test]
fn another_edition_of_one_number_is_looked_at_by_both_sides_and_not_asked_for_again() {
    let mut pair = Pair::with(chain(2), chain_of(1, 2, 1));
    pair.drive();
    for side in [&mut pair.line, &mut pair.terminal] {
        assert_eq!(side.wants(), Some(2));
        side.ask(START);
    }
    let (_, at_terminal) = pair.drive();
    assert_eq!(at_terminal, [Output::Supply(Want { number: 2, from: 0 })]);
    pair.terminal.supply(2, 3, vec![1, 2, 3]);
    let (at_line, _) = pair.drive();
    assert_eq!(at_line, [Output::Edition(2, vec![1, 2, 3])]);
    pair.line.handle_edition(Verdict::Fork, START);
    assert_eq!((pair.line.wants(), pair.line.poll()), (None, None), "the link stays");
}

#[test]
fn a_fork_below_the_peers_newest_is_found_by_looking_one_back() {
    let mut pair = Pair::with(chain(2), chain_of(1, 3, 1));
    pair.drive();
    assert_eq!(pair.line.wants(), Some(3));
    pair.line.ask(START);
    assert_eq!(serve(&mut pair, b"three"), [Output::Edition(3, b"three".to_vec())]);
    pair.line.handle_edition(Verdict::Parted, START);
    assert_eq!(pair.line.wants(), Some(2), "the number both have");
    pair.line.ask(START);
    assert_eq!(serve(&mut pair, b"two"), [Output::Edition(2, b"two".to_vec())]);
    pair.line.handle_edition(Verdict::Fork, START);
    assert_eq!(pair.line.wants(), None);
    // The other side sees it in the hello.
    assert_eq!(pair.terminal.wants(), Some(2));
}

#[test]
fn a_peer_that_tells_of_another_edition_than_it_has_is_cut_off() {
    let mut pair = Pair::with(chain(2), chain_of(1, 2, 1));
    pair.drive();
    pair.line.ask(START);
    serve(&mut pair, b"the very edition of this side");
    pair.line.handle_edition(Verdict::Known, START);
    ends(&mut pair.line, Violation::Edition);
}

#[test]
fn a_refused_edition_ends_the_link() {
    let mut pair = behind_by_one();
    pair.line.ask(START);
    serve(&mut pair, b"garbage");
    pair.line.handle_edition(Verdict::Refused, START);
    ends(&mut pair.line, Violation::Edition);
}

#[test]
fn an_edition_that_could_not_be_kept_is_asked_for_again_after_a_rest() {
    let mut pair = behind_by_one();
    pair.line.ask(START);
    serve(&mut pair, b"bundle");
    pair.line.handle_edition(Verdict::Later, START);
    assert_eq!(pair.line.wants(), None);
    let rested = pair.line.deadline().unwrap();
    pair.line.handle_timeout(rested);
    assert_eq!((pair.line.wants(), pair.line.poll()), (Some(2), None));
}

#[test]
fn parts_that_nobody_asked_for_end_the_link() {
    for unasked in [part(2, 10, 10), part(1, 10, 10), part(u64::MAX, 1, 1)] {
        let mut pair = behind_by_one();
        pair.line.handle_frame(unasked);
        ends(&mut pair.line, Violation::Answer);
    }
    let mut pair = behind_by_one();
    pair.line.ask(START);
    pair.line.handle_frame(part(3, 10, 10));
    ends(&mut pair.line, Violation::Answer);

    let mut pair = behind_by_one();
    pair.line.ask(START);
    serve(&mut pair, b"bundle");
    pair.line.handle_frame(part(2, 10, 10));
    ends(&mut pair.line, Violation::Answer);
}

#[test]
fn a_bundle_longer_than_it_said_ends_the_link_and_is_never_held() {
    for parts in [
        vec![part(2, 10, 11)],
        vec![part(2, 10, 5), part(2, 10, 6)],
        vec![part(2, 10, 5), part(2, 11, 5)],
    ] {
        let mut pair = behind_by_one();
        pair.line.ask(START);
        parts.into_iter().for_each(|part| pair.line.handle_frame(part));
        ends(&mut pair.line, Violation::Edition);
    }
}

#[test]
fn a_bundle_that_drips_is_given_up() {
    let mut pair = behind_by_one();
    pair.line.ask(START);
    pair.line.handle_frame(part(2, BUNDLE_MAX, 1));
    let by = START.plus(EDITION_LIFE);
    assert_eq!(pair.line.deadline(), Some(by));
    pair.line.handle_timeout(START.plus(EDITION_LIFE - Duration::from_millis(1)));
    assert!(!matches!(pair.line.poll(), Some(Output::Close(_))));
    pair.line.handle_timeout(by);
    ends(&mut pair.line, Violation::Timeout);
}

#[test]
fn a_peer_gets_each_part_once_and_one_at_a_time() {
    let want = |number, from| Frame::Want(Want { number, from });
    let mut pair = Pair::with(chain(1), chain(3));
    pair.drive();
    pair.terminal.handle_frame(want(2, 0));
    pair.terminal.handle_frame(want(2, 1));
    ends(&mut pair.terminal, Violation::Window);

    let mut pair = Pair::with(chain(1), chain(3));
    pair.drive();
    for (number, from) in [(1, 0), (2, 0), (2, 9), (3, 0), (2, 0)] {
        pair.terminal.handle_frame(want(number, from));
        pair.terminal.supply(number, 10, vec![1]);
    }
    while pair.terminal.poll().is_some_and(|output| !matches!(output, Output::Close(_))) {}
    pair.terminal.handle_frame(want(2, 0));
    ends(&mut pair.terminal, Violation::Edition);

    for never_had in [0, 4, u64::MAX] {
        let mut pair = Pair::with(chain(1), chain(3));
        pair.drive();
        pair.terminal.handle_frame(want(never_had, 0));
        ends(&mut pair.terminal, Violation::Edition);
    }
}

#[test]
fn a_peer_that_tells_of_editions_without_end_is_cut_off() {
    let have = |number| Frame::Have(Have { number, id: [9; 32] });
    let mut pair = behind_by_one();
    for number in 3..3 + u64::from(HAVES_MAX) {
        pair.line.handle_frame(have(number));
        assert_eq!(pair.line.poll(), None);
    }
    pair.line.handle_frame(have(1000));
    ends(&mut pair.line, Violation::Window);

    for not_newer in [1, 2] {
        let mut pair = behind_by_one();
        pair.line.handle_frame(have(not_newer));
        ends(&mut pair.line, Violation::OutOfOrder);
    }
}

#[test]
fn frames_of_editions_beyond_a_limit_cannot_be_read() {
    let newest = Have { number: 3, id: [0; 32] };
    let hello =
        |first| Frame::Hello(Hello { version: VERSION, actor: "line".into(), first, newest });
    for (what, frame) in [
        ("no bytes", part(2, 10, 0)),
        ("a whole of nothing", part(2, 0, 1)),
        ("a whole beyond the limit", part(2, BUNDLE_MAX + 1, 1)),
        ("a part beyond the limit", part(2, BUNDLE_MAX, PART_MAX + 1)),
        ("a part beyond the whole", part(2, 10, 11)),
        ("from beyond the limit", Frame::Want(Want { number: 2, from: BUNDLE_MAX as u64 })),
        ("a first edition 0", hello(0)),
        ("a first edition after the newest", hello(4)),
    ] {
        let bytes = frame::encode(&frame).unwrap();
        assert_eq!(frame::decode(&bytes[4..]), Err(frame::FrameError::Form), "{what}");
    }
    for sound in [part(2, BUNDLE_MAX, PART_MAX), hello(1), hello(3), Frame::Have(newest)] {
        let bytes = frame::encode(&sound).unwrap();
        assert_eq!(frame::decode(&bytes[4..]), Ok(sound));
    }
}

#[test]
fn the_frames_have_the_bytes_that_the_protocol_shows() {
    let bytes = |frame: &Frame| frame::encode(frame).unwrap();
    let newest = Have { number: 3, id: [0xab; 32] };
    let hello = Hello { version: 1, actor: "line".into(), first: 1, newest };
    let id = [0xab; 32];
    let said = [
        &b"\x00\x00\x00\x42\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x04line"[..],
        &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3],
        &id,
    ];
    assert_eq!(bytes(&Frame::Hello(hello)), said.concat());
    let have = [&[0, 0, 0, 0x2c, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3][..], &id];
    assert_eq!(bytes(&Frame::Have(newest)), have.concat());
    let want = [0, 0, 0, 0x14, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 8, 0, 0];
    assert_eq!(bytes(&Frame::Want(Want { number: 3, from: 0x8_0000 })), want);
    let part = Frame::Part(Part { number: 3, total: 0x8_0002, bytes: vec![0xd2, 0x84] });
    let said = [
        &[0, 0, 0, 0x1e, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 8, 0, 2][..],
        &[0, 0, 0, 0, 0, 0, 0, 2, 0xd2, 0x84],
    ];
    assert_eq!(bytes(&part), said.concat());
}
