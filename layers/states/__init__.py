"""Additive states: written, merged, rolled up, versioned and kept in history."""
