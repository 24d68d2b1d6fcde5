//! The tool contract: schemas, effect kinds, policy; a port.
