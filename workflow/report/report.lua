-- Adapts the one Markdown source of the report to Word, PDF (typst) and HTML.
--   * `<br>` in table cells becomes a line break;
--   * the Div .three-line tells after which rows of its table a thin line stands (attribute `rules`);
--   * Divs with a `custom-style` become calls of the function of that name in report.typ (Word and HTML know them);
--   * the Div #contents becomes the table of contents.

local longest_unbroken = 24 -- rows of a table that stays on one page

local function line_break(inline)
  if inline.format == "html" and inline.text == "<br>" then
    return pandoc.LineBreak()
  end
end

-- Rows are counted from 0 in the attribute; typst counts the header as row 0.
local function add_rules(div)
  local wanted = {}
  for row in (div.attributes.rules or ""):gmatch("%d+") do
    wanted[#wanted + 1] = tonumber(row)
  end
  div.attributes.rules = nil
  local short = true
  local ruled = div:walk({
    Table = function(tbl)
      local conditions = {}
      short = #tbl.bodies[1].body < longest_unbroken
      for _, row in ipairs(wanted) do
        local body_row = tbl.bodies[1].body[row + 1]
        if body_row then
          body_row.attr.classes:insert("ruled")
        end
        conditions[#conditions + 1] = "y == " .. (row + 1)
      end
      if FORMAT == "typst" and #conditions > 0 then
        tbl.attr.attributes["typst:stroke"] = "(x, y) => if y == 0 { (bottom: 0.75pt) } else if "
          .. table.concat(conditions, " or ")
          .. " { (top: 0.5pt) } else { none }"
      end
      return tbl
    end,
  })
  if FORMAT == "typst" and short then
    ruled.content:insert(1, pandoc.RawBlock("typst", "#block(breakable: false, width: 100%)["))
    ruled.content:insert(pandoc.RawBlock("typst", "]"))
  end
  return ruled
end

local function styled(div)
  local name = div.attributes["custom-style"]:lower():gsub(" ", "-")
  local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#" .. name .. "[") })
  blocks:extend(div.content)
  local label = div.identifier ~= "" and (" <" .. div.identifier .. ">") or ""
  blocks:insert(pandoc.RawBlock("typst", "]" .. label))
  return blocks
end

local function contents(headers, title)
  if FORMAT == "typst" then
    return pandoc.RawBlock("typst", "#contents()")
  end
  local heading = pandoc.Div({ pandoc.Para({ pandoc.Str(title) }) }, pandoc.Attr("", {}, { ["custom-style"] = "Contents Title" }))
  local lines = pandoc.Blocks({ heading })
  for _, header in ipairs(headers) do
    local link = pandoc.Link(header.content, "#" .. header.identifier)
    local style = "Contents " .. header.level
    lines:insert(pandoc.Div({ pandoc.Para({ link }) }, pandoc.Attr("", {}, { ["custom-style"] = style })))
  end
  return pandoc.Div(lines, pandoc.Attr("contents"))
end

function Pandoc(doc)
  local headers = {}
  doc:walk({
    Header = function(header)
      headers[#headers + 1] = header
    end,
  })
  return doc:walk({
    RawInline = line_break,
    Div = function(div)
      if div.identifier == "contents" then
        return contents(headers, pandoc.utils.stringify(div.content))
      elseif div.classes:includes("three-line") then
        return add_rules(div)
      elseif FORMAT == "typst" and div.attributes["custom-style"] then
        return styled(div)
      end
    end,
  })
end
