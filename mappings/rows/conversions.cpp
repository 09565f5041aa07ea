#include "mappings/rows/conversions.h"

#include <algorithm>
#include <array>

#include "fhir-model/text/trim.h"
#include "mappings/rows/names.h"
#include "norway/message_time.h"

namespace varde::mappings::rows {
namespace {

using fhir::Editor;
using fhir::Element;
using fhir::text::trimmed;

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

Editor extend(Editor element, std::string_view name, std::string_view value_name, std::string_view value) {
  Editor extension = element.add("extension");
  extension.add("url", extension_url(name));
  extension.add(value_name, value);
  return extension;
}

/// What was written, where FHIR cannot hold it as a value of its type.
std::string_view original_text(Element element) {
  return element.extension(extension_url("original-text"))["valueString"].value();
}

void keep_original(Editor parent, std::string_view name, std::string_view written) {
  extend(parent.add(name), "original-text", "valueString", written);
}

// --- text ----------------------------------------------------------------------------------------------------------

void text_to_fhir(Inbound&, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  if (blank(from.text)) return;
  row.card == Card::many ? parent.add(name, from.text) : parent.set(name, from.text);
}

bool text_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  out.text = value.value();
  return value.has_value();
}

void boolean_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto written = trimmed(from.text);
  if (written == "true" || written == "1") parent.set(name, "true");
  if (written == "false" || written == "0") parent.set(name, "false");
}

void integer_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  std::string_view written = trimmed(from.text);
  if (written.starts_with('+')) written.remove_prefix(1);
  const auto digits = written.substr(written.starts_with('-'));
  const bool fits =
      !digits.empty() && digits.size() < 10 && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!fits) {
    if (!written.empty()) keep_original(parent, name, written);
    return;
  }
  const auto significant = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  const bool minus = written[0] == '-' && digits[significant] != '0';
  parent.set(name, std::string(minus ? "-" : "") + std::string(digits.substr(significant)));
}

bool number_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  out.text = value.has_value() ? value.value() : original_text(value);
  return !out.text.empty();
}

// --- times ---------------------------------------------------------------------------------------------------------

void time_to_fhir(std::string_view written, Editor parent, std::string_view name) {
  if (blank(written)) return;
  if (const auto time = norway::to_fhir_time(written))
    parent.set(name, *time);
  else
    keep_original(parent, name, written);
}

void date_text_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  time_to_fhir(from.text, parent, name);
}

void ts_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  time_to_fhir(from.attribute("V"), parent, name);
}

/// A year or a month alone is a date in FHIR, but no xs:date.
bool date_text_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  const auto written = value.value();
  if (written.size() >= 10) out.text = written.substr(0, 10);
  if (!value.has_value()) out.text = original_text(value);
  return !out.text.empty();
}

bool date_time_text_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  out.text = value.has_value() ? norway::to_message_date_time(value.value()) : std::string(original_text(value));
  return !out.text.empty();
}

bool ts_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  const std::string time =
      value.has_value() ? norway::to_message_time(value.value()) : std::string(original_text(value));
  if (!time.empty()) out.attributes.emplace_back("V", time);
  return !time.empty();
}

// --- codes ---------------------------------------------------------------------------------------------------------

bool is_code(std::string_view text) {
  return !text.empty() && trimmed(text) == text && text.find("  ") == std::string_view::npos &&
         text.find_first_of("\t\r\n") == std::string_view::npos;
}

std::string system_of(std::string_view oid, std::string_view default_list) {
  if (!oid.empty()) return std::string(kOid) + std::string(oid);
  if (!default_list.empty()) return std::string(kOid) + oid_of_list(default_list);
  return {};
}

/// Fills a Coding. OT (original text) stands beside the code it belongs to.
void fill_coding(Editor coding, const XmlNode& from, std::string_view default_list) {
  const std::string system = system_of(from.attribute("S"), default_list);
  if (!system.empty()) coding.add("system", system);
  if (is_code(from.attribute("V"))) coding.add("code", from.attribute("V"));
  if (const auto display = from.attribute("DN"); !blank(display)) coding.add("display", display);
  if (const auto written = from.attribute("OT"); !blank(written))
    extend(coding, "original-text", "valueString", written);
}

