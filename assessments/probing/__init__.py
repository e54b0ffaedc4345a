"""What the media child measures and makes, by topic. Imported by `probe.py` alone: no Django, no settings."""
