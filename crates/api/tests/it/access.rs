//! Who may use which route: the table, tried with everybody and with every token that should not do.

mod answers;
mod askers;
mod complete;
mod credentials;
mod ended;
mod roles;
mod row;
mod served;
mod table;
mod things;
mod tokens;
mod world;

pub(crate) use served::described;
