"""The tables of 0002 to 0008 as they are in the end, and what the database refuses."""
