"""From labelled inquiries to a model bundle, and from a bundle to its figures."""
