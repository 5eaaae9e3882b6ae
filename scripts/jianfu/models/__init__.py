"""From analysis tables and declared models to tidy rows of estimates."""
