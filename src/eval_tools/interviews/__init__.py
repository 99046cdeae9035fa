"""Interviews: codebook and codings in, agreement of coders out; nothing here prints what anybody said."""
