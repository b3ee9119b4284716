//! Request bodies that many programs need, made in one line. Their setters add the rest.

#[allow(unused_imports, reason = "a document may have none of these types")]
use serde_json::{Map, Value, json};

#[allow(unused_imports, reason = "a document may have none of these types")]
use crate::by_name::from_members;
#[allow(unused_imports, reason = "a document may have none of these types")]
use crate::model::Timestamp;
#[allow(unused_imports, reason = "a document may have none of these types")]
use crate::types;

/// Creates a body from a JSON object, so that this file compiles with any document.
#[allow(unused_macros, reason = "a document may have none of these types")]
macro_rules! body {
    ($($json:tt)+) => {
        match json!($($json)+) {
            Value::Object(members) => from_members(members),
            _ => from_members(Map::new()),
        }
    };
}

#[cfg(vapi_type = "CreateAssistantDto")]
impl types::CreateAssistantDto {
    /// Creates an assistant that follows a prompt, with the model `gpt-4o` of OpenAI and the default voice. `.model(..)` replaces both.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client) -> vapi::Result<()> {
    /// use vapi::types::CreateAssistantDto;
    ///
    /// let assistant = vapi.assistants().create(CreateAssistantDto::from_prompt("You are Ada, the front desk.")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn from_prompt(prompt: impl Into<String>) -> Self {
        let prompt: String = prompt.into();
        body!({"model": {
            "provider": "openai", "model": "gpt-4o",
            "messages": [{"role": "system", "content": prompt}],
        }})
    }
}

#[cfg(all(vapi_type = "CreateCallDto", vapi_type = "SchedulePlan"))]
impl types::CreateCallDto {
    /// Has the call start at this time or, if no line is free then, soon after it. It replaces the schedule plan.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use vapi::types::CreateCallDto;
    ///
    /// let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    /// let call = CreateCallDto::new().assistant_id("id of an assistant").scheduled_at(tomorrow);
    /// ```
    #[must_use]
    pub fn scheduled_at(self, earliest: impl Into<Timestamp>) -> Self {
        let earliest: Timestamp = earliest.into();
        let plan: types::SchedulePlan = body!({ "earliestAt": earliest });
        self.schedule_plan(plan)
    }
}

/// A destination, its `type`, the property with its address, and an address for the example.
#[allow(unused_macros, reason = "a document may have none of these types")]
macro_rules! warm_transfer {
    ($destination:ident, $type:literal, $property:literal, $argument:ident, $example:literal) => {
        impl types::$destination {
            /// Creates a destination to which the call is handed over by a sentence: whoever takes the call hears the `message`, and then
            /// the customer.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use vapi::types::", stringify!($destination), ";")]
            ///
            #[doc = concat!("let kitchen = ", stringify!($destination), "::warm(\"", $example, "\", \"A guest asks about nuts.\");")]
            /// ```
            #[must_use]
            pub fn warm($argument: impl Into<String>, message: impl Into<String>) -> Self {
                let ($argument, message): (String, String) = ($argument.into(), message.into());
                body!({
                    "type": $type, $property: $argument,
                    "transferPlan": {"mode": "warm-transfer-say-message", "message": message},
                })
            }

            /// Creates a destination to which the call is handed over by a summary of it: whoever takes the call hears that, and then the
            /// customer.
            #[must_use]
            pub fn warm_with_summary($argument: impl Into<String>) -> Self {
                let $argument: String = $argument.into();
                body!({
                    "type": $type, $property: $argument,
                    "transferPlan": {"mode": "warm-transfer-say-summary"},
                })
            }
        }
    };
}

#[cfg(vapi_type = "TransferDestinationNumber")]
warm_transfer!(TransferDestinationNumber, "number", "number", number, "+15555550123");
#[cfg(vapi_type = "TransferDestinationSip")]
warm_transfer!(
    TransferDestinationSip,
    "sip",
    "sipUri",
    sip_uri,
    "sip:kitchen@example.com"
);
