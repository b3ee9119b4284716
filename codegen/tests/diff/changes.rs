//! Each kind of change, and what it breaks.

use serde_json::{Value, json};

use crate::{changes, document, edited, line, properties};

fn remove(object: &mut Value, key: &str) {
    object.as_object_mut().unwrap().remove(key).unwrap();
}

#[test]
fn the_same_document_has_no_changes() {
    assert_eq!(edited(|_| {}), [""; 0]);
}

#[test]
fn prose_and_order_are_no_changes() {
    let lines = edited(|document| {
        document["info"]["title"] = json!("Other");
        let call = properties(document, "Call");
        call["id"]["description"] = json!("The id.");
        call["status"]["enum"] = json!(["ended", "queued"]);
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn an_operation_that_goes_breaks_requests_and_code() {
    let lines = edited(|document| remove(&mut document["paths"]["/call"], "get"));
    assert_eq!(
        lines,
        ["- operation GET /call: GET /call (calls().list): breaks requests, rust"]
    );
}

#[test]
fn an_operation_with_another_path_may_be_renamed() {
    let lines = edited(|document| {
        let call = document["paths"]["/call"]["get"].take();
        remove(&mut document["paths"]["/call"], "get");
        document["paths"]["/v2/call"] = json!({"get": call});
    });
    assert_eq!(
        lines,
        [
            "- operation GET /call: GET /call = GET /v2/call? (calls().list): breaks requests, rust",
            "+ operation GET /v2/call: GET /v2/call = GET /call? (calls().list): additive"
        ]
    );
}

#[test]
fn another_operation_id_is_another_method() {
    let lines = edited(|document| {
        document["paths"]["/call"]["get"]["operationId"] = json!("CallController_search");
        document["paths"]["/call"]["get"]["deprecated"] = json!(true);
    });
    assert_eq!(
        lines,
        [
            "~ operation_id GET /call: operationId (calls().search): breaks rust",
            "~ deprecated GET /call: deprecated (calls().search): additive",
            "~ rust_method GET /call: calls().list (calls().search): breaks rust"
        ]
    );
}

#[test]
fn parameters_break_requests_when_they_are_required() {
    let lines = edited(|document| {
        let parameters = &mut document["paths"]["/call"]["get"]["parameters"];
        parameters[0]["required"] = json!(true);
        let more = json!([
            {"name": "org", "in": "query", "required": true, "schema": {"type": "string"}},
            {"name": "page", "in": "query", "schema": {"type": "number"}}
        ]);
        parameters
            .as_array_mut()
            .unwrap()
            .extend(more.as_array().unwrap().clone());
    });
    assert_eq!(
        lines,
        [
            "~ required GET /call query limit: required (calls().list): breaks requests, rust",
            "+ parameter GET /call query org: org (calls().list): breaks requests, rust",
            "+ parameter GET /call query page: page (calls().list): additive"
        ]
    );
}

#[test]
fn a_parameter_of_another_type_breaks_both() {
    let lines = edited(|document| {
        document["paths"]["/call"]["get"]["parameters"][0]["schema"] = json!({"type": "string"});
    });
    assert_eq!(
        lines,
        ["~ type GET /call query limit: type (calls().list): breaks requests, rust"]
    );
}

#[test]
fn bodies_and_responses_come_and_go() {
    let lines = edited(|document| {
        let item = &mut document["paths"]["/call"];
        remove(&mut item["post"], "requestBody");
        item["get"]["responses"]["404"] = json!({"description": ""});
        item["get"]["responses"]["200"]["content"]["application/json"]["schema"] = json!({"type": "object"});
    });
    assert_eq!(
        lines,
        [
            "~ type GET /call response 200: type (calls().list): breaks responses, rust",
            "+ response GET /call response 404: 404 (calls().list): additive",
            "- request_body POST /call body: body (calls().create): breaks requests, rust",
            "- rust_type CreateCallDTO: CreateCallDto (CreateCallDto): breaks rust",
            // A type that is only received requires little.
            "~ rust_field Voice speed: speed (Voice.speed): breaks rust"
        ]
    );
}

#[test]
fn another_success_status_with_the_same_content_breaks_nothing() {
    let lines = edited(|document| {
        let responses = &mut document["paths"]["/call"]["post"]["responses"];
        *responses = json!({"200": responses["201"].take()});
    });
    assert_eq!(
        lines,
        [
            "- response POST /call response 201: 201 (calls().create): additive",
            "+ response POST /call response 200: 200 (calls().create): additive"
        ]
    );
}

#[test]
fn a_schema_that_goes_takes_its_type_along() {
    let lines = edited(|document| {
        remove(properties(document, "CreateCallDTO"), "voice");
        remove(properties(document, "Call"), "voice");
        remove(&mut document["components"]["schemas"], "Voice");
        remove(&mut document["components"]["schemas"], "Org");
    });
    assert_eq!(
        lines,
        [
            "- property Call voice: voice (Call.voice): breaks responses, rust",
            "- property CreateCallDTO voice: voice (CreateCallDto.voice): breaks requests, rust",
            "- schema Org: Org: additive",
            "- schema Voice: Voice (Voice): breaks rust"
        ]
    );
}

#[test]
fn a_schema_of_another_name_breaks_code_alone() {
    let lines = edited(|document| {
        let voice = document["components"]["schemas"]["Voice"].take();
        remove(&mut document["components"]["schemas"], "Voice");
        document["components"]["schemas"]["VoiceDTO"] = voice;
        for schema in ["Call", "CreateCallDTO"] {
            properties(document, schema)["voice"]["$ref"] = json!("#/components/schemas/VoiceDTO");
        }
    });
    assert_eq!(
        lines,
        [
            "~ type Call voice: type (Call.voice): breaks rust",
            "~ type CreateCallDTO voice: type (CreateCallDto.voice): breaks rust",
            "- schema Voice: Voice = VoiceDTO? (Voice): breaks rust",
            "+ schema VoiceDTO: VoiceDTO = Voice? (VoiceDto): additive"
        ]
    );
}

#[test]
fn a_property_breaks_by_its_use() {
    let lines = edited(|document| {
        remove(properties(document, "CreateCallDTO"), "note");
        remove(properties(document, "Call"), "status");
        remove(properties(document, "Event"), "text");
        remove(properties(document, "Reply"), "text");
        remove(properties(document, "Org"), "name");
        remove(properties(document, "Voice"), "mode");
    });
    assert_eq!(
        lines,
        [
            "- property Call status: status (Call.status): breaks responses, rust",
            "- property CreateCallDTO note: note (CreateCallDto.note): breaks requests, rust",
            "- property Event text: text (Event.text): breaks responses, rust",
            "- property Org name: name: additive",
            "- property Reply text: text (Reply.text): breaks requests, rust",
            "- property Voice mode: mode (Voice.mode): breaks requests, responses, rust"
        ]
    );
}

#[test]
fn a_new_property_breaks_only_if_it_must_be_sent() {
    let lines = edited(|document| {
        properties(document, "CreateCallDTO")["kind"] = json!({"type": "string"});
        properties(document, "CreateCallDTO")["more"] = json!({"type": "string"});
        document["components"]["schemas"]["CreateCallDTO"]["required"] = json!(["kind", "name"]);
        properties(document, "Call")["kind"] = json!({"type": "string"});
        document["components"]["schemas"]["Call"]["required"] = json!(["id", "kind"]);
    });
    assert_eq!(
        lines,
        [
            "+ property Call kind: kind (Call.kind): additive",
            "+ property CreateCallDTO kind: kind (CreateCallDto.kind): breaks requests, rust",
            "+ property CreateCallDTO more: more (CreateCallDto.more): additive"
        ]
    );
}

#[test]
fn a_property_may_be_renamed() {
    let lines = edited(|document| {
        let note = properties(document, "CreateCallDTO")["note"].take();
        remove(properties(document, "CreateCallDTO"), "note");
        properties(document, "CreateCallDTO")["callNote"] = note;
    });
    assert_eq!(
        lines,
        [
            "- property CreateCallDTO note: note = callNote? (CreateCallDto.note): breaks requests, rust",
            "+ property CreateCallDTO callNote: callNote = note? (CreateCallDto.call_note): additive"
        ]
    );
}

#[test]
fn what_is_required_breaks_requests_and_code() {
    let lines = edited(|document| {
        document["components"]["schemas"]["CreateCallDTO"]["required"] = json!(["note"]);
        remove(&mut document["components"]["schemas"]["Voice"], "required");
        document["components"]["schemas"]["Call"]["required"] = json!(["id", "status"]);
    });
    assert_eq!(
        lines,
        [
            // A type that is only received requires little, whatever the document says.
            "~ required Call status: required (Call.status): additive",
            "~ required CreateCallDTO name: required (CreateCallDto.name): breaks rust",
            "~ required CreateCallDTO note: required (CreateCallDto.note): breaks requests, rust",
            "~ required Voice speed: required (Voice.speed): breaks responses, rust"
        ]
    );
}

#[test]
fn null_breaks_where_it_is_read_and_code() {
    let lines = edited(|document| {
        properties(document, "Voice")["speed"]["nullable"] = json!(true);
        properties(document, "Call")["status"]["nullable"] = json!(true);
    });
    assert_eq!(
        lines,
        [
            "~ nullable Call status: nullable (Call.status): breaks rust",
            "~ nullable Voice speed: nullable (Voice.speed): breaks responses, rust"
        ]
    );
    let back = changes(
        document(|document| properties(document, "Voice")["speed"]["nullable"] = json!(true)),
        document(|_| {}),
    );
    let lines: Vec<String> = back.iter().map(line).collect();
    assert_eq!(
        lines,
        ["~ nullable Voice speed: nullable (Voice.speed): breaks requests, rust"]
    );
}

#[test]
fn values_come_and_go() {
    let lines = edited(|document| {
        properties(document, "Call")["status"]["enum"] = json!(["queued", "ringing", "in-progress"]);
        properties(document, "Voice")["mode"]["enum"] = json!(["loud", "calm.", "soft"]);
    });
    assert_eq!(
        lines,
        [
            "- enum_value Call status: ended (CallStatus::Ended): breaks rust",
            "+ enum_value Call status: ringing (CallStatus::Ringing): additive",
            "+ enum_value Call status: in-progress (CallStatus::InProgress): additive",
            "- enum_value Voice mode: calm = calm.? (VoiceMode::Calm): breaks requests, rust",
            "+ enum_value Voice mode: calm. = calm? (VoiceMode::Calm): additive",
            "+ enum_value Voice mode: soft (VoiceMode::Soft): additive"
        ]
    );
}

#[test]
fn a_list_of_values_opens_and_closes() {
    let lines = edited(|document| {
        remove(&mut properties(document, "Voice")["mode"], "enum");
        properties(document, "CreateCallDTO")["note"]["enum"] = json!(["a", "b"]);
    });
    assert_eq!(
        lines,
        [
            "+ enum CreateCallDTO note: enum (CreateCallDto.note): breaks requests, rust",
            "+ enum_value CreateCallDTO note: a (CallNote::A): additive",
            "+ enum_value CreateCallDTO note: b (CallNote::B): additive",
            "- enum Voice mode: enum (Voice.mode): breaks rust",
            "- enum_value Voice mode: calm (VoiceMode::Calm): breaks rust",
            "- enum_value Voice mode: loud (VoiceMode::Loud): breaks rust"
        ]
    );
}

#[test]
fn variants_come_and_go() {
    let union = |document: &mut Value, variants: &[&str]| {
        let branches: Vec<Value> = variants
            .iter()
            .map(|name| json!({"$ref": format!("#/components/schemas/{name}")}))
            .collect();
        properties(document, "CreateCallDTO")["voice"] = json!({"oneOf": branches});
    };
    let tagged = |document: &mut Value, name: &str| {
        document["components"]["schemas"][name] = json!({"type": "object", "required": ["kind"], "properties": {
            "kind": {"type": "string", "enum": [name]}
        }});
    };
    let with = |variants: &[&str]| {
        document(|document| {
            for name in ["AVoice", "BVoice", "CVoice"] {
                tagged(document, name);
            }
            union(document, variants);
        })
    };
    let changes = changes(with(&["AVoice", "BVoice"]), with(&["CVoice", "AVoice"]));
    let lines: Vec<String> = changes.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "- rust_type BVoice: BVoice (BVoice): breaks rust",
            "+ rust_type CVoice: CVoice (CVoice): additive",
            "- variant CreateCallDTO voice: BVoice (CallVoice::B): breaks requests, rust",
            "+ variant CreateCallDTO voice: CVoice (CallVoice::C): additive"
        ]
    );
}

#[test]
fn a_type_breaks_where_it_differs() {
    let lines = edited(|document| {
        properties(document, "CreateCallDTO")["note"] = json!({"type": "number"});
        properties(document, "Call")["voice"] = json!({"type": "object"});
        properties(document, "Voice")["speed"] = json!({"type": "integer"});
    });
    assert_eq!(
        lines,
        [
            "~ type Call voice: type (Call.voice): breaks responses, rust",
            "~ type CreateCallDTO note: type (CreateCallDto.note): breaks requests, rust",
            "~ type Voice speed: type (Voice.speed): breaks requests, rust"
        ]
    );
}

#[test]
fn formats_limits_and_marks_are_facts() {
    let lines = edited(|document| {
        let create = properties(document, "CreateCallDTO");
        create["name"] = json!({"type": "string", "maxLength": 20, "minLength": 1});
        create["note"]["format"] = json!("date-time");
        create["voice"] = json!({"allOf": [create["voice"]], "deprecated": true});
        let call = properties(document, "Call");
        call["id"] = json!({"type": "string", "format": "uuid", "maxLength": 36, "readOnly": true});
    });
    assert_eq!(
        lines,
        [
            "~ access Call id: readOnly (Call.id): additive",
            "+ format Call id: format (Call.id): additive",
            "+ limit Call id: maxLength (Call.id): additive",
            "~ limit CreateCallDTO name: maxLength (CreateCallDto.name): breaks requests",
            "+ limit CreateCallDTO name: minLength (CreateCallDto.name): breaks requests",
            "+ format CreateCallDTO note: format (CreateCallDto.note): breaks requests, rust",
            "~ deprecated CreateCallDTO voice: deprecated (CreateCallDto.voice): additive"
        ]
    );
}

#[test]
fn what_lists_and_maps_hold_has_its_own_place() {
    let with = |items: Value, values: Value| {
        document(|document| {
            let create = properties(document, "CreateCallDTO");
            create["list"] = json!({"type": "array", "items": items});
            create["map"] = json!({"type": "object", "additionalProperties": values});
        })
    };
    let changes = changes(
        with(json!({"type": "string"}), json!({"type": "string"})),
        with(json!({"type": "number"}), json!({"type": "string", "maxLength": 3})),
    );
    let lines: Vec<String> = changes.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "~ type CreateCallDTO list[]: type (CreateCallDto.list): breaks requests, rust",
            "+ limit CreateCallDTO map{}: maxLength (CreateCallDto.map): breaks requests"
        ]
    );
    assert_eq!(
        changes[0].pointer(),
        "/components/schemas/CreateCallDTO/properties/list/items"
    );
}

