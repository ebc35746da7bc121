reset role
do $$ begin execute 'reset role'; end $$
reset role; delete from source
set role none
do $$ begin execute 'set role none'; end $$
set role none; delete from source
set role postgres
do $$ begin execute 'set role postgres'; end $$
set role postgres; delete from source
set session authorization default
do $$ begin execute 'set session authorization default'; end $$
set session authorization default; delete from source
set session authorization postgres
do $$ begin execute 'set session authorization postgres'; end $$
set session authorization postgres; delete from source
reset session authorization
do $$ begin execute 'reset session authorization'; end $$
reset session authorization; delete from source
set local role none
do $$ begin execute 'set local role none'; end $$
set local role none; delete from source
set transaction read write
do $$ begin execute 'set transaction read write'; end $$
set transaction read write; delete from source
set session characteristics as transaction read write
do $$ begin execute 'set session characteristics as transaction read write'; end $$
set session characteristics as transaction read write; delete from source
set default_transaction_read_only = off
do $$ begin execute 'set default_transaction_read_only = off'; end $$
set default_transaction_read_only = off; delete from source
set statement_timeout = 0
do $$ begin execute 'set statement_timeout = 0'; end $$
set statement_timeout = 0; delete from source
reset all
do $$ begin execute 'reset all'; end $$
reset all; delete from source
discard all
do $$ begin execute 'discard all'; end $$
discard all; delete from source
set search_path = pg_catalog
do $$ begin execute 'set search_path = pg_catalog'; end $$
set search_path = pg_catalog; delete from source
set row_security = off
do $$ begin execute 'set row_security = off'; end $$
set row_security = off; delete from source
select set_config('role', 'none', false)
select set_config('role', 'none', true), query_to_xml('select current_user', true, true, '')
select query_to_xml('select set_config(''role'', ''none'', false)', true, true, '')
with a as materialized (select set_config('role','none',false)) select * from a, query_to_xml('delete from fleetstats.source', true, true, '')
select * from (select set_config('role','none',false)) q, lateral (select pg_read_file('/etc/passwd')) p
select set_config('role', 'postgres', false)
select set_config('role', 'postgres', true), query_to_xml('select current_user', true, true, '')
select query_to_xml('select set_config(''role'', ''postgres'', false)', true, true, '')
with a as materialized (select set_config('role','postgres',false)) select * from a, query_to_xml('delete from fleetstats.source', true, true, '')
select * from (select set_config('role','postgres',false)) q, lateral (select pg_read_file('/etc/passwd')) p
select set_config('role', 'fleetstats_loader', false)
select set_config('role', 'fleetstats_loader', true), query_to_xml('select current_user', true, true, '')
select query_to_xml('select set_config(''role'', ''fleetstats_loader'', false)', true, true, '')
with a as materialized (select set_config('role','fleetstats_loader',false)) select * from a, query_to_xml('delete from fleetstats.source', true, true, '')
select * from (select set_config('role','fleetstats_loader',false)) q, lateral (select pg_read_file('/etc/passwd')) p
select set_config('session_authorization', 'postgres', false)
select set_config('session_authorization', 'postgres', true), query_to_xml('select current_user', true, true, '')
select query_to_xml('select set_config(''session_authorization'', ''postgres'', false)', true, true, '')
with a as materialized (select set_config('session_authorization','postgres',false)) select * from a, query_to_xml('delete from fleetstats.source', true, true, '')
select * from (select set_config('session_authorization','postgres',false)) q, lateral (select pg_read_file('/etc/passwd')) p
select set_config('session_authorization', 'default', false)
select set_config('session_authorization', 'default', true), query_to_xml('select current_user', true, true, '')
select query_to_xml('select set_config(''session_authorization'', ''default'', false)', true, true, '')
with a as materialized (select set_config('session_authorization','default',false)) select * from a, query_to_xml('delete from fleetstats.source', true, true, '')
select * from (select set_config('session_authorization','default',false)) q, lateral (select pg_read_file('/etc/passwd')) p
select set_config('transaction_read_only', 'off', false)
select set_config('transaction_read_only', 'off', true), query_to_xml('select current_user', true, true, '')
select query_to_xml('select set_config(''transaction_read_only'', ''off'', false)', true, true, '')
with a as materialized (select set_config('transaction_read_only','off',false)) select * from a, query_to_xml('delete from fleetstats.source', true, true, '')
select * from (select set_config('transaction_read_only','off',false)) q, lateral (select pg_read_file('/etc/passwd')) p
select pg_read_file('/etc/passwd')
select * from pg_read_file('/etc/passwd') as f
select pg_read_binary_file('/etc/passwd')
select * from pg_read_binary_file('/etc/passwd') as f
select pg_ls_dir('/')
select * from pg_ls_dir('/') as f
select pg_stat_file('/etc/passwd')
select * from pg_stat_file('/etc/passwd') as f
select pg_ls_logdir()
select * from pg_ls_logdir() as f
select pg_ls_waldir()
select * from pg_ls_waldir() as f
select pg_ls_tmpdir()
select * from pg_ls_tmpdir() as f
select pg_current_logfile()
select * from pg_current_logfile() as f
select lo_import('/etc/passwd')
select * from lo_import('/etc/passwd') as f
select lo_export(1, '/tmp/x')
select * from lo_export(1, '/tmp/x') as f
select lo_create(0)
select * from lo_create(0) as f
select lo_creat(-1)
select * from lo_creat(-1) as f
select lo_from_bytea(0, decode(repeat('41',1000),'hex'))
select * from lo_from_bytea(0, decode(repeat('41',1000),'hex')) as f
select lo_unlink(1)
select * from lo_unlink(1) as f
select lo_put(1,0,'x')
select * from lo_put(1,0,'x') as f
select pg_reload_conf()
select * from pg_reload_conf() as f
select pg_rotate_logfile()
select * from pg_rotate_logfile() as f
select pg_switch_wal()
select * from pg_switch_wal() as f
select pg_create_restore_point('x')
select * from pg_create_restore_point('x') as f
select pg_terminate_backend(1)
select * from pg_terminate_backend(1) as f
select pg_cancel_backend(1)
select * from pg_cancel_backend(1) as f
select pg_promote()
select * from pg_promote() as f
select pg_export_snapshot()
select * from pg_export_snapshot() as f
select txid_current()
select * from txid_current() as f
select pg_current_xact_id()
select * from pg_current_xact_id() as f
select pg_logical_emit_message(true,'a','b')
select * from pg_logical_emit_message(true,'a','b') as f
select pg_create_physical_replication_slot('x')
select * from pg_create_physical_replication_slot('x') as f
select pg_drop_replication_slot('x')
select * from pg_drop_replication_slot('x') as f
select pg_replication_origin_create('x')
select * from pg_replication_origin_create('x') as f
select pg_stat_reset()
select * from pg_stat_reset() as f
select nextval('x')
select * from nextval('x') as f
select setval('x',1)
select * from setval('x',1) as f
select currval('x')
select * from currval('x') as f
select pg_notify('a','b')
select * from pg_notify('a','b') as f
select dblink('dbname=postgres','select 1')
select * from dblink('dbname=postgres','select 1') as f
select dblink_exec('dbname=postgres','select 1')
select * from dblink_exec('dbname=postgres','select 1') as f
select query_to_xml('delete from fleetstats.source',true,true,'')
select * from query_to_xml('delete from fleetstats.source',true,true,'') as f
select query_to_xml('drop table fleetstats.source',true,true,'')
select * from query_to_xml('drop table fleetstats.source',true,true,'') as f
select query_to_xml('select pg_read_file(''/etc/passwd'')',true,true,'')
select * from query_to_xml('select pg_read_file(''/etc/passwd'')',true,true,'') as f
select cursor_to_xml('x',1,true,true,'')
select * from cursor_to_xml('x',1,true,true,'') as f
select table_to_xml('pg_authid',true,true,'')
select * from table_to_xml('pg_authid',true,true,'') as f
select schema_to_xml('pg_catalog',true,true,'')
select * from schema_to_xml('pg_catalog',true,true,'') as f
select database_to_xml(true,true,'')
select * from database_to_xml(true,true,'') as f
select xpath('/','<a/>')
select * from xpath('/','<a/>') as f
select inet_server_addr()
select * from inet_server_addr() as f
select pg_hba_file_rules()
select * from pg_hba_file_rules() as f
select pg_show_all_file_settings()
select * from pg_show_all_file_settings() as f
select pg_read_server_files()
select * from pg_read_server_files() as f
select pg_file_write('/tmp/x','y',true)
select * from pg_file_write('/tmp/x','y',true) as f
select pg_execute_server_program('id')
select * from pg_execute_server_program('id') as f
select set_config('log_statement','all',false)
select * from set_config('log_statement','all',false) as f
select pg_backup_start('x')
select * from pg_backup_start('x') as f
select pg_walfile_name('0/0')
select * from pg_walfile_name('0/0') as f
select current_setting('data_directory')
select * from current_setting('data_directory') as f
select pg_get_functiondef('fleetstats_ledger.answer'::regproc)
select * from pg_get_functiondef('fleetstats_ledger.answer'::regproc) as f
select fleetstats_ledger.answer('delete from fleetstats.source returning 1', 1)
select * from fleetstats_ledger.answer('delete from fleetstats.source returning 1', 1) as f
select fleetstats_ledger.explanation('delete from fleetstats.source')
select * from fleetstats_ledger.explanation('delete from fleetstats.source') as f
select fleetstats_ledger.answer('select 1) as a(c1); delete from fleetstats.source; select * from (select 2', 1)
select * from fleetstats_ledger.answer('select 1) as a(c1); delete from fleetstats.source; select * from (select 2', 1) as f
select fleetstats_ledger.refuse()
select * from fleetstats_ledger.refuse() as f
select pg_advisory_xact_lock(1)
select * from pg_advisory_xact_lock(1) as f
select * from pg_authid
select * from pg_shadow
select * from pg_user_mapping
select passwd from pg_shadow
table pg_authid
select * from pg_file_settings
select * from pg_hba_file_rules
select * from pg_largeobject
delete from source
update source set licence = ''
insert into source select * from source
truncate source
merge into source s using source t on false when not matched then do nothing
create table mine (a int)
create temp table mine (a int)
create table fleetstats.mine as select 1
select 1 into mine
select * into temp mine from source
create view mine as select 1
create function f() returns int language sql as 'select 1'
create extension dblink
create extension postgres_fdw
create schema mine
create role mine superuser
alter role fleetstats_analyst superuser
alter system set log_statement = 'all'
alter table source add column x int
alter function fleetstats_ledger.answer(text, integer) security invoker
drop table source
drop schema fleetstats cascade
drop function fleetstats_ledger.answer
grant fleetstats_loader to public
grant all on source to public
revoke all on source from public
comment on table source is 'x'
copy source to '/tmp/x'
copy source to stdout
copy source from stdin
copy (select 1) to program 'id > /tmp/x'
copy source from program 'id'
lock table source
lock table source in access exclusive mode
vacuum source
analyze source
reindex table source
cluster source
refresh materialized view x
checkpoint
load '/tmp/x.so'
listen a
notify a
unlisten a
begin
commit
rollback
savepoint a
prepare transaction 'x'
start transaction read write
declare c cursor for select 1
fetch 1 from c
close c
prepare p as select 1
execute p
deallocate p
do $$ begin end $$
do $$ begin reset role; execute 'copy (select 1) to program ''id > /tmp/x'''; end $$
call x()
security label on table source is 'x'
import foreign schema x from server y into z
create server s foreign data wrapper postgres_fdw
create publication p for all tables
create subscription s connection 'x' publication p
alter database postgres set x.y = 'z'
show all; select 1
explain analyze delete from source
explain (analyze) delete from source
explain analyze select 1; delete from source
explain delete from source
explain analyze create table mine as select 1
explain analyze execute p
explain analyze declare c cursor for select 1
select 1; delete from source
select 1; select 2

  
--
/* */
;
select
with d as (delete from source returning *) select * from d
with u as (update source set licence='' returning *) select * from u
with i as (insert into source select * from source returning *) select * from i
select * from source for update
select * from source for share
select * from source for no key update
values (1); delete from source
table source; delete from source
select 1) as answer(c1); delete from fleetstats.source; select * from (select 1
select 1 /*
select 1 --
select $1
select '
select "
select * from nonsense
select 1/0
