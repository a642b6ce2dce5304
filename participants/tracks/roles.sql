-- The roles of the database and what each may do, for a superuser. `manage.py database_roles` fills in the names; psql
-- takes them as --set=owner=… --set=app=… --set=backup=… --set=database=…

-- Owns the tables: migrates, restores. Row security binds it too.
CREATE ROLE :"owner";
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION;

-- Serves requests: owns nothing and is a member of nothing.
CREATE ROLE :"app";
ALTER ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION NOINHERIT;

-- Backs up: reads the rows of every track and writes none.
CREATE ROLE :"backup";
ALTER ROLE :"backup" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS NOREPLICATION;
ALTER ROLE :"backup" SET default_transaction_read_only = on;
GRANT pg_read_all_data TO :"backup";

CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app", :"backup";

\connect :"database"
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app", :"backup";
