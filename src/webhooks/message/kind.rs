//! The types of messages.

use crate::model::open_enum;

open_enum! {
    /// The type of a message that Vapi posts to a server.
    ///
    /// It covers the types of the newest document and those that earlier ones had and that are still sent.
    MessageKind {
        /// A call has come in, and your server chooses the assistant. It needs a response.
        AssistantRequest "assistant-request"
        /// The assistant has begun to speak, with the text for captions.
        AssistantSpeechStarted "assistant.speechStarted"
        /// The assistant has taken the call. Not in the newest document.
        AssistantStarted "assistant.started"
        /// An artifact of a call has been uploaded.
        CallArtifactUpload "call.artifact.upload"
        /// The deletion of a call has failed.
        CallDeleteFailed "call.delete.failed"
        /// A call has been deleted.
        CallDeleted "call.deleted"
        /// Your server decides how long to wait before the assistant speaks. It needs a response.
        CallEndpointingRequest "call.endpointing.request"
        /// A campaign asks whether a contact may be dialed. It needs a response.
        CampaignPredial "campaign.predial"
        /// A chat has been created.
        ChatCreated "chat.created"
        /// A chat has been deleted.
        ChatDeleted "chat.deleted"
        /// The conversation has grown.
        ConversationUpdate "conversation-update"
        /// The report on an ended call.
        EndOfCallReport "end-of-call-report"
        /// The model calls a function. `tool-calls` has replaced it.
        FunctionCall "function-call"
        /// Your server says to whom the conversation is handed. It needs a response.
        HandoffDestinationRequest "handoff-destination-request"
        /// The assistant has failed to respond in time.
        Hang "hang"
        /// Your server searches its knowledge base. It needs a response.
        KnowledgeBaseRequest "knowledge-base-request"
        /// The transcriber has switched to another language.
        LanguageChangeDetected "language-change-detected"
        /// The transcriber has switched to another language. `language-change-detected` has replaced it.
        LanguageChanged "language-changed"
        /// Data that was sent along with the conversation. Not in the newest document.
        Metadata "metadata"
        /// The model has produced a token or calls tools.
        ModelOutput "model-output"
        /// The call is to be forwarded or hung up.
        PhoneCallControl "phone-call-control"
        /// A session has been opened.
        SessionCreated "session.created"
        /// A session has been deleted.
        SessionDeleted "session.deleted"
        /// A session has changed.
        SessionUpdated "session.updated"
        /// Somebody has begun or stopped to speak.
        SpeechUpdate "speech-update"
        /// The status of a call has changed.
        StatusUpdate "status-update"
        /// The model calls tools that run on your server. It needs a response.
        ToolCalls "tool-calls"
        /// A tool has finished. Not in the newest document.
        ToolCompleted "tool.completed"
        /// Text that was said. `transcript[transcriptType="final"]` is this type too.
        Transcript "transcript"
        /// Your server says where the call is transferred to. It needs a response.
        TransferDestinationRequest "transfer-destination-request"
        /// A transfer has made progress.
        TransferUpdate "transfer-update"
        /// The customer has interrupted the assistant.
        UserInterrupted "user-interrupted"
        /// The customer's words as the model gets them.
        VoiceInput "voice-input"
        /// Your server speaks a text. It needs a response, which is audio.
        VoiceRequest "voice-request"
        /// A node of a workflow has begun. Not in the newest document.
        WorkflowNodeStarted "workflow.node.started"
    }
}

impl MessageKind {
    /// Returns the type with a name on the wire, in which a condition may follow the type.
    pub(super) fn of(type_name: &str) -> Self {
        type_name.split('[').next().unwrap_or(type_name).into()
    }
}
