"""Files as received -> what a study.yaml may say about them; proposals with their evidence, nothing decided."""
