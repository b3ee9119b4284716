//! TLS by rustls, with the root certificates of the system or, with the feature `webpki-roots`, of Mozilla.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::error::{Error, NoRootCertificates, Result};

/// Sets up rustls. The provider is given to this client alone: nothing is installed for the process.
pub(super) fn configure(builder: reqwest::ClientBuilder, offers_http2: bool) -> Result<reqwest::ClientBuilder> {
    let provider = match CryptoProvider::get_default() {
        Some(installed) => Arc::clone(installed),
        None => Arc::new(default_provider()),
    };
    let verifier = LazyVerifier::new(Arc::clone(&provider));
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| Error::config("TLS cannot be set up").caused_by(cause))?
        .dangerous() // It is not: the verifier is the one of the platform.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    if offers_http2 {
        tls.alpn_protocols.push(b"h2".to_vec());
    }
    tls.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(builder.tls_backend_preconfigured(tls))
}

#[cfg(feature = "rustls-aws-lc")]
fn default_provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

#[cfg(not(feature = "rustls-aws-lc"))]
fn default_provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// The verifier of the platform, made when the first server certificate comes.
///
/// To make it is to read the system's root certificates, and fails where there are none. A client that speaks http only,
/// in a slim image beside an emulator, needs none.
#[derive(Debug)]
struct LazyVerifier {
    provider: Arc<CryptoProvider>,
    made: OnceLock<Arc<dyn ServerCertVerifier>>,
}

impl LazyVerifier {
    fn new(provider: Arc<CryptoProvider>) -> Self {
        LazyVerifier {
            provider,
            made: OnceLock::new(),
        }
    }

    /// Returns the verifier. A failure is not kept: certificates may be installed while the program runs.
    fn get(&self) -> Result<&Arc<dyn ServerCertVerifier>, rustls::Error> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let verifier = match Verifier::new(Arc::clone(&self.provider)) {
            Ok(verifier) => Arc::new(verifier),
            Err(cause) => self.without_system(cause)?,
        };
        Ok(self.made.get_or_init(|| verifier))
    }

    /// Returns a verifier with the root certificates of Mozilla, which are in the program.
    #[cfg(feature = "webpki-roots")]
    fn without_system(&self, cause: rustls::Error) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
        use rustls::RootCertStore;
        use rustls::client::WebPkiServerVerifier;

        tracing::debug!(%cause, "no root certificates of the system: those of the feature `webpki-roots` are used");
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&self.provider))
            .build()
            .map_err(|_| no_root_certificates())?;
        Ok(verifier)
    }

    #[cfg(not(feature = "webpki-roots"))]
    fn without_system(&self, cause: rustls::Error) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
        tracing::debug!(%cause, "no root certificates of the system");
        Err(no_root_certificates())
    }
}

fn no_root_certificates() -> rustls::Error {
    rustls::Error::Other(OtherError(Arc::new(NoRootCertificates)))
}

impl ServerCertVerifier for LazyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.get()?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.get()?.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.get()?.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        match self.get() {
            Ok(verifier) => verifier.supported_verify_schemes(),
            // The handshake goes on to the certificate, where the error is reported.
            Err(_) => self.provider.signature_verification_algorithms.supported_schemes(),
        }
    }
}