#[test]
fn properties_of_inline_objects_are_properties() {
    let with = |inner: Value| {
        document(|document| {
            let plan = json!({"type": "object", "properties": inner});
            properties(document, "CreateCallDTO")["plan"] = plan;
        })
    };
    let changes = changes(
        with(json!({"a": {"type": "string"}, "b": {"type": "string"}})),
        with(json!({"a": {"type": "string"}, "c": {"type": "number"}})),
    );
    let lines: Vec<String> = changes.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "- property CreateCallDTO plan.b: b (CreateCallDto.plan): breaks requests, rust",
            "+ property CreateCallDTO plan.c: c (CreateCallDto.plan): additive"
        ]
    );
}

#[test]
fn an_inline_type_that_is_called_otherwise_breaks_code() {
    let lines = edited(|document| {
        // The type of both is named after the owner with the shorter name.
        let status = properties(document, "Call")["status"].clone();
        document["components"]["schemas"]["Job"] = json!({"type": "object", "properties": {"status": status}});
        properties(document, "Call")["job"] = json!({"$ref": "#/components/schemas/Job"});
    });
    assert_eq!(
        lines,
        [
            "+ property Call job: job (Call.job): additive",
            "+ schema Job: Job (Job): additive",
            "~ rust_type CallStatus: CallStatus (JobStatus): breaks rust"
        ]
    );
}

#[test]
fn servers_and_authentication_belong_to_the_document() {
    let lines = edited(|document| {
        document["servers"] = json!([{"url": "https://eu.example.com"}]);
        document["security"] = json!([{"bearer": []}]);
    });
    assert_eq!(
        lines,
        [
            "- server the document: https://api.example.com: breaks requests",
            "+ server the document: https://eu.example.com: additive",
            "~ security the document: security: breaks requests"
        ]
    );
}

#[test]
fn a_use_is_told_once_for_all_places() {
    let changes = changes(
        document(|_| {}),
        document(|document| {
            properties(document, "Voice")["pitch"] = json!({"type": "number"});
            properties(document, "Event")["at"] = json!({"type": "number"});
            properties(document, "Org")["size"] = json!({"type": "number"});
        }),
    );
    let used: Vec<(&str, Vec<&str>)> = changes
        .iter()
        .map(|change| (change.place.schema().unwrap(), change.used.names()))
        .collect();
    assert_eq!(
        used,
        [
            ("Event", vec!["messages"]),
            ("Org", vec![]),
            ("Voice", vec!["requests", "responses"])
        ]
    );
}
