"""The tables and guards of 0001 to 0054 as they are in the end, by topic."""
