#include "mappings/rows/section.h"

#include <array>

#include "fhir-model/xml/escape.h"
#include "mappings/rows/names.h"
#include "norway/message_time.h"

namespace varde::mappings::rows {
namespace {

using fhir::Editor;
using fhir::Element;

// --- narrative -----------------------------------------------------------------------------------------------------

constexpr std::string_view kOpen = R"(<div xmlns="http://www.w3.org/1999/xhtml"><p style="white-space: pre-wrap">)";
constexpr std::string_view kClose = "</p></div>";

struct Entity {
  std::string_view name;
  std::string_view character;
};
constexpr std::array kEntities{Entity{"&amp;", "&"},   Entity{"&lt;", "<"},   Entity{"&gt;", ">"},
                               Entity{"&quot;", "\""}, Entity{"&apos;", "'"}, Entity{"&nbsp;", "\u00A0"},
                               Entity{"&#xD;", "\r"},  Entity{"&#13;", "\r"}, Entity{"&#10;", "\n"},
                               Entity{"&#9;", "\t"}};

bool is_tag(std::string_view tag, std::string_view name) {
  if (!tag.starts_with(name)) return false;
  return tag.size() == name.size() || tag[name.size()] == ' ' || tag[name.size()] == '/';
}

/// Ends of these begin a new line.
constexpr std::array<std::string_view, 10> kBlocks{"/p",  "/div", "/li", "/tr", "/h1",
                                                   "/h2", "/h3",  "/h4", "/h5", "/pre"};

/// The character that an entity at the start of `rest` stands for; "&" when it is none we know.
std::pair<std::string_view, std::size_t> entity_at(std::string_view rest) {
  for (const auto& entity : kEntities)
    if (rest.starts_with(entity.name)) return {entity.character, entity.name.size()};
  return {"&", 1};
}

// --- fragments as text ---------------------------------------------------------------------------------------------

std::string words_of(const XmlNode& node) {
  const auto v = node.attribute("V"), display = node.attribute("DN"), unit = node.attribute("U"),
             own = node.attribute("OT");
  if (!display.empty() && !own.empty() && own != display) return std::string(display) + " (" + std::string(own) + ")";
  if (!display.empty()) return std::string(display);
  if (!own.empty()) return std::string(own);
  if (!v.empty()) return norway::to_reader(v) + (unit.empty() ? "" : " " + std::string(unit));
  if (node.text == "true") return "ja";
  if (node.text == "false") return "nei";
  return norway::to_reader(node.text);
}

/// "Framsatt dato: 03.09.2009", one line per value, indented by level.
void describe(const XmlNode& node, int level, std::string& out) {
  const std::string indent(2 * level, ' ');
  if (!node.markup.empty()) {
    out += indent + label(node.name) + ":\n" + words_in(node.markup) + "\n";
    return;
  }
  if (node.children.empty()) {
    if (const auto words = words_of(node); words.find_first_not_of(" \t\r\n") != std::string::npos)
      out += indent + label(node.name) + ": " + words + "\n";
    return;
  }
  out += indent + label(node.name) + ":\n";
  for (const XmlNode& child : node.children) describe(child, level + 1, out);
}

Editor content_of(Editor element) {
  Editor content = element.add("extension");
  content.add("url", extension_url("content"));
  return content;
}

// --- conversions ---------------------------------------------------------------------------------------------------

void journal_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto note = from.at("Notat"), remark = from.at("Merknad");
  const XmlNode* heading = from.child("Overskriftskode");
  Editor section = parent.add(name);
  const auto title = heading ? heading->attribute("DN") : std::string_view();
  section.add("title", title.empty() ? std::string_view("Notat") : title);
  if (heading) read_coded(*heading, {}, section, "code");
  if (!remark.empty()) {
    Editor inside = content_of(section).add("extension");
    inside.add("url", "Merknad");
    inside.add("valueString", remark);
  }
  const std::string shown =
      remark.empty() ? std::string(note) : std::string(note) + "\nMerknad: " + std::string(remark);
  set_narrative(section, shown, "additional");
}

bool has_element_code(Element section) {
  for (const Element coding : section["code"].each("coding"))
    if (coding["system"].value() == kElementSystem) return true;
  return false;
}

XmlNode leaf(std::string_view name, std::string_view value) {
  XmlNode node;
  node.name = name, node.text = value;
  return node;
}

bool journal_to_xml(Outbound& outbound, const Row&, Element value, XmlNode& out) {
  if (has_element_code(value) || !value["text"]) return false;
  std::string note = plain_text(value["text"]);
  std::string remark;
  for (const Element inside : value.extension(extension_url("content")).each("extension"))
    if (inside["url"].value() == "Merknad") remark = inside["valueString"].value();
  if (const std::string tail = "\nMerknad: " + remark; !remark.empty() && note.ends_with(tail))
    note.resize(note.size() - tail.size());
  XmlNode heading;
  heading.name = "Overskriftskode";
  if (value["code"] && coded_cv.to_xml(outbound, Row{"", "", Card::one, coded_cv}, value["code"], heading))
    out.children.push_back(std::move(heading));
  out.children.push_back(leaf("Notat", note));
  if (!remark.empty()) out.children.push_back(leaf("Merknad", remark));
  return true;
}

void group_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  Editor section = parent.add(name);
  section.add("title", label(from.name));
  Editor coding = section.add("code").add("coding");
  coding.add("system", kElementSystem);
  coding.add("code", from.name);
  read(inbound, row.rows, from, section);
}

