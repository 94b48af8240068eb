//! The service characters: what separates, what ends, what releases (ISO 9735-1 § 5, UNA).

use super::charset::Charset;
use super::finding::{Code, Fault, Place};

/// How far a UNB may stand behind the start of a broken UNA, in bytes: nine and a line break.
const UNA_SPAN_MAX: usize = 12;

/// The characters that structure an interchange, and the character set of what is between them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dialect {
    /// Between components of an element; `:` by default.
    pub component: u8,
    /// Between elements of a segment; `+` by default.
    pub element: u8,
    /// The decimal mark announced. Readers accept `.` and `,` whatever it says.
    pub decimal: u8,
    /// Makes the next character plain; `?` by default, `None` if the interchange has none.
    pub release: Option<u8>,
    /// Ends a segment; `'` by default.
    pub terminator: u8,
    /// How values become text.
    pub charset: Charset,
}

impl Dialect {
    /// The service characters of an interchange without UNA.
    pub const STANDARD: Self = Self {
        component: b':',
        element: b'+',
        decimal: b'.',
        release: Some(b'?'),
        terminator: b'\'',
        charset: Charset::Ascii,
    };

    /// Level B of syntax 1 to 3 in its strict form: the information separators IS1, IS3 and IS4,
    /// which need no release because they cannot occur in text.
    pub const SEPARATORS: Self = Self {
        component: 0x1f,
        element: 0x1d,
        decimal: b'.',
        release: None,
        terminator: 0x1c,
        charset: Charset::Ascii,
    };
}

/// What stands at the start of an interchange.
#[derive(Debug)]
pub(super) struct Opening {
    /// The characters to read it by.
    pub(super) dialect: Dialect,
    /// Bytes of UNA to step over.
    pub(super) skip: usize,
    /// UNA was there but cannot be meant.
    pub(super) una_malformed: bool,
}

/// Finds the service characters at the start of `bytes`, which is the rest of a file from `place`.
pub(super) fn detect(bytes: &[u8], place: Place) -> Result<Opening, Fault> {
    if bytes.starts_with(b"UNA") {
        return una(bytes, place);
    }
    if bytes.starts_with(b"UNB\x1d") {
        return Ok(Opening { dialect: Dialect::SEPARATORS, skip: 0, una_malformed: false });
    }
    if bytes.starts_with(b"UNB") || bytes.starts_with(b"UNH") {
        return Ok(Opening { dialect: Dialect::STANDARD, skip: 0, una_malformed: false });
    }
    let start: String =
        bytes.iter().take(12).flat_map(|b| b.escape_ascii()).map(char::from).collect();
    Err(Fault::new(
        Code::UnreadableStart,
        place,
        format!("found {start} where an interchange must start with UNA, UNB or UNH"),
    ))
}

fn una(bytes: &[u8], place: Place) -> Result<Opening, Fault> {
    if let Some([component, element, decimal, release, _, terminator]) = bytes.get(3..9) {
        let dialect = Dialect {
            component: *component,
            element: *element,
            decimal: *decimal,
            release: (*release != b' ').then_some(*release),
            terminator: *terminator,
            charset: Charset::Ascii,
        };
        if usable(&dialect) {
            return Ok(Opening { dialect, skip: 9, una_malformed: false });
        }
    }
    let near = &bytes[..bytes.len().min(UNA_SPAN_MAX + 3)];
    let next = near.windows(3).position(|tag| tag == b"UNB" || tag == b"UNH");
    next.map(|skip| Opening { dialect: Dialect::STANDARD, skip, una_malformed: true }).ok_or_else(
        || Fault::new(Code::UnaMalformed, place, "the service characters (UNA) cannot be used"),
    )
}

/// ASCII, all different, neither letters nor digits, and no white space to end a segment.
fn usable(dialect: &Dialect) -> bool {
    let Dialect { component, element, decimal, release, terminator, .. } = *dialect;
    let all = [Some(component), Some(element), Some(decimal), release, Some(terminator)];
    let used = || all.iter().flatten().enumerate();
    let distinct = used().all(|(i, a)| used().all(|(j, b)| i == j || a != b));
    distinct
        && used().all(|(_, c)| c.is_ascii() && !c.is_ascii_alphanumeric())
        && [component, element, terminator].iter().all(|c| !c.is_ascii_whitespace())
}
