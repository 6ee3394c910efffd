//! The media plane: sans-IO sessions and the workers that drive them.
