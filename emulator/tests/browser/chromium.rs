//! A headless Chromium with a page of the emulator, driven by ChromeDriver, with its requests and console messages.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use thirtyfour::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use vapi_emulator::Emulator;

/// The timeout of the browser on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Only this machine resolves, so that a request to another host shows as an error.
const FLAGS: [&str; 10] = [
    "--headless",
    // All pages come from this test, and many containers do not allow a sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
];

#[derive(Clone)]
pub struct Page {
    pub driver: WebDriver,
    origin: String,
}

/// Runs a test with a page, and closes the browser afterwards, even if the test fails.
pub async fn browse(emulator: &Emulator, test: impl AsyncFnOnce(Page) + 'static) {
    // One browser at a time, for small machines.
    static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ONE.lock().await;
    let (mut chromedriver, port) = start_driver();
    let mut wishes = DesiredCapabilities::chrome();
    for flag in FLAGS {
        wishes.add_arg(flag).expect("a flag");
    }
    wishes.add_arg("--window-size=1280,900").expect("a flag");
    wishes
        .set_browser_log_level(LoggingPrefsLogLevel::All)
        .expect("a level");
    // In a build with the `vapi` crate, reqwest has TLS and needs an explicit cryptography provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
    let driver = WebDriver::builder(format!("http://127.0.0.1:{port}"), wishes)
        .client(client.expect("a client"))
        .await
        .expect("a session");
    let page = Page {
        driver: driver.clone(),
        origin: emulator.base_url(),
    };
    let local = tokio::task::LocalSet::new();
    let tested = local
        .run_until(async { tokio::task::spawn_local(test(page)).await })
        .await;
    let _ = driver.quit().await;
    let _ = chromedriver.kill();
    let _ = chromedriver.wait();
    if let Err(failed) = tested {
        std::panic::resume_unwind(failed.into_panic());
    }
}

/// ChromeDriver on a free port.
fn start_driver() -> (Child, u16) {
    let started = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .spawn();
    let mut driver = started.expect("chromedriver: install the packages `chromium` and `chromium-driver`");
    let output = BufReader::new(driver.stdout.take().expect("its output"));
    let port = output.lines().map_while(Result::ok).find_map(|line| {
        let port = line.split_once("started successfully on port ")?.1;
        port.trim_end_matches('.').parse().ok()
    });
    (driver, port.expect("its port"))
}

impl Page {
    pub async fn open(&self, path: &str) {
        self.driver
            .goto(format!("{}{path}", self.origin))
            .await
            .expect("a page");
    }

    pub async fn run(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, Vec::new()).await;
        answer
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// Waits until an expression holds in the page.
    pub async fn until(&self, expression: &str) {
        let began = Instant::now();
        while self.run(&format!("return Boolean({expression})")).await != true {
            if began.elapsed() > PATIENCE {
                let shown = self.run("return document.body.innerText").await;
                panic!("{expression} never held; the page shows {shown:#}");
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits until the text of an element is the expected one.
    pub async fn shows(&self, selector: &str, text: &str) {
        self.until(&format!(
            "document.querySelector({selector:?})?.textContent.trim() === {text:?}"
        ))
        .await;
    }

    pub async fn focus_is_in(&self, selector: &str) {
        self.until(&format!("document.activeElement?.closest({selector:?})"))
            .await;
    }

    pub async fn press(&self, keys: impl Into<TypingData>) {
        let keys = self.driver.action_chain().send_keys(keys.into());
        keys.perform().await.expect("keys to press");
    }

    pub async fn click(&self, selector: &str) {
        let element = self.driver.query(By::Css(selector)).first().await;
        element.expect("an element").click().await.expect("a click");
    }

    /// Checks that the console has no error and no warning, and that all requests went to the emulator.
    pub async fn is_at_peace(&self) {
        let log = self.driver.browser_log().await.expect("a log");
        let complaints = log
            .iter()
            .filter(|entry| entry.level == "SEVERE" || entry.level == "WARNING");
        let complaints: Vec<&str> = complaints.map(|entry| entry.message.as_str()).collect();
        assert_eq!(complaints, Vec::<&str>::new());
        let asked = self
            .run("return performance.getEntriesByType('resource').map(({ name }) => name)")
            .await;
        let asked = asked.as_array().expect("a list");
        assert!(!asked.is_empty());
        for url in asked.iter().filter_map(Value::as_str) {
            let here =
                url.starts_with(&format!("{}/", self.origin)) || url.starts_with("data:") || url.starts_with("blob:");
            assert!(here, "{url} was asked for");
        }
    }
}