void cs_to_fhir(Inbound&, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  read_coded(from, row.about, parent, name);
}

/// The coding a message wants: of the row's list when there is one, else the first that has a national system.
Element chosen(Element concept_or_coding, std::string_view list) {
  if (concept_or_coding.type_name() == "Coding") return concept_or_coding;
  Element best;
  for (const Element coding : concept_or_coding.each("coding")) {
    const auto oid = oid_of(coding["system"].value());
    if (!list.empty() && oid == oid_of_list(list)) return coding;
    if (!best || (oid_of(best["system"].value()).empty() && !oid.empty())) best = coding;
  }
  return best;
}

bool coded_to_xml(const Row& row, Element value, XmlNode& out, bool cv) {
  const Element coding = chosen(value, row.about);
  const auto put = [&](std::string_view attribute, std::string_view written) {
    if (!written.empty()) out.attributes.emplace_back(attribute, written);
  };
  const auto oid = oid_of(coding["system"].value());
  const bool usable = cv ? !oid.empty() || coding["system"].value().empty() : true;
  if (usable) put("V", coding["code"].value());
  if (usable && cv) put("S", oid);
  const auto concept_text = value["text"].value();
  const auto display = coding["display"].value();
  put("DN", display.empty() && !cv ? concept_text : display);
  if (cv) {
    const auto written = original_text(coding);
    put("OT", !written.empty() ? written : coding ? std::string_view() : concept_text);
  }
  return !out.attributes.empty();
}

bool cs_to_xml(Outbound&, const Row& row, Element value, XmlNode& out) { return coded_to_xml(row, value, out, false); }
bool cv_to_xml(Outbound&, const Row& row, Element value, XmlNode& out) { return coded_to_xml(row, value, out, true); }

struct SexRow {
  std::string_view code, display, gender;
};
// clang-format off
constexpr std::array kSexes{   // code list 3101
    SexRow{"0", "Ikke kjent",      "unknown"},
    SexRow{"1", "Mann",            "male"},
    SexRow{"2", "Kvinne",          "female"},
    SexRow{"9", "Ikke spesifisert", "other"},
};
// clang-format on

void sex_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto row = std::ranges::find(kSexes, from.attribute("V"), &SexRow::code);
  if (row != kSexes.end())
    parent.set(name, row->gender);
  else if (!from.attribute("V").empty())
    keep_original(parent, name, from.attribute("V"));
}

bool sex_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  const auto row = std::ranges::find(kSexes, value.value(), &SexRow::gender);
  if (row == kSexes.end()) {
    if (!original_text(value).empty()) out.attributes.emplace_back("V", original_text(value));
    return !out.attributes.empty();
  }
  out.attributes = {{"V", std::string(row->code)}, {"DN", std::string(row->display)}};
  return true;
}

// --- quantities, identifiers, notes --------------------------------------------------------------------------------

/// https://hl7.org/fhir/R4/datatypes.html#decimal
bool is_decimal(std::string_view text) {
  std::size_t i = text.starts_with('-');
  const auto digits = [&] {
    const auto start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - start;
  };
  const auto whole_start = i;
  const auto whole = digits();
  if (whole == 0 || (whole > 1 && text[whole_start] == '0')) return false;
  if (i < text.size() && text[i] == '.' && (++i, digits() == 0)) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

/// FHIR's instant has a time and a zone; what is written with less is kept beside it.
void instant_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto written = from.attribute("V");
  const auto time = norway::to_fhir_time(written);
  if (time && norway::is_instant(*time))
    parent.set(name, *time);
  else if (!blank(written))
    keep_original(parent, name, written);
}

/// A date of TS, which may be written with more than FHIR's date has.
void day_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto written = from.attribute("V");
  const auto time = norway::to_fhir_time(written);
  if (time && time->size() <= 10)
    parent.set(name, *time);
  else if (!blank(written))
    keep_original(parent, name, written);
}

