"""How much of a total its largest members hold."""


def top2_share(values):
    """Share of a total that its two largest members hold (0 where the total is 0)."""
    total = values.sum()
    return float(values.nlargest(2).sum() / total) if total > 0 else 0.0
