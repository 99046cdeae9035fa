"""Opening what was received, safely: bytes, limits, encodings, sheets; every cell as text, nothing typed."""
