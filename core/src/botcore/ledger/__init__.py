"""Postgres: schema, migrations, connections and named queries. The only importer of psycopg."""
