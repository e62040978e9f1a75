//! Observations as text: what a person looks for first, then everything else.

use std::fmt::Write;

use serde_json::Value;

use crate::core::plain;

/// The observations as text; `None` when there is none.
pub fn text(answer: &Value) -> Option<String> {
    let observations = answer.as_array().map_or(std::slice::from_ref(answer), Vec::as_slice);
    let texts: Vec<String> = observations.iter().filter(|one| one.is_object()).map(one).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

fn one(observation: &Value) -> String {
    let word = |key: &str| observation[key].as_str().unwrap_or("?").to_owned();
    let mut text = format!("{} ({}) {}", word("path"), word("kind"), word("answer"));
    for part in ["state", "vitals"] {
        write_fields(&mut text, &observation[part], 1);
    }
    text
}

fn write_fields(text: &mut String, value: &Value, depth: usize) {
    let Some(fields) = value.as_object() else { return };
    for (key, value) in fields.iter().filter(|(_, value)| !is_empty(value)) {
        // Writing into a text cannot fail.
        let _ = write!(text, "\n{:indent$}{key}: ", "", indent = 2 * depth);
        match value {
            Value::Object(_) => write_fields(text, value, depth + 1),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for item in items {
                    let _ = write!(text, "\n{:indent$}-", "", indent = 2 * depth + 2);
                    write_fields(text, item, depth + 2);
                }
            }
            Value::String(lines) if lines.contains('\n') => {
                for line in lines.lines() {
                    let _ = write!(text, "\n{:indent$}| {}", "", plain::line(line), indent = 2 * depth + 2);
                }
            }
            other => text.push_str(&plain(other)),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => plain::line(text),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::text;

    #[test]
    fn a_person_reads_the_state_first_and_nothing_empty() {
        let answer = json!([{
            "path": "ethereum/manager", "kind": "Manager", "answer": "alive",
            "vitals": {"restarts": 0, "last_error": null, "received": {"Observe": 2}},
            "state": {"leader": "drpc\u{1b}[31m", "votes": [{"operator": "a"}], "waiting": []},
        }]);
        let expected = "ethereum/manager (Manager) alive\n  leader: drpc [31m\n  votes: \n    -\n      operator: a\n  restarts: 0\n  received: \n    Observe: 2";
        let shown: Vec<String> = text(&answer).unwrap().lines().map(|line| line.trim_end().into()).collect();
        let expected: Vec<&str> = expected.lines().map(str::trim_end).collect();
        for line in expected {
            assert!(shown.iter().any(|found| found == line), "{line:?} in {shown:?}");
        }
        assert!(text(&json!([])).is_none());
        let halted = json!([{"state": {"halted": "stands still\n\n  north  block 7"}}]);
        let shown = text(&halted).unwrap();
        assert!(shown.ends_with("\n    | stands still\n    | \n    |   north  block 7"), "{shown:?}");
    }
}
