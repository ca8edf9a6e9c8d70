//! The agent's Tauri application
