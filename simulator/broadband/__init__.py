"""Base stations, predictions, samples, speed tests, premises, schools and public Wi-Fi."""
