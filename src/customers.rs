//! Customers from a table: a CSV file, as a spreadsheet exports it, for a batch of calls or a campaign.
//!
//! ```
//! # #[cfg(vapi_type = "CreateCustomerDto")] {
//! let table = "\
//! number,name,appointment
//! +15555550123,Ada,Monday at nine
//! +15555550124,Bob,
//! ";
//! let customers = vapi::customers::from_csv(table.as_bytes())?;
//! assert_eq!(customers.len(), 2);
//! assert_eq!(customers[0].name.as_deref(), Some("Ada"));
//! // A column of another name is a variable: `{{appointment}}` in what the assistant says.
//! let customer = serde_json::to_value(&customers[0])?;
//! assert_eq!(customer["assistantOverrides"]["variableValues"]["appointment"], "Monday at nine");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The customers go into [`CreateCampaignDto::customers`](crate::types::CreateCampaignDto), or to `vapi.calls().dial(call, customers)`.

use std::io::Read;

use csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::{Map, json};

use crate::by_name::from_members;
use crate::error::{Error, Result};
use crate::types::CreateCustomerDto;

/// Reads customers from CSV whose first line names the columns.
///
/// The columns `number`, `name`, `email`, `extension`, `externalId` and `sipUri` are the properties of a customer, also if they are
/// written with capitals, spaces or underscores (`External ID`). Every other column is a variable of the assistant, under its name as
/// it stands. Empty cells are left out, and so are empty lines.
///
/// Variables are in the `assistantOverrides` of the customer. The API takes those in place of the ones of the call or campaign, and
/// does not merge the two.
///
/// # Errors
///
/// The text is not CSV in UTF-8 with equally many columns in each line, no column has numbers or SIP addresses, two columns have the
/// same name, or a customer has neither a number nor a SIP address. The error names the line.
pub fn from_csv(reader: impl Read) -> Result<Vec<CreateCustomerDto>> {
    let mut table = ReaderBuilder::new().trim(Trim::All).from_reader(reader);
    let columns = Columns::read(table.headers().map_err(refuse)?)?;
    let mut customers = Vec::new();
    for row in table.records() {
        customers.push(columns.customer(&row.map_err(refuse)?)?);
    }
    Ok(customers)
}

fn refuse(cause: csv::Error) -> Error {
    Error::input(format!("the table of customers cannot be read: {cause}")).caused_by(cause)
}

/// The columns of a table.
struct Columns(Vec<Column>);

enum Column {
    /// A property of a customer, by its name on the wire.
    Property(&'static str),
    Variable(String),
}

const PROPERTIES: [&str; 6] = ["number", "name", "email", "extension", "externalId", "sipUri"];
/// The properties by which a customer can be called.
const ADDRESSES: [&str; 2] = ["number", "sipUri"];

impl Columns {
    fn read(names: &StringRecord) -> Result<Self> {
        let mut seen: Vec<&str> = Vec::new();
        let mut columns = Vec::new();
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() {
                return Err(Error::input(format!("column {} of the table has no name", index + 1)));
            }
            let column = Column::of(name);
            if seen.contains(&column.name()) {
                let name = column.name();
                return Err(Error::input(format!("two columns of the table have the name {name:?}")));
            }
            seen.push(match column {
                Column::Property(property) => property,
                Column::Variable(_) => name,
            });
            columns.push(column);
        }
        if !columns.iter().any(|column| ADDRESSES.contains(&column.name())) {
            return Err(Error::input("the table has no column `number`, and none `sipUri`"));
        }
        Ok(Columns(columns))
    }

    fn customer(&self, row: &StringRecord) -> Result<CreateCustomerDto> {
        let (mut customer, mut variables) = (Map::new(), Map::new());
        for (column, cell) in self.0.iter().zip(row) {
            let members = match column {
                Column::Property(_) => &mut customer,
                Column::Variable(_) => &mut variables,
            };
            if !cell.is_empty() {
                members.insert(column.name().to_owned(), cell.into());
            }
        }
        if !ADDRESSES.iter().any(|address| customer.contains_key(*address)) {
            let line = row.position().map_or(0, csv::Position::line);
            let why = format!("the customer in line {line} of the table has neither a number nor a SIP address");
            return Err(Error::input(why));
        }
        if !variables.is_empty() {
            let overrides = json!({ "variableValues": variables });
            customer.insert("assistantOverrides".to_owned(), overrides);
        }
        Ok(from_members(customer))
    }
}

impl Column {
    fn of(name: &str) -> Self {
        let plain: String = name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect();
        let property = PROPERTIES
            .into_iter()
            .find(|property| property.eq_ignore_ascii_case(&plain));
        property.map_or_else(|| Column::Variable(name.to_owned()), Column::Property)
    }

    fn name(&self) -> &str {
        match self {
            Column::Property(name) => name,
            Column::Variable(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn read(table: &str) -> Value {
        serde_json::to_value(from_csv(table.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn columns_are_properties_or_variables() {
        let table = "\u{feff}Number, Name ,External ID,sip_uri,first seen\r\n\
                     +15555550101,\"Doe, Jane\",7,,2026-11-01\r\n\
                     \r\n\
                     ,,,sip:bob@example.com,\r\n";
        assert_eq!(
            read(table),
            json!([
                {
                    "number": "+15555550101",
                    "name": "Doe, Jane",
                    "externalId": "7",
                    "assistantOverrides": { "variableValues": { "first seen": "2026-11-01" } }
                },
                { "sipUri": "sip:bob@example.com" },
            ])
        );
        assert_eq!(read("number\n"), json!([]));
    }

    #[test]
    fn each_mistake_in_a_table_has_its_sentence() {
        for (table, sentence) in [
            ("", "the table has no column `number`, and none `sipUri`"),
            ("name\nAda\n", "the table has no column `number`, and none `sipUri`"),
            ("number,\n1,2\n", "column 2 of the table has no name"),
            ("number,a,a\n", "two columns of the table have the name \"a\""),
            ("sipUri,SIP URI\n", "two columns of the table have the name \"sipUri\""),
            (
                "number,name\n+15555550101,Ada\n,Bob\n",
                "the customer in line 3 of the table has neither a number nor a SIP address",
            ),
        ] {
            let error = from_csv(table.as_bytes()).unwrap_err();
            assert!(error.is_invalid_input());
            assert_eq!(error.to_string(), sentence, "{table:?}");
        }
        let uneven = from_csv("number,name\n+15555550101\n".as_bytes()).unwrap_err();
        assert!(uneven.to_string().contains("line: 2"), "{uneven}");
        assert!(from_csv(&b"number\n\xff\n"[..]).unwrap_err().is_invalid_input());
    }

    proptest! {
        #[test]
        fn no_table_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[a-z,\"\n ]{0,60}") {
            let _ = from_csv(&bytes[..]);
            let _ = from_csv(format!("number,b\n{text}").as_bytes());
        }
    }
}
