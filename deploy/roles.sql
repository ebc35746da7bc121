-- Databases and logins, each with no more than it needs. As a superuser, once:
--   psql -f deploy/roles.sql        (asks for nothing: set the passwords afterwards, with \password)
-- then, with FLEETSTATS_WAREHOUSE_URL naming the superuser and the database fleetstats:
--   fleetstats init
--   psql -d fleetstats -c 'grant fleetstats_loader to fleetstats_nightly'

create role airflow login;              -- API server, scheduler, DAG processor, triggerer
create role airflow_results login;      -- the same and the workers: results of Celery, nothing else
create role fleetstats_nightly login;   -- the workers: builds and publishes

create database airflow owner airflow;
create database airflow_results owner airflow_results;
create database fleetstats;

revoke all on database airflow, airflow_results from public;
