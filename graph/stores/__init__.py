"""The two stores behind `GraphStore`: DuckDB and Neo4j, and what they share."""
