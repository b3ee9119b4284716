//! The types of messages.

use crate::model::open_enum;

open_enum! {
    /// The type of a message that Vapi posts to a server.
    ///
    /// It covers the types of the newest document and those that earlier ones had and that are still sent.
    MessageKind {
        /// A call has come in, and your server chooses the assistant. It needs a response.
        0 AssistantRequest "assistant-request"
        /// The assistant has begun to speak, with the text for captions.
        1 AssistantSpeechStarted "assistant.speechStarted"
        /// The assistant has taken the call. Not in the newest document.
        2 AssistantStarted "assistant.started"
        /// An artifact of a call has been uploaded.
        3 CallArtifactUpload "call.artifact.upload"
        /// The deletion of a call has failed.
        4 CallDeleteFailed "call.delete.failed"
        /// A call has been deleted.
        5 CallDeleted "call.deleted"
        /// Your server decides how long to wait before the assistant speaks. It needs a response.
        6 CallEndpointingRequest "call.endpointing.request"
        /// A campaign asks whether a contact may be dialed. It needs a response.
        7 CampaignPredial "campaign.predial"
        /// A chat has been created.
        8 ChatCreated "chat.created"
        /// A chat has been deleted.
        9 ChatDeleted "chat.deleted"
        /// The conversation has grown.
        10 ConversationUpdate "conversation-update"
        /// The report on an ended call.
        11 EndOfCallReport "end-of-call-report"
        /// The model calls a function. `tool-calls` has replaced it.
        12 FunctionCall "function-call"
        /// Your server says to whom the conversation is handed. It needs a response.
        13 HandoffDestinationRequest "handoff-destination-request"
        /// The assistant has failed to respond in time.
        14 Hang "hang"
        /// Your server searches its knowledge base. It needs a response.
        15 KnowledgeBaseRequest "knowledge-base-request"
        /// The transcriber has switched to another language.
        16 LanguageChangeDetected "language-change-detected"
        /// The transcriber has switched to another language. `language-change-detected` has replaced it.
        17 LanguageChanged "language-changed"
        /// Data that was sent along with the conversation. Not in the newest document.
        18 Metadata "metadata"
        /// The model has produced a token or calls tools.
        19 ModelOutput "model-output"
        /// The call is to be forwarded or hung up.
        20 PhoneCallControl "phone-call-control"
        /// A session has been opened.
        21 SessionCreated "session.created"
        /// A session has been deleted.
        22 SessionDeleted "session.deleted"
        /// A session has changed.
        23 SessionUpdated "session.updated"
        /// Somebody has begun or stopped to speak.
        24 SpeechUpdate "speech-update"
        /// The status of a call has changed.
        25 StatusUpdate "status-update"
        /// The model calls tools that run on your server. It needs a response.
        26 ToolCalls "tool-calls"
        /// A tool has finished. Not in the newest document.
        27 ToolCompleted "tool.completed"
        /// Text that was said. `transcript[transcriptType="final"]` is this type too.
        28 Transcript "transcript"
        /// Your server says where the call is transferred to. It needs a response.
        29 TransferDestinationRequest "transfer-destination-request"
        /// A transfer has made progress.
        30 TransferUpdate "transfer-update"
        /// The customer has interrupted the assistant.
        31 UserInterrupted "user-interrupted"
        /// The customer's words as the model gets them.
        32 VoiceInput "voice-input"
        /// Your server speaks a text. It needs a response, which is audio.
        33 VoiceRequest "voice-request"
        /// A node of a workflow has begun. Not in the newest document.
        34 WorkflowNodeStarted "workflow.node.started"
    }
}

impl MessageKind {
    /// Returns the type with a name on the wire, in which a condition may follow the type.
    pub(super) fn of(type_name: &str) -> Self {
        type_name.split('[').next().unwrap_or(type_name).into()
    }
}
