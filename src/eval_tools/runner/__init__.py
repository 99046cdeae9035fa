"""Runner: composes the rooms for one study and term; notebooks, the report folder, the command line."""
