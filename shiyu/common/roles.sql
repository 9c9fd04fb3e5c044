-- The roles of a city's database, for an administrator (a superuser) to make once:
--
--     psql -f roles.sql
--     psql -c "ALTER ROLE owner PASSWORD '…'" -c "ALTER ROLE web PASSWORD '…'" -c "ALTER ROLE worker PASSWORD '…'"
--     createdb --owner=owner --template=template0 --encoding=UTF8 --locale=C.UTF-8 shiyu
--
-- owner migrates; web serves pages; worker carries out jobs; search owns the search
-- functions only; backup reads everything and is not reachable from the pages.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'owner') THEN
        CREATE ROLE owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'web') THEN
        CREATE ROLE web LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'worker') THEN
        CREATE ROLE worker LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'search') THEN
        CREATE ROLE search NOLOGIN BYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'backup') THEN
        CREATE ROLE backup LOGIN REPLICATION BYPASSRLS;
    END IF;
END
$$;
GRANT search TO owner;
