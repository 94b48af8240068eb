//! Character sets: which one a syntax identifier declares (UNB 0001) and how its bytes are read.

use std::borrow::Cow;

use serde::Deserialize;

/// How the bytes of an interchange become text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Charset {
    /// Bytes 0 to 127 only.
    Ascii,
    /// ISO 8859-1: every byte is the character of that number.
    Latin1,
    /// UTF-8.
    Utf8,
}

/// One way to find the character set of an interchange; a profile lists the ways in order.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum CharsetChoice {
    /// What the syntax identifier (UNB 0001) declares.
    Declared,
    /// UTF-8, if the bytes are valid UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO 8859-1, which fits any bytes.
    #[serde(rename = "iso-8859-1")]
    Latin1,
}

impl Charset {
    /// The character set a syntax identifier declares; `None` if this reader has no table for it.
    pub fn declared(syntax_id: &str) -> Option<Self> {
        match syntax_id {
            "UNOA" | "UNOB" => Some(Self::Ascii),
            "UNOC" => Some(Self::Latin1),
            "UNOW" | "UNOY" => Some(Self::Utf8),
            _ => None,
        }
    }

    /// Whether `bytes` can be text in this set.
    pub fn fits(self, bytes: &[u8]) -> bool {
        match self {
            Self::Ascii => bytes.is_ascii(),
            Self::Latin1 => true,
            Self::Utf8 => core::str::from_utf8(bytes).is_ok(),
        }
    }

    /// The text of `bytes`. Bytes that do not fit become U+FFFD, which no identifier accepts.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Latin1 if !bytes.is_ascii() => {
                Cow::Owned(bytes.iter().copied().map(char::from).collect())
            }
            _ => String::from_utf8_lossy(bytes),
        }
    }

    /// The bytes of `text`; the first character this set cannot hold otherwise.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, char> {
        let byte = |c: char| match self {
            Self::Ascii if !c.is_ascii() => Err(c),
            _ => u8::try_from(c).map_err(|_| c),
        };
        match self {
            Self::Utf8 => Ok(text.as_bytes().to_vec()),
            Self::Ascii | Self::Latin1 => text.chars().map(byte).collect(),
        }
    }
}

/// The character set of `bytes`: the first of `choices` that fits, or `None`.
///
/// Plain ASCII is [`Charset::Ascii`] whatever is declared.
pub(crate) fn choose(
    bytes: &[u8],
    declared: Option<Charset>,
    choices: &[CharsetChoice],
) -> Option<Charset> {
    if bytes.is_ascii() {
        return Some(Charset::Ascii);
    }
    let candidate = |choice: &CharsetChoice| match choice {
        CharsetChoice::Declared => declared,
        CharsetChoice::Utf8 => Some(Charset::Utf8),
        CharsetChoice::Latin1 => Some(Charset::Latin1),
    };
    choices.iter().filter_map(candidate).find(|charset| charset.fits(bytes))
}

/// Whether `byte` belongs to the level the syntax identifier declares: A (ISO 9735 annex, the
/// telex-safe part) or B. Other identifiers have no such list here, so everything belongs.
pub(crate) fn in_repertoire(syntax_id: &str, byte: u8) -> bool {
    let level_a =
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" .,-()/=+:'?".contains(&byte);
    match syntax_id {
        "UNOA" => level_a,
        "UNOB" => level_a || byte.is_ascii_lowercase() || b"!\"%&*;<>".contains(&byte),
        _ => true,
    }
}
