//! The tools that ship with the server and need no sandbox.
