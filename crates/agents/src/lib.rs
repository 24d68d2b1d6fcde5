//! Agents: prompt assembly, limits, and the machine of a turn.
