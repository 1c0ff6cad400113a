"""What users look at: explanations, drawings, notebooks, plans."""
