"""Files that the settings of an own indicator panel (key ``indicators``) name, at every depth."""


def replace_files(settings, resolve):
    """The settings with every file replaced by ``resolve(value, key)``: data, structure, anchors, comparisons."""
    settings = {**settings, "data": resolve(settings["data"], "indicators.data")}
    for key in ("structure", "anchors"):
        if isinstance(settings.get(key), str):
            settings[key] = resolve(settings[key], f"indicators.{key}")

    def matrices(part, key):
        if not isinstance(part, dict):
            return part
        part = dict(part)
        if isinstance(part.get("matrix"), str):
            part["matrix"] = resolve(part["matrix"], f"{key}.matrix")
        if part.get("levels"):
            part["levels"] = [matrices(x, f"{key}.levels[{row}]") for row, x in enumerate(part["levels"], 1)]
        if part.get("parents"):
            part["parents"] = {
                code: matrices(x, f"{key}.parents.{code}") for code, x in part["parents"].items()
            }
        return part

    if "weights" in settings:
        settings["weights"] = matrices(settings["weights"], "indicators.weights")
    return settings


def files_of(settings):
    """Every file that the settings name."""
    found = []
    replace_files(settings, lambda value, key: found.append(value))
    return list(dict.fromkeys(found))
