"""What the manuals take from the schema of the settings (``make docs``): default.yaml and the reference of settings.

The schema says of every key what it holds, its ``default``, its ``meaning`` and when to ``change`` it.
"""

import json

_KINDS = {
    "string": ("文字", "text"),
    "number": ("数", "number"),
    "integer": ("整数", "whole number"),
    "boolean": ("true / false", "true / false"),
    "array": ("列表", "list"),
    "object": ("一组键", "group of keys"),
    "null": ("null", "null"),
}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_DEFAULT_HEAD = """\
# 全部设置和默认值。省份文件（config/provinces/<短名>.yaml）只写不同的地方：组按键合并，列表和单个值整个替换。
# 由 make docs 从 workflow/schemas/config.schema.yaml 写成，不要手改；何时修改、英文说明见 config/settings.md。
# Every setting with its default, written by `make docs`; in English, and when to change what: config/settings.md.
"""
_REFERENCE_HEAD = """\
# 设置 · Settings

由 `make docs` 从 [`workflow/schemas/config.schema.yaml`](../workflow/schemas/config.schema.yaml) 写成，不要手改。
省份文件只写与 [`default.yaml`](default.yaml) 不同的键；“–”表示没有默认值。`a[].b` 是列表 `a` 每一项的键 `b`。

Written by `make docs` from the schema. A province file names only what differs from [`default.yaml`](default.yaml);
“–” means that there is no default, and `a[].b` is the key `b` of every entry of the list `a`.
"""
_TABLE_HEAD = """\
| 键 key | 类型 type | 默认 default | 含义；何时修改 | meaning; when to change |
|---|---|---|---|---|
"""


def defaults(schema: dict) -> dict:
    """The settings of config/default.yaml: ``{key: default}``, a group being the mapping of its keys."""
    return {
        key: child["default"] if "default" in child else defaults(child)
        for key, child in schema["properties"].items()
    }


def default_file(schema: dict) -> str:
    """Text of config/default.yaml: every key with its default and, in Chinese, its meaning."""
    return _DEFAULT_HEAD + "".join(
        "\n" + _entries({key: child}) for key, child in schema["properties"].items()
    )


def _entries(properties, indent=""):
    text = ""
    for key, child in properties.items():
        value = f" {_flow(child['default'])}" if "default" in child else ""
        text += f"{indent}{key}:{value}  # {child['meaning']['zh']}\n"
        if not value:
            text += _entries(child["properties"], indent + "  ")
    return text


def settings_reference(schema: dict) -> str:
    """Text of config/settings.md: every key with type, default, meaning and when to change it, in both languages."""
    text = _REFERENCE_HEAD
    for key, child in schema["properties"].items():
        rows = "".join(_row(name, node, schema) for name, node in _keys(key, child, schema))
        words = child["meaning"]
        about = "" if "default" in child else f"{words['zh']}。{_sentence(words['en'])}\n\n"
        text += f"\n## {key}\n\n{about}{_TABLE_HEAD}{rows}"
    return text


def _keys(name, node, schema):
    """Pairs (dotted name, node) of a key and all below it; what another key describes already is not repeated."""
    if "default" in node or "properties" not in node:
        yield name, node
    if node.get("$ref", "").startswith("#/properties/"):
        return
    node = _resolved(node, schema)
    if node.get("type") == "array" and "properties" in node["items"]:
        name, node = f"{name}[]", node["items"]
    if not name.startswith("indices."):  # its methods are those of `indicators`
        for key, child in node.get("properties", {}).items():
            if "meaning" in child:
                yield from _keys(f"{name}.{key}", child, schema)


def _row(name, node, schema):
    default = f"`{_flow(node['default'])}`" if "default" in node else "–"
    zh, en = (
        f"{node['meaning'][language]}{between}{node['change'][language]}"
        for language, between in (("zh", "。*何时改*："), ("en", ". *Change*: "))
    )
    kind = " · ".join(dict.fromkeys(_kind(node, schema, language) for language in (0, 1)))
    cells = (f"`{name}`", kind, default, f"{zh}。", _sentence(en))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _resolved(node, schema):
    """A node with what its reference says, its own words first."""
    if "$ref" not in node:
        return node
    found = schema
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return _resolved(found, schema) | node


def _kind(node, schema, language):
    """What a key holds, in words: ``whole number ≥ 10``, ``zh / en``, ``list of YYYY-MM``; language 0 zh, 1 en."""
    node = _resolved(node, schema)
    if "kind" in node:
        return node["kind"][("zh", "en")[language]]
    if "enum" in node or "const" in node:
        return " / ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    choices = node.get("anyOf", node.get("oneOf"))
    if choices and "type" not in node:
        return (" 或 ", " or ")[language].join(_kind(choice, schema, language) for choice in choices)
    types = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if types == ["array"] and not {"properties", "type"} <= set(node["items"]):
        of = _kind(node["items"], schema, language)
        return (f"{of} 的列表", f"list of {of}")[language]
    words = (" 或 ", " or ")[language].join(_KINDS[name][language] for name in types)
    return " ".join([words, *(f"{sign} {node[key]}" for key, sign in _BOUNDS.items() if key in node)])


def _sentence(text):
    return text[0].upper() + text[1:] + "."


def _flow(value):
    """A value as YAML on one line."""
    return json.dumps(value, ensure_ascii=False)
