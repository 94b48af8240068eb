//! Questions and complaints on a case: who may ask whom, who answers, and what is still open.
//!
//! They move no light and no right. The fold keeps them, after the gate-out too: damage shows when
//! the box is opened.

use std::time::Duration;

use super::rules::Judge;
use super::state::Case;
use crate::directory::Actor;
use crate::document::{Answer, Document, Question, QuestionSubject, Remark, Role};
use crate::envelope::Signed;
use crate::ids::{DocId, PartyId, UnixMillis};
use crate::refusal::{Code, Refusal};

/// Furthest ahead that an answer may be due: who is given longer than a month is not asked.
pub const ANSWER_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Most questions of one party in one case, so that nobody who once read a case can fill it.
pub const QUESTIONS_MAX: usize = 20;

/// A question of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionFact {
    /// Whether it asks or complains.
    pub subject: QuestionSubject,
    /// Who asked.
    pub asked_by: PartyId,
    /// Who is asked.
    pub to: PartyId,
    /// What is asked.
    pub text: Remark,
    /// The document it is about.
    pub about: Option<DocId>,
    /// When it was registered.
    pub asked_at: UnixMillis,
    /// When the answer is due.
    pub answer_by: UnixMillis,
    /// The answer.
    pub answer: Option<AnswerFact>,
}

/// An answer to a question of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFact {
    /// The document.
    pub document: DocId,
    /// What is answered.
    pub text: Remark,
    /// When it was registered.
    pub at: UnixMillis,
}

impl QuestionFact {
    /// Whether the answer is, or was, later than promised.
    #[must_use]
    pub fn is_overdue(&self, now: UnixMillis) -> bool {
        self.answer.as_ref().map_or(now, |answer| answer.at) > self.answer_by
    }
}

impl Case {
    /// Questions without an answer, the one that is due first before the others.
    #[must_use]
    pub fn open_questions(&self) -> Vec<(DocId, &QuestionFact)> {
        let open = self.questions.iter().filter(|(_, question)| question.answer.is_none());
        let mut open: Vec<_> = open.map(|(id, question)| (*id, question)).collect();
        open.sort_by_key(|(id, question)| (question.answer_by, *id));
        open
    }

    /// Whether a party reads this case: it took part, or is its terminal.
    #[must_use]
    pub fn is_read_by(&self, party: &PartyId) -> bool {
        self.parties.contains(party) || self.visit.terminal == *party
    }

    /// A question or answer is folded in. Total: an answer to a question that is not here, or has its
    /// answer, changes nothing.
    pub(super) fn apply_question(&mut self, signed: &Signed<Document>, at: UnixMillis) {
        match (signed.document(), signed.issuer()) {
            (Document::Question(d), Actor::Party(asked_by)) => {
                self.parties.insert(d.to.clone());
                let fact = QuestionFact {
                    subject: d.subject,
                    asked_by: asked_by.clone(),
                    to: d.to.clone(),
                    text: d.text.clone(),
                    about: d.about,
                    asked_at: at,
                    answer_by: d.answer_by,
                    answer: None,
                };
                self.questions.insert(signed.id(), fact);
            }
            (Document::Answer(d), _) => {
                let question = self.questions.get_mut(&d.builds_on);
                if let Some(question) = question.filter(|question| question.answer.is_none()) {
                    let (document, text) = (signed.id(), d.text.clone());
                    question.answer = Some(AnswerFact { document, text, at });
                }
            }
            _ => {}
        }
    }
}

impl Judge<'_> {
    pub(super) fn question(&self, d: &Question) -> Result<(), Refusal> {
        let issuer = self.party()?;
        if !self.case.is_read_by(issuer) {
            let detail = format!("{issuer} has no part in this case");
            return Err(Refusal::new(Code::NotReader, detail));
        }
        self.askable(&d.to, issuer)?;
        let asked = self.case.questions.values().filter(|q| q.asked_by == *issuer).count();
        if asked >= QUESTIONS_MAX {
            let detail = format!("{issuer} has asked {asked} times in this case");
            return Err(Refusal::new(Code::CaseFull, detail));
        }
        let now = self.ctx.now;
        if d.answer_by <= now || d.answer_by > now.plus(ANSWER_LIFE) {
            let detail =
                format!("due at {}, which is past or more than 30 days ahead", d.answer_by);
            return Err(Refusal::new(Code::AnswerTime, detail));
        }
        Ok(())
    }

    /// Who is asked reads the case, or is a customs office: the others must not learn of it so.
    fn askable(&self, to: &PartyId, issuer: &PartyId) -> Result<(), Refusal> {
        let cannot = |why: &str| Err(Refusal::new(Code::NotAskable, format!("{to} {why}")));
        let Some(entry) = self.ctx.authorities.directory.party(to) else {
            return cannot("is not in the directory");
        };
        if to == issuer {
            return cannot("asks itself");
        }
        if self.case.is_read_by(to) || entry.roles.contains(&Role::Customs) {
            return Ok(());
        }
        cannot("has no part in this case")
    }

    pub(super) fn answer(&self, d: &Answer) -> Result<(), Refusal> {
        let issuer = self.party()?;
        let Some(question) = self.case.questions.get(&d.builds_on) else {
            let detail = format!("{} is no question of this case", d.builds_on.short());
            return Err(Refusal::new(Code::ParentUnknown, detail));
        };
        if question.to != *issuer {
            let detail = format!("{} is asked, not {issuer}", question.to);
            return Err(Refusal::new(Code::NotAsked, detail).naming(d.builds_on));
        }
        match &question.answer {
            Some(answer) => {
                let detail = format!("answered at {}", answer.at);
                Err(Refusal::new(Code::HeadMoved, detail).naming(answer.document))
            }
            None => Ok(()),
        }
    }
}
