//! EDIFACT messages of container release: read into what a document needs, and written from it.
//!
//! What is not here: no sockets, no files, no clock and no randomness. Bytes and `now` come in as
//! arguments, values and bytes go out. Nothing here signs or decides; a message that was read is a
//! claim by its sender, bound to the bytes that arrived by [`coreor::SourceRef`].
//!
//! - [`syntax`]: segments, messages, interchanges (ISO 9735), reader and writer.
//! - [`profile`]: what one trading partner means by its qualifiers, from a TOML file.
//! - [`coreor`]: container release order in.
//! - [`codeco`]: gate-out report out.

pub mod codeco;
pub mod container;
pub mod coreor;
pub mod local_time;
pub mod profile;
pub mod syntax;
