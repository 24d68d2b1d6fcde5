//! Claims runs, drives machines, performs effects, takes over from the dead.
