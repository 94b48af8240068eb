//! Fields of a document in the making: dotted names, values, and arguments in their one spelling.

use landside_proto::document::Remark;
use landside_proto::ids::{CaseCode, ContainerNo, IdError, Plate};
use serde_json::{Map, Value};

/// The payload of a document in its JSON form, complete or not.
pub(crate) type Fields = Map<String, Value>;

/// The fields of a document of a case, of which so far the container (or the case, by its code) is
/// known. The node finds the terminal.
pub(crate) fn of_case(subject: &str) -> Fields {
    let mut fields = Fields::new();
    put(&mut fields, "container", subject);
    fields
}

/// Sets the field at a dotted path; whatever stood in the way of the path is replaced.
pub(crate) fn put(fields: &mut Fields, path: &str, value: impl ToString) {
    put_value(fields, path, Value::String(value.to_string()));
}

/// As [`put`], unless the value is absent.
pub(crate) fn put_some(fields: &mut Fields, path: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        put(fields, path, value);
    }
}

/// As [`put`], for values that are not text.
pub(crate) fn put_value(fields: &mut Fields, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        fields.insert(path.to_owned(), value);
        return;
    };
    let inner = fields.entry(first).or_insert_with(|| Value::Object(Fields::new()));
    if !inner.is_object() {
        *inner = Value::Object(Fields::new());
    }
    if let Value::Object(inner) = inner {
        put_value(inner, rest, value);
    }
}

/// Every field that is no object, by dotted path, in the order of their names.
pub(crate) fn flat(fields: &Fields) -> Vec<(String, &Value)> {
    let mut all = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Object(inner) => {
                all.extend(flat(inner).into_iter().map(|(rest, v)| (format!("{name}.{rest}"), v)));
            }
            other => all.push((name.clone(), other)),
        }
    }
    all
}

/// An argument that is a container number, however people type it.
///
/// # Errors
/// Those of [`ContainerNo::parse`].
pub(crate) fn container(typed: &str) -> Result<ContainerNo, IdError> {
    ContainerNo::normalise(typed)
}

/// An argument that is a truck plate, however people type it.
///
/// # Errors
/// Those of [`Plate::parse`].
pub(crate) fn plate(typed: &str) -> Result<Plate, IdError> {
    Plate::normalise(typed)
}

/// An argument that is a name or a reason: a text of people, not empty.
///
/// # Errors
/// What [`Remark::parse`] says of it.
pub(crate) fn said(typed: &str) -> Result<String, String> {
    Remark::parse(typed).map(|_| typed.to_owned()).map_err(|error| error.to_string())
}

/// An argument that is a container number or a case code, in its one spelling.
///
/// # Errors
/// The fault of the one that the text is nearer to, by its length.
pub(crate) fn subject(typed: &str) -> Result<String, IdError> {
    let case = match CaseCode::normalise(typed) {
        Ok(code) => return Ok(code.to_string()),
        Err(error) => error,
    };
    match ContainerNo::normalise(typed) {
        Ok(container) => Ok(container.to_string()),
        Err(_) if matches!(case, IdError::CaseCodeCheck { .. }) => Err(case),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(paths: &[(&str, Value)]) -> Value {
        let mut fields = Fields::new();
        for (path, value) in paths {
            put_value(&mut fields, path, value.clone());
        }
        Value::Object(fields)
    }

    #[test]
    fn dotted_names_nest() {
        let fields = made(&[("a.b.c", json!(1)), ("a.d", json!(["x"])), ("e", json!("y"))]);
        assert_eq!(fields, json!({"a": {"b": {"c": 1}, "d": ["x"]}, "e": "y"}));
    }

    #[test]
    fn the_later_field_wins() {
        assert_eq!(made(&[("a", json!(1)), ("a.b", json!(2))]), json!({"a": {"b": 2}}));
        assert_eq!(made(&[("a.b", json!(2)), ("a", json!(1))]), json!({"a": 1}));
    }

    #[test]
    fn flattening_undoes_nesting() {
        let Value::Object(fields) = json!({"a": {"b": {"c": 1}, "d": []}, "e": "y"}) else {
            panic!("an object")
        };
        let paths: Vec<_> = flat(&fields).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["a.b.c", "a.d", "e"]);
    }

    #[test]
    fn a_subject_is_a_container_or_a_case_however_typed() {
        assert_eq!(subject("msku 123456-5").unwrap(), "MSKU1234565");
        let code = CaseCode::from_seed(&[7; 32]).to_string();
        assert_eq!(subject(&code.to_lowercase().replace('-', " ")).unwrap(), code);
    }

    #[test]
    fn the_fault_of_a_subject_is_told_for_what_it_was_meant_as() {
        assert_eq!(subject("MSKU1234563").unwrap_err().code(), "container-check-digit");
        assert_eq!(subject("hello").unwrap_err().code(), "container-form");
        let code = CaseCode::from_seed(&[7; 32]).to_string();
        let last = if code.ends_with('0') { '1' } else { '0' };
        let wrong = format!("{}{last}", &code[..code.len() - 1]);
        assert_eq!(subject(&wrong).unwrap_err().code(), "case-code-check");
    }
}
