"""Everything in a work_dir as tables to filter, sort and page through, 100,000 rows at a time.

Columns are arrays; no Python object is kept per row. A `Collection` holds the images and opens a
`Table` per view; `run_query` turns a `State` (text, facets, range, order) into row numbers.
"""