void quantity_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto value = from.attribute("V"), unit = from.attribute("U");
  if (value.empty() && unit.empty()) return;
  Editor made = parent.add(name);
  if (is_decimal(value))
    made.add("value", value);
  else if (!value.empty())
    keep_original(made, "value", value);
  if (!blank(unit)) made.add("unit", unit);
}

bool quantity_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  const Element number = value["value"];
  const auto written = number.has_value() ? number.value() : original_text(number);
  const auto unit = value["unit"].value().empty() ? value["code"].value() : value["unit"].value();
  if (!written.empty()) out.attributes.emplace_back("V", written);
  if (!unit.empty()) out.attributes.emplace_back("U", unit);
  return !out.attributes.empty();
}

constexpr std::string_view kUrnUuid = "urn:uuid:";

void uuid_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  const auto written = trimmed(from.text);
  if (written.empty()) return;
  Editor identifier = parent.add(name);
  identifier.add("system", kUuidSystem);
  identifier.add("value", std::string(kUrnUuid) + std::string(written));
}

bool uuid_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  const auto written = value["value"].value();
  if (!written.starts_with(kUrnUuid)) return false;
  out.text = written.substr(kUrnUuid.size());
  return true;
}

void identifier_to_fhir(Inbound&, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  if (blank(from.text)) return;
  Editor identifier = parent.add(name);
  if (!row.about.empty()) identifier.add("system", row.about);
  identifier.add("value", trimmed(from.text));
}

bool identifier_to_xml(Outbound&, const Row& row, Element value, XmlNode& out) {
  if (value["system"].value() != row.about) return false;
  out.text = value["value"].value();
  return !out.text.empty();
}

void annotation_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view name) {
  if (!blank(from.text)) parent.add(name).add("text", from.text);
}

bool annotation_to_xml(Outbound&, const Row&, Element value, XmlNode& out) {
  out.text = value["text"].value();
  return !out.text.empty();
}

// --- fragments -----------------------------------------------------------------------------------------------------

bool is_leaf(const XmlNode& node) {
  return node.children.empty() && std::ranges::all_of(node.attributes, [](const auto& attribute) {
           return attribute.first == "V" || attribute.first == "S" || attribute.first == "DN" ||
                  attribute.first == "OT" || attribute.first == "U";
         });
}

bool is_link(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && colon >= 2 && text.find_first_of(" \t\r\n") == std::string_view::npos &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == colon;
}

bool dashed_time(std::string_view text) { return text.size() >= 7 && text[4] == '-' && norway::to_fhir_time(text); }

void keep_leaf(Editor extension, const XmlNode& node) {
  const auto v = node.attribute("V");
  const bool only_v = node.attributes.size() == 1 && !v.empty();
  if (!node.attribute("U").empty()) {
    Editor made = extension.add("valueQuantity");
    if (is_decimal(v))
      made.add("value", v);
    else if (!v.empty())
      keep_original(made, "value", v);
    made.add("unit", node.attribute("U"));
  } else if (only_v && dashed_time(v)) {
    extension.add("valueDateTime", *norway::to_fhir_time(v));
  } else if (only_v && (is_link(v) || !is_code(v))) {
    is_link(v) ? extension.add("valueUrl", v) : extension.add("valueUri", v);
  } else if (!node.attributes.empty()) {
    fill_coding(extension.add("valueCoding"), node, {});
  } else if (const auto written = trimmed(node.text); written == "true" || written == "false") {
    extension.add("valueBoolean", written);
  } else if (!written.empty()) {
    extension.add("valueString", node.text);
  }
}

/// Whether both say the same: white space around the elements of an element says nothing.
bool same(const XmlNode& a, const XmlNode& b) {
  auto attributes = a.attributes, others = b.attributes;
  std::ranges::sort(attributes);
  std::ranges::sort(others);
  return attributes == others && a.markup == b.markup && (a.text == b.text || (blank(a.text) && blank(b.text)));
}

/// As one value of FHIR, where it comes back from that as it was.
bool keep_as_value(Editor extension, const XmlNode& node) {
  keep_leaf(extension, node);
  const Element value = extension.choice("value");
  if (!value) return false;
  XmlNode again;
  take_from(extension, again);
  if (same(node, again)) return true;
  extension.remove_child(value);
  return false;
}

