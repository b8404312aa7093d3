"""The sounds, rooms and scenes of the bench, all synthesised. Same version, same seed: same samples."""