bool is_section_of(Element section, std::string_view name) {
  for (const Element coding : section["code"].each("coding"))
    if (coding["system"].value() == kElementSystem && coding["code"].value() == name) return true;
  return false;
}

bool group_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  return is_section_of(value, out.name) && write(outbound, row.rows, value, out);
}

void fragment_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  group_to_fhir(inbound, Row{row.message, row.fhir, row.card, row.how}, from, parent, name);
  Editor section;
  for (const Element each : parent.each(name)) section = parent.edit(each);
  keep_in(content_of(section), from);
  std::string shown;
  if (from.children.empty() || !from.markup.empty())
    describe(from, 0, shown);
  else
    for (const XmlNode& child : from.children) describe(child, 0, shown);
  while (shown.ends_with('\n')) shown.pop_back();
  set_narrative(section, shown.empty() ? "(tom)" : shown, "extensions");
}

bool fragment_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  const Element content = value.extension(extension_url("content"));
  return content && is_section_of(value, out.name) && take_from(content, out);
}

}  // namespace

void set_narrative(Editor section, std::string_view plain, std::string_view status) {
  Editor narrative = section.add("text");
  narrative.add("status", status);
  narrative.add("div", std::string(kOpen) + fhir::xml::escaped(plain, fhir::xml::Escape::text) + std::string(kClose));
}

std::string plain_text(Element narrative) { return words_in(narrative["div"].value()); }

std::string words_in(std::string_view div) {
  std::string out;
  bool line_ended = false;  // by a block; becomes a line break when more words follow
  const auto add = [&](std::string_view words) {
    if (line_ended && !out.empty()) out += '\n';
    line_ended = false;
    out += words;
  };
  for (std::size_t i = 0; i < div.size();) {
    if (div[i] == '<') {
      const auto end = div.find('>', i);
      if (end == std::string_view::npos) break;
      const auto tag = div.substr(i + 1, end - i - 1);
      if (is_tag(tag, "br")) add("\n");
      if (is_tag(tag, "/td") || is_tag(tag, "/th")) add(" ");
      for (const auto block : kBlocks) line_ended |= is_tag(tag, block);
      i = end + 1;
    } else if (div[i] == '&') {
      const auto [character, size] = entity_at(div.substr(i));
      add(character);
      i += size;
    } else {
      add(div.substr(i++, 1));
    }
  }
  return out;
}

const Conversion journal_text{journal_to_fhir, journal_to_xml};
const Conversion plain_section{nullptr, journal_to_xml};
const Conversion section_group{group_to_fhir, group_to_xml};
const Conversion section_fragment{fragment_to_fhir, fragment_to_xml};

}  // namespace varde::mappings::rows
