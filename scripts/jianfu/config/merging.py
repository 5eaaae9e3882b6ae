"""One overlay over the default, and what an overlay changes of the common plan."""

# Settings in which provinces may differ without departing from the common plan.
PROVINCE_KEYS = (
    "province",
    "language",
    "data",
    "sources",
    "values",
    "simulate",
    "indicators",
    "models_on",
    "calendar",
    "figures",
    "report",
    "plan",  # row by row: jianfu.province.plan.deviations
)


def merge(base, overlay):
    """Overlay merged over base: dictionaries key by key, everything else replaced. Neither is changed."""
    if not (isinstance(base, dict) and isinstance(overlay, dict)):
        return overlay
    merged = dict(base)
    for key, value in overlay.items():
        merged[key] = merge(base[key], value) if key in base else value
    return merged


def deviations(settings, default):
    """Settings that depart from the common plan: list of (key, common value, this province's value)."""
    rows = []

    def compare(common, own, key):
        if isinstance(common, dict) and isinstance(own, dict) and common:
            for name in own:
                compare(common.get(name), own[name], f"{key}.{name}")
        elif common != own:
            rows.append((key, common, own))

    for name in default:
        if name not in PROVINCE_KEYS:
            compare(default[name], settings[name], name)
    return rows
