-- Adapts the Markdown source of a document to Word, PDF (typst) and HTML.
--   * `<br>` in table cells becomes a line break;
--   * in Word, a break is permitted between Chinese punctuation and Latin text;
--   * in Word, the number of a table or figure is a SEQ field under a bookmark, a mention of it a REF field, the table of
--     contents a TOC field whose pages are PAGEREF fields; elsewhere they are text and links;
--   * a link to appendix#... leads to the appendix in the same format;
--   * the Div .three-line tells which rows of its table begin a group (attribute `groups`) and get space above, and the
--     size of its type where that is not the usual one (attribute `size`, points; the Word file has a style for it);
--   * in the PDF, a Div .figure-block or .whole (table with title and notes) is not broken across pages;
--   * Divs with a `custom-style` become calls of the function of that name in report.typ (Word and HTML know them);
--   * the Div #contents (title) becomes the table of contents.

local WORD = FORMAT == "docx"
local FILES = { docx = "appendix.docx", typst = "appendix.pdf" }

local function xml(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"))
end

local function run(text)
  return '<w:r><w:t xml:space="preserve">' .. xml(text) .. "</w:t></w:r>"
end

-- Beginning and end of a complex field of Word; between them stands what it shows until it is brought up to date.
local field_end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'

local function field_begin(code)
  local instruction = '<w:r><w:instrText xml:space="preserve"> ' .. xml(code) .. " </w:instrText></w:r>"
  return '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' .. instruction .. '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
end

local function word_field(code, shown)
  return field_begin(code) .. run(shown) .. field_end
end

-- What Word reads and LibreOffice passes over, as it does not know the name space wne (Word since 2007). LibreOffice
-- takes all that a TOC field holds for plain text, so that the pages in it would be those of another layout; without
-- the frame of the field it counts the PAGEREF fields of the lines itself.
local function in_word_alone(runs)
  return pandoc.RawInline("openxml", '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    .. ' xmlns:wne="http://schemas.microsoft.com/office/word/2006/wordml"><mc:Choice Requires="wne">'
    .. runs .. "</mc:Choice><mc:Fallback/></mc:AlternateContent>")
end

local bookmarks = 90000

-- The number of a table or figure: text, and in Word a bookmark around prefix and SEQ field.
local function number(span)
  if not span.classes:includes("number") then
    return nil
  end
  if not WORD then
    return span.content
  end
  local shown = pandoc.utils.stringify(span)
  local prefix, digits = shown:match("^(.-)(%d+)$")
  local sequence = prefix:gsub("%s+$", ""):gsub("%s", "_")
  bookmarks = bookmarks + 1
  local start = '<w:bookmarkStart w:id="' .. bookmarks .. '" w:name="' .. span.attributes.of .. '"/>'
  local stop = '<w:bookmarkEnd w:id="' .. bookmarks .. '"/>'
  return pandoc.RawInline("openxml", start .. run(prefix) .. word_field("SEQ " .. sequence .. " \\* ARABIC", digits) .. stop)
end

local function mention(link)
  local place = link.target:match("^appendix#(.*)$")
  if place then
    link.target = FILES[FORMAT] or ("appendix.html#" .. place)
    return link
  end
  local bookmark = link.target:match("^#(%l%l%l_.*)$")
  if WORD and bookmark then
    return pandoc.RawInline("openxml", word_field("REF " .. bookmark .. " \\h", pandoc.utils.stringify(link)))
  end
end

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

-- The blocks of a Div between two pieces of typst.
local function between(opening, div)
  div.content:insert(1, pandoc.RawBlock("typst", opening))
  div.content:insert(pandoc.RawBlock("typst", "]"))
  return div.content
end

-- Rows are counted from 0 in the attribute; typst counts the header as row 0.
local function add_groups(div)
  local wanted = {}
  for row in (div.attributes.groups or ""):gmatch("%d+") do
    wanted[#wanted + 1] = tonumber(row)
  end
  local size = div.attributes.size
  div.attributes.groups, div.attributes.size = nil, nil
  if FORMAT == "typst" and size then
    between("#[#show table: set text(size: " .. size .. "pt)\n", div)
  end
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

local function contents(headers, title, depth)
  if FORMAT == "typst" then
    return pandoc.RawBlock("typst", "#contents(" .. depth .. ")")
  end
  local heading = pandoc.Div({ pandoc.Para({ pandoc.Str(title) }) }, pandoc.Attr("", {}, { ["custom-style"] = "TOC Heading" }))
  local lines = pandoc.Blocks({ heading })
  for _, header in ipairs(headers) do
    if header.level > depth then
      goto continue
    end
    local inlines = { pandoc.Link(header.content, "#" .. header.identifier) }
    if WORD then
      local link = '<w:hyperlink w:anchor="' .. header.identifier .. '">' .. run(pandoc.utils.stringify(header.content)) .. "</w:hyperlink>"
      local page = word_field("PAGEREF " .. header.identifier .. " \\h", "0")
      inlines = { pandoc.RawInline("openxml", link .. "<w:r><w:tab/></w:r>" .. page) }
    end
    local style = "toc " .. header.level
    lines:insert(pandoc.Div({ pandoc.Para(inlines) }, pandoc.Attr("", {}, { ["custom-style"] = style })))
    ::continue::
  end
  if WORD then
    lines[2].content[1].content:insert(1, in_word_alone(field_begin('TOC \\o "1-' .. depth .. '" \\h \\z \\u')))
    lines[#lines].content[1].content:insert(in_word_alone(field_end))
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
    Span = number,
    Link = mention,
    Str = WORD and permit_breaks or nil,
    Div = function(div)
      if div.identifier == "contents" then
        return contents(headers, pandoc.utils.stringify(div.content[1]), tonumber(div.attributes.depth))
      elseif div.classes:includes("three-line") then
        return add_groups(div)
      elseif FORMAT == "typst" and div.classes:includes("figure-block") then
        return between("#figure-block[", div)
      elseif FORMAT == "typst" and div.classes:includes("table-block") then
        return between("#table-block(whole: " .. tostring(div.classes:includes("whole")) .. ")[", div)
      elseif FORMAT == "typst" and div.attributes["custom-style"] then
        return styled(div)
      elseif WORD and div.attributes["custom-style"] and div.identifier ~= "" then
        div.identifier = "" -- the bookmark stands around the number alone
        return div
      end
    end,
  })
end
