//! The phone of the restaurant: a real number, or one of a local Vapi that a guest calls.

use std::error::Error;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use vapi::Client;
use vapi::types::CreateVapiPhoneNumberDto;
use vapi_emulator::{Emulator, Script};

pub struct Phone {
    pub vapi: Client,
    pub number_id: String,
    /// The address at which Vapi reaches the listener.
    pub url: String,
    /// The key of signatures.
    pub secret: String,
    pub listener: TcpListener,
    pub line: Line,
}

/// The way guests come in.
pub enum Line {
    Real,
    Local { vapi: Emulator, number_id: String },
}

impl Phone {
    pub async fn from_env() -> Result<Phone, Box<dyn Error>> {
        if std::env::var_os("VAPI_API_KEY").is_none() {
            return Phone::local().await;
        }
        let variable = |name: &str| std::env::var(name).map_err(|_| format!("a real restaurant needs {name}"));
        Ok(Phone {
            vapi: Client::from_env()?,
            number_id: variable("VAPI_PHONE_NUMBER_ID")?,
            url: variable("RESTAURANT_URL")?,
            secret: variable("RESTAURANT_SECRET")?,
            listener: TcpListener::bind("127.0.0.1:8787").await?,
            line: Line::Real,
        })
    }

    async fn local() -> Result<Phone, Box<dyn Error>> {
        let guest = Script::new()
            .assistant_greets()
            .customer_says("A table for four at half past seven, please.")
            .calls_tool("book_table", json!({"guests": 4, "time": "19:30"}))
            .assistant_says("Your table is booked. See you then!")
            .customer_hangs_up();
        let local = Emulator::builder().script(guest).start().await?;
        println!("VAPI_API_KEY is not set: a guest calls in a local Vapi.\n");
        let vapi = Client::builder()
            .api_key(local.api_key())
            .base_url(local.base_url())
            .build()?;
        let number = vapi.phone_numbers().create(CreateVapiPhoneNumberDto::new()).await?;
        let number_id = number.id().ok_or("the phone number has no id")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Phone {
            vapi,
            number_id: number_id.clone(),
            url: format!("http://{}/vapi", listener.local_addr()?),
            secret: "a key for this run".to_owned(),
            listener,
            line: Line::Local { vapi: local, number_id },
        })
    }
}

impl Line {
    /// Waits until the restaurant closes: at Enter, or after the only guest of a local one.
    pub async fn until_closed(self) -> Result<(), Box<dyn Error>> {
        match self {
            Line::Real => {
                println!("The restaurant is open. Press Enter to close it.");
                tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
            }
            Line::Local { vapi, number_id } => {
                vapi.inbound_call(&number_id, "+15555550123")
                    .ok_or("the number is gone")?;
                vapi.advance(Duration::from_secs(600)).await;
            }
        }
        Ok(())
    }
}
