"""What a check found, and its four forms: text, page, workbook, and the workbook read back."""
