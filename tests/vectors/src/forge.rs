//! Envelopes that the library would not make: edited, then signed anew, so that each vector has one
//! fault and no other.

use ciborium::Value;
use landside_proto::document::Document;
use landside_proto::envelope::Signed;

use crate::identity::key;

/// The four pieces of an envelope.
#[derive(Clone)]
pub(crate) struct Pieces {
    pub(crate) protected: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Pieces {
    pub(crate) fn of(signed: &Signed<Document>) -> Self {
        let Value::Tag(18, body) = read(signed.bytes()) else { panic!("not a COSE_Sign1") };
        let mut pieces = body.into_array().unwrap().into_iter();
        let mut next_bytes = || pieces.next().unwrap().into_bytes();
        let protected = next_bytes().unwrap();
        assert!(next_bytes().is_err(), "the unprotected header is a map");
        Self { protected, payload: next_bytes().unwrap(), signature: next_bytes().unwrap() }
    }

    pub(crate) fn header(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        self.protected = edited(&self.protected, edit);
        self
    }

    pub(crate) fn body(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        self.payload = edited(&self.payload, edit);
        self
    }

    /// Signs as the named key, over whatever the pieces are now.
    pub(crate) fn signed_by(mut self, name: &str) -> Self {
        self.signature = key(name).sign(&self.to_be_signed("Signature1", &[])).to_vec();
        self
    }

    /// The Sig_structure (RFC 9052 § 4.4).
    pub(crate) fn to_be_signed(&self, context: &str, external: &[u8]) -> Vec<u8> {
        write(&Value::Array(vec![
            context.into(),
            bytes(&self.protected),
            bytes(external),
            bytes(&self.payload),
        ]))
    }

    pub(crate) fn envelope(&self) -> Vec<u8> {
        write(&Value::Tag(18, Box::new(Value::Array(self.items()))))
    }

    /// The array inside the tag.
    pub(crate) fn items(&self) -> Vec<Value> {
        vec![
            bytes(&self.protected),
            Value::Map(Vec::new()),
            bytes(&self.payload),
            bytes(&self.signature),
        ]
    }
}

/// The thing at a path: keys of maps, indices of arrays.
pub(crate) fn at<'a>(value: &'a mut Value, path: &[i64]) -> &'a mut Value {
    path.iter().fold(value, |value, step| match value {
        Value::Map(entries) => {
            let entry = entries.iter_mut().find(|(k, _)| *k == Value::from(*step));
            &mut entry.expect("a path of a vector leads somewhere").1
        }
        Value::Array(items) => &mut items[usize::try_from(*step).unwrap()],
        _ => panic!("a path of a vector ends too early"),
    })
}

pub(crate) fn entries(value: &mut Value) -> &mut Vec<(Value, Value)> {
    value.as_map_mut().expect("a map")
}

pub(crate) fn items(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().expect("an array")
}

/// Sets an entry of a map in its sorted place; the keys of the vectors are all small and positive.
pub(crate) fn set(value: &mut Value, key: i64, to: impl Into<Value>) {
    let entries = entries(value);
    entries.retain(|(k, _)| *k != Value::from(key));
    let place = entries.iter().filter(|(k, _)| k.as_integer() < Some(key.into())).count();
    entries.insert(place, (key.into(), to.into()));
}

pub(crate) fn remove(value: &mut Value, key: i64) {
    entries(value).retain(|(k, _)| *k != Value::from(key));
}

pub(crate) fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

/// Shortest lengths, entries in the order given.
pub(crate) fn write(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).expect("writing into memory");
    out
}

pub(crate) fn read(cbor: &[u8]) -> Value {
    ciborium::from_reader(cbor).expect("the library writes CBOR")
}

/// The order of the Ed25519 group (RFC 8032 § 5.1), little-endian.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The same signature with S + L for S, which lax libraries accept (RFC 8032 § 5.1.7).
pub(crate) fn malleated(signature: &[u8]) -> Vec<u8> {
    let mut out = signature.to_vec();
    let mut carry = 0_u16;
    for (byte, order) in out[32..].iter_mut().zip(GROUP_ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    out
}

fn edited(cbor: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value = read(cbor);
    edit(&mut value);
    write(&value)
}
