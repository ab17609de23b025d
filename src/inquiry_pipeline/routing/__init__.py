"""From a prediction to a routing decision: rules (YAML to frozen objects), engine and assignment (pure)."""
