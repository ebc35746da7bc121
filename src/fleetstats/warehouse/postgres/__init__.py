"""The warehouse on a PostgreSQL server; imports what the room shares, and no other engine."""
