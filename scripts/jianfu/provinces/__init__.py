"""Several provinces: what leaves one for the others (exchange packages), and what all of them say together."""
