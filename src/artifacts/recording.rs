//! Recordings of a call by track, over the generated downloads.

/// A track of a call's recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordingTrack {
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
impl crate::resources::Calls {
    /// Downloads a recording of a call.
    ///
    /// Recordings appear about a minute after the end of the call. Until then the status is 404
    /// ([`Error::is_not_found`](crate::Error::is_not_found)). The server redirects to the host that stores the recording; that host
    /// never gets the API key.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
    /// use vapi::RecordingTrack;
    ///
    /// vapi.calls().recording(id, RecordingTrack::Stereo).save_to("call.wav").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn recording(&self, id: impl AsRef<str>, track: RecordingTrack) -> crate::Download {
        match track {
            RecordingTrack::Mono => self.mono_recording(id),
            RecordingTrack::Stereo => self.stereo_recording(id),
            RecordingTrack::Video => self.video_recording(id),
            RecordingTrack::Customer => self.customer_recording(id),
            RecordingTrack::Assistant => self.assistant_recording(id),
        }
    }
}
