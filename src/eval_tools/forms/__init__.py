"""What follows from a definition: paper forms, XLSForms, codebooks, answer sheets read back, printed IDs, pages."""
