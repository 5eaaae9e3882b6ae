"""What the title of a task says: coded by rules, by a model where a province labelled titles; deadlines as times."""
