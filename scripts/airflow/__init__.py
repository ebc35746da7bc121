"""A local Airflow for `make airflow`, and what `make test-distributed` shares with it."""
