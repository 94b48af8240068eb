//! CONTRL and APERAK to a partner, as its profile asks for them. An answer is never answered.

use landside_edifact::answer::aperak::{self, ContentAnswer, ProblemKind};
use landside_edifact::answer::contrl;
use landside_edifact::check;
use landside_edifact::profile::{AnswerContent, AnswerSyntax};
use landside_edifact::syntax::{Header, WriteError, outline, segments};
use landside_proto::refusal::Code;

use super::{Channel, put, reference};
use crate::import::Problem;
use crate::node::clock;

impl Channel {
    /// Answers an interchange that was read: its syntax, and what of it could not be used.
    pub(super) fn answer(&self, raw: &[u8], header: &Header, problems: &[Problem]) {
        let answers = self.profile.answers;
        let Some(Ok(interchange)) = outline(raw, &self.profile.syntax).next() else { return };
        let of = interchange.hash;
        let asked = match answers.contrl {
            AnswerSyntax::Never => false,
            AnswerSyntax::Requested => header.ack_requested,
            AnswerSyntax::Always => true,
        };
        if asked {
            let control_ref = reference(&[b"contrl", of.as_bytes()]);
            let written = contrl::acknowledge(&interchange, &control_ref, &self.profile, clock());
            self.put("contrl", &control_ref, written);
        }
        for message in &interchange.messages {
            let mine = problems.iter().filter(|problem| problem.message == message.position);
            let problems: Vec<_> = mine.map(told).collect();
            let asked = match answers.aperak {
                AnswerContent::Never => false,
                AnswerContent::Errors => !problems.is_empty(),
                AnswerContent::Always => true,
            };
            if asked {
                let position = message.position.to_be_bytes();
                let control_ref = reference(&[b"aperak", of.as_bytes(), &position]);
                let about = (Some(header), message);
                let content = ContentAnswer { problems };
                let written = aperak::write(about, &content, &control_ref, &self.profile, clock());
                self.put("aperak", &control_ref, written);
            }
        }
    }

    /// Rejects a file that cannot be read.
    pub(super) fn reject(&self, file: &[u8]) {
        let Err(fault) = check::survey(file, &self.profile) else { return };
        let unb = segments(file).map_while(Result::ok).find(|segment| segment.tag() == "UNB");
        let asked = match self.profile.answers.contrl {
            AnswerSyntax::Never => false,
            AnswerSyntax::Requested => unb.is_some_and(|unb| unb.text(8, 0) == "1"),
            AnswerSyntax::Always => true,
        };
        if asked {
            let of = landside_proto::ids::Hash32::of(file);
            let control_ref = reference(&[b"contrl", of.as_bytes()]);
            let written = contrl::reject(file, &fault, &control_ref, &self.profile, clock());
            self.put("contrl", &control_ref, written);
        }
    }

    /// Puts an answer into `out/`. One that cannot be written is logged: what was imported stays so.
    fn put(&self, kind: &str, control_ref: &str, written: Result<Option<Vec<u8>>, WriteError>) {
        let channel = &self.config.name;
        let bytes = match written {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => return tracing::error!(%channel, kind, %error, "cannot be answered"),
        };
        let path = self.out().join(format!("{kind}-{control_ref}.edi"));
        if let Err(error) = put(&path, &bytes) {
            tracing::error!(%channel, kind, %error, "answer cannot be put out");
        }
    }
}

/// A problem as the partner is told of it, in characters that every syntax holds.
fn told(problem: &Problem) -> aperak::Problem {
    let is = |code: Code| problem.code == code.as_str();
    let kind = match problem.code.as_str() {
        "nothing-to-cancel" | "bill-missing" => ProblemKind::BillUnknown,
        "containers-unknown" => ProblemKind::ContainerUnknown,
        "not-releasable" | "not-usable" if problem.container.is_none() => {
            ProblemKind::ContainerNumber
        }
        _ if is(Code::CaseUnknown) => ProblemKind::ContainerUnknown,
        _ if is(Code::Expired) => ProblemKind::ReleaseExpired,
        _ => ProblemKind::Unusable,
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() || " .,-()/=".contains(c) { c } else { '.' };
    let text = problem.text.chars().map(plain).collect();
    aperak::Problem { kind, text, container: problem.container, bill: None }
}
