//! Runs the built gateway against real stacks over real sockets.
