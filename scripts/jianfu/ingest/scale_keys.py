"""Which scoring key a province uses for each survey scale, and with which coding."""


def chosen(plan, keys=None, ranges=None):
    """Scoring keys ``{scale: key}`` of a province, from config/plan/scales.yaml (as read).

    keys: {scale: variant} of the scales that were asked in another version; ranges: {scale: [lowest, highest]} of those
    coded otherwise.
    """
    keys, ranges = keys or {}, ranges or {}
    found = {
        name: {k: v for k, v in plan["variants"][keys[name]].items() if k != "scale"} if name in keys else key
        for name, key in plan["scales"].items()
    }
    return {name: key | {"range": ranges.get(name, key["range"])} for name, key in found.items()}
