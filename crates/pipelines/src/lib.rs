//! Pipelines: definition, validation, and the machine of a DAG.
