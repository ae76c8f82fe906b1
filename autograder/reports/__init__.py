"""Reports for people: scores, class report, feedback pages, tables for platforms; roster imports."""
