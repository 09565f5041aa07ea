#include <array>

#include "fhir-model/json/json.h"

namespace varde::fhir {
namespace {

constexpr auto kEscapes = [] {
  std::array<char, 256> table{};  // 0: as it is; 'u': \u00XX; else the letter after the backslash
  for (int c = 0; c < 0x20; ++c) table[c] = 'u';
  table['"'] = '"', table['\\'] = '\\';
  table['\b'] = 'b', table['\f'] = 'f', table['\n'] = 'n', table['\r'] = 'r', table['\t'] = 't';
  return table;
}();

void quote(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escape = kEscapes[static_cast<unsigned char>(text[i])];
    if (!escape) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      constexpr char kHex[] = "0123456789abcdef";
      out.append("00").append(1, kHex[text[i] >> 4]).append(1, kHex[text[i] & 15]);
    }
  }
  out.append(text, plain);
  out += '"';
}

/// Types whose JSON value is not a string: their literal is written bare.
bool is_bare(TypeId type) {
  static const auto kBare = [] {
    std::vector<bool> bare(types().size());
    for (const auto name : {"boolean", "decimal", "integer", "positiveInt", "unsignedInt"})
      bare[static_cast<std::size_t>(find_type(name))] = true;
    return bare;
  }();
  return kBare[static_cast<std::size_t>(type)];
}

void write_object(Element element, std::string& out);

void write_value(Element primitive, std::string& out) {
  if (!primitive.has_value())
    out += "null";
  else if (is_bare(primitive.type()))
    out += primitive.value();
  else
    quote(primitive.value(), out);
}

void write_companion(Element primitive, std::string& out) {
  if (primitive.children().empty())
    out += "null";
  else
    write_object(primitive, out);
}

/// Elements of one name: the value itself, or an array of them.
template <class Write>
void write_all(Element::Range::iterator first, Element::Range::iterator last, bool many, std::string& out,
               Write write) {
  if (many) out += '[';
  for (auto at = first; at != last; ++at) {
    if (at != first) out += ',';
    write(*at, out);
  }
  if (many) out += ']';
}

void write_member(std::string_view prefix, std::string_view name, bool& first, std::string& out) {
  if (!first) out += ',';
  first = false;
  out.append("\"").append(prefix).append(name).append("\":");
}

void write_object(Element element, std::string& out) {
  out += '{';
  bool first = true;
  if (row_of(element.type()).kind == TypeKind::resource) {
    out.append("\"resourceType\":\"").append(element.type_name()).append("\"");
    first = false;
  }
  const auto children = element.children();
  for (auto run = children.begin(); run != children.end();) {
    const ElementRow& row = *(*run).definition();
    bool values = false, companions = false;
    auto after = run;
    for (; after != children.end() && (*after).definition() == &row; ++after) {
      values |= (*after).has_value();
      companions |= !(*after).children().empty();
    }
    if (!is_primitive(row.type)) {
      write_member("", row.name, first, out);
      write_all(run, after, row.many, out, write_object);
    } else {
      if (values) write_member("", row.name, first, out), write_all(run, after, row.many, out, write_value);
      if (companions) write_member("_", row.name, first, out), write_all(run, after, row.many, out, write_companion);
    }
    run = after;
  }
  out += '}';
}

}  // namespace

void write_json_string(std::string_view text, std::string& out) { quote(text, out); }

void write_json(Element resource, std::string& out) { write_object(resource, out); }

std::string to_json(Element resource) {
  std::string out;
  write_json(resource, out);
  return out;
}

std::string to_pretty_json(Element resource) {
  const std::string dense = to_json(resource);
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t i = 0; i < dense.size(); ++i) {
    const char c = dense[i];
    if (in_string) {
      out += c;
      if (c == '\\')
        out += dense[++i];
      else if (c == '"')
        in_string = false;
    } else if (c == '{' || c == '[') {
      out += c, ++depth, line();
    } else if (c == '}' || c == ']') {
      --depth, line(), out += c;
    } else if (c == ',') {
      out += c, line();
    } else {
      out += c;
      if (c == ':') out += ' ';
      in_string = c == '"';
    }
  }
  return out += '\n';
}

}  // namespace varde::fhir
