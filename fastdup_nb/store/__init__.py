"""The work_dir: its file names, tables, features, lock and journal."""
