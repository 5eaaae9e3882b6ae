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
    "own",
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


def in_order(value):
    """The same value with the keys of every group in order, however they were written down."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value, key=str)}
    return [in_order(one) for one in value] if isinstance(value, list) else value


def shared(settings):
    """The settings in which provinces should not differ."""
    return {name: value for name, value in settings.items() if name not in PROVINCE_KEYS}


def deviations(settings, default):
    """Settings that depart from the common plan: list of (key, common value, this province's value)."""
    return differing(shared(default), shared(settings))


def differing(one, other, key=""):
    """What differs between two states of settings: list of (key with dots, value in ``one``, value in ``other``)."""
    if not (isinstance(one, dict) and isinstance(other, dict) and (one or not key)):
        return [] if one == other else [(key, one, other)]
    prefix = f"{key}." if key else ""
    return [
        row
        for name in dict.fromkeys([*one, *other])
        for row in differing(one.get(name), other.get(name), prefix + str(name))
    ]
