//! Roles that one party alone has: what the role owed while no party was known, that party owed.

use std::collections::BTreeMap;

use landside_proto::directory::Directory;
use landside_proto::document::Role;

use super::row::Names;

/// The parties that are alone in a role, by the role.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sole(Vec<(&'static str, String)>);

impl Sole {
    /// As a directory lists them.
    pub(crate) fn of(directory: &Directory) -> Self {
        let sole = Role::ALL.iter().filter_map(|role| {
            let mut parties = directory.with_role(*role);
            let party = parties.next()?;
            parties.next().is_none().then(|| (role.as_str(), party.id.to_string()))
        });
        Self(sole.collect())
    }

    /// By the numbers of names: under which a role counts, and how it is called where its party has no
    /// number, as nothing was ever owed by it in its own name.
    pub(super) fn numbers(&self, names: &Names) -> (BTreeMap<u32, u32>, BTreeMap<u32, String>) {
        let (mut counts_as, mut called) = (BTreeMap::new(), BTreeMap::new());
        for (role, party) in &self.0 {
            let Some(number) = names.known(role) else { continue };
            match names.known(party) {
                Some(same) => drop(counts_as.insert(number, same)),
                None => drop(called.insert(number, party.clone())),
            }
        }
        (counts_as, called)
    }

    #[cfg(test)]
    pub(super) fn for_tests(role: &'static str, party: &str) -> Self {
        Self(vec![(role, party.to_owned())])
    }
}
