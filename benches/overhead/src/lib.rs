//! The values of the benchmarks: JSON as the API has it for a long call with a full assistant.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

const ID: &str = "6f2b0c9e-4a51-4f0e-9a37-0d8a6a1f7c11";
const CREATED: &str = "2026-08-18T09:30:00.000Z";

/// An answered call with this many turns of speech: at 40 it is some 15 kB.
pub fn call(turns: u32) -> Value {
    let messages: Vec<Value> = (0..turns).map(message).collect();
    json!({
        "id": ID,
        "orgId": ID,
        "type": "outboundPhoneCall",
        "status": "ended",
        "endedReason": "customer-ended-call",
        "createdAt": CREATED,
        "updatedAt": CREATED,
        "startedAt": CREATED,
        "endedAt": CREATED,
        "assistantId": ID,
        "assistant": assistant(),
        "phoneNumberId": ID,
        "customer": { "number": "+15555550123", "name": "Grace" },
        "phoneCallProvider": "twilio",
        "phoneCallTransport": "pstn",
        "monitor": { "listenUrl": "wss://calls.example/listen", "controlUrl": "https://calls.example/control" },
        "cost": 0.1234,
        "costs": [
            { "type": "transport", "provider": "twilio", "minutes": 2.5, "cost": 0.02 },
            { "type": "transcriber", "transcriber": { "provider": "deepgram", "model": "nova-3" }, "minutes": 2.5, "cost": 0.01 },
            { "type": "model", "model": { "provider": "openai", "model": "gpt-4o" }, "promptTokens": 9120,
              "completionTokens": 412, "cost": 0.03 },
            { "type": "voice", "voice": { "provider": "11labs", "voiceId": "burt" }, "characters": 1893, "cost": 0.04 },
            { "type": "vapi", "subType": "normal", "minutes": 2.5, "cost": 0.0125 }
        ],
        "costBreakdown": { "transport": 0.02, "stt": 0.01, "llm": 0.03, "tts": 0.04, "vapi": 0.0125, "total": 0.1234,
            "llmPromptTokens": 9120, "llmCompletionTokens": 412, "ttsCharacters": 1893,
            "analysisCostBreakdown": { "summary": 0.001, "summaryPromptTokens": 1200, "summaryCompletionTokens": 80 } },
        "analysis": { "summary": "Grace booked a table for four at eight.", "successEvaluation": "true",
            "structuredData": { "guests": 4, "time": "20:00" } },
        "artifact": {
            "messages": messages,
            "transcript": "AI: Good evening. User: A table for four, please.",
            "recordingUrl": "https://storage.example/recording.wav",
            "stereoRecordingUrl": "https://storage.example/stereo.wav",
            "variableValues": { "restaurant": "Chez Ada" }
        },
        "messages": messages
    })
}

/// A report on an ended call of this many turns: at 74 it is some 45 kB.
pub fn report(turns: u32) -> Report {
    let mut call = call(turns);
    let messages = call["messages"].take();
    let mut artifact = call["artifact"].take();
    let [cost, costs, breakdown, analysis] =
        ["cost", "costs", "costBreakdown", "analysis"].map(|name| call[name].take());
    let members = call.as_object_mut().unwrap();
    members.retain(|_, value| !value.is_null());
    let assistant = members.remove("assistant").unwrap();
    let formatted: Vec<Value> = messages.as_array().unwrap().iter().map(formatted).collect();
    artifact["messagesOpenAIFormatted"] = formatted.into();
    artifact["transcript"] = "AI: For how many people would that be?\nUser: For four, at eight.\n"
        .repeat(turns as usize)
        .into();
    artifact["structuredOutputs"] = json!({ ID: { "name": "Booking", "result": { "guests": 4, "time": "20:00" } } });
    let transcript = artifact["transcript"].clone();
    Report(vec![
        ("timestamp", 1_787_045_552_000_u64.into()),
        ("type", "end-of-call-report".into()),
        ("analysis", analysis),
        ("artifact", artifact),
        ("startedAt", CREATED.into()),
        ("endedAt", CREATED.into()),
        ("endedReason", "customer-ended-call".into()),
        ("cost", cost),
        ("costBreakdown", breakdown),
        ("costs", costs),
        ("durationMs", 150_000.into()),
        ("durationSeconds", 150.into()),
        ("durationMinutes", 2.5.into()),
        ("summary", "Grace booked a table for four at eight.".into()),
        ("transcript", transcript),
        ("messages", messages),
        ("recordingUrl", "https://storage.example/recording.wav".into()),
        ("stereoRecordingUrl", "https://storage.example/stereo.wav".into()),
        ("call", call),
        ("customer", json!({ "number": "+15555550123", "name": "Grace" })),
        ("assistant", assistant),
    ])
}

