//! The artifacts of a call by kind, over the generated downloads.

/// Which recording of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recording {
    /// Both sides in one channel.
    Mono,
    /// The customer in one channel, the assistant in the other.
    Stereo,
    /// The video of a web call.
    Video,
    /// The customer alone.
    Customer,
    /// The assistant alone.
    Assistant,
}

#[cfg(all(
    vapi_download = "CallArtifactController_monoRecordingDownload",
    vapi_download = "CallArtifactController_stereoRecordingDownload",
    vapi_download = "CallArtifactController_videoRecordingDownload",
    vapi_download = "CallArtifactController_customerRecordingDownload",
    vapi_download = "CallArtifactController_assistantRecordingDownload"
))]
impl<'c> crate::resources::Calls<'c> {
    /// Downloads a recording of a call.
    ///
    /// Recordings appear about a minute after the call has ended; until then the answer is 404
    /// ([`Error::is_not_found`](crate::Error::is_not_found)). The server redirects to where the recording is stored, which
    /// never gets the API key.
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
    /// use vapi::Recording;
    ///
    /// vapi.calls().recording(id, Recording::Stereo).save_to("call.wav").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn recording(&self, id: impl AsRef<str>, recording: Recording) -> crate::Download<'c> {
        match recording {
            Recording::Mono => self.mono_recording(id),
            Recording::Stereo => self.stereo_recording(id),
            Recording::Video => self.video_recording(id),
            Recording::Customer => self.customer_recording(id),
            Recording::Assistant => self.assistant_recording(id),
        }
    }
}
