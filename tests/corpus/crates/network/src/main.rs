use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    let served = tokio::spawn(async move { listener.accept().await.unwrap().0.write_all(b"over tcp").await.unwrap() });
    let mut text = String::new();
    tokio::net::TcpStream::connect(place).await.unwrap().read_to_string(&mut text).await.unwrap();
    served.await.unwrap();
    println!("{text} {:?}", ring::digest::digest(&ring::digest::SHA256, b"x"));
    println!("{}", openssl::version::number() > 0x1000_0000);
    let roots = rustls::RootCertStore::empty();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
        .with_root_certificates(roots).with_no_client_auth();
    println!("{} {}", client.alpn_protocols.len(), native_tls::TlsConnector::new().is_ok());
    println!("{}", reqwest::Url::parse("http://x/y").unwrap().path());
    let _ = (h2::client::Builder::new(), socket2::Domain::IPV4, mio::Token(1), hyper::Method::GET);
}
