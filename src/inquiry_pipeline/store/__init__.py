"""PostgreSQL: tables, queries by aggregate, transactions, the embedded server, migrations."""