/// The members of an end-of-call report, in the order in which the API posts them.
pub struct Report(Vec<(&'static str, Value)>);

impl Report {
    /// The body of the request. What is stored is in its own order.
    pub fn text(&self) -> String {
        let members = self.0.iter().map(|(name, value)| format!("{name:?}:{}", text(value)));
        format!("{{\"message\":{{{}}}}}", members.collect::<Vec<_>>().join(","))
    }

    /// The body as a value, which sorts its members by name.
    pub fn value(&self) -> Value {
        let members = self.0.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        json!({ "message": Value::Object(members.collect()) })
    }
}

/// A stored assistant that says most of what one can say.
pub fn stored_assistant() -> Value {
    stored(assistant())
}

/// The body that creates an assistant with most of its properties.
pub fn assistant() -> Value {
    let said = |kind: &str, text: &str| json!({ "type": kind, "content": text });
    json!({
        "name": "Front desk",
        "firstMessage": "Good evening, this is Ada at the front desk.",
        "firstMessageMode": "assistant-speaks-first",
        "transcriber": { "provider": "deepgram", "model": "nova-3", "language": "en", "smartFormat": true,
            "keyterm": ["Chez Ada"], "endpointing": 150 },
        "model": {
            "provider": "openai", "model": "gpt-4o", "temperature": 0.4, "maxTokens": 250,
            "messages": [{ "role": "system", "content": "You take reservations. Be brief, and never promise a window." }],
            "tools": [
                { "type": "function", "async": false,
                  "messages": [said("request-start", "One moment."), said("request-complete", "Done."),
                               said("request-failed", "That did not work.")],
                  "server": { "url": "https://desk.example/tools", "timeoutSeconds": 20 },
                  "function": { "name": "book_table", "description": "Books a table.", "parameters": { "type": "object",
                      "properties": { "guests": { "type": "number" }, "time": { "type": "string" } }, "required": ["guests"] } } },
                { "type": "transferCall", "destinations": [{ "type": "number", "number": "+15555550199",
                  "description": "The manager", "message": "I'll put you through." }] },
                { "type": "endCall" }
            ]
        },
        "voice": { "provider": "11labs", "voiceId": "burt", "model": "eleven_turbo_v2_5", "stability": 0.5, "similarityBoost": 0.75 },
        "serverMessages": ["end-of-call-report", "status-update", "tool-calls"],
        "clientMessages": ["transcript", "hang"],
        "maxDurationSeconds": 600,
        "backgroundSound": "office",
        "endCallPhrases": ["goodbye", "see you tonight"],
        "metadata": { "branch": "harbour" },
        "server": { "url": "https://desk.example/vapi", "timeoutSeconds": 20 },
        "startSpeakingPlan": { "waitSeconds": 0.4, "smartEndpointingEnabled": false,
            "transcriptionEndpointingPlan": { "onPunctuationSeconds": 0.1, "onNoPunctuationSeconds": 1.5 } },
        "stopSpeakingPlan": { "numWords": 2, "voiceSeconds": 0.2, "backoffSeconds": 1 },
        "analysisPlan": { "summaryPlan": { "enabled": true }, "minMessagesThreshold": 2 },
        "artifactPlan": { "recordingEnabled": true, "videoRecordingEnabled": false }
    })
}

/// Stored tools of many kinds in turn: nearly nothing but unions.
pub fn tools(count: usize) -> Value {
    let told = json!([
        { "type": "request-start", "content": "One moment.", "conditions": [{ "operator": "eq", "param": "guests", "value": "4" }] },
        { "type": "request-response-delayed", "content": "Still there?", "timingMilliseconds": 3000 },
        { "type": "request-complete", "content": "Done.", "role": "assistant" },
        { "type": "request-failed", "content": "That did not work.", "endCallAfterSpokenEnabled": false }
    ]);
    let kinds = [
        json!({ "type": "function", "messages": told, "async": false, "server": { "url": "https://desk.example/tools" },
            "function": { "name": "book_table", "description": "Books a table." } }),
        json!({ "type": "transferCall", "messages": told, "destinations": [
            { "type": "number", "number": "+15555550199", "message": "I'll put you through.", "description": "The manager" },
            { "type": "sip", "sipUri": "sip:desk@example.com", "description": "The bar" }] }),
        json!({ "type": "query", "messages": told, "knowledgeBases": [
            { "provider": "google", "name": "menu", "description": "What there is to eat", "fileIds": [ID] }] }),
        json!({ "type": "slack.message.send", "messages": told }),
        json!({ "type": "google.calendar.event.create", "messages": told }),
    ];
    kinds.iter().cycle().take(count).cloned().map(stored).collect()
}

/// The text of a value as the API sends what it has stored.
pub fn text(value: &Value) -> String {
    serde_json::to_string(&Stored(value)).unwrap()
}

/// A value with the members of objects in the order in which PostgreSQL's `jsonb` has them, the shortest name first.
struct Stored<'a>(&'a Value);

impl Serialize for Stored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => {
                let mut members: Vec<_> = object.iter().map(|(name, value)| (name, Stored(value))).collect();
                members.sort_by_key(|(name, _)| (name.len(), *name));
                serializer.collect_map(members)
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Stored)),
            scalar => scalar.serialize(serializer),
        }
    }
}

