//! Tests of the simulation: many seeds hold, every sabotage is caught, every checker bites.

mod checkers;
mod sabotage;
mod seeds;
