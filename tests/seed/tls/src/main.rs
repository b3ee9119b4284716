//! Uses `vapi` and `rustls` side by side, as the arguments say.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rustls::crypto::aws_lc_rs as provider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, Stream};
use vapi::http::Method;

fn main() -> Result<(), Box<dyn Error>> {
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "install" => provider::default_provider().install_default().unwrap(),
            "build" => drop(client("https://127.0.0.1:1")?),
            "rustls" => drop(
                ClientConfig::builder()
                    .with_root_certificates(RootCertStore::empty())
                    .with_no_client_auth(),
            ),
            "http" => get(&format!("http://{}", serve_http()?))?,
            "https" => get(&format!("https://{}", serve_https()?))?,
            other => return Err(format!("{other} is no argument").into()),
        }
        println!("{argument}: done");
    }
    Ok(())
}

fn client(url: &str) -> vapi::Result<vapi::Client> {
    vapi::Client::builder().api_key("key-1").base_url(url).build()
}

/// Sends one request and prints the error, if there is one.
fn get(url: &str) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let vapi = client(url)?;
    if let Err(error) = runtime.block_on(vapi.request(Method::GET, "/").send::<()>()) {
        println!("config {}, attempts {}: {error}", error.is_config(), error.attempts());
    }
    Ok(())
}

fn serve_http() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    });
    Ok(address)
}

/// A certificate that nobody can trust, because it is none.
#[derive(Debug)]
struct Worthless(Arc<CertifiedKey>);

impl ResolvesServerCert for Worthless {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn serve_https() -> Result<String, Box<dyn Error>> {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())?;
    let key = provider::sign::any_ecdsa_type(&PrivatePkcs8KeyDer::from(key.as_ref().to_vec()).into())?;
    let certificate = CertificateDer::from(b"not a certificate".to_vec());
    let config = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Worthless(Arc::new(CertifiedKey::new(vec![certificate], key)))));
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let _ = Stream::new(&mut connection, &mut socket.unwrap()).read(&mut [0; 4096]);
        }
    });
    Ok(address)
}
