"""What a command did to a scene. docs/gate.md says what each figure means."""
