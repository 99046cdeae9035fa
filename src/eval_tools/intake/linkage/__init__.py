"""Which forms of several occasions are of one child: by printed number, by self-generated code, or by a person."""
