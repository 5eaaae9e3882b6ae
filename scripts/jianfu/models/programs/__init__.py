"""The analysis tables for Stata, SPSS and R, and programs there that give the columns of the main table again."""