void fragment_to_fhir(Inbound&, const Row&, const XmlNode& from, Editor parent, std::string_view) {
  keep_in(parent, from);
}

bool fragment_to_xml(Outbound&, const Row&, Element value, XmlNode& out) { return take_from(value, out); }

}  // namespace

void keep_in(Editor extension, const XmlNode& node) {
  if (is_leaf(node) && node.markup.empty() && keep_as_value(extension, node)) return;
  const auto add = [&](std::string_view url) {
    Editor inside = extension.add("extension");
    inside.add("url", url);
    return inside;
  };
  const auto put = [&](std::string_view url, std::string_view value) {
    blank(value) ? add(url).add("valueBoolean", "false") : add(url).add("valueString", value);
  };
  for (const auto& [name, value] : node.attributes) put("@" + name, value);
  if (!node.markup.empty()) return put("xhtml()", node.markup);
  for (const XmlNode& child : node.children) keep_in(add(child.name), child);
  if (!blank(node.text) || (node.attributes.empty() && node.children.empty())) put("text()", node.text);
}

bool take_from(Element extension, XmlNode& out) {
  const Element value = extension.choice("value");
  const auto type = value.type_name();
  if (type == "Quantity") {
    Outbound none{Element{}};
    return quantity_to_xml(none, Row{"", "", Card::one, quantity}, value, out);
  }
  if (type == "Coding" || type == "CodeableConcept")
    return coded_to_xml(Row{"", "", Card::one, coded_cv}, value, out, true);
  if (type == "dateTime") out.attributes.emplace_back("V", norway::to_message_time(value.value()));
  if (type == "url" || type == "uri") out.attributes.emplace_back("V", value.value());
  if (value.has_value() && out.attributes.empty()) out.text = value.value();
  for (const Element inside : extension.each("extension")) {
    const auto url = inside["url"].value();
    if (url.starts_with("@")) {
      out.attributes.emplace_back(url.substr(1), inside["valueString"].value());
    } else if (url == "text()") {
      out.text = inside["valueString"].value();
      if (out.text.empty()) return true;  // an element that is there and says nothing
    } else if (url == "xhtml()") {
      out.markup = inside["valueString"].value();
    } else if (XmlNode child; child.name = url, take_from(inside, child)) {
      out.children.push_back(std::move(child));
    }
  }
  return !out.attributes.empty() || !out.text.empty() || !out.children.empty() || !out.markup.empty();
}

bool read_coded(const XmlNode& from, std::string_view default_list, Editor parent, std::string_view name) {
  const auto v = from.attribute("V"), display = from.attribute("DN"), written = from.attribute("OT");
  if (blank(v) && blank(display) && blank(written)) return false;
  Editor made = parent.add(name);
  const bool concept_ = made.type_name() == "CodeableConcept";
  fill_coding(concept_ ? made.add("coding") : made, from, default_list);
  if (concept_ && blank(display) && !blank(written)) made.add("text", written);
  return true;
}

const Conversion text{text_to_fhir, text_to_xml};
const Conversion boolean{boolean_to_fhir, text_to_xml};
const Conversion coded_cs{cs_to_fhir, cs_to_xml};
const Conversion coded_cv{cs_to_fhir, cv_to_xml};
const Conversion date_text{date_text_to_fhir, date_text_to_xml};
const Conversion date_time_text{date_text_to_fhir, date_time_text_to_xml};
const Conversion time_ts{ts_to_fhir, ts_to_xml};
const Conversion instant_ts{instant_to_fhir, ts_to_xml};
const Conversion day_ts{day_to_fhir, ts_to_xml};
const Conversion quantity{quantity_to_fhir, quantity_to_xml};
const Conversion integer{integer_to_fhir, number_to_xml};
const Conversion uuid_reference{uuid_to_fhir, uuid_to_xml};
const Conversion sex{sex_to_fhir, sex_to_xml};
const Conversion annotation{annotation_to_fhir, annotation_to_xml};
const Conversion identifier_value{identifier_to_fhir, identifier_to_xml};
const Conversion fragment{fragment_to_fhir, fragment_to_xml};

}  // namespace varde::mappings::rows
