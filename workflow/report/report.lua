-- Adapts the one Markdown source of the report to Word, PDF (typst) and HTML.
--   * `<br>` in table cells becomes a line break;
--   * in Word, a break is permitted between Chinese punctuation and Latin text;
--   * the Div .three-line tells which rows of its table begin a group (attribute `groups`) and get space above;
--   * in the PDF, a Div .figure-block or .whole (table with title and notes) is not broken across pages;
--   * Divs with a `custom-style` become calls of the function of that name in report.typ (Word and HTML know them);
--   * the Div #contents (title, hint) becomes the table of contents: of links, or in the PDF with page numbers.

local function line_break(inline)
  if inline.format == "html" and inline.text == "<br>" then
    return pandoc.LineBreak()
  end
end

local zero_width_space = "\u{200B}"
local punctuation = { "，", "、", "；", "：", "）" }

-- Some programs take digits and letters on both sides of Chinese punctuation for one word.
local function permit_breaks(str)
  for _, mark in ipairs(punctuation) do
    str.text = str.text:gsub(mark .. "(%w)", mark .. zero_width_space .. "%1"):gsub(mark .. "$", mark .. zero_width_space)
  end
  return str
end

-- Rows are counted from 0 in the attribute; typst counts the header as row 0.
local function add_groups(div)
  local wanted = {}
  for row in (div.attributes.groups or ""):gmatch("%d+") do
    wanted[#wanted + 1] = tonumber(row)
  end
  div.attributes.groups = nil
  return div:walk({
    Table = function(tbl)
      local conditions = {}
      for _, row in ipairs(wanted) do
        local body_row = tbl.bodies[1].body[row + 1]
        if body_row then
          body_row.attr.classes:insert("group")
        end
        conditions[#conditions + 1] = "y == " .. (row + 1)
      end
      if FORMAT == "typst" and #conditions > 0 then
        tbl.attr.attributes["typst:inset"] = "(x, y) => if "
          .. table.concat(conditions, " or ")
          .. " { (x: 3pt, top: 12pt, bottom: 4pt) } else { (x: 3pt, y: 4pt) }"
      end
      return tbl
    end,
  })
end

local function styled(div)
  local name = div.attributes["custom-style"]:lower():gsub(" ", "-")
  local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#" .. name .. "[") })
  blocks:extend(div.content)
  local label = div.identifier ~= "" and (" <" .. div.identifier .. ">") or ""
  blocks:insert(pandoc.RawBlock("typst", "]" .. label))
  return blocks
end

-- The blocks of a Div between two pieces of typst.
local function between(opening, div)
  div.content:insert(1, pandoc.RawBlock("typst", opening))
  div.content:insert(pandoc.RawBlock("typst", "]"))
  return div.content
end

local function contents(headers, title, hint)
  if FORMAT == "typst" then
    return pandoc.RawBlock("typst", "#contents()")
  end
  local heading = pandoc.Div({ pandoc.Para({ pandoc.Str(title) }) }, pandoc.Attr("", {}, { ["custom-style"] = "Contents Title" }))
  local below = pandoc.Div({ pandoc.Para({ pandoc.Str(hint) }) }, pandoc.Attr("", {}, { ["custom-style"] = "Contents Hint" }))
  local lines = pandoc.Blocks({ heading, below })
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
    Str = FORMAT == "docx" and permit_breaks or nil,
    Div = function(div)
      if div.identifier == "contents" then
        return contents(headers, pandoc.utils.stringify(div.content[1]), pandoc.utils.stringify(div.content[2]))
      elseif div.classes:includes("three-line") then
        return add_groups(div)
      elseif FORMAT == "typst" and div.classes:includes("figure-block") then
        return between("#figure-block[", div)
      elseif FORMAT == "typst" and div.classes:includes("table-block") then
        return between("#table-block(whole: " .. tostring(div.classes:includes("whole")) .. ")[", div)
      elseif FORMAT == "typst" and div.attributes["custom-style"] then
        return styled(div)
      end
    end,
  })
end
