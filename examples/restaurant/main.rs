//! A restaurant with a phone: an assistant answers it, and books tables in this program.
//!
//! `cargo run --example restaurant` has a guest call in a local Vapi. With `VAPI_API_KEY` set it serves real guests: they dial the number
//! `VAPI_PHONE_NUMBER_ID`, which is one of Vapi's own, and `RESTAURANT_URL` is the address at which the internet reaches `/vapi` on
//! port 8787 of this machine, such as that of a tunnel. `RESTAURANT_SECRET` is the key with which Vapi signs.

mod phone;
mod restaurant;

use std::error::Error;
use std::future::IntoFuture;

use axum::Router;

use self::phone::Phone;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let phone = Phone::from_env().await?;
    let webhooks = restaurant::open(&phone.vapi, &phone.number_id, &phone.url, &phone.secret).await?;
    let app = Router::new().route_service("/vapi", webhooks.clone());
    let server = tokio::spawn(axum::serve(phone.listener, app).into_future());
    phone.line.until_closed().await?;
    webhooks.shutdown().await; // waits for handlers that run
    server.abort();
    Ok(())
}
