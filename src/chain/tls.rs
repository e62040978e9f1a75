//! Refused certificates.
//!
//! An expired certificate, an unknown issuer or a name that does not match will not heal by asking again, and asking
//! elsewhere would hide it: the operator must look. There is no way to accept them.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

use super::error::ChainError;
use crate::core::class::Class;

/// `Config`, if the connection failed because of what the other side is rather than because of the wire.
pub(super) fn refusal(error: &(dyn Error + 'static)) -> Option<ChainError> {
    let why = match cause::<rustls::Error>(error)? {
        rustls::Error::InvalidCertificate(certificate) => fault(certificate),
        rustls::Error::NoCertificatesPresented => "the server shows no certificate",
        rustls::Error::PeerIncompatible(_) => "the server speaks no TLS of version 1.2 or later",
        rustls::Error::AlertReceived(alert) => declined(*alert)?,
        _ => return None,
    };
    Some(ChainError::new(Class::Config, why))
}

/// What the server declined, where asking again would be declined again.
fn declined(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription as A;
    Some(match alert {
        A::ProtocolVersion | A::InsufficientSecurity | A::HandshakeFailure => {
            "the server speaks no TLS that we speak"
        }
        A::UnrecognisedName => "the server does not know its name in the address",
        _ => return None,
    })
}

fn fault(error: &CertificateError) -> &'static str {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => "the certificate has expired",
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the certificate is not valid yet (is the clock right?)"
        }
        E::UnknownIssuer => "the certificate's issuer is unknown",
        E::NotValidForName | E::NotValidForNameContext { .. } => "the certificate is for another name",
        E::Revoked => "the certificate is revoked",
        _ => "the certificate is refused",
    }
}

/// The first error of type `T` in the chain of causes. An [`io::Error`] hides the error it wraps from that chain, so it is
/// looked into.
pub(super) fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_certificate_is_found_however_deep_it_is_wrapped() {
        let errors = [
            CertificateError::Expired,
            CertificateError::NotValidYet,
            CertificateError::UnknownIssuer,
            CertificateError::NotValidForName,
        ];
        for error in errors {
            let wrapped = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(error)));
            assert_eq!(refusal(&wrapped).unwrap().class, Class::Config);
        }
    }

    #[test]
    fn a_server_that_declines_is_the_operators_to_see_to() {
        let declined = |alert| refusal(&io::Error::other(rustls::Error::AlertReceived(alert)));
        assert_eq!(declined(AlertDescription::ProtocolVersion).unwrap().class, Class::Config);
        assert_eq!(declined(AlertDescription::UnrecognisedName).unwrap().class, Class::Config);
        assert_eq!(declined(AlertDescription::InternalError), None);
    }

    #[test]
    fn a_broken_wire_is_no_refusal() {
        assert_eq!(refusal(&io::Error::other(rustls::Error::DecryptError)), None);
        assert_eq!(refusal(&io::Error::from(io::ErrorKind::ConnectionReset)), None);
    }
}
