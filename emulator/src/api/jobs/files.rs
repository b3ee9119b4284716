//! Files, uploaded or of a knowledge base: they are ready after a step.

use serde_json::json;

use crate::api::jobs::Job;

pub(super) async fn run(job: &mut Job) -> Option<()> {
    job.wait_a_step().await;
    job.change(|file| {
        let ready = match file["status"].as_str() {
            Some("processing") => "done",
            Some("indexing") => "ready",
            _ => return,
        };
        file["status"] = json!(ready);
    })
}
