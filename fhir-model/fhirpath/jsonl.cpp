#include "fhir-model/fhirpath/jsonl.h"

#include <algorithm>

#include "fhir-model/json/json.h"
#include "fhir-model/json/members.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhirpath {
namespace {

using fhir::json::Kind;

void write_value(const Item& item, std::string& out) {
  const Element element = item.element();
  const SystemType type = item.system_type();
  if (element && !fhir::is_primitive(element.type())) return fhir::write_json(element, out);
  const auto text = item.text();
  const bool bare = type == SystemType::boolean || type == SystemType::integer || type == SystemType::decimal;
  if (const auto* info = item.get<TypeInfo>()) {
    out += "{\"namespace\":";
    fhir::write_json_string(info->space, out);
    out += ",\"name\":";
    fhir::write_json_string(info->name, out);
    out += '}';
  } else if (!text)
    out += "null";
  else if (bare)
    out += *text;
  else
    fhir::write_json_string(*text, out);
}

std::string_view type_name(const Item& item) {
  if (item.element() || item.get<TypeInfo>()) return item.type_info().name;
  return fhir_name(item.system_type());
}

std::string error(std::string_view what) {
  std::string out = "{\"error\":";
  fhir::write_json_string(what, out);
  return out += '}';
}

std::string error(const Failure& failure) {
  return error(failure.expression.empty() ? failure.diagnostics : failure.diagnostics + " " + failure.expression);
}

Result<fhir::Tree> parse_resource(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (start != std::string_view::npos && text[start] == '<') return fhir::parse_xml(text, {}, fhir::XmlOrder::any);
  return fhir::parse_json(text);
}

Result<fhir::Tree> resource_of(const fhir::json::Member& member, const ReadFile& read_file) {
  if (member.kind == Kind::object) return fhir::parse_json(member.raw);
  if (!read_file) return fail(Fault::not_supported, "\"resource\" names a file, and files are not read here.");
  return read_file(member.text).and_then([](const std::string& text) { return parse_resource(text); });
}

}  // namespace

std::string to_json(const Collection& items) {
  std::string out = "[";
  for (const Item& item : items) {
    if (out.size() > 1) out += ',';
    out += "{\"type\":";
    fhir::write_json_string(type_name(item), out);
    out += ",\"value\":";
    write_value(item, out);
    out += '}';
  }
  return out += ']';
}

std::string fhirpath_line(std::string_view json_line, const ReadFile& read_file, const Environment& environment) {
  const auto members = fhir::json::read_members(json_line);
  if (!members) return error(members.error());
  const auto member = [&](std::string_view name) {
    const auto found = std::ranges::find(*members, name, &fhir::json::Member::name);
    return found == members->end() || found->kind == Kind::null ? nullptr : &*found;
  };
  const auto *text = member("expression"), *resource = member("resource");
  if (!text || text->kind != Kind::string) return error("A line needs \"expression\", a string.");
  if (resource && resource->kind != Kind::object && resource->kind != Kind::string)
    return error("\"resource\" is a resource, or a string that names a file.");
  const auto expression = compile(text->text);
  if (!expression) return error(expression.error());

  std::optional<fhir::Tree> tree;
  if (resource) {
    auto parsed = resource_of(*resource, read_file);
    if (!parsed) return error(parsed.error());
    tree.emplace(std::move(*parsed));
    if (const auto checked = check(*expression, tree->root().type()); !checked) return error(checked.error());
  }
  const auto result = evaluate(*expression, tree ? tree->root() : Element{}, environment);
  return result ? "{\"result\":" + to_json(*result) + "}" : error(result.error());
}

}  // namespace varde::fhirpath
