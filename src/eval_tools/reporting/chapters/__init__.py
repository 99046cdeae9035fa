"""The chapters of a before/after report, one module each: a desk with material goes in, a chapter comes out."""
