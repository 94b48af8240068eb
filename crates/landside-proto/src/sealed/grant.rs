//! Who may see which sealed field: the one table (docs/PROTOCOL.md § 14).

use super::SealedField;
use crate::case::Case;
use crate::directory::Actor;
use crate::document::Role;
use crate::ids::DocId;

/// How a reader stands to a document with sealed fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// It signed the document.
    Author,
    /// It is the terminal of the case.
    Registrar,
    /// It has role customs.
    Customs,
    /// It has role shipper or forwarder, and the release that stands names it as the first holder.
    ReleasedTo,
    /// Any other reader: a holder further down, a haulier, a driver, another line, an authority.
    Other,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 5] =
        [Self::Author, Self::Registrar, Self::Customs, Self::ReleasedTo, Self::Other];

    /// The table: the fields that a reader of this standing gets.
    #[must_use]
    pub fn grants(self) -> &'static [SealedField] {
        match self {
            Self::Author | Self::Registrar | Self::Customs | Self::ReleasedTo => &SealedField::ALL,
            Self::Other => &[],
        }
    }
}

/// Who reads, with the roles that the directory gives.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// Its roles.
    pub roles: &'a [Role],
}

impl Reader<'_> {
    /// How the reader stands to a sealed field of a document of the case, as the case is now.
    #[must_use]
    pub fn standing(&self, case: &Case, document: DocId, field: SealedField) -> Standing {
        let Self { actor, roles } = self;
        let has = |wanted: &[Role]| wanted.iter().any(|role| roles.contains(role));
        if actor.party() == Some(&case.visit.terminal) {
            Standing::Registrar
        } else if case.step(document).is_some_and(|step| step.issuer == **actor) {
            Standing::Author
        } else if has(&[Role::Customs]) {
            Standing::Customs
        } else if has(&OF_RELEASED_TO) && is_released_to(case, actor, document, field) {
            Standing::ReleasedTo
        } else {
            Standing::Other
        }
    }

    /// Whether the reader may have a sealed field of a document of the case, as the case is now: what
    /// a sender asks before it discloses.
    #[must_use]
    pub fn may_see(&self, case: &Case, document: DocId, field: SealedField) -> bool {
        self.standing(case, document, field).grants().contains(&field)
    }

    /// Whether a registrar could ever grant anything to a reader with these roles: what a receiver
    /// asks before it keeps a disclosure. Its own view of the case may be behind the sender's.
    #[must_use]
    pub fn may_ever_see(&self) -> bool {
        self.roles.contains(&Role::Customs)
            || OF_RELEASED_TO.iter().any(|role| self.roles.contains(role))
    }
}

/// Roles that make a release-to party one of the cargo's side; a haulier that the line releases to
/// moves the box and needs nothing of what is in it.
const OF_RELEASED_TO: [Role; 2] = [Role::Shipper, Role::Forwarder];

/// Whether a release that stands names the reader, and the document's word on the field is the one in
/// force for it: not that of an earlier release, nor one that a replacement took back.
fn is_released_to(case: &Case, actor: &Actor, document: DocId, field: SealedField) -> bool {
    case.releases.values().any(|release| {
        release.stands()
            && actor.party() == Some(&release.terms.release_to)
            && release.sealed.get(&field) == Some(&document)
    })
}
