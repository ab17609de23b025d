"""From a message to a prediction: cleaning, language, model bundle, predictor, keyword fallback."""
