"""`python -m deploy.monitoring`: Prometheus and Alertmanager beside a running pipeline."""
