//! The neutral model interface and its stream: a port.
