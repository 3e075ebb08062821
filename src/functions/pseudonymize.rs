/*!
`pseudonymize(value)`: a stand-in for a personal value that only the holder of a key can make.

The key comes from the environment. It is read where a value is computed and goes nowhere else: plans,
messages and artifacts hold at most that there is one, or a digest of it.
*/

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, StringArray},
        datatypes::DataType,
    },
    common::plan_err,
    error::Result,
    logical_expr::ScalarUDF,
};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{
    Build, Function, FunctionDoc,
    argument::{Argument, Arguments, Parameters},
    scalar::Scalar,
};

/// The environment variable that holds the key.
const VARIABLE: &str = "JOURNEYMART_PRIVACY_KEY";

/// A key of fewer bytes could be found by trying.
const MIN_KEY_BYTES: usize = 32;

pub(super) const FUNCTION: Function = Function {
    doc: FunctionDoc {
        name: "pseudonymize",
        syntax: "pseudonymize(value)",
        summary: "A stable pseudonym of a text, as 32 hexadecimal digits: keyed, so that it cannot be \
                  found by hashing guesses.",
        semantics: "The first 128 bits of HMAC-SHA-256 under the key in the environment variable \
                    JOURNEYMART_PRIVACY_KEY, whose bytes are taken as they are, 32 at least. Equal \
                    values have equal pseudonyms in all tables and runs, as long as the key stays; \
                    with another key all are new. Values are not normalised first: use \
                    normalize_email or normalize_phone. Null for null. A missing or short key is an \
                    error before any row is read. The result counts as personal data still \
                    (GDPR, article 4(5)).",
        complexity: "Three SHA-256 blocks a row and more for values over 55 bytes, no state.",
        example: "select pseudonymize(normalize_email(email)) as subscriber from inbound.contacts",
        source: "RFC 2104, RFC 4231; NIST SP 800-107 5.3.3 on truncation.",
    },
    build: Build::Scalar(build),
};

fn build() -> ScalarUDF {
    Scalar {
        name: FUNCTION.doc.name,
        parameters: Parameters::new(FUNCTION.doc.syntax, &[Argument::Text]),
        returns: DataType::Utf8,
        kernel,
    }
    .checked(|_| keyed().map(drop))
}

fn kernel(arguments: &Arguments) -> Result<ArrayRef> {
    let values = arguments.text(0)?;
    let keyed = keyed()?;
    let pseudonyms: StringArray =
        (0..arguments.rows).map(|row| values.at(row).map(|value| digits(&keyed, value))).collect();
    Ok(Arc::new(pseudonyms))
}

/// A digest of the key for fingerprints: results under another key are other results. Empty without
/// a key.
pub(crate) fn key_digest() -> String {
    keyed().map(|keyed| digits(&keyed, "journeymart pseudonym key")).unwrap_or_default()
}

fn keyed() -> Result<Hmac<Sha256>> {
    with_key(std::env::var_os(VARIABLE).map(std::ffi::OsString::into_encoded_bytes))
}

fn with_key(key: Option<Vec<u8>>) -> Result<Hmac<Sha256>> {
    match key {
        Some(key) if key.len() >= MIN_KEY_BYTES => {
            Ok(Hmac::new_from_slice(&key).expect("HMAC takes keys of any length"))
        }
        Some(_) => plan_err!(
            "`{}` needs a key of {MIN_KEY_BYTES} bytes or more in the environment variable {VARIABLE}",
            FUNCTION.doc.syntax
        ),
        None => plan_err!(
            "`{}` needs a key in the environment variable {VARIABLE}",
            FUNCTION.doc.syntax
        ),
    }
}

/// The first 128 bits.
fn digits(keyed: &Hmac<Sha256>, value: &str) -> String {
    let code = keyed.clone().chain_update(value).finalize().into_bytes();
    code[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 6: a key of 131 bytes.
    #[test]
    fn a_published_vector() {
        let keyed = with_key(Some(vec![0xaa; 131])).unwrap();
        let text = "Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(digits(&keyed, text), "60e431591ee0b67f0d8a26aacbf5b77f");
    }

    #[test]
    fn keys_that_are_missing_or_short_are_refused() {
        let missing = with_key(None).unwrap_err().to_string();
        assert!(
            missing.contains("needs a key in the environment variable JOURNEYMART_PRIVACY_KEY")
        );
        let short = with_key(Some(b"too-short-to-be-secret".to_vec())).unwrap_err().to_string();
        assert!(short.contains("32 bytes or more"), "{short}");
        assert!(!short.contains("too-short"), "{short}");
    }
}
