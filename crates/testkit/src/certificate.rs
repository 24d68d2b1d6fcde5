//! Self-signed certificates for servers in tests.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT: u8 = 0x06;
const TEXT: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const PRIME_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// A certificate of `localhost` and `127.0.0.1`, signed by its own key; valid until 2049 if nothing else
/// is said.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate, as DER.
    pub der: Vec<u8>,
    /// The certificate, as a PEM file holds it.
    pub pem: String,
    /// Its private key, as a PEM file holds it.
    pub key_pem: String,
}

impl Certificate {
    /// Makes a certificate with a key of its own. The name is for people.
    pub fn self_signed(name: &str) -> Self {
        Self::valid(name, ["200101000000Z", "491231235959Z"])
    }

    /// The same that is valid from then to then, as `YYMMDDhhmmssZ`.
    pub fn valid(name: &str, times: [&str; 2]) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key can be made");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random);
        let pair = pair.expect("a key that was just made is one");

        let content = to_be_signed(name, times, pair.public_key().as_ref());
        let signature = pair.sign(&random, &content).expect("the key signs");
        let der = sequence(&[
            content,
            sequence(&[tagged(OBJECT, ECDSA_WITH_SHA256)]),
            bits(signature.as_ref()),
        ]);
        let (pem, key_pem) = (armour("CERTIFICATE", &der), armour("PRIVATE KEY", key.as_ref()));
        Self { der, pem, key_pem }
    }
}

/// The part of a certificate (RFC 5280, 4.1) that is signed.
fn to_be_signed(name: &str, times: [&str; 2], public_key: &[u8]) -> Vec<u8> {
    let person = sequence(&[tagged(OBJECT, COMMON_NAME), tagged(TEXT, name.as_bytes())]);
    let person = sequence(&[tagged(SET, &person)]);
    let times = times.map(|time| tagged(UTC_TIME, time.as_bytes()));
    let algorithm = sequence(&[tagged(OBJECT, EC_PUBLIC_KEY), tagged(OBJECT, PRIME_256)]);
    // A name of the DNS is tagged 2 there, an address 7.
    let hosts = sequence(&[tagged(0x82, b"localhost"), tagged(0x87, &[127, 0, 0, 1])]);
    let extension = sequence(&[tagged(OBJECT, SUBJECT_ALT_NAME), tagged(OCTET_STRING, &hosts)]);
    sequence(&[
        tagged(0xa0, &tagged(INTEGER, &[2])),
        tagged(INTEGER, &[1]),
        sequence(&[tagged(OBJECT, ECDSA_WITH_SHA256)]),
        person.clone(),
        sequence(&times),
        person,
        sequence(&[algorithm, bits(public_key)]),
        tagged(0xa3, &sequence(&[extension])),
    ])
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(SEQUENCE, &parts.concat())
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    tagged(BIT_STRING, &[&[0], bytes].concat())
}

/// A value with its tag and length (X.690, 8.1).
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("parts of a certificate are small");
    let [high, low] = length.to_be_bytes();
    let length = match length {
        0..0x80 => vec![low],
        0x80..0x100 => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], &length[..], content].concat()
}

fn armour(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
