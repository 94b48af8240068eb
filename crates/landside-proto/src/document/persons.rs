//! Who agreed inside a party before something was signed.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Remark;
use crate::refusal::{Code, Refusal};

/// Two persons of the party that signs: the one who asked, and the one who agreed. The party says
/// so; nobody outside can check it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(from = "[Remark; 2]", into = "[Remark; 2]")]
pub struct TwoPersons {
    /// Who asked for it.
    #[n(0)]
    pub asked: Remark,
    /// Who agreed.
    #[n(1)]
    pub agreed: Remark,
}

impl TwoPersons {
    /// The rule between the two.
    ///
    /// # Errors
    /// [`Code::SamePerson`].
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if is_same_person(&self.asked, &self.agreed) {
            let detail = format!("{} is named twice", self.asked);
            return Err(Refusal::new(Code::SamePerson, detail));
        }
        Ok(())
    }
}

impl From<[Remark; 2]> for TwoPersons {
    fn from([asked, agreed]: [Remark; 2]) -> Self {
        Self { asked, agreed }
    }
}

impl From<TwoPersons> for [Remark; 2] {
    fn from(two: TwoPersons) -> Self {
        [two.asked, two.agreed]
    }
}

/// Whether two names are one person's, as far as names tell: capitals and blanks make no other.
#[must_use]
pub fn is_same_person(one: &Remark, other: &Remark) -> bool {
    folded(one) == folded(other)
}

fn folded(name: &Remark) -> String {
    let words: Vec<_> = name.as_str().split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}
