"""What people read: scores, class report, feedback pages, tables for platforms; the roster in."""
