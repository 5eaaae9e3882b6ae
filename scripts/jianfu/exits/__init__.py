"""From spells at a post to person-months at risk, hazard cells and cumulative incidence."""
