"""The endpoints. An endpoint's docstring is its text in the API's documentation."""
