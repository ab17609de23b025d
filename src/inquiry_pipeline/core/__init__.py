"""What the pipeline talks about: inquiries, predictions, routing decisions, errors. Standard library only."""
