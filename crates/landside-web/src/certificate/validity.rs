//! When a certificate ends: as much of X.509 (RFC 5280 § 4.1) as that takes. Who trusts it is the browsers' to say.

use landside_proto::ids::UnixMillis;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of a certificate's validity; none when it is not written as RFC 5280 has it.
pub(super) fn until(certificate: &[u8]) -> Option<UnixMillis> {
    let mut certificate = Der(Der(certificate).tagged(SEQUENCE)?);
    let mut body = Der(certificate.tagged(SEQUENCE)?);
    if body.0.first() == Some(&VERSION) {
        body.any()?;
    }
    // Serial number, algorithm and issuer.
    for _ in 0..3 {
        body.any()?;
    }
    let mut validity = Der(body.tagged(SEQUENCE)?);
    validity.any()?;
    let (tag, time) = validity.any()?;
    at(tag, std::str::from_utf8(time).ok()?)
}

/// A time of § 4.1.2.5: to the second, in UTC.
fn at(tag: u8, time: &str) -> Option<UnixMillis> {
    let digits =
        time.strip_suffix('Z').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let digits = match (tag, digits.len()) {
        // Years of two digits are those from 1950 to 2049.
        (UTC_TIME, 12) if digits < "50" => format!("20{digits}"),
        (UTC_TIME, 12) => format!("19{digits}"),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| digits.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    UnixMillis::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}.000Z")).ok()
}

/// Values in DER, one behind the other (X.690 § 8.1).
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value, and its tag.
    fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // As many bytes of length; three are 16 MiB.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    fn tagged(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.any().filter(|(found, _)| *found == tag).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_the_standard_has_them_and_others_not_at_all() {
        let read = |tag, time| at(tag, time).map(|at| at.to_string());
        assert_eq!(read(UTC_TIME, "261231235959Z").as_deref(), Some("2026-12-31T23:59:59.000Z"));
        assert_eq!(read(UTC_TIME, "991231235959Z").as_deref(), Some("1999-12-31T23:59:59.000Z"));
        let far = read(GENERALIZED_TIME, "20500101000000Z");
        assert_eq!(far.as_deref(), Some("2050-01-01T00:00:00.000Z"));
        for wrong in [
            (UTC_TIME, "20261231235959Z"),
            (GENERALIZED_TIME, "261231235959Z"),
            (UTC_TIME, "261231235959"),
            (UTC_TIME, "2612312359+1Z"),
            (UTC_TIME, "261331235959Z"),
            (0x0c, "261231235959Z"),
            (UTC_TIME, ""),
        ] {
            assert_eq!(read(wrong.0, wrong.1), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end_and_no_cut_of_one_does_harm() {
        assert_eq!(until(&[]), None);
        assert_eq!(until(b"no certificate at all"), None);
        // A length that is longer than what is there, and one that is written in too many bytes.
        assert_eq!(until(&[0x30, 0x82, 0xff, 0xff, 0x30]), None);
        assert_eq!(until(&[0x30, 0x84, 0, 0, 0, 1, 0]), None);
    }
}
