"""How things are said: texts in both languages, numbers, periods."""
