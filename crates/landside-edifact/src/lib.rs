//! EDIFACT messages of container release: read into what a document needs, and written from it.
//!
//! What is not here: no sockets, no files, no clock and no randomness. Bytes and `now` come in as
//! arguments, values and bytes go out. Nothing here signs or decides; a message that was read is a
//! claim by its sender, bound to the bytes that arrived by [`coreor::SourceRef`].
//!
//! - [`syntax`]: segments, messages, interchanges (ISO 9735), reader and writer.
//! - [`profile`]: what one trading partner means by its qualifiers, from a TOML file.
//! - [`coreor`]: container release order.
//! - [`coarri`]: discharge and load report.
//! - [`codeco`]: gate report.
//! - [`copino`]: announcement of a truck.
//! - [`coparn`]: booking and release of empties.
//! - [`cusres`]: answer of customs.
//! - [`iftsta`]: status report out.
//! - [`answer`]: CONTRL and APERAK.
//! - [`outgoing`]: what every interchange we write has.
//! - [`check`]: explains a file in plain words, and what would be signed of it.
//! - [`entry`]: what these say of one container, as far as it is the same in all.

pub mod answer;
pub mod check;
pub mod coarri;
pub mod codeco;
pub mod container;
pub mod coparn;
pub mod copino;
pub mod coreor;
pub mod cusres;
pub mod entry;
pub mod iftsta;
pub mod local_time;
pub mod outgoing;
pub mod profile;
pub mod syntax;
