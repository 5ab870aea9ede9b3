"""Database backend for development and the demo: PostgreSQL from a wheel, started on the first connection."""
