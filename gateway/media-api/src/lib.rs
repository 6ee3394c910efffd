//! All that control and media say to each other. No logic.
