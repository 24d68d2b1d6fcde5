//! Many rows of one kind in one statement, for PostgreSQL, where each statement costs as much as rows.

use std::fmt::Write as _;

use gathering_database::{Sql, Statement, Value, params};

use crate::statement::statements;

/// Kinds of statements that are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Batch {
    /// `runs::INSERT`.
    Create,
    /// `runs::FINISH`.
    Finish,
    /// `inbox::CLEAR`.
    Clear,
}

/// A text that SQLite takes, and that this program never runs there.
macro_rules! postgres {
    ($text:literal) => {
        Sql::each("SELECT 1 WHERE $1 IS NULL", $text)
    };
}

statements! {
    CREATE = postgres!(
        "INSERT INTO runs (id, project_id, actor, machine, title, trigger, definition_id, \
           definition_version_id, status, owner, runnable_at, priority, limits, lane, \
           parent_run_id, parent_key, root_run_id, first_run_id, retry_of, created_at, started_at, \
           pokes, recoveries, recovered_seq, input_tokens, output_tokens, cost_micro_usd, \
           unpriced_calls, model_calls, tool_calls, deadline_at, api_key_id, private_to) \
         SELECT CAST(v->>0 AS uuid), CAST(v->>1 AS uuid), v->>2, v->>3, v->>4, v->>5, \
           CAST(v->>6 AS uuid), CAST(v->>7 AS uuid), v->>8, CAST(v->>9 AS uuid), \
           CAST(v->>10 AS bigint), CAST(v->>11 AS bigint), v->>12, v->>13, \
           CAST(v->>14 AS uuid), v->>15, CAST(v->>16 AS uuid), CAST(v->>17 AS uuid), \
           CAST(v->>18 AS uuid), CAST(v->>19 AS bigint), CAST(v->>20 AS bigint), \
           0, 0, 0, 0, 0, 0, 0, 0, 0, CAST(v->>21 AS bigint), CAST(v->>22 AS uuid), v->>23 \
         FROM jsonb_array_elements(CAST($1 AS jsonb)) AS v"
    );
    FINISH = postgres!(
        "UPDATE runs SET status = f.v->>8, waiting = NULL, owner = NULL, runnable_at = NULL, \
           finished_at = CAST(f.v->>9 AS bigint), outcome = f.v->>10, \
           outcome_blob = decode(f.v->>11, 'hex'), \
           input_tokens = COALESCE(CAST(f.v->>2 AS bigint), input_tokens), \
           output_tokens = COALESCE(CAST(f.v->>3 AS bigint), output_tokens), \
           cost_micro_usd = COALESCE(CAST(f.v->>4 AS bigint), cost_micro_usd), \
           unpriced_calls = COALESCE(CAST(f.v->>5 AS bigint), unpriced_calls), \
           model_calls = COALESCE(CAST(f.v->>6 AS bigint), model_calls), \
           tool_calls = COALESCE(CAST(f.v->>7 AS bigint), tool_calls) \
         FROM jsonb_array_elements(CAST($1 AS jsonb)) AS f(v) \
         WHERE runs.id = CAST(f.v->>0 AS uuid) \
           AND (runs.owner = CAST(f.v->>1 AS uuid)) IS TRUE"
    );
    CLEAR = postgres!(
        "DELETE FROM inbox WHERE run_id IN ( \
           SELECT CAST(v->>0 AS uuid) FROM jsonb_array_elements(CAST($1 AS jsonb)) AS v)"
    );
}

impl Batch {
    /// One statement with the rows of several.
    pub(crate) fn statement<'a>(
        self,
        rows: impl ExactSizeIterator<Item = &'a [Value]>,
    ) -> Statement {
        let count = rows.len() as u64;
        let params = params![rows_json(rows)];
        match self {
            Self::Create => Statement::new(CREATE, params),
            Self::Finish => Statement::new(FINISH, params).expecting(count),
            Self::Clear => Statement::new(CLEAR, params),
        }
    }
}

/// Rows of values as a JSON array of arrays; bytes are hexadecimal.
pub(crate) fn rows_json<'a>(rows: impl Iterator<Item = &'a [Value]>) -> String {
    let mut out = String::from("[");
    for (number, row) in rows.enumerate() {
        out.push_str(if number == 0 { "[" } else { ",[" });
        for (position, value) in row.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write_value(value, &mut out);
        }
        out.push(']');
    }
    out.push(']');
    out
}

fn write_value(value: &Value, out: &mut String) {
    // Writing into a string cannot fail.
    let _ = match value {
        Value::Null => write!(out, "null"),
        Value::Bool(v) => write!(out, "{v}"),
        Value::Int(v) => write!(out, "{v}"),
        Value::Real(v) => write!(out, "{v}"),
        Value::Text(v) => write!(out, "{}", serde_json::Value::from(&**v)),
        Value::Uuid(v) => write!(out, "\"{v}\""),
        Value::Bytes(v) => {
            out.push('"');
            let written = v.iter().try_for_each(|byte| write!(out, "{byte:02x}"));
            out.push('"');
            written
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_json() {
        let one = params![uuid::Uuid::nil(), "a \"b\"\n", None::<i64>, -3];
        let other = params![true, vec![0_u8, 255]];
        assert_eq!(
            rows_json([one.as_slice(), other.as_slice()].into_iter()),
            r#"[["00000000-0000-0000-0000-000000000000","a \"b\"\n",null,-3],[true,"00ff"]]"#
        );
    }
}