/// With what the API adds to what it stores.
fn stored(mut value: Value) -> Value {
    for (name, stamp) in [
        ("id", ID),
        ("orgId", ID),
        ("createdAt", CREATED),
        ("updatedAt", CREATED),
    ] {
        value[name] = stamp.into();
    }
    value
}

fn message(turn: u32) -> Value {
    let time = 1_787_045_400_000_u64 + u64::from(turn) * 3500;
    let seconds = f64::from(turn) * 3.5;
    match turn % 5 {
        0 => {
            json!({ "role": "system", "message": "You take reservations.", "time": time, "secondsFromStart": seconds })
        }
        1 => {
            json!({ "role": "bot", "message": "For how many people would that be?", "time": time, "endTime": time + 1800,
            "secondsFromStart": seconds, "duration": 1800 })
        }
        2 => {
            json!({ "role": "user", "message": "For four, at eight, and a quiet corner if there is one.", "time": time,
            "endTime": time + 2600, "secondsFromStart": seconds, "duration": 2600 })
        }
        3 => json!({ "role": "tool_calls", "message": "", "time": time, "secondsFromStart": seconds,
            "toolCalls": [{ "id": "call_1", "type": "function",
                "function": { "name": "book_table", "arguments": "{\"guests\":4}" } }] }),
        _ => json!({ "role": "tool_call_result", "name": "book_table", "toolCallId": "call_1", "result": "booked",
            "time": time, "secondsFromStart": seconds }),
    }
}

/// A message as OpenAI's chat API has it.
fn formatted(message: &Value) -> Value {
    match message["role"].as_str() {
        Some("bot") => json!({ "role": "assistant", "content": message["message"] }),
        Some("tool_calls") => json!({ "role": "assistant", "content": "", "tool_calls": message["toolCalls"] }),
        Some("tool_call_result") => {
            json!({ "role": "tool", "content": message["result"], "tool_call_id": message["toolCallId"] })
        }
        role => json!({ "role": role, "content": message["message"] }),
    }
}
