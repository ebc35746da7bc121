copy (select from_hex('00')) to '{wal}' (format blob)
copy (select from_hex('00')) to '{file}' (format blob)
copy (select from_hex('00')) to '{outside}' (format blob)
copy (select from_hex('00')) to '/dev/stdout' (format blob)
copy (select from_hex('00')) to '/proc/self/fd/1' (format blob)
copy (select 1 as a) to '{wal}' (format csv)
copy (select 1 as a) to '{file}' (format csv)
copy (select 1 as a) to '{outside}' (format csv)
copy (select 1 as a) to '/dev/stdout' (format csv)
copy (select 1 as a) to '/proc/self/fd/1' (format csv)
copy (select 1 as a) to '{wal}' (format parquet)
copy (select 1 as a) to '{file}' (format parquet)
copy (select 1 as a) to '{outside}' (format parquet)
copy (select 1 as a) to '/dev/stdout' (format parquet)
copy (select 1 as a) to '/proc/self/fd/1' (format parquet)
copy (select 1 as a) to '{wal}' (format json)
copy (select 1 as a) to '{file}' (format json)
copy (select 1 as a) to '{outside}' (format json)
copy (select 1 as a) to '/dev/stdout' (format json)
copy (select 1 as a) to '/proc/self/fd/1' (format json)
copy (select 1) to '{wal}'
copy mileage_monthly to '{outside}' (format parquet, partition_by (operator))
copy mileage_monthly from '{outside}'
copy from database memory to temp
export database '{outside}'
import database '{outside}'
export database '{outside}' (format parquet)
pragma import_database('{outside}')
explain analyze copy (select 1) to '{wal}'
explain analyze copy (select 1) to '{outside}'
explain analyze create table mine as select 1
explain analyze delete from mileage_monthly
explain analyze insert into source select * from source
explain analyze update mileage_monthly set distance_km = 1
explain analyze attach '{outside}' as o
explain analyze select 1; select 2
explain (analyze) copy (select 1) to '{wal}'
explain (analyze) copy (select 1) to '{outside}'
explain (analyze) create table mine as select 1
explain (analyze) delete from mileage_monthly
explain (analyze) insert into source select * from source
explain (analyze) update mileage_monthly set distance_km = 1
explain (analyze) attach '{outside}' as o
explain (analyze) select 1; select 2
EXPLAIN ANALYZE copy (select 1) to '{wal}'
EXPLAIN ANALYZE copy (select 1) to '{outside}'
EXPLAIN ANALYZE create table mine as select 1
EXPLAIN ANALYZE delete from mileage_monthly
EXPLAIN ANALYZE insert into source select * from source
EXPLAIN ANALYZE update mileage_monthly set distance_km = 1
EXPLAIN ANALYZE attach '{outside}' as o
EXPLAIN ANALYZE select 1; select 2
explain /* x */ analyze copy (select 1) to '{wal}'
explain /* x */ analyze copy (select 1) to '{outside}'
explain /* x */ analyze create table mine as select 1
explain /* x */ analyze delete from mileage_monthly
explain /* x */ analyze insert into source select * from source
explain /* x */ analyze update mileage_monthly set distance_km = 1
explain /* x */ analyze attach '{outside}' as o
explain /* x */ analyze select 1; select 2
explain analyze /* */ copy (select 1) to '{wal}'
explain analyze /* */ copy (select 1) to '{outside}'
explain analyze /* */ create table mine as select 1
explain analyze /* */ delete from mileage_monthly
explain analyze /* */ insert into source select * from source
explain analyze /* */ update mileage_monthly set distance_km = 1
explain analyze /* */ attach '{outside}' as o
explain analyze /* */ select 1; select 2
explain copy (select 1) to '{wal}'
explain copy (select 1) to '{outside}'
explain create table mine as select 1
explain delete from mileage_monthly
explain insert into source select * from source
explain update mileage_monthly set distance_km = 1
explain attach '{outside}' as o
explain select 1; select 2
/* x */ explain analyze copy (select 1) to '{wal}'
/* x */ explain analyze copy (select 1) to '{outside}'
/* x */ explain analyze create table mine as select 1
/* x */ explain analyze delete from mileage_monthly
/* x */ explain analyze insert into source select * from source
/* x */ explain analyze update mileage_monthly set distance_km = 1
/* x */ explain analyze attach '{outside}' as o
/* x */ explain analyze select 1; select 2
delete from mileage_monthly
update mileage_monthly set distance_km = -1
insert into mileage_monthly select * from mileage_monthly
truncate mileage_monthly
merge into source using (select 1) s on true when matched then delete
create table mine as select 1
create temp table mine as select 1
create or replace temp table mine as select 1
create view mine as select 1
create temp view mine as select 1
create schema mine
create sequence s
create type t as enum ('a')
create macro m(a) as a
create temp macro m(a) as a
create index i on mileage_monthly (operator)
create secret s (type s3)
create persistent secret s (type s3)
drop table mileage_monthly
drop view if exists x
drop schema main cascade
drop secret if exists s
alter table mileage_monthly add column x int
alter table mileage_monthly rename to x
comment on table mileage_monthly is 'x'
vacuum
vacuum analyze
analyze
checkpoint
force checkpoint
pragma force_checkpoint
begin
begin transaction
commit
rollback
abort
set variable a = 1
reset all
insert into mileage_monthly values (1) returning *
delete from source returning *
with x as (select 1) delete from source
with x as (select 1) insert into source select * from source
from source delete
set enable_external_access = true
set disabled_filesystems = ''
set lock_configuration = false
set memory_limit = '100GB'
set temp_directory = '{outside}'
set access_mode = 'read_write'
set allow_unsigned_extensions = true
set allow_community_extensions = true
set autoinstall_known_extensions = true
set autoload_known_extensions = true
set extension_directory = '{outside}'
set home_directory = '{outside}'
set secret_directory = '{outside}'
set log_query_path = '{outside}'
set profiling_output = '{outside}'
set custom_extension_repository = 'http://127.0.0.1:1'
set threads = 1000
set file_search_path = '/'
set allowed_paths = ['/']
set allowed_directories = ['/']
set enable_logging = true
set http_proxy = '127.0.0.1:1'
set search_path = 'x'
set schema = 'temp'
set python_enable_replacements = true
set python_scan_all_frames = true
set max_temp_directory_size = '1TB'
set checkpoint_threshold = '0'
set wal_autocheckpoint = '0'
set immediate_transaction_mode = true
set storage_compatibility_version = 'v0.10.2'
set global enable_external_access = default
reset enable_external_access
set session enable_external_access = default
pragma enable_external_access=true
set global lock_configuration = default
reset lock_configuration
set session lock_configuration = default
pragma lock_configuration=true
set global memory_limit = default
reset memory_limit
set session memory_limit = default
pragma memory_limit=true
set global disabled_filesystems = default
reset disabled_filesystems
set session disabled_filesystems = default
pragma disabled_filesystems=true
set global threads = default
reset threads
set session threads = default
pragma threads=true
select set_config('lock_configuration','false',false)
pragma enable_profiling
pragma enable_profiling='json'
pragma profile_output='{outside}'
pragma profiling_output='{outside}'
pragma disable_checkpoint_on_shutdown
pragma enable_checkpoint_on_shutdown
pragma enable_object_cache
pragma verify_parallelism
pragma debug_checkpoint_abort='none'
pragma enable_logging
pragma disable_logging
pragma database_size
pragma verify_external
pragma enable_progress_bar
pragma log_query_path='{outside}'
pragma truncate_duckdb_logs
call enable_logging()
call enable_logging('QueryLog', storage='file', storage_path='{outside}')
call disable_logging()
call truncate_duckdb_logs()
call enable_profiling()
call dbgen(sf=0.01)
call dsdgen(sf=0.01)
call load_aws_credentials()
call start_ui()
call start_ui_server()
call sqlite_attach('{outside}')
call postgres_attach('x')
call write_log('x')
call force_checkpoint()
call checkpoint()
call pragma_version()
call query('select 1')
call http_get('http://127.0.0.1:1')
call shellfs('id')
select * from read_blob('/etc/passwd')
select * from read_blob('{file}')
select * from read_blob('{outside}/*')
select * from read_blob('http://127.0.0.1:1/x')
select * from read_text('/etc/passwd')
select * from read_text('{file}')
select * from read_text('{outside}/*')
select * from read_text('http://127.0.0.1:1/x')
select * from read_csv('/etc/passwd')
select * from read_csv('{file}')
select * from read_csv('{outside}/*')
select * from read_csv('http://127.0.0.1:1/x')
select * from read_csv_auto('/etc/passwd')
select * from read_csv_auto('{file}')
select * from read_csv_auto('{outside}/*')
select * from read_csv_auto('http://127.0.0.1:1/x')
select * from read_json('/etc/passwd')
select * from read_json('{file}')
select * from read_json('{outside}/*')
select * from read_json('http://127.0.0.1:1/x')
select * from read_json_auto('/etc/passwd')
select * from read_json_auto('{file}')
select * from read_json_auto('{outside}/*')
select * from read_json_auto('http://127.0.0.1:1/x')
select * from read_json_objects('/etc/passwd')
select * from read_json_objects('{file}')
select * from read_json_objects('{outside}/*')
select * from read_json_objects('http://127.0.0.1:1/x')
select * from read_ndjson('/etc/passwd')
select * from read_ndjson('{file}')
select * from read_ndjson('{outside}/*')
select * from read_ndjson('http://127.0.0.1:1/x')
select * from read_ndjson_objects('/etc/passwd')
select * from read_ndjson_objects('{file}')
select * from read_ndjson_objects('{outside}/*')
select * from read_ndjson_objects('http://127.0.0.1:1/x')
select * from read_ndjson_auto('/etc/passwd')
select * from read_ndjson_auto('{file}')
select * from read_ndjson_auto('{outside}/*')
select * from read_ndjson_auto('http://127.0.0.1:1/x')
select * from read_parquet('/etc/passwd')
select * from read_parquet('{file}')
select * from read_parquet('{outside}/*')
select * from read_parquet('http://127.0.0.1:1/x')
select * from parquet_scan('/etc/passwd')
select * from parquet_scan('{file}')
select * from parquet_scan('{outside}/*')
select * from parquet_scan('http://127.0.0.1:1/x')
select * from parquet_metadata('/etc/passwd')
select * from parquet_metadata('{file}')
select * from parquet_metadata('{outside}/*')
select * from parquet_metadata('http://127.0.0.1:1/x')
select * from parquet_schema('/etc/passwd')
select * from parquet_schema('{file}')
select * from parquet_schema('{outside}/*')
select * from parquet_schema('http://127.0.0.1:1/x')
select * from parquet_file_metadata('/etc/passwd')
select * from parquet_file_metadata('{file}')
select * from parquet_file_metadata('{outside}/*')
select * from parquet_file_metadata('http://127.0.0.1:1/x')
select * from parquet_kv_metadata('/etc/passwd')
select * from parquet_kv_metadata('{file}')
select * from parquet_kv_metadata('{outside}/*')
select * from parquet_kv_metadata('http://127.0.0.1:1/x')
select * from parquet_bloom_probe('/etc/passwd')
select * from parquet_bloom_probe('{file}')
select * from parquet_bloom_probe('{outside}/*')
select * from parquet_bloom_probe('http://127.0.0.1:1/x')
select * from sniff_csv('/etc/passwd')
select * from sniff_csv('{file}')
select * from sniff_csv('{outside}/*')
select * from sniff_csv('http://127.0.0.1:1/x')
select * from glob('/etc/passwd')
select * from glob('{file}')
select * from glob('{outside}/*')
select * from glob('http://127.0.0.1:1/x')
select * from read_duckdb('/etc/passwd')
select * from read_duckdb('{file}')
select * from read_duckdb('{outside}/*')
select * from read_duckdb('http://127.0.0.1:1/x')
select * from sqlite_scan('/etc/passwd')
select * from sqlite_scan('{file}')
select * from sqlite_scan('{outside}/*')
select * from sqlite_scan('http://127.0.0.1:1/x')
select * from iceberg_scan('/etc/passwd')
select * from iceberg_scan('{file}')
select * from iceberg_scan('{outside}/*')
select * from iceberg_scan('http://127.0.0.1:1/x')
select * from delta_scan('/etc/passwd')
select * from delta_scan('{file}')
select * from delta_scan('{outside}/*')
select * from delta_scan('http://127.0.0.1:1/x')
select * from st_read('/etc/passwd')
select * from st_read('{file}')
select * from st_read('{outside}/*')
select * from st_read('http://127.0.0.1:1/x')
select * from read_xlsx('/etc/passwd')
select * from read_xlsx('{file}')
select * from read_xlsx('{outside}/*')
select * from read_xlsx('http://127.0.0.1:1/x')
select * from arrow_scan_dumb('/etc/passwd')
select * from arrow_scan_dumb('{file}')
select * from arrow_scan_dumb('{outside}/*')
select * from arrow_scan_dumb('http://127.0.0.1:1/x')
select * from '/etc/passwd'
from '/etc/passwd'
describe from '/etc/passwd'
summarize from '/etc/passwd'
select * from '{file}'
from '{file}'
describe from '{file}'
summarize from '{file}'
select * from '{outside}/x.csv'
from '{outside}/x.csv'
describe from '{outside}/x.csv'
summarize from '{outside}/x.csv'
select * from 'x.parquet'
from 'x.parquet'
describe from 'x.parquet'
summarize from 'x.parquet'
select * from 'http://127.0.0.1:1/x.csv'
from 'http://127.0.0.1:1/x.csv'
describe from 'http://127.0.0.1:1/x.csv'
summarize from 'http://127.0.0.1:1/x.csv'
select * from 's3://b/x.parquet'
from 's3://b/x.parquet'
describe from 's3://b/x.parquet'
summarize from 's3://b/x.parquet'
select * from '/dev/zero'
from '/dev/zero'
describe from '/dev/zero'
summarize from '/dev/zero'
select content from read_text(['/etc/passwd','/etc/hosts'])
select * from query('copy (select 1) to ''{outside}''')
select * from query_table('/etc/passwd')
select getenv('HOME')
select * from duckdb_secrets()
select * from pragma_storage_info('/etc/passwd')
select * from which_secret('s3://x','s3')
select write_log('x')
select * from duckdb_temporary_files()
attach '{file}' as again
attach '{outside}' as o
attach '{outside}' as o (read_only false)
attach ':memory:' as m
attach 'http://127.0.0.1:1/x.duckdb' as h
attach or replace '{outside}' as o
attach 'x' as p (type postgres)
attach if not exists ':memory:' as m
detach fleetstats
use memory
use temp
install httpfs
install json
install x from community
force install httpfs
install '{outside}/x.duckdb_extension'
load httpfs
load json
load '{outside}/x.duckdb_extension'
update extensions
prepare p as select 1
execute p
deallocate p
prepare p as delete from source
execute p(1)
select 1; select 2
select 1; delete from source
select 1;;select 2
; select 1

   
-- nothing
/* nothing */
;
select
pivot source on source
select 1 select 2
do $$ begin end $$
\copy
select * from source; checkpoint
create table a(i int); select 1
begin; delete from source; commit
select 1\; delete from source
execute immediate 'select 1'
explain
explain explain select 1
explain analyze explain analyze select 1
describe delete from source
show
show all; delete from source
values
table
from
with a as (delete from source returning *) select * from a
with recursive a as (select 1) insert into source select * from source
select * from (delete from source)
insert or replace into source select * from source
copy (with x as (select 1) select * from x) to '{outside}'
